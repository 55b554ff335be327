"""What a piece of a pattern matches exactly, where that is a short list: `colou?rs?` matches four words and nothing else.

Worked out with the standard library's parser while knowledge is compiled or anchors are derived, never at run time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from .literals import BORDER, one_blank

Texts: TypeAlias = frozenset[str]
"""Texts in lower case, with one blank for each run of white space."""

NOTHING: Texts = frozenset({""})
_BLANK: Texts = frozenset({" "})
_BORDER: Texts = frozenset({BORDER})
_MOST_TIMES = 8
_CONTEXTUAL = frozenset("σςΣ")  # lower case depends on what stands around


def parsed(pattern: str) -> Iterable[Any]:
    """The parts of a pattern as the standard library names them; none of a pattern that it does not understand."""
    parser = getattr(re, "_parser", None)
    try:
        return parser.parse(pattern.replace("(?s)", "").replace("(?i)", "")) if parser else []
    except (re.error, OverflowError, RecursionError):
        return []


def named(tree: Iterable[tuple[Any, Any]]) -> Iterator[tuple[str, Any]]:
    """The parts of a sequence by name; characters that follow one another are one part, `TEXT`."""
    text = ""
    for operation, argument in tree:
        name = operation.name
        character = _character(argument) if name == "LITERAL" else None
        if character is not None:
            text += character
            continue
        if text:
            yield "TEXT", text
            text = ""
        yield name, argument
    if text:
        yield "TEXT", text


def joined(first: Texts, second: Texts) -> Texts:
    """Each of the first with each of the second behind it."""
    return frozenset(begin + end for begin in first for end in second)


@dataclass(frozen=True, slots=True)
class ShortLists:
    """Lists the texts that pieces of patterns match.

    Attributes:
        most: texts of a list.
        most_of_a_class: characters of a class; most_of_a_range: of a range in it, such as `[3-7]`.
        borders: `\\b` is the text `BORDER`, instead of nothing.
    """

    most: int
    most_of_a_class: int
    most_of_a_range: int
    borders: bool = False

    def of(self, tree: Iterable[Any]) -> Texts | None:
        """Every text that a sequence matches; None when that is no short list."""
        texts = NOTHING
        for name, argument in named(tree):
            more = self.of_part(name, argument)
            if more is None or len(texts) * len(more) > self.most:
                return None
            texts = joined(texts, more)
        return texts

    def of_part(self, operation: str, argument: Any) -> Texts | None:
        """Every text that one part of a sequence (see `named`) matches; None when that is no short list."""
        match operation:
            case "TEXT":
                return frozenset({argument})
            case "AT":
                return _BORDER if self.borders and argument.name == "AT_BOUNDARY" else NOTHING
            case "SUBPATTERN":
                return self.of(argument[-1])
            case "IN":
                return self._of_class(argument)
            case "BRANCH":
                branches = [self.of(branch) for branch in argument[1]]
                union: Texts = frozenset().union(*(branch or () for branch in branches))
                return None if None in branches or len(union) > self.most else union
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeated(*argument)
        return None

    def _repeated(self, least: int, most: int, inner: Iterable[Any]) -> Texts | None:
        texts = self.of(inner)
        if texts is None:
            return None
        if texts == _BLANK or most == 1:  # any number of spaces is one space
            return texts if least else texts | NOTHING
        if len(texts) == 1 and least == most <= _MOST_TIMES:
            return frozenset(text * least for text in texts)
        return None

    def _of_class(self, members: Iterable[Any]) -> Texts | None:
        texts: set[str] = set()
        for operation, argument in members:
            name = operation.name
            if name == "CATEGORY" and argument.name == "CATEGORY_SPACE":
                texts.add(" ")
            elif name == "LITERAL" or (name == "RANGE" and argument[1] - argument[0] < self.most_of_a_range):
                first, last = (argument, argument) if name == "LITERAL" else argument
                for code in range(first, last + 1):
                    character = _character(code)
                    if character is None:
                        return None
                    texts.add(character)
            else:
                return None
        return frozenset(texts) if len(texts) <= self.most_of_a_class else None


@lru_cache(maxsize=4096)
def _character(code: int) -> str | None:
    """A character as texts have it; None when its case cannot be told from it alone."""
    char = chr(code)
    lower = char.lower()
    if char in _CONTEXTUAL or len(lower) != 1 or lower.upper().lower() != lower:
        return None
    return one_blank(lower)
