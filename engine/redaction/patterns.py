"""RE2, the only matcher that meets untrusted text here: time linear in the length of the text, whatever the pattern.

Patterns work on the UTF-8 bytes of a text, read as Latin-1. Offsets are then plain byte offsets, no search ever copies
the text, and bytes that are not ASCII simply belong to no ASCII class.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import re2

from ..linear import Match, Pattern, direct

_MEMORY = 48 << 20
"""Bytes that one pattern may use for its automaton; beyond it RE2 falls back to a slower, still linear method."""


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


def _options(*, groups: bool) -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _MEMORY
    options.log_errors = False
    options.never_capture = not groups
    return options


def _compile(pattern: str, *, groups: bool) -> Pattern:
    return direct(re2.compile(pattern.encode("ascii"), _options(groups=groups)))


def _literal(data: bytes) -> str:
    return "".join(chr(byte) if byte < 0x80 and chr(byte).isalnum() else f"\\x{byte:02x}" for byte in data)
