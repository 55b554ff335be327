"""Bare copies: once a secret is known by its name or format, its other appearances in the same text are found as well.

"client_secret=Zx81..." in one line makes "the value Zx81... was refused" in another recognisable. Many secrets
are searched together, in linear time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from .patterns import compile_literals

Memory: TypeAlias = dict[bytes, str]
"""Secrets as written somewhere, each at least `SHORTEST` bytes long, and their kinds. Lives as long as one text does."""

SHORTEST = 12
"""Bytes. Shorter values could be words or numbers that mean something else elsewhere."""

_PREFIX = SHORTEST
_TOGETHER = 200
"""Secrets searched for in one pass. RE2 finds out where a match begins by going back through all of them at once."""
_MOST = 40_000
"""Different secrets of one text that are searched for; of a text with more, the first ones."""


def find_echoes(data: bytes, secrets: Memory) -> Iterator[tuple[int, int, str]]:
    """Find copies of known secrets.

    Args:
        data: the text.
        secrets: what to find.

    Yields:
        start, end and kind of every copy, known ones included.
    """
    by_prefix: dict[bytes, list[bytes]] = {}
    for value in secrets:
        prefix = value[:_PREFIX]
        if prefix in by_prefix or len(by_prefix) < _MOST:
            by_prefix.setdefault(prefix, []).append(value)
    if not by_prefix:
        return
    for values in by_prefix.values():
        values.sort(key=len, reverse=True)
    prefixes = list(by_prefix)
    for first in range(0, len(prefixes), _TOGETHER):
        pattern = compile_literals(prefixes[first : first + _TOGETHER])
        at = 0
        while found := pattern.search(data, at):
            start = found.start()
            at = start + 1
            for value in by_prefix[data[start : start + _PREFIX]]:
                if data.startswith(value, start):
                    at = start + len(value)
                    yield start, at, secrets[value]
                    break
