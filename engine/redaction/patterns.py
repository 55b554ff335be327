"""RE2, the only matcher that meets untrusted text here: time linear in the length of the text, whatever the pattern.

Patterns work on the UTF-8 bytes of a text, read as Latin-1. Offsets are then plain byte offsets, no search ever copies
the text, and bytes that are not ASCII simply belong to no ASCII class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

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


def compile_scanner(patterns: Iterable[str]) -> Pattern:
    """Compile one pattern that stops wherever any of the patterns matches. It has no groups, and is faster for that."""
    return _compile("|".join(f"(?:{pattern})" for pattern in patterns), groups=False)


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


def _compile(pattern: str, *, groups: bool) -> Pattern:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _MEMORY
    options.log_errors = False
    options.never_capture = not groups
    compiled: Pattern = re2.compile(pattern.encode("ascii"), options)
    return compiled


def _literal(data: bytes) -> str:
    return "".join(chr(byte) if byte < 0x80 and chr(byte).isalnum() else f"\\x{byte:02x}" for byte in data)
