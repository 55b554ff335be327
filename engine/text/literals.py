"""Which of many literals occur in a text, in one pass over the text.

Every literal is filed under the rarest of its three-letter pieces. A text's set of such pieces says which files are worth
opening; only their literals are looked for one by one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeVar

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


def literals_in(folded: str, files: Mapping[str, Mapping[str, T]]) -> dict[str, T]:
    """The filed literals that a folded text contains, with what is filed with each.

    Linear in the text's length; memory does not grow with it.
    """
    pieces: set[str] = set()
    for begin in range(0, len(folded), _BLOCK):
        pieces |= _pieces(folded[begin : begin + _BLOCK + SHORTEST - 1])
    return {
        literal: filed
        for piece in pieces
        if piece in files
        for literal, filed in files[piece].items()
        # Looking up two more pieces is far cheaper than running through the text.
        if literal[:SHORTEST] in pieces and literal[-SHORTEST:] in pieces and literal in folded
    }


def _pieces(text: str) -> set[str]:
    return set(map("".join, zip(text, text[1:], text[2:], strict=False)))
