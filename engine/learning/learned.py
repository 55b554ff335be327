"""Counts of confirmed outcomes, and what they change.

Priors: Dirichlet counts on top of the authored distribution, in two levels: the authored one counts as so many cases of
the site, the site's as so many cases of each of its providers. Rules and steps: Beta counts on top of what their authored
strength promises. Everything is a sum of counts: the order of the cases does not matter, a case can be taken out again,
and the sums of two sites can be added. Bounds (`learning` in kb/scales.yaml) keep a few wrong clicks from turning the
knowledge upside down.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from ..knowledge import Knowledge
from ..knowledge.names import NOT_OAUTH
from ..ranking import Evidence
from .outcome import Outcome

_RIGHT_AGAINST = 0.98  # a cause that a rule speaks against is hardly ever the one
_LEAST_OF_A_WEIGHT, _MOST_OF_A_WEIGHT = 0.25, 1.25  # bounds of a learned weight, as shares of the authored one
_STEP_SHARE = 0.2  # what a single step is expected to solve
_LEAST_OF_A_STEP, _MOST_OF_A_STEP = 0.25, 4.0


class LearnedError(ValueError):
    """Not an export of learned counts; the message says in one line what was expected."""


class Tally(BaseModel):
    """How often something was right, and how often wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    right: NonNegativeInt = 0
    wrong: NonNegativeInt = 0


