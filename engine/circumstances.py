"""What the known circumstances of a case say of each cause: one by one, and together.

One by one: the cause's profile tells how often its cases show each value of a fact; the logarithm of that share, against
the average over all causes, is what the value says. Together: see typical.py. Figures of all causes for one value are one
row of whole numbers (lanes.py), so that a case is a sum of few integers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from .facts import Facts, Finding
from .knowledge import FactKind, Knowledge
from .knowledge.names import OTHER, RECOGNISED, value_key
from .lanes import Lanes
from .typical import TypicalCases

# Natural logs. One answer may not outweigh a message that names the cause, and what is unusual happens.
_MOST_OF_ONE = 2.0
_LEAST_OF_ONE = -1.2
_LEAST_SHARE = 0.003
_ONE = 2.0**44  # so many units are a natural log of one: fine enough, and a thousand values add up within a lane

Known = tuple[str, str, Finding]


class Circumstances:
    """Circumstances by the profiles of a knowledge. Thread-safe.

    Args:
        causes: the order of the figures; a cause without a profile is told nothing about.
    """

    def __init__(self, knowledge: Knowledge, causes: Sequence[str]) -> None:
        rows = knowledge.profiles
        self._causes = causes
        self._priors = {cause: row["prior"] for cause, row in rows.items()}
        self._profiles = {cause: row["profile"] for cause, row in rows.items()}
        self._typical = TypicalCases([rows.get(cause, {}) for cause in causes])
        self._lanes = Lanes(len(causes) + self._typical.number)
        self._values: dict[str, set[str]] = {}
        for profile in self._profiles.values():
            for name, shares in profile.items():
                self._values.setdefault(name, set()).update(shares)
        kinds = {name: knowledge.vocabulary[name] for name in sorted(self._values)}
        # What is in a set and what is not is judged by the rules.
        self._asked = [(name, self._values[name]) for name, fact in kinds.items() if fact.kind is not FactKind.SET]
        self.open = frozenset(name for name, fact in kinds.items() if fact.is_open)
        self._ratios: dict[tuple[str, str], Mapping[str, float]] = {}
        self._rows: dict[tuple[str, str], int] = {}

    def known(self, facts: Facts) -> list[Known]:
        """Known circumstances: fact, key of its value in the profiles, and where it is from.

        Codes and statuses count as circumstances only where there is no text; beside a text the rules judge them,
        together with what stands around them.
        """
        held = facts.held
        without_codes = RECOGNISED in held
        found = []
        for name, values in self._asked:
            if name not in held or (without_codes and name in self.open):
                continue
            for value, finding in held[name].items():
                key = value_key(value)
                if key not in values and name in self.open:
                    key = OTHER
                if key in values:
                    found.append((name, key, finding))
                    break
        return found

    def ratios(self, name: str, key: str) -> Mapping[str, float]:
        """What one value of a fact says: cause to log likelihood ratio; empty if no profile speaks of it."""
        if key not in self._values.get(name, ()):
            return {}
        known = self._ratios.get((name, key))
        if known is None:
            known = self._ratios[name, key] = self._work_out(name, key)
        return known

    def added_to(
        self, scores: Sequence[float], known: Iterable[tuple[str, str]], *, trust: float, together: float
    ) -> list[float]:
        """Scores of the causes, as logarithms, with what these facts, and the keys of their values, say.

        Args:
            trust: in what each says by itself; together: in what they say beyond that, by the causes' typical cases.
        """
        rows = self._rows
        total, nothing = 0, True
        for place in known:
            row = rows.get(place)
            total += self._row(*place) if row is None else row
            nothing = False
        if nothing:
            return list(scores)
        sums = self._lanes.unpack(total)
        trust /= _ONE
        if not together:
            return [score + trust * said for score, said in zip(scores, sums, strict=False)]
        more = self._typical.weights(sums[len(scores) :], 1 / _ONE)
        return [score + trust * said + together * one for score, said, one in zip(scores, sums, more, strict=False)]

    def _row(self, name: str, key: str) -> int:
        """Figures of every cause, and of every typical case, for one value."""
        ratios = self.ratios(name, key)
        figures = [*(ratios.get(cause, 0.0) for cause in self._causes), *self._typical.factors(name, key)]
        row = self._lanes.pack(round(figure * _ONE) for figure in figures)
        if ratios:  # of the values that no profile speaks of there is no end
            self._rows[name, key] = row
        return row

    def _work_out(self, name: str, key: str) -> Mapping[str, float]:
        holders = {cause: profile[name] for cause, profile in self._profiles.items() if name in profile}
        whole = sum(self._priors[cause] for cause in holders)
        shares = {cause: max(profile.get(key, _LEAST_SHARE), _LEAST_SHARE) for cause, profile in holders.items()}
        average = sum(self._priors[cause] * share for cause, share in shares.items()) / whole
        return {
            cause: max(_LEAST_OF_ONE, min(_MOST_OF_ONE, math.log(share / average))) for cause, share in shares.items()
        }
