"""What the benchmarks share: timing, and one way to print a figure as a ratio to what is allowed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def median_seconds(call: Callable[[], object], runs: int) -> float:
    """Median wall time of `runs` calls, in seconds."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def report(name: str, measured: float, allowed: float, unit: str) -> bool:
    """Print a figure, what is allowed, and their ratio. True when it is within."""
    ratio = measured / allowed
    print(f"{name}: {measured:.3f} {unit}, allowed {allowed:g} {unit}, ratio {ratio:.2f}", flush=True)
    return ratio <= 1


def none_of(name: str, number: int) -> bool:
    """Print how often something happened that must not happen. True when it did not."""
    print(f"{name}: {number}, allowed 0", flush=True)
    return number == 0
