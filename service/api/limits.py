"""Rate limits: a token bucket a key.

Each worker process keeps its part of the rate, so that no exchange between processes is needed and all of them together
never let through more than the rate.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from .problems import Problem

WINDOW = 60  # seconds
_MOST_KEYS = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Buckets:
    """Token buckets by key. A bucket holds the requests of one minute and fills up evenly.

    Args:
        workers: how many processes share a rate.
        clock: seconds, monotonic.
    """

    def __init__(self, workers: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._workers = workers
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, rate: int) -> dict[str, str]:
        """Take one request off a key's bucket; the headers that tell how much is left. No limit, no headers.

        Raises:
            Problem: 429, with Retry-After.
        """
        if rate <= 0:
            return {}
        size = max(rate / self._workers, 1.0)
        with self._lock:
            now = self._clock()
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = _Bucket(size, now)
                if len(self._buckets) > _MOST_KEYS:
                    self._buckets.popitem(last=False)
            else:
                self._buckets.move_to_end(key)
            bucket.tokens = min(size, bucket.tokens + (now - bucket.at) * size / WINDOW)
            bucket.at = now
            allowed = bucket.tokens >= 1
            if allowed:
                bucket.tokens -= 1
            left = int(bucket.tokens)
            wait = 0 if allowed else math.ceil((1 - bucket.tokens) * WINDOW / size)
            full = math.ceil((size - bucket.tokens) * WINDOW / size)
        headers = {
            "RateLimit-Policy": f'"key";q={int(size)};w={WINDOW}',
            "RateLimit": f'"key";r={left};t={full if allowed else wait}',
        }
        if not allowed:
            raise Problem(
                429,
                f"the key's rate of {rate} requests a minute is used up; try again in {wait} s",
                kind="rate-limit",
                headers={**headers, "Retry-After": str(wait)},
            )
        return headers
