"""Which of many literals occur in a text, in one pass over the text.

Every literal is filed under the rarest of its keys: its words, pieces of three characters, and joints of two words. The keys of a
text say which files are worth opening; only their literals are looked for one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from sys import intern
from typing import Any

SHORTEST = 3  # characters of a literal, and of a piece
BORDER = "\x7f"
"""Stands in a folded text wherever a word begins or ends, so that a literal can ask for it: the word `key` is not in `monkey`.
A character that programs do not write."""

_MORE = 3  # keys that a text must have before it is searched for a literal
_NO_KEY = ""  # what literals are filed by that have no word and no piece

_BLOCK = 1 << 20
_OVERLAP = 4 << 10  # of blocks; no key of a literal is longer

_BLANKS = re.compile("  +")
_WORDS = re.compile(r"(\w+)", re.ASCII)  # what `\w` means in RE2
_JOINTS = re.compile(
    rf"(?=(..{BORDER}[^{BORDER}\w]{{1,16}}{BORDER}..))", re.ASCII | re.DOTALL
)  # `ot be` of "cannot be"


def one_blank(text: str) -> str:
    """A text with one blank for each run of white space."""
    for space in "\t\n\f\r":  # with the blank, what `\s` means in RE2
        text = text.replace(space, " ")
    return _BLANKS.sub(" ", text)


def fold(text: str) -> str:
    """The form in which literals are looked for: lower case, one blank for each run of white space, `BORDER` around words."""
    return BORDER.join(_WORDS.split(one_blank(text.lower())))


def fold_part(text: str) -> str:
    """As `fold`, for a text that others may stand around: at its ends a word begins or ends only where it says so itself."""
    folded = fold(without_borders(text))
    begin = folded.startswith(BORDER) and not text.startswith(BORDER)
    end = folded.endswith(BORDER) and not text.endswith(BORDER)
    return folded[begin : len(folded) - end]


def without_borders(text: str) -> str:
    """The text as it is written."""
    return text.replace(BORDER, "")


def keys_in(folded: str) -> set[str]:
    """The keys of all literals that a folded text may contain."""
    parts: set[str] = set()
    joints: set[str] = set()
    for begin in range(0, len(folded), _BLOCK):  # memory does not grow with the text
        block = folded[begin : begin + _BLOCK + _OVERLAP]
        parts.update(block.split(BORDER))
        joints.update(_JOINTS.findall(block))
    keys = {f"{BORDER}{part}{BORDER}" for part in parts}
    keys.update(_pieces(keys))
    keys |= joints
    keys.add(_NO_KEY)
    return keys


class Rarity:
    """Tells which keys a literal is best filed by.

    Args:
        seen: in how many texts keys were seen.
    """

    def __init__(self, seen: Mapping[str, int]) -> None:
        self._seen = seen
        self._of_parts: dict[tuple[str, bool], str | None] = {}
        self._of_literals: dict[str, list[str]] = {}

    def keys(self, literal: str) -> list[str]:
        """Keys that every text has that contains the literal: the rarest one of each of its parts, the rarest of them first."""
        found = self._of_literals.get(literal)
        if found is None:
            parts = literal.split(BORDER)
            last = len(parts) - 1
            rarest = {
                key
                for place, part in enumerate(parts)
                if (key := self._of_part(f"{BORDER[:place]}{part}{BORDER[: last - place]}", 0 < place < last))
            }
            rarest.update(_JOINTS.findall(literal))
            found = self._of_literals[literal] = sorted(rarest, key=self._rank) or [_NO_KEY]
        return found

    def texts_with(self, literal: str) -> int:
        """In how many of the texts the literal may stand."""
        return self._seen.get(self.keys(literal)[0], 0)

    def _of_part(self, part: str, whole: bool) -> str | None:
        try:
            return self._of_parts[part, whole]
        except KeyError:
            keys = _pieces([part]) | ({part} if whole else set())
            key = self._of_parts[part, whole] = min(keys, key=self._rank, default=None)
            return key

    def _rank(self, key: str) -> tuple[int, bool, int, str]:
        return self._seen.get(key, 0), not key.strip(BORDER).isalpha(), -len(key), key


def _pieces(parts: Iterable[str]) -> set[str]:
    return {piece for part in parts for piece in map("".join, zip(part, part[1:], part[2:], strict=False))}


def file_literals(literals: Mapping[str, Sequence[int]], rarity: Rarity) -> dict[str, list[list[Any]]]:
    """File literals (folded, at least `SHORTEST` characters).

    Args:
        literals: each with what is to be told of it.
        rarity: of their keys.

    Returns:
        By its rarest key: literal, the next ones, what is to be told.
    """
    files: dict[str, list[list[Any]]] = {}
    for literal, told in literals.items():
        first, *more = rarity.keys(literal)
        files.setdefault(first, []).append([literal, more[:_MORE], told])
    return files


class FiledLiterals:
    """Filed literals, ready to be looked for in many texts. Thread-safe.

    Args:
        files: see `file_literals`.
    """

    def __init__(self, files: Mapping[str, list[list[Any]]]) -> None:
        self._files = files
        self._unopened = set(files)
        self._certain: dict[str, list[list[int]]] = {}  # of the words that are all there is of a literal
        self._opened: dict[str, list[tuple[str, frozenset[str], list[int]]]] = {}

    def found_in(self, folded: str) -> set[int]:
        """What is to be told of the literals that a folded text contains. Linear in the text's length."""
        keys = keys_in(folded)
        for key in keys & self._unopened:
            self._open(key)
        opened, certain = self._opened, self._certain
        found = [
            told
            for key in keys & opened.keys()
            for literal, more, told in opened[key]
            # Looking up keys is far cheaper than running through the text.
            if more <= keys and literal in folded
        ]
        return set(chain(*found, *chain.from_iterable(certain[key] for key in keys & certain.keys())))

    def _open(self, key: str) -> None:
        filed = self._files[key]
        self._certain[key] = [told for literal, _, told in filed if literal == key]
        self._opened[key] = [
            (literal, frozenset(map(intern, more)), told) for literal, more, told in filed if literal != key
        ]
        self._unopened.discard(key)
