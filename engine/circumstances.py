"""What the known circumstances of a case say of each cause.

A value says the logarithm of the share of a cause's cases that show it (shares.py), against the average over all causes. How
the case appears from outside depends most on where in the flow it fails, so all other circumstances are judged by what is
usual in that phase (a tree-augmented naive Bayes model with the phase as the parent of every fact; Friedman, Geiger and
Goldszmidt 1997, "Bayesian Network Classifiers"). Figures of all causes for one value are one row of whole numbers
(lanes.py), so that a case is a sum of few integers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .facts import Facts, Finding
from .knowledge import FactKind, Knowledge
from .knowledge.names import NAMES, OTHER, PHASE, RECOGNISED, value_key
from .lanes import Lanes
from .remembered import Remembered
from .shares import Shares

# Natural logs. One answer may not outweigh a message that names the cause, and what is unusual happens.
_MOST_OF_ONE = 2.5
_LEAST_OF_ONE = -1.5
_MOST_RATIOS = 250  # some 7 kB each
_MOST_ROWS = 1_000  # 1 kB each
_ONE = 2.0**44  # so many units are a natural log of one: fine enough, and a thousand values add up within a lane


class Place(NamedTuple):
    """A value of a fact, in a phase.

    Attributes:
        key: the value, as profiles have it.
        phase: where the failure appears, if that is known.
    """

    name: str
    key: str
    phase: str | None = None


class Known(NamedTuple):
    """A known circumstance, and where it is from."""

    place: Place
    finding: Finding


def phase_of(facts: Facts) -> str | None:
    """Where in the flow the failure appears, if that is known."""
    phase = facts.first(PHASE)
    return None if phase is None else str(phase)


class Circumstances:
    """Circumstances by the profiles and answer sheets of a knowledge. Thread-safe.

    Args:
        causes: the order of the figures; a cause without a profile is told nothing about.

    Attributes:
        shares: how often the cases of each cause show a value.
        codes: facts of which any value may be shown, or none: codes, statuses, messages.
    """

    def __init__(self, knowledge: Knowledge, causes: Sequence[str], shares: Shares) -> None:
        self.shares = shares
        self._causes = causes
        self._lanes = Lanes(len(causes))
        kinds = {name: knowledge.vocabulary[name] for name in sorted(shares.values)}
        self.codes = frozenset(name for name, fact in kinds.items() if fact.is_open and name not in NAMES)
        # What is in a set and what is not is judged by the rules.
        self._asked = [name for name, fact in kinds.items() if fact.kind is not FactKind.SET]
        # Thousands of names in eight phases are possible; a case needs some fifteen.
        self._ratios: Remembered[Mapping[str, float]] = Remembered(_MOST_RATIOS)
        self._rows: Remembered[int] = Remembered(_MOST_ROWS)

    def known(self, facts: Facts) -> list[Known]:
        """The known circumstances.

        Codes and statuses count as circumstances only where there is no text; beside a text the rules judge them,
        together with what stands around them. A name that no sheet has says nothing.
        """
        held = facts.held
        without_codes = RECOGNISED in held
        phase = phase_of(facts)
        found = []
        for name in self._asked:
            if name not in held or (without_codes and name in self.codes):
                continue
            values = self.shares.values[name]
            for value, finding in held[name].items():
                key = value_key(value)
                if key not in values and name in self.codes:
                    key = OTHER
                if key in values:
                    found.append(Known(Place(name, key, None if name == PHASE else phase), finding))
                    break
        return found

    def ratios(self, place: Place) -> Mapping[str, float]:
        """What one value says: cause to log likelihood ratio; empty if neither profiles nor sheets speak of it."""
        known = self._ratios.get(place)
        if known is None:
            if place.key not in self.shares.values.get(place.name, ()):
                return {}
            known = self._ratios.keep(place, self._work_out(place))
        return known

    def added_to(self, scores: Sequence[float], known: Iterable[Place], *, trust: float) -> list[float]:
        """Scores of the causes, as logarithms, with what these values say.

        Args:
            trust: what that is multiplied by.
        """
        rows = self._rows
        total, nothing = 0, True
        for place in known:
            row = rows.get(place)
            total += self._row(place) if row is None else row
            nothing = False
        if nothing:
            return list(scores)
        trust /= _ONE
        return [score + trust * said for score, said in zip(scores, self._lanes.unpack(total), strict=True)]

    def _row(self, place: Place) -> int:
        """Figures of every cause for one value."""
        ratios = self.ratios(place)
        row = self._lanes.pack(round(ratios.get(cause, 0.0) * _ONE) for cause in self._causes)
        if ratios:  # of the values that nothing speaks of there is no end
            self._rows.keep(place, row)
        return row

    def _work_out(self, place: Place) -> Mapping[str, float]:
        shares = self.shares.of(*place)
        average = self.shares.average(shares)
        return {
            cause: max(_LEAST_OF_ONE, min(_MOST_OF_ONE, math.log(share / average)))
            for cause, share in zip(self._causes, shares, strict=True)
            if share is not None
        }
