"""Throughput of POST /v1/diagnose by facts against an empty FastAPI endpoint that validates the same body, in one run.

    python benchmarks/api.py [--seconds 15] [--connections 16] [--minutes 0]

Two workers each, wrk on loopback, in turn. Needs wrk and a PostgreSQL server (several workers share it). With --minutes the
API is kept busy that long, and the memory of its workers is printed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]
from common import report
from components import running_postgres
from inference import random_facts
from service_fixtures import Started, children, serving

from oauth_doctor.engine import Doctor

_WARM = 10  # seconds; the first hundreds of diagnoses make what later ones use again
SCRIPT = """
local bodies = {}
for line in io.lines(os.getenv("BODIES")) do bodies[#bodies + 1] = line end
local threads, turn = 0, 0
function setup(thread) thread:set("offset", tonumber(os.getenv("START")) + threads * math.floor(#bodies / 2)) threads = threads + 1 end
function request()
  turn = turn + 1
  return wrk.format("POST", "/v1/diagnose", {["Content-Type"] = "application/json"}, bodies[(offset + turn) % #bodies + 1])
end
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %f %f %f %d\\n", summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout))
end
"""


def bodies(number: int, seed: int) -> list[str]:
    """So many bodies, all different: facts as an agent might give them, and an id."""
    doctor, source = Doctor(), random.Random(seed)
    return [json.dumps({"id": str(n), "facts": random_facts(doctor, source)}) for n in range(number)]


@contextmanager
def empty(folder: Path) -> Iterator[str]:
    """The empty endpoint with two workers."""
    command = [sys.executable, str(HERE / "empty_endpoint.py"), "8377"]
    process = subprocess.Popen(command, cwd=folder)
    try:
        import httpx

        for _ in range(600):
            try:
                httpx.post("http://127.0.0.1:8377/v1/diagnose", json={})
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield "http://127.0.0.1:8377"
    finally:
        process.terminate()
        process.wait()


_runs = itertools.count()


def wrk(url: str, file: Path, script: Path, seconds: int, connections: int) -> tuple[float, float, float, int]:
    """Requests a second, median and p99 in ms, errors. Threads and runs begin at different bodies: none comes twice soon."""
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script), url]
    done = subprocess.run(
        command,
        env={"BODIES": str(file), "PATH": "/usr/bin:/bin", "START": str(next(_runs) * 3001)},
        capture_output=True,
        text=True,
        check=True,
    )
    match = re.search(r"RESULT (\S+) (\S+) (\S+) (\S+) (\S+)", done.stdout)
    assert match, done.stdout + done.stderr
    requests, duration, median, p99, errors = match.groups()
    return float(requests) / float(duration), float(median), float(p99), int(errors)


def resident(started: Started) -> float:
    """Memory of the workers, in MB."""
    return sum(
        int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024  # type: ignore[index]
        for pid in children(started.process.pid)
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="of each of the four measurements of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--bodies", type=int, default=30_000)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running_postgres() as postgres:
        folder = Path(name)
        made = bodies(options.bodies, options.seed)
        files = {"different": folder / "different", "repeated": folder / "repeated"}
        files["different"].write_text("\n".join(made) + "\n")
        files["repeated"].write_text(made[0] + "\n")
        script = folder / "script.lua"
        script.write_text(SCRIPT)
        with serving(folder, postgres.new_database(), "--workers", "2", "--api-only") as ours, empty(folder) as base:
            for url in (ours.url, base):
                wrk(url, files["different"], script, _WARM, options.connections)
            for kind, file in files.items():
                pairs = [
                    [wrk(url, file, script, options.seconds, options.connections) for url in (ours.url, base)]
                    for _ in range(options.rounds)
                ]
                for us, them in pairs:
                    print(f"{kind}: {us[0]:.0f}/s p50 {us[1]:.1f} p99 {us[2]:.1f} ms, errors {us[3]};"
                          f" empty {them[0]:.0f}/s p50 {them[1]:.1f} p99 {them[2]:.1f} ms")  # fmt: skip
                share = statistics.median(us[0] / them[0] for us, them in pairs)
                report(f"{kind} bodies: an empty request's time is allowed 4 times; ours", 1 / share, 4.0, "x")
                report(
                    f"{kind} bodies: p99 against its p99",
                    statistics.median(us[2] / them[2] for us, them in pairs),
                    8.0,
                    "x",
                )
            if options.minutes:
                soak(ours, files["different"], script, options)


def soak(ours: Started, file: Path, script: Path, options: argparse.Namespace) -> None:
    """Keep it busy, and print memory along the way."""
    seconds = int(options.minutes * 60)
    busy = threading.Thread(target=wrk, args=(ours.url, file, script, seconds, options.connections))
    busy.start()
    samples = []
    while busy.is_alive():
        samples.append(resident(ours))
        print(f"soak: {len(samples) - 1:.0f} x 15 s, {samples[-1]:.0f} MB in the workers", flush=True)
        busy.join(15)
    third = max(len(samples) // 3, 1)
    report("soak: memory of the last third against the middle one",
           statistics.mean(samples[-third:]) / statistics.mean(samples[third : 2 * third] or samples), 1.05, "x")  # fmt: skip


if __name__ == "__main__":
    main()
