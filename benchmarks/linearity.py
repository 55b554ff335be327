"""Time for twice the bytes, on adversarial inputs, for every part of redaction that reads a whole text.

    python benchmarks/linearity.py [--size 40000]

Processor time, the best of three; 2 is linear, 4 quadratic, 2.5 is allowed (calls too short to measure are
lengthened until they take 20 ms).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from adversarial import ADVERSARIAL, DOCUMENTS, TABLES
from common import report

from oauth_doctor.engine.redaction import Redactor
from oauth_doctor.engine.redaction.documents import is_json, redact_json, redact_json_lines
from oauth_doctor.engine.redaction.stream import redact_blocks

ALLOWED = 2.5
SHORTEST = 0.02
"""Seconds; what is shorter is mostly noise."""
LARGEST = 8_000_000
TRIES = 3
"""More, and longer, for what seems to take too long."""


def text(data: bytes) -> None:
    Redactor().redact_bytes(data)


def document(data: bytes) -> None:
    if is_json(data):
        redact_json(data, Redactor())
    else:
        redact_json_lines(data, Redactor())


def stream(data: bytes) -> None:
    redactor = Redactor()
    for _ in redact_blocks(
        (data[at : at + 65_536] for at in range(0, len(data), 65_536)), redactor, redactor.redact_bytes
    ):
        pass


def inputs() -> Iterator[tuple[str, Callable[[bytes], None], Callable[[int], bytes]]]:
    """Name, what is called, and an input of about so many bytes."""

    def repeated(unit: str) -> Callable[[int], bytes]:
        return lambda size: (unit * (size // len(unit))).encode()

    def enclosed(before: str, unit: str, after: str) -> Callable[[int], bytes]:
        def make(size: int) -> bytes:
            count = size // len(unit)
            return (before + unit * count + (after * count if unit == "[" else after)).encode()

        return make

    for name, unit in ADVERSARIAL.items():
        yield f"text, {name}", text, repeated(unit)
    for name, unit in TABLES.items():
        yield f"table, {name}", text, repeated(unit)
    for name, parts in DOCUMENTS.items():
        yield f"document, {name}", document, enclosed(*parts)
    for name in ("letters", "heads", "secrets", "key body", "lines", "escaped lines of pairs"):
        yield f"stream, {name}", stream, repeated(ADVERSARIAL[name])


def seconds(call: Callable[[bytes], None], data: bytes) -> float:
    best = float("inf")
    for _ in range(3):
        begin = time.process_time()
        call(data)
        best = min(best, time.process_time() - begin)
    return best


def growth(call: Callable[[bytes], None], make: Callable[[int], bytes], size: int) -> tuple[float, int]:
    """Time for twice the bytes by time for those, and how many those were."""
    while (once := seconds(call, make(size))) < SHORTEST and size < LARGEST:
        size *= 2
    return seconds(call, make(2 * size)) / max(once, 1e-4), size


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=20_000)
    options = parser.parse_args()
    document(b"{}")
    text(b"client_secret=Zx81JkQ0pLmN2vT7")
    worst = 0.0
    for name, call, make in inputs():
        factor, size = growth(call, make, options.size)
        for _ in range(TRIES):
            if factor > ALLOWED:  # others used the caches, or the clock went down meanwhile; what is quadratic stays so
                factor = min(factor, growth(call, make, 2 * size)[0])
        print(f"{name}: {factor:.2f} times for {2 * size:,} instead of {size:,} bytes", flush=True)
        worst = max(worst, factor)
    return 0 if report("most time for twice the bytes", worst, ALLOWED, "times") else 1


if __name__ == "__main__":
    sys.exit(main())
