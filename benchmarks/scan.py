"""Scanning of large logs: speed against ripgrep with the same patterns on the same warm file, memory, and two files on two cores.

python benchmarks/scan.py [--size 128M] [--larger 512M] [--folder /tmp] [--only speed,dense,memory,cores]

The issue's sizes are --size 1G --larger 5G. The files are made by benchmarks/loggen.py and deleted at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import report
from loggen import bytes_of, write_log

from oauth_doctor.engine import load_knowledge
from oauth_doctor.engine.scan import derive_anchors

SCAN = [sys.executable, "-m", "oauth_doctor.cli.main", "scan", "--output", "json"]
_SPECIAL = set(rb"\.+*?()|[]{}^$#&-~ ")


def write_patterns(path: Path) -> int:
    """The anchors as a file of patterns for ripgrep, one a line."""
    phrases = derive_anchors(load_knowledge()).phrases
    lines = [b"".join(b"\\" + bytes([c]) if c in _SPECIAL and c != 32 else bytes([c]) for c in one) for one in phrases]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return len(lines)


@contextlib.contextmanager
def log_of(folder: Path, size: int, every: int, seed: int = 1) -> Iterator[Path]:
    """A log, warm in the page cache, deleted afterwards."""
    path = folder / f"bench-{os.getpid()}-{size}-{every}-{seed}.log"
    try:
        with path.open("wb") as file:
            write_log(file, size, every, seed)
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass
        yield path
    finally:
        path.unlink(missing_ok=True)


def run(command: list[str]) -> tuple[float, float]:
    """Wall time and CPU time (user and system, children included) of one run, in seconds."""
    begin, before = time.perf_counter(), os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    wall, after = time.perf_counter() - begin, os.times()
    user = after.children_user - before.children_user
    return wall, user + after.children_system - before.children_system


def seconds(command: list[str]) -> float:
    """Wall time of one run."""
    return run(command)[0]


def _family(process: int) -> list[int]:
    family = [process]
    for one in family:
        with contextlib.suppress(OSError):
            family += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
    return family


def _resident(process: int, what: str) -> float:
    """Megabytes: `Rss` counts pages that processes share in each of them, `Pss` once."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    return 0.0


def peak_memory(command: list[str]) -> tuple[float, float]:
    """Peak of the memory of a command and its children together, in MB: the sum of `Rss`, the sum of `Pss`."""
    peaks = [0.0, 0.0]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        done = threading.Event()

        def sample() -> None:
            while not done.wait(0.05):
                for place, what in enumerate(("Rss", "Pss")):
                    total = 0.0
                    for one in _family(process.pid):
                        with contextlib.suppress(OSError):
                            total += _resident(one, what)
                    peaks[place] = max(peaks[place], total)

        sampler = threading.Thread(target=sample)
        sampler.start()
        process.wait()
        done.set()
        sampler.join()
    return peaks[0], peaks[1]


def speed(folder: Path, size: int, every: int, wanted: float, runs: int) -> None:
    """Throughput as a multiple of ripgrep's, in turn."""
    patterns = folder / f"bench-{os.getpid()}.patterns"
    number = write_patterns(patterns)
    try:
        with log_of(folder, size, every) as path:
            ripgrep = ["rg", "-c", "-i", "-f", str(patterns), str(path)]
            pairs = [(run([*SCAN, str(path)]), run(ripgrep)) for _ in range(runs)]
            ours, theirs = (statistics.median(wall for wall, _ in side) for side in zip(*pairs, strict=True))
            print(
                f"1 incident line in {every}, {size / 1e6:.0f} MB, {number} patterns: "
                f"scan {size / ours / 1e6:.0f} MB/s, rg {size / theirs / 1e6:.0f} MB/s"
            )
            for place, what in enumerate(("wall", "CPU")):
                slower = statistics.median(mine[place] / other[place] for mine, other in pairs)
                report(f"{what} time of scan / of rg, 1 in {every}", slower, 1 / wanted, "x")
    finally:
        patterns.unlink(missing_ok=True)


def memory(folder: Path, size: int, larger: int) -> None:
    """Peak memory for two sizes."""
    peaks = []
    for one in (size, larger):
        with log_of(folder, one, 1000) as path:
            resident, own = peak_memory([*SCAN, str(path)])
        peaks.append(resident)
        report(f"peak memory for {one / 1e6:.0f} MB, children included (Pss {own:.0f} MB)", resident, 250, "MB")
    report("the larger log's peak / the smaller one's", peaks[1] / peaks[0], 1.1, "x")


def cores(folder: Path, size: int) -> None:
    """Two files on two cores against one file on one."""
    with log_of(folder, size, 1000) as first, log_of(folder, size, 1000, seed=2) as second:
        one = min(seconds([*SCAN, "--jobs", "1", str(first)]) for _ in range(2))
        two = min(seconds([*SCAN, "--jobs", "2", str(first), str(second)]) for _ in range(2))
    report("time of two files on two cores / of one on one", two / one, 2 / 1.7, "x")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=bytes_of, default=bytes_of("128M"))
    parser.add_argument("--larger", type=bytes_of, default=bytes_of("512M"))
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="speed,dense,memory,cores")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder
    ):  # byte code, as an installed program has it, whatever the environment says
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        measure(options)


def measure(options: argparse.Namespace) -> None:
    """Everything that was asked for."""
    print(f"load of the machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores")
    chosen = options.only.split(",")
    subprocess.run([*SCAN, "--jobs", "1", __file__], stdout=subprocess.DEVNULL, check=False)  # fills the caches
    if "speed" in chosen:
        speed(options.folder, options.size, 1000, 2.0, options.runs)
    if "dense" in chosen:
        speed(options.folder, options.size, 20, 0.5, options.runs)
    if "memory" in chosen:
        memory(options.folder, options.size, options.larger)
    if "cores" in chosen:
        cores(options.folder, options.size)


if __name__ == "__main__":
    main()
