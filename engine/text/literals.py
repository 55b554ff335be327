"""Which of many literals occur in a text, in one pass over the text.

Every literal is filed under the rarest of its three-letter pieces. A text's set of such pieces says which files are worth
opening; only their literals are looked for one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

_PIECE = 3
_BLOCK = 1 << 20


def file_literals(literals: Iterable[str]) -> dict[str, list[str]]:
    """File literals (lower case, at least three characters) by their rarest piece."""
    known = sorted(set(literals))
    frequency = Counter(piece for literal in known for piece in _pieces(literal))
    files: dict[str, list[str]] = {}
    for literal in known:
        rarest = min(_pieces(literal), key=lambda piece: (frequency[piece], piece))
        files.setdefault(rarest, []).append(literal)
    return files


def literals_in(folded: str, files: Mapping[str, Sequence[str]]) -> set[str]:
    """The filed literals that a lower-case text contains. Linear in its length; memory does not grow with it."""
    pieces: set[str] = set()
    for begin in range(0, len(folded), _BLOCK):
        pieces |= _pieces(folded[begin : begin + _BLOCK + _PIECE - 1])
    return {literal for piece in files.keys() & pieces for literal in files[piece] if literal in folded}


def _pieces(text: str) -> set[str]:
    return set(map("".join, zip(text, text[1:], text[2:], strict=False)))
