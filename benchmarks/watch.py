"""Latency of `watch`: from the moment at which a line stands in the log to the moment at which its diagnosis can be read.

python benchmarks/watch.py [--pause 0.3]

Every incident of benchmarks/loggen.py is written once, among ordinary lines; each is a kind of its own, so that nothing is known
of it beforehand.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import report
from loggen import INCIDENTS, fill_line, ordinary_bodies

WATCH = [sys.executable, "-m", "oauth_doctor.cli.main", "watch", "--every", "0"]
STAMP = "2026-03-02T06:%02d:%02d+00:00 "


def _cpu(process: int) -> float:
    """Seconds of CPU time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pause", type=float, default=0.3, help="seconds between two incidents")
    parser.add_argument("--start", type=float, default=15, help="seconds for loading the knowledge and warming up")
    parser.add_argument("--output", choices=["ndjson", "text"], default="ndjson")
    options = parser.parse_args()
    source = random.Random(1)
    ordinary = ordinary_bodies(source, 200)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "app.log"
        log.write_bytes(b"".join(STAMP.encode() % (0, n % 60) + body for n, body in enumerate(ordinary)))
        command = [*WATCH, "--output", options.output, str(log)]
        seen: list[float] = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as process:
            assert process.stdout is not None

            def read() -> None:
                assert process.stdout is not None
                for line in process.stdout:
                    begins = b'"rank":' in line[:12] if options.output == "ndjson" else line[:1].isdigit()
                    if begins:
                        seen.append(time.perf_counter())

            reader = threading.Thread(target=read)
            reader.start()
            time.sleep(options.start)
            before_all = _cpu(process.pid)
            written: list[float] = []
            latencies: list[float] = []
            for number, lines in enumerate(INCIDENTS):
                rid = f"{source.getrandbits(128):032x}"
                stamp = (STAMP % (1 + number, 0)).encode()
                before = len(seen)
                with log.open("ab") as file:
                    file.write(stamp + source.choice(ordinary))
                    file.write(b"".join(stamp + fill_line(*line, source, rid) for line in lines))
                written.append(time.perf_counter())
                deadline = time.perf_counter() + max(options.pause, 0.05) * 10
                while len(seen) == before and time.perf_counter() < deadline:
                    time.sleep(0.001)
                if len(seen) > before:
                    latencies.append(seen[before] - written[-1])
                time.sleep(options.pause)
            used = _cpu(process.pid) - before_all
            process.terminate()
            reader.join()
    ordered = sorted(latencies)
    print(json.dumps({"incidents": len(written), "told": len(ordered), "worst_ms": round(ordered[-1] * 1e3, 1)}))
    print(
        f"load of the machine: {os.getloadavg()[0]:.1f}; CPU a new kind, waiting included: {used / len(written) * 1e3:.1f} ms"
    )
    report("line written to diagnosis printed, median", statistics.median(ordered) * 1e3, 50, "ms")


if __name__ == "__main__":
    main()
