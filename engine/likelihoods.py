"""What answers a question may get, how likely each is under each cause, and what it does to the causes.

Figures are derived once from how often the causes' cases show each value, in the phase in which the failure appears, so that
looking at a question is a few sums over the causes.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Any, NamedTuple

from .circumstances import Place
from .knowledge import Fact, Knowledge
from .knowledge.names import NAMES, NOT_OAUTH, NOT_SHOWN, OTHER, PHASE
from .ranking import Ranker
from .remembered import Remembered

_TELLING = 0.6  # share of the uncertainty that a message or code of free text takes away, where there is one
_WITHOUT_TABLE = 0.15  # chance that a provider without documented codes shows one, against one that has them
_USUAL = 50  # a name on fewer sheets is not expected as an answer
_MOST_REMEMBERED = 64  # questions in a phase; their figures take some 100 kB each
_LEAST = 1e-3  # causes below that don't decide what is asked


class Row(NamedTuple):
    """What one answer means for every cause, by the causes' numbers.

    Attributes:
        chances: of the answer; factors: what a cause's share is multiplied by after it; logs: the log2 of these.
    """

    chances: array[float]
    factors: array[float]
    logs: array[float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer that a question may get.

    Attributes:
        value: key of the value in the profiles; chance: its probability by cause.
        effect: by what a cause's odds are multiplied, at full trust (a logarithm).
    """

    value: str
    chance: Mapping[str, float]
    effect: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Live:
    """The likelier causes.

    Attributes:
        numbers: as the rows of `Likelihoods` have them; shares: their probabilities; logs: the log2 of these.
        uncertainty: which of them it is, in bits; whole: sum of the shares.
    """

    numbers: list[int]
    shares: list[float]
    logs: list[float]
    uncertainty: float
    whole: float


class Likelihoods:
    """Possible outcomes of every question. Immutable; thread-safe."""

    def __init__(self, knowledge: Knowledge, ranker: Ranker) -> None:
        self._ranker = ranker
        self._knowledge = knowledge
        self._outcomes: Remembered[list[Outcome]] = Remembered(_MOST_REMEMBERED)
        self._places = {cause: place for place, cause in enumerate([*knowledge.profiles, NOT_OAUTH])}

    def outcomes(self, fact: str, phase: str | None = None) -> list[Outcome]:
        """What the fact's question may be answered; empty where nothing is known about that.

        Args:
            phase: where the failure appears, if that is known.
        """
        found = self._outcomes.get((fact, phase))
        if found is None:
            asked = self._knowledge.vocabulary[fact]
            found = self._outcomes.keep((fact, phase), self._of(asked, phase) if asked.question else [])
        return found

    def _of(self, fact: Fact, phase: str | None) -> list[Outcome]:
        rows = self._knowledge.profiles
        # Of codes and names the sheets know hundreds: the rare ones, and codes that no author names, are one answer.
        values = sorted({value for row in rows.values() for value in row["profile"].get(fact.id, ())})
        if not values:
            counts = self._knowledge.sheets.values.get(fact.id, {})
            values = [OTHER, *(value for value, count in counts.items() if count >= _USUAL and value != OTHER)]
        if len(values) < 2:
            return []
        phase = None if fact.id == PHASE else phase
        shares, causes = self._ranker.shares, self._ranker.causes
        listed = {value: shares.of(fact.id, value, phase) for value in values}
        if OTHER in listed:
            named = zip(*(row for value, row in listed.items() if value != OTHER), strict=True)
            listed[OTHER] = [
                None if share is None else max(1.0 - sum(one or 0.0 for one in ones), 0.0)
                for share, ones in zip(listed[OTHER], named, strict=True)
            ]
        result = []
        for value, row in listed.items():
            average = shares.average(row)
            chance = {cause: average if one is None else one for cause, one in zip(causes, row, strict=True)}
            silent = value == OTHER and fact.id in NAMES  # as in `Circumstances.known`
            result.append(Outcome(value, chance, {} if silent else self._ranker.ratios(Place(fact.id, value, phase))))
        return result

    def live(self, ranked: Iterable[Sequence[Any]], least: float = _LEAST) -> Live | None:
        """The causes that decide what is asked, made ready for `Gains`; None when there is one at most.

        Args:
            ranked: cause and probability of each (and what else there is).
            least: causes that are less likely are left out.
        """
        found = [one for one in ranked if one[1] > least]
        if len(found) < 2:
            return None
        shares = [one[1] for one in found]
        numbers = [self._places[one[0]] for one in found]
        logs = list(map(math.log2, shares))
        whole = sum(shares)
        uncertainty = math.log2(whole) - sum(map(mul, shares, logs)) / whole
        return Live(numbers, shares, logs, uncertainty, whole)

    def rows(self, fact: str, phase: str | None = None, *, told: bool) -> list[Row]:
        """Of each outcome of the fact's question; empty where nothing is known about it.

        Args:
            phase: where the failure appears, if that is known.
            told: no text speaks (then the circumstances weigh more).
        """
        trust = self._ranker.weighting(told=told)
        rows = []
        for outcome in self.outcomes(fact, phase):
            weights = [trust * outcome.effect.get(cause, 0.0) for cause in self._places]
            chances = array("d", (outcome.chance.get(cause, 0.0) for cause in self._places))
            rows.append(
                Row(chances, array("d", map(math.exp, weights)), array("d", (x / math.log(2) for x in weights)))
            )
        return rows

    def shares(self, fact: str, probabilities: Mapping[str, float], phase: str | None = None) -> dict[str, float]:
        """How likely each answer is by now, by value."""
        whole = sum(probabilities.values()) or 1.0
        return {
            outcome.value: sum(
                probability * outcome.chance.get(cause, 0.0) for cause, probability in probabilities.items()
            )
            / whole
            for outcome in self.outcomes(fact, phase)
        }

    def gain_of_set(self, fact: Fact, probabilities: Mapping[str, float]) -> float:
        """Expected information, in bits, about whether the most telling value is in a set or not."""
        live = [(cause, share) for cause, share in probabilities.items() if share > _LEAST]
        whole = sum(share for _, share in live)
        before = entropy(share for _, share in live)
        best = 0.0
        for outcome in self.outcomes(fact.id):
            there = [share * outcome.chance[cause] for cause, share in live]
            gone = [share * (1 - outcome.chance[cause]) for cause, share in live]
            best = max(best, before - (sum(there) * entropy(there) + sum(gone) * entropy(gone)) / whole)
        return best

    def gain_of_message(
        self, fact: Fact, probabilities: Mapping[str, float], provider: str | None, phase: str | None = None
    ) -> float:
        """Expected information, in bits, of a code or message of free text: it may tell all, if there is one."""
        shown = 1.0 - self.shares(fact.id, probabilities, phase).get(NOT_SHOWN, 1.0)
        if provider is not None and not self._knowledge.codes(provider):
            shown *= _WITHOUT_TABLE
        return shown * _TELLING * entropy(share for share in probabilities.values() if share > _LEAST)


def entropy(weights: Iterable[float]) -> float:
    """Uncertainty in bits of weights that need not sum to one."""
    whole = total = 0.0
    log2 = math.log2
    for weight in weights:
        if weight > 0:
            whole += weight
            total += weight * log2(weight)
    return log2(whole) - total / whole if whole > 0 else 0.0
