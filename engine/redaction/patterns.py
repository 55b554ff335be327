"""RE2, the only matcher that meets untrusted text here: time linear in the length of the text, whatever the pattern.

Patterns work on the UTF-8 bytes of a text, read as Latin-1. Offsets are then plain byte offsets, no search ever copies
the text, and bytes that are not ASCII simply belong to no ASCII class.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, Protocol

import re2

_MEMORY = 48 << 20
"""Bytes that one pattern may use for its automaton; beyond it RE2 falls back to a slower, still linear method."""


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


def compile_pattern(pattern: str) -> Pattern:
    """A pattern in RE2 syntax, ASCII only; `(?i)` in front makes it ignore case.

    It is compiled when it is first used, which keeps commands that redact nothing quick. One that is not valid, a
    mistake in this package, raises `re2.error` then.
    """
    return _Late(pattern)


class Dispatcher:
    """Tells in one pass over a stretch of text which of many patterns match somewhere in it.

    Args:
        patterns: numbered in their order.
        alone: numbers of patterns that get an automaton of their own. Those that count characters multiply the states
            of a common one, and making states takes longer than running through them.
    """

    def __init__(self, patterns: Sequence[str], alone: Collection[int] = ()) -> None:
        # Unlike a search, a set never gives up when its automaton outgrows the memory: it forgets states and goes on.
        self._set = re2.Set.SearchSet(_options(groups=False))
        self._numbers = [number for number in range(len(patterns)) if number not in alone]
        for number in self._numbers:
            self._set.Add(patterns[number].encode("ascii"))
        self._set.Compile()
        self._alone = [(number, _compile(patterns[number], groups=False)) for number in sorted(alone)]

    def matching(self, data: bytes) -> set[int]:
        """Numbers of the patterns that match. What lies around the stretch is not seen: pass whole lines."""
        matching = {self._numbers[at] for at in self._set.Match(data) or ()}
        matching.update(number for number, pattern in self._alone if pattern.search(data))
        return matching


def compile_literals(literals: Iterable[bytes]) -> Pattern:
    """Compile a pattern that finds any of the byte strings, which nothing outside the returned object remembers."""
    compiled = _compile("|".join(map(_literal, literals)), groups=False)
    # re2 keeps the patterns that it compiled last. These hold pieces of secrets, so the memory is cleared; patterns in
    # use elsewhere belong to their users, and are not touched by that.
    re2.purge()
    return compiled


class _Late:
    """A pattern that becomes the compiled one, method by method, at its first use."""

    _METHODS = ("search", "match", "fullmatch", "finditer", "sub")

    # What __getattr__ provides, for the type checker.
    search: Callable[..., Match | None]
    match: Callable[..., Match | None]
    fullmatch: Callable[..., Match | None]
    finditer: Callable[..., Iterator[Match]]
    sub: Callable[..., bytes]

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    def __getattr__(self, name: str) -> object:
        if name not in self._METHODS:
            raise AttributeError(name)
        compiled = _compile(self._pattern, groups=True)
        for method in self._METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


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


def _options(*, groups: bool) -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _MEMORY
    options.log_errors = False
    options.never_capture = not groups
    return options


def _compile(pattern: str, *, groups: bool) -> Pattern:
    compiled: Pattern = re2.compile(pattern.encode("ascii"), _options(groups=groups))
    return _Direct(compiled) if _HAS_DIRECT else compiled


def _literal(data: bytes) -> str:
    return "".join(chr(byte) if byte < 0x80 and chr(byte).isalnum() else f"\\x{byte:02x}" for byte in data)
