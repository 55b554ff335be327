"""The words of a text, and what they say taken together, whoever arranged them.

Signatures know how a message is put. A product that nobody has described puts the same thing in other words, but rarely in
words that no example of any product used. So the words of a text are one more piece of evidence, a weak one: naive Bayes over
single words and pairs of neighbours (Lewis 1998, "Naive (Bayes) at Forty"), trained on nothing but the examples beside the
rules (see knowledge/compiling/words.py). Words of one text say much the same, so their sum is scaled down and capped.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ..knowledge.packed import entries
from .views import SHAPES

if TYPE_CHECKING:
    from ..knowledge import Knowledge

# Words, names with underscores, statuses; not the T of a timestamp.
_WORD = re.compile(r"(?<![a-z0-9])[a-z][a-z0-9]*(?:['_][a-z0-9]+)*|\b[1-5][0-9]{2}\b")
_JOINT = re.compile(r"['_]")
_PLACEHOLDER = re.compile(r"<[a-z_]+:[0-9]+>")
_SHORTEST_PART = 3
_LONGEST_TEXT = 40_000  # characters from each end; what lies between is more of the same
_MOST_COUNTED = 12  # words, for one cause


def words_of(text: str) -> set[str]:
    """Words, parts of joined names, and pairs of neighbours, in lower case; placeholders of secrets are no words."""
    if len(text) > 2 * _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]} {text[-_LONGEST_TEXT:]}"
    words = _WORD.findall(_PLACEHOLDER.sub(" ", text.lower()))
    found = set(words)
    for word in set(words):
        if "_" in word or "'" in word:
            found.update(part for part in _JOINT.split(word) if len(part) >= _SHORTEST_PART)
    found.update(map(" ".join, set(pairwise(words))))  # lines of a log repeat each other
    return found


class WordEvidence:
    """What the words of one text say of each cause.

    Args:
        rows: word to the numbers of the causes that it speaks for, each followed by its weight (nats).
        causes: the causes by number.

    Attributes:
        sums: cause to the sum of its most telling words' weights, in nats, not yet scaled down.
    """

    __slots__ = ("_causes", "_rows", "sums")

    def __init__(self, rows: Mapping[str, Sequence[float]], causes: Sequence[str]) -> None:
        self._rows = rows
        self._causes = causes
        weights: dict[float, list[float]] = defaultdict(list)
        for row in rows.values():
            pairs = iter(row)
            for number, weight in zip(pairs, pairs, strict=True):
                weights[number].append(weight)
        self.sums: dict[str, float] = {}
        for number in sorted(weights):
            said = weights[number]
            said.sort(reverse=True)
            self.sums[causes[int(number)]] = sum(said[:_MOST_COUNTED])

    def telling(self, cause: str, most: int = 3) -> list[str]:
        """The words that speak most for a cause; none of them is a part of another."""
        if cause not in self.sums:
            return []
        own = self._causes.index(cause)
        said = [
            (row[place + 1], word)
            for word, row in self._rows.items()
            for place in range(0, len(row), 2)
            if row[place] == own
        ]
        chosen: list[str] = []
        for _, word in sorted(said, reverse=True):
            if not any(word in one or one in word for one in chosen):
                chosen.append(word)
            if len(chosen) == most:
                break
        return chosen


NO_WORDS = WordEvidence({}, ())


class Lexicon:
    """The words that the knowledge has figures for. Thread-safe."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._rows = knowledge.word_weights
        self._causes = knowledge.word_causes

    def read(self, text: str) -> WordEvidence:
        """What the words of a (redacted) text say; what is told of its secrets are no words of its author."""
        return WordEvidence(entries(self._rows, words_of(text.partition(SHAPES)[0])), self._causes)
