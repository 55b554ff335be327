"""Typical cases of a cause: circumstances that go together.

A profile says of each fact alone what a cause's cases show; multiplied, that is a mixture of cases none of which need
exist (a wrong secret fails from the first day, or after the secret was changed; not half of each). So an author may
describe typical cases. A case of the cause is then either like one of them, where each listed fact shows one of the listed
values except for a rest, or it is any other, as the profile has it: a mixture of naive Bayes models (Cheeseman and Stutz
1996, "Bayesian classification (AutoClass)"). Only the difference to the profile is worked out here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

_UNLIKE = 0.3  # share of a cause's cases that are like none of its typical ones
_REST = 0.2  # share of a typical case's like that shows another value after all
_EVEN = 0.5  # of the values listed, how far each is as likely as the next, and not as the profile has it
_LEAST_SHARE = 0.003
_BOUNDS = math.log(0.15), math.log(5.0)  # what one fact may say


class TypicalCases:
    """What known circumstances say together about each cause, beyond what they say one by one. Thread-safe.

    Args:
        rows: of each cause its `profile` (fact to value to probability) and `typical` cases (fact to values).
    """

    def __init__(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        self._profiles = [row["profile"] for row in rows.values()]
        self._cases = [row["typical"] for row in rows.values()]
        self._places: list[tuple[int, int, float]] = []  # of each cause: its first case, the one after its last, share
        first = 0
        for cases in self._cases:
            self._places.append((first, first + len(cases), (1 - _UNLIKE) / max(len(cases), 1)))
            first += len(cases)
        self._number = first
        self._known: dict[tuple[str, str], list[tuple[int, float]]] = {}

    def weights(self, known: Iterable[tuple[str, str]]) -> list[float]:
        """Natural log of the likelihood ratio of each cause, in the order of the rows; empty when nothing is known.

        Args:
            known: names of facts and the keys of their values in the profiles.
        """
        said = [self._factors(name, value) for name, value in known] if self._number else []
        if not said:
            return []
        total = [0.0] * self._number
        for factors in said:
            for place, factor in factors:
                total[place] += factor
        shares = list(map(math.exp, total))
        return [
            math.log(_UNLIKE + share * sum(shares[first:end])) if end > first else 0.0
            for first, end, share in self._places
        ]

    def _factors(self, name: str, value: str) -> list[tuple[int, float]]:
        """Of the typical cases that list the fact: place among all, how much likelier it shows this value than its cause."""
        factors = self._known.get((name, value))
        if factors is None:
            every = (
                (profile, case) for profile, cases in zip(self._profiles, self._cases, strict=True) for case in cases
            )
            factors = [
                (place, _factor(profile.get(name, {}), case[name], value))
                for place, (profile, case) in enumerate(every)
                if name in case
            ]
            self._known[name, value] = factors
        return factors


def _factor(profile: Mapping[str, float], listed: list[str], value: str) -> float:
    if value not in listed:
        return math.log(_REST)
    shares = {one: max(profile.get(one, 0.0), _LEAST_SHARE) for one in listed}
    share = _EVEN / len(listed) + (1 - _EVEN) * shares[value] / sum(shares.values())
    low, high = _BOUNDS
    return min(max(math.log(_REST + (1 - _REST) * share / shares[value]), low), high)
