"""Bare copies: once a secret is known by its name or format, its other appearances in the same text are found as well.

"client_secret=Zx81..." in one line makes "the value Zx81... was refused" in another recognisable. All secrets of a text
are searched together, in one linear pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .patterns import compile_literals

SHORTEST = 12
"""Bytes. Shorter values could be words or numbers that mean something else elsewhere."""

_PREFIX = SHORTEST
_MOST = 4_000
"""Different secrets of one text that are searched for; of a text with more, the first ones."""


def find_echoes(data: bytes, secrets: Iterable[tuple[bytes, int]]) -> Iterator[tuple[int, int, int]]:
    """Find copies of known secrets.

    Args:
        data: the text.
        secrets: pairs of a secret as written somewhere, at least `SHORTEST` bytes long, and the caller's number for it.

    Yields:
        start, end and the caller's number of every copy, known ones included.
    """
    by_prefix: dict[bytes, dict[bytes, int]] = {}
    for value, number in secrets:
        if len(by_prefix) >= _MOST:
            break
        by_prefix.setdefault(value[:_PREFIX], {}).setdefault(value, number)
    if not by_prefix:
        return
    ordered = {prefix: sorted(values.items(), key=lambda item: -len(item[0])) for prefix, values in by_prefix.items()}
    pattern = compile_literals(ordered)
    at = 0
    while found := pattern.search(data, at):
        start = found.start()
        at = start + 1
        for value, number in ordered[data[start : start + _PREFIX]]:
            if data.startswith(value, start):
                at = start + len(value)
                yield start, at, number
                break
