"""Searching with RE2, the only matcher that meets untrusted text: time linear in its length, whatever the pattern.

The re2 package wraps each search in Python that takes longer than most searches here; `direct` goes past it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import re2


class Match(Protocol):
    """What a search found. Group 0 is the whole match; a group that took no part has the span (-1, -1)."""

    def span(self, group: int = 0, /) -> tuple[int, int]:
        """Byte offsets of a group."""

    def start(self, group: int = 0, /) -> int:
        """Byte offset at which a group starts."""

    def end(self, group: int = 0, /) -> int:
        """Byte offset behind a group."""

    def __getitem__(self, group: int, /) -> bytes | None:
        """The bytes of a group."""


class Pattern(Protocol):
    """A compiled pattern. `start` and `end` bound the search; what lies around them still decides `\\b`."""

    def search(self, data: bytes, start: int = 0, end: int = ..., /) -> Match | None:
        """The leftmost match."""

    def match(self, data: bytes, start: int = 0, end: int = ..., /) -> Match | None:
        """The match that begins exactly at `start`."""

    def fullmatch(self, data: bytes, start: int = 0, end: int = ..., /) -> Match | None:
        """The match that takes up everything from `start` to `end`."""

    def finditer(self, data: bytes, start: int = 0, end: int = ..., /) -> Iterator[Match]:
        """All matches, left to right, not overlapping."""

    def sub(self, replacement: Callable[[Match], bytes], data: bytes, /) -> bytes:
        """The data with every match replaced."""


class _Found:
    """A match, as thin as possible."""

    __slots__ = ("_data", "_spans")

    def __init__(self, data: bytes, spans: Sequence[tuple[int, int]]) -> None:
        self._data = data
        self._spans = spans

    def span(self, group: int = 0, /) -> tuple[int, int]:
        return self._spans[group]

    def start(self, group: int = 0, /) -> int:
        return self._spans[group][0]

    def end(self, group: int = 0, /) -> int:
        return self._spans[group][1]

    def __getitem__(self, group: int, /) -> bytes | None:
        start, end = self._spans[group]
        return self._data[start:end] if start >= 0 else None


class _Direct:
    """The compiled pattern without the re2 package's own wrapper, which takes longer than most searches here."""

    __slots__ = ("_spans",)

    def __init__(self, compiled: Any) -> None:
        self._spans = compiled._regexp.Match  # noqa: SLF001

    def search(self, data: bytes, start: int = 0, end: int | None = None, /) -> Match | None:
        return self._first(_UNANCHORED, data, start, end)

    def match(self, data: bytes, start: int = 0, end: int | None = None, /) -> Match | None:
        return self._first(_AT_START, data, start, end)

    def fullmatch(self, data: bytes, start: int = 0, end: int | None = None, /) -> Match | None:
        return self._first(_AT_BOTH, data, start, end)

    def _first(self, anchor: object, data: bytes, start: int, end: int | None) -> Match | None:
        length = len(data)
        if end is None or end > length:
            end = length
        start = min(start, length)
        if start > end:
            return None
        spans = self._spans(anchor, data, start, end)
        return _Found(data, spans) if spans[0][0] >= 0 else None

    def finditer(self, data: bytes, start: int = 0, end: int | None = None, /) -> Iterator[Match]:
        last = len(data) if end is None else min(end, len(data))
        while start <= last and (found := self._first(_UNANCHORED, data, start, end)) is not None:
            yield found
            start = found.end() + (found.end() == found.start())

    def sub(self, replacement: Callable[[Match], bytes], data: bytes, /) -> bytes:
        written = bytearray()
        at = 0
        for found in self.finditer(data):
            written += data[at : found.start()]
            written += replacement(found)
            at = found.end()
        return bytes(written + data[at:])


try:
    _ANCHORS = re2._Anchor  # noqa: SLF001
    _UNANCHORED, _AT_START, _AT_BOTH = _ANCHORS.UNANCHORED, _ANCHORS.ANCHOR_START, _ANCHORS.ANCHOR_BOTH
    _HAS_DIRECT = callable(re2.compile("x")._regexp.Match)  # noqa: SLF001
except AttributeError:  # another release of the package: slower, the same results
    _HAS_DIRECT = False


def direct(compiled: Any) -> Pattern:
    """A compiled pattern of the re2 package, for bytes, searched without the package's wrapper. Same results."""
    return _Direct(compiled) if _HAS_DIRECT else compiled


def ascii_pattern(pattern: str) -> Pattern:
    """Compile an ASCII pattern for bytes in any encoding that keeps ASCII: a byte beyond it is a character of its own."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return direct(re2.compile(pattern.encode("ascii"), options))
