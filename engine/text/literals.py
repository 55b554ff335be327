"""Which of many literals occur in a text, in one pass over the text.

Every literal is filed under the rarest of its three-letter pieces. A text's set of such pieces says which files are worth
opening; only their literals are looked for one by one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from sys import intern
from typing import Generic, TypeVar

SHORTEST = 3  # characters of a literal, and of a piece
_BLOCK = 1 << 20

_SPACES = re.compile(r"[\t\n\f\r ]+")  # what `\s` means in RE2

T = TypeVar("T")


def one_blank(text: str) -> str:
    """A text with one blank for each run of white space."""
    return _SPACES.sub(" ", text)


def fold(text: str) -> str:
    """The form in which literals are looked for: lower case, one blank for each run of white space."""
    return one_blank(text.lower())


def file_literals(literals: Iterable[str]) -> dict[str, list[str]]:
    """File literals (folded, at least `SHORTEST` characters) by their rarest piece."""
    known = [(literal, _pieces(literal)) for literal in sorted(set(literals))]
    frequency: Counter[str] = Counter()
    for _, pieces in known:
        frequency.update(pieces)
    files: dict[str, list[str]] = {}
    for literal, pieces in known:
        _, rarest = min([(frequency[piece], piece) for piece in pieces])
        files.setdefault(rarest, []).append(literal)
    return files


class FiledLiterals(Generic[T]):
    """Filed literals, ready to be looked for in many texts. Thread-safe.

    Args:
        files: rarest piece to its literals (see `file_literals`), each with what is filed with it.
    """

    def __init__(self, files: Mapping[str, Mapping[str, T]]) -> None:
        self._files = files
        self._unopened = set(files)
        self._opened: dict[str, list[tuple[str, str, str, T]]] = {}

    def found_in(self, folded: str) -> dict[str, T]:
        """The literals that a folded text contains, with what is filed with each.

        Linear in the text's length; memory does not grow with it.
        """
        pieces: set[str] = set()
        for begin in range(0, len(folded), _BLOCK):
            pieces |= _pieces(folded[begin : begin + _BLOCK + SHORTEST - 1])
        for piece in pieces & self._unopened:
            self._open(piece)
        opened = self._opened
        return {
            literal: filed
            for piece in pieces & opened.keys()
            for literal, first, last, filed in opened[piece]
            # Looking up two more pieces is far cheaper than running through the text.
            if first in pieces and last in pieces and literal in folded
        }

    def _open(self, piece: str) -> None:
        self._opened[piece] = [
            (literal, intern(literal[:SHORTEST]), intern(literal[-SHORTEST:]), filed)
            for literal, filed in self._files[piece].items()
        ]
        self._unopened.discard(piece)


def _pieces(text: str) -> set[str]:
    return set(map("".join, zip(text, text[1:], text[2:], strict=False)))
