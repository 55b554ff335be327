"""Start of the command line against the bare import of what it is made of, in turn, in one run.

python benchmarks/startup.py [--runs 15]

Both sides run from byte code, as an installed program does, whatever the environment says about writing it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import report

BASE = [sys.executable, "-c", "import typer, pydantic, jinja2"]
DIAGNOSE = [
    sys.executable, "-m", "oauth_doctor.cli.main", "diagnose", "--text", "Error 400: redirect_uri_mismatch",
    "--fact", "provider=google",
]  # fmt: skip
CHECK = [sys.executable, "-m", "oauth_doctor.cli.main", "kb", "check"]


def seconds(command: list[str], byte_code: str) -> float:
    """Wall time of one run, with byte code kept in the folder `byte_code`."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = byte_code
    begin = time.perf_counter()
    subprocess.run(command, check=False, capture_output=True, env=environment)
    return time.perf_counter() - begin


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        for command in (DIAGNOSE, BASE, CHECK):
            seconds(command, folder)  # fills the cache and writes the byte code
        pairs = [(seconds(DIAGNOSE, folder), seconds(BASE, folder)) for _ in range(runs)]
        check = statistics.median(seconds(CHECK, folder) for _ in range(3))
    ours, base = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"diagnose {ours * 1e3:.0f} ms, imports alone {base * 1e3:.0f} ms")
    report("diagnose / imports (median of paired ratios)", statistics.median(a / b for a, b in pairs), 3.0, "x")
    report("kb check", check, 3.0, "s")


if __name__ == "__main__":
    main()
