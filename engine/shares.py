"""How often the cases of each cause show a value: what its author says, corrected by the answer sheets of known cases.

A cause's profile tells of each fact by itself how often its cases show each value. Answer sheets (`kb/sheets`) are single
cases with all their circumstances: counted, they tell the same from experience, and how it depends on where the failure
appears: at the token endpoint a wrong secret shows another status than in the application's own log. Few sheets tell little.
So the counts of one phase are smoothed towards those of all phases, and these towards what the author says, each as if it
were so many sheets more (the m-estimate of Cestnik 1990, "Estimating probabilities: a crucial task in machine learning").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .knowledge import Knowledge
from .knowledge.names import OTHER, PHASE
from .knowledge.sheets import ANY

_LEAST = 0.003  # what nobody ever saw happens


class Shares:
    """Shares of the values of facts, by cause. Thread-safe.

    Args:
        causes: the order of the figures.
        authored: what an author's figure is worth, in sheets.
        all_phases: what the shares in all phases are worth beside the sheets of one, in sheets.

    Attributes:
        values: of each fact, every value that profiles or sheets list.
    """

    def __init__(self, knowledge: Knowledge, causes: Sequence[str], *, authored: float, all_phases: float) -> None:
        self._authored, self._all_phases = authored, all_phases
        self._sheets = sheets = knowledge.sheets
        rows = knowledge.profiles
        self._profiles = [rows[cause]["profile"] if cause in rows else None for cause in causes]
        self._priors = [rows[cause]["prior"] if cause in rows else 0.0 for cause in causes]
        numbers = {cause: number for number, cause in enumerate(sheets.causes)}
        self._numbers = [numbers.get(cause) for cause in causes]
        self._phases = {phase: number for number, phase in enumerate(sheets.phases)}
        self.values: dict[str, set[str]] = {name: set(values) for name, values in sheets.values.items()}
        for row in rows.values():
            for name, shares in row["profile"].items():
                self.values.setdefault(name, set()).update(shares)
        self._totals: dict[tuple[str, int | None], list[int]] = {}

    def of(self, name: str, key: str, phase: str | None = None) -> list[float | None]:
        """The share of each cause's cases that show the value; None where nothing is known about cause and fact.

        Args:
            key: the value, as profiles have it (`value_key`, NOT_SHOWN, OTHER).
            phase: where the failure appears, if that is known.
        """
        authored = [self._by_author(profile, name, key) for profile in self._profiles]
        if name not in self._sheets.values:
            return authored
        here = self._phases.get(phase) if phase is not None and name != PHASE else None
        seen, whole = self._seen(name, key, None), self._seen(name, ANY, None)
        shares = [
            share
            if share is None or number is None
            else (seen[number] + self._authored * share) / (whole[number] + self._authored)
            for share, number in zip(authored, self._numbers, strict=True)
        ]
        if here is None:
            return shares
        seen, whole = self._seen(name, key, here), self._seen(name, ANY, here)
        return [
            share
            if share is None or number is None
            else (seen[number] + self._all_phases * share) / (whole[number] + self._all_phases)
            for share, number in zip(shares, self._numbers, strict=True)
        ]

    def average(self, shares: Sequence[float | None]) -> float:
        """The share among the cases of all causes of which it is known, by how many cases each has."""
        told = [(prior, share) for prior, share in zip(self._priors, shares, strict=True) if share is not None]
        return sum(prior * share for prior, share in told) / sum(prior for prior, _ in told)

    def _by_author(self, profile: Mapping[str, Mapping[str, float]] | None, name: str, key: str) -> float | None:
        """By the profile; where that does not list the value, as the sheets of all causes share out what it leaves."""
        if profile is None:
            return None
        said, counts = profile.get(name), self._sheets.values.get(name)
        if said is not None and (key in said or counts is None):
            return max(said.get(key, 0.0), _LEAST)
        if counts is None:
            return None
        unlisted = counts if said is None else {value: count for value, count in counts.items() if value not in said}
        left = 1.0 if said is None else said.get(OTHER, 0.0)
        return max(left * counts.get(key, 0) / max(sum(unlisted.values()), 1), _LEAST)

    def _seen(self, name: str, key: str, phase: int | None) -> list[int]:
        """How many sheets of each cause, by its number, show the value, or any value."""
        found = self._totals.get((name, phase)) if key == ANY else None
        if found is None:
            found = [0] * len(self._sheets.causes)
            for at, cause, count in self._sheets.counts(name, key):
                if phase is None or at == phase:
                    found[cause] += count
            if key == ANY:
                self._totals[name, phase] = found
        return found