class Learned(BaseModel):
    """What a site has learned. Immutable.

    Attributes:
        causes: confirmed cases by provider (empty text: not known) and cause.
        rules: by rule id and direction (`for RULE`, `against RULE`).
        steps: by `CAUSE/STEP`, of cases that had the cause.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Literal["oauth-doctor/learned/1"] = Field(default="oauth-doctor/learned/1", alias="schema")
    causes: dict[str, dict[str, NonNegativeInt]] = {}
    rules: dict[str, Tally] = {}
    steps: dict[str, Tally] = {}

    @classmethod
    def from_outcomes(cls, outcomes: Iterable[Outcome]) -> Learned:
        """The counts of these cases, in whatever order they come."""
        causes: dict[str, Counter[str]] = {}
        rules: dict[str, list[int]] = {}
        steps: dict[str, list[int]] = {}
        for outcome in outcomes:
            causes.setdefault(outcome.provider or "", Counter())[outcome.cause] += 1
            for said in outcome.rules:
                rules.setdefault(f"{said.direction} {said.rule}", [0, 0])[not said.right] += 1
            for step in outcome.steps:
                steps.setdefault(f"{step.cause}/{step.step}", [0, 0])[not step.solved] += 1
        return cls(
            causes={provider: dict(sorted(counts.items())) for provider, counts in sorted(causes.items())},
            rules={key: Tally(right=right, wrong=wrong) for key, (right, wrong) in sorted(rules.items())},
            steps={key: Tally(right=right, wrong=wrong) for key, (right, wrong) in sorted(steps.items())},
        )

    @classmethod
    def from_json(cls, text: str) -> Learned:
        """Read an export.

        Raises:
            LearnedError: it is none.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "the whole"
            raise LearnedError(f"{place}: {first['msg']}; expected an export of `learn export`") from None

    def to_json(self) -> str:
        """An export: JSON that a person can read and `from_json` takes back."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"

    def plus(self, other: Learned) -> Learned:
        """The counts of both."""
        return self._with(other, 1)

    def minus(self, other: Learned) -> Learned:
        """The counts without those of the other, as if its cases had never been; none falls below zero."""
        return self._with(other, -1)

    @property
    def cases(self) -> int:
        """How many confirmed cases are counted."""
        return sum(sum(counts.values()) for counts in self.causes.values())

    def prior(self, knowledge: Knowledge, provider: str | None = None) -> dict[str, float]:
        """Share of each cause (and `not-oauth`) among the cases of a provider, by authors and counts together."""
        authored = _authored(knowledge)
        shifts = self.shifts(knowledge, provider)
        weights = {cause: share * math.exp(shifts.get(cause, 0.0)) for cause, share in authored.items()}
        whole = sum(weights.values())
        return {cause: weight / whole for cause, weight in weights.items()}

    def shifts(self, knowledge: Knowledge, provider: str | None = None) -> dict[str, float]:
        """What is added to the log prior of each cause; empty when nothing was learned."""
        if not self.causes:
            return {}
        scale, authored = knowledge.learning, _authored(knowledge)
        site: Counter[str] = Counter()
        for counts in self.causes.values():
            site.update({cause: number for cause, number in counts.items() if cause in authored})
        own = Counter({c: n for c, n in self.causes.get(provider or "", {}).items() if c in authored and provider})
        of_site = _posterior(authored, site, scale["site"])
        of_provider = _posterior(of_site, own, scale["provider"])
        highest = math.log(scale["most"])
        result = {}
        for cause, share in authored.items():
            shift = math.log(of_provider[cause] / share)
            earned = math.log1p(site[cause] / scale["caution"])
            result[cause] = max(min(shift, earned, highest), -highest)
        return result

    def weigh(self, knowledge: Knowledge, item: Evidence) -> Evidence:
        """Evidence with the strength that the rule has shown here."""
        tally = self.rules.get(f"{'for' if item.weight > 0 else 'against'} {item.rule}")
        if tally is None:
            return item
        scale = knowledge.learning
        promised = scale["right"].get(item.strength, 0.5) if item.weight > 0 else _RIGHT_AGAINST
        seen = tally.right + tally.wrong
        shown = (scale["rule"] * promised + tally.right) / (scale["rule"] + seen)
        weight = abs(item.weight) + _logit(shown) - _logit(promised)
        weight = min(max(weight, _LEAST_OF_A_WEIGHT * abs(item.weight)), _MOST_OF_A_WEIGHT * abs(item.weight))
        return item._replace(weight=math.copysign(weight, item.weight))

    def step_factor(self, knowledge: Knowledge, cause: str, step: str) -> float:
        """How much more a step has helped here than a step is expected to."""
        tally = self.steps.get(f"{cause}/{step}")
        if tally is None:
            return 1.0
        worth = float(knowledge.learning["step"])
        expected = _STEP_SHARE * (worth + tally.right + tally.wrong)
        return min(max((_STEP_SHARE * worth + tally.right) / expected, _LEAST_OF_A_STEP), _MOST_OF_A_STEP)

    def _with(self, other: Learned, sign: int) -> Learned:
        causes: dict[str, dict[str, int]] = {}
        for provider in sorted({*self.causes, *other.causes}):
            mine, theirs = self.causes.get(provider, {}), other.causes.get(provider, {})
            sums = {c: mine.get(c, 0) + sign * theirs.get(c, 0) for c in sorted({*mine, *theirs})}
            causes[provider] = {cause: number for cause, number in sums.items() if number > 0}
        return Learned(
            causes={provider: counts for provider, counts in causes.items() if counts},
            rules=_sum_tallies(self.rules, other.rules, sign),
            steps=_sum_tallies(self.steps, other.steps, sign),
        )


def _sum_tallies(mine: Mapping[str, Tally], theirs: Mapping[str, Tally], sign: int) -> dict[str, Tally]:
    result = {}
    for key in sorted({*mine, *theirs}):
        one, two = mine.get(key, Tally()), theirs.get(key, Tally())
        tally = Tally(right=max(one.right + sign * two.right, 0), wrong=max(one.wrong + sign * two.wrong, 0))
        if tally.right or tally.wrong:
            result[key] = tally
    return result


def _authored(knowledge: Knowledge) -> dict[str, float]:
    none = knowledge.calibration["none_prior"]
    whole = sum(cause.prior for cause in knowledge.causes.values())
    shares = {key: (1 - none) * cause.prior / whole for key, cause in knowledge.causes.items()}
    shares[NOT_OAUTH] = none
    return shares


def _posterior(before: Mapping[str, float], counts: Mapping[str, int], worth: float) -> dict[str, float]:
    """Mean of a Dirichlet distribution with `worth` cases of the distribution before, and the counts."""
    whole = worth + sum(counts.values())
    return {cause: (worth * share + counts.get(cause, 0)) / whole for cause, share in before.items()}


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
