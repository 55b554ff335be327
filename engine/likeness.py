"""Which cause's incidents a case is like: its words and circumstances taken together, whoever arranged them.

Signatures know how a message is put. A product that nobody has described puts the same thing in other words, but rarely in
words that no report of any product used. So words, pairs of neighbours and circumstances are one more piece of evidence:
multinomial logistic regression over the labelled incidents (fitting.py), whose weights are knowledge like any other, in
`kb/likeness.tsv`. A case of many words is judged by their mean direction, each word by how rare it is (tf-idf; Salton and
Buckley 1988), so that a long log is no surer than one line. What the judgement is worth beside rules is a figure of the
ranking.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .knowledge.likeness import LikenessTable, row_of
from .knowledge.names import value_key
from .knowledge.packed import entries
from .lanes import Lanes
from .text.views import SHAPES
from .text.words import words_of

if TYPE_CHECKING:
    from .facts import Facts

_MOST_CIRCUMSTANCES = 6  # are known of most incidents; more of them say together what so many do
_LEAST_LENGTH = 20.0  # of a dozen words: a single one, such as an error code, is not a case's whole story
_PARTS = 100  # of a nat, in which weights are added up


class Row(NamedTuple):
    """What one word or circumstance says.

    Attributes:
        rarity: how much a word counts among the words of its text.
        weights: for each cause, in hundredths of a nat; packed into lanes.
    """

    rarity: float
    weights: int


class Likeness:
    """How like one case is to the incidents of each cause.

    Args:
        start: by the causes' numbers, what is said before anything is known (nats).
        words, circumstances: the rows of those that were found.
        causes: by number.
        least: no cause's share is held to be smaller.
        lanes: unpack the rows' weights, one for each cause.

    Attributes:
        sums: cause to the natural log of its share, against one as large as all others; empty where nothing is known.
    """

    __slots__ = ("_causes", "_circumstances", "_lanes", "_norm", "_share", "_words", "sums")

    def __init__(
        self,
        start: Sequence[float],
        words: Mapping[str, Row],
        circumstances: Mapping[str, Row],
        causes: Sequence[str],
        least: float,
        lanes: Lanes,
    ) -> None:
        self._lanes = lanes
        self._words = words
        self._circumstances = circumstances
        self._causes = causes
        self._norm = length_of([row.rarity for row in words.values()])
        self.sums: dict[str, float] = {}
        if words or circumstances:
            self._share = share_of_each(len(circumstances))
            of_words, of_circumstances = self._sums(words), self._sums(circumstances)
            for_words, for_circumstances = 1 / (_PARTS * self._norm), self._share / _PARTS
            scores = [
                first + said * for_words + known * for_circumstances
                for first, said, known in zip(start, of_words, of_circumstances, strict=True)
            ]
            self.sums = self._shares(scores, least)

    def _sums(self, rows: Mapping[str, Row]) -> Sequence[int]:
        return self._lanes.unpack(sum(row.weights for row in rows.values()))

    def _shares(self, scores: Sequence[float], least: float) -> dict[str, float]:
        top = max(scores)
        weights = [math.exp(score - top) for score in scores]
        whole = sum(weights)
        return {
            cause: math.log((weight / whole + least) * len(weights))
            for cause, weight in zip(self._causes, weights, strict=True)
        }

    def telling(self, cause: str, most: int = 3) -> list[str]:
        """The words and circumstances that speak most for a cause; none of them is a part of another."""
        if cause not in self.sums:
            return []
        own = self._causes.index(cause)
        unpack = self._lanes.unpack
        said = [(unpack(row.weights)[own] / self._norm, word) for word, row in self._words.items()]
        said += [(unpack(row.weights)[own] * self._share, name) for name, row in self._circumstances.items()]
        chosen: list[str] = []
        for weight, word in sorted(said, reverse=True):
            if weight <= 0 or len(chosen) == most:
                break
            if not any(word in one or one in word for one in chosen):
                chosen.append(word)
        return chosen


class LikenessReader:
    """Tells what a case is like. Thread-safe.

    Args:
        table: the fitted weights.
        least: no cause's share is held to be smaller.
    """

    def __init__(self, table: LikenessTable, least: float) -> None:
        self._table = table
        self._least = least
        self._lanes = Lanes(len(table.causes))
        self._words: dict[str, Row] = {}  # by their text
        self._circumstances: dict[str, Row] = {}

    def read(self, text: str, facts: Facts) -> Likeness:
        """What a (redacted) text and what is known beside it are like; what is told of its secrets are no words of its author."""
        return self.judge(words_of(text.partition(SHAPES)[0]), circumstances_of(facts))

    def judge(self, words: Iterable[str], circumstances: Iterable[str]) -> Likeness:
        """The same for words and circumstances that were found before."""
        table = self._table
        known_words = {word: self._word(text) for word, text in entries(table.words, words).items()}
        known = {name: self._circumstance(text) for name, text in entries(table.circumstances, circumstances).items()}
        return Likeness(table.start, known_words, known, table.causes, self._least, self._lanes)

    def _word(self, text: str) -> Row:
        row = self._words.get(text)
        if row is None:
            rarity, *said = row_of(text)
            row = self._words[text] = Row(rarity, self._packed(said))
        return row

    def _circumstance(self, text: str) -> Row:
        row = self._circumstances.get(text)
        if row is None:
            row = self._circumstances[text] = Row(1.0, self._packed(row_of(text)))
        return row

    def _packed(self, said: Sequence[float]) -> int:
        weights = [0] * len(self._table.causes)
        for number, weight in zip(said[::2], said[1::2], strict=True):
            weights[int(number)] = round(weight * _PARTS)
        return self._lanes.pack(weights)


def length_of(rarities: Iterable[float]) -> float:
    """What the weight of each word of a text is divided by."""
    return max(math.sqrt(sum(one * one for one in rarities)), _LEAST_LENGTH)


def share_of_each(circumstances: int) -> float:
    """What each of so many circumstances counts."""
    return min(1.0, _MOST_CIRCUMSTANCES / max(circumstances, 1))


def circumstances_of(facts: Facts) -> Iterator[str]:
    """What is known, as `name=value`."""
    for name, values in facts.held.items():
        for value in values:
            yield f"{name}={value_key(value)}".lower()


NO_LIKENESS = Likeness((), {}, {}, (), 0.0, Lanes(0))
