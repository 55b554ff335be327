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
from itertools import islice
from typing import Any

_UNLIKE = 0.3  # share of a cause's cases that are like none of its typical ones
_REST = 0.2  # share of a typical case's like that shows another value after all
_EVEN = 0.5  # of the values listed, how far each is as likely as the next, and not as the profile has it
_LEAST_SHARE = 0.003
_BOUNDS = math.log(0.15), math.log(5.0)  # what one fact may say


class TypicalCases:
    """What known circumstances say together about each cause, beyond what they say one by one. Immutable.

    Args:
        rows: of each cause its `profile` (fact to value to probability) and `typical` cases (fact to values), or nothing.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._every: list[tuple[Mapping[str, Any], Mapping[str, list[str]]]] = []
        self._numbers: list[tuple[int, float]] = []  # of each cause: how many cases it has, and the share of each
        for row in rows:
            cases = row.get("typical", [])
            self._every += [(row["profile"], case) for case in cases]
            self._numbers.append((len(cases), (1 - _UNLIKE) / max(len(cases), 1)))

    @property
    def number(self) -> int:
        """Of the typical cases of all causes."""
        return len(self._every)

    def factors(self, name: str, value: str) -> list[float]:
        """Of each typical case: natural log of how much likelier it shows this value than its cause's profile has it.

        Nothing, 0, where the case does not list the fact.
        """
        return [
            _factor(profile.get(name, {}), case[name], value) if name in case else 0.0 for profile, case in self._every
        ]

    def weights(self, sums: Iterable[float], unit: float = 1.0) -> list[float]:
        """Natural log of the likelihood ratio of each cause, in the order of the rows.

        Args:
            sums: of each typical case its factors for all known values, added up, in so many natural logs of one.
        """
        log = math.log
        shares = map(math.exp, map(unit.__mul__, sums))
        return [
            log(_UNLIKE + share * sum(islice(shares, number))) if number else 0.0 for number, share in self._numbers
        ]


def _factor(profile: Mapping[str, float], listed: list[str], value: str) -> float:
    if value not in listed:
        return math.log(_REST)
    shares = {one: max(profile.get(one, 0.0), _LEAST_SHARE) for one in listed}
    share = _EVEN / len(listed) + (1 - _EVEN) * shares[value] / sum(shares.values())
    low, high = _BOUNDS
    return min(max(math.log(_REST + (1 - _REST) * share / shares[value]), low), high)
