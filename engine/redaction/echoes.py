"""Bare copies: once a secret is known by its name or format, its other appearances in the same text are found as well.

"client_secret=Zx81..." in one line makes "the value Zx81... was refused" in another recognisable. Many secrets
are searched together, in linear time.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence

from .patterns import compile_literals

SHORTEST = 12
"""Bytes. Shorter values could be words or numbers that mean something else elsewhere."""

_PREFIX = SHORTEST
_TOGETHER = 200
"""Secrets searched for in one pass. RE2 finds out where a match begins by going back through all of them at once."""
_MOST = 40_000
"""Different secrets of one text that are searched for; of a text with more, the first ones."""
_SHORT = 4096
"""Bytes of a text that is looked through place by place. That takes less time than to compile a pattern for it: a document
that is redacted value by value would otherwise take time in proportion to its values times its secrets."""


class Memory:
    """Secrets as written somewhere, and their kinds. Lives as long as one text does."""

    __slots__ = ("_by_prefix", "_kinds")

    def __init__(self) -> None:
        self._kinds: dict[bytes, str] = {}
        self._by_prefix: dict[bytes, list[bytes]] = {}  # the longest first

    def __bool__(self) -> bool:
        return bool(self._kinds)

    def add(self, value: bytes, kind: str) -> None:
        """Remember a secret of at least `SHORTEST` bytes; the kind that was told first counts."""
        if value in self._kinds:
            return
        self._kinds[value] = kind
        prefix = value[:_PREFIX]
        if prefix in self._by_prefix or len(self._by_prefix) < _MOST:
            insort(self._by_prefix.setdefault(prefix, []), value, key=lambda one: -len(one))

    def update(self, other: Memory) -> None:
        """Remember what another one does."""
        for value, kind in other._kinds.items():
            self.add(value, kind)

    def copies(self, data: bytes) -> Iterator[tuple[int, int, str]]:
        """Start, end and kind of every copy of these secrets in a text, known ones included."""
        if not self._by_prefix:
            return
        if len(data) <= _SHORT:
            places = range(len(data) - _PREFIX + 1)
            for start in [place for place in places if data[place : place + _PREFIX] in self._by_prefix]:
                if found := self._at(data, start):
                    yield found
            return
        prefixes = list(self._by_prefix)
        for first in range(0, len(prefixes), _TOGETHER):
            yield from self._search(data, prefixes[first : first + _TOGETHER])

    def _search(self, data: bytes, prefixes: Sequence[bytes]) -> Iterator[tuple[int, int, str]]:
        pattern = compile_literals(prefixes)
        at = 0
        while match := pattern.search(data, at):
            at = match.start() + 1
            if found := self._at(data, match.start()):
                at = found[1]
                yield found

    def _at(self, data: bytes, start: int) -> tuple[int, int, str] | None:
        """The longest copy that begins here, where one of the prefixes stands."""
        for value in self._by_prefix[data[start : start + _PREFIX]]:
            if data.startswith(value, start):
                return start, start + len(value), self._kinds[value]
        return None
