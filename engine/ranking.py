"""From evidence to calibrated probabilities.

Score of a cause = log prior + what the circumstances say (profile) + evidence of the fired rules. Correlated evidence
counts once: rules of one group by the strongest of them. Different rules that agree about one line of text (or about the
answers alone) are hardly independent: the strongest counts in full, each further one by a small factor, `agreement`.
Further lines count less, by `repeat_discount`. "None of these" competes with the causes. A softmax with a fitted
temperature turns scores into probabilities (Guo et al. 2017, "On Calibration of Modern Neural Networks").
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .facts import Facts
from .inference.evaluator import holds
from .knowledge import Knowledge
from .knowledge.names import NOT_OAUTH, value_key

# Natural logs. One answer may not outweigh a message that names the cause, and what is unusual happens.
_MOST_OF_ONE_CIRCUMSTANCE = 2.0
_LEAST_OF_ONE_CIRCUMSTANCE = -1.2


@dataclass(frozen=True, slots=True)
class Evidence:
    """One statement of one rule about one cause.

    Attributes:
        weight: natural log of the likelihood ratio, negative against the cause.
        counted: the part of it that entered the score.
    """

    cause: str
    rule: str
    strength: str
    weight: float
    facts: tuple[str, ...]
    line: int | None = None
    excerpt: str | None = None
    group: str = ""
    why: str = ""
    counted: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """One candidate with its probability and the evidence that made it."""

    cause: str
    probability: float
    evidence: tuple[Evidence, ...]


class Ranker:
    """Ranks causes. Holds only figures derived from the knowledge; thread-safe.

    Args:
        figures: calibration figures to use instead of the knowledge's own (while they are being fitted).
    """

    def __init__(self, knowledge: Knowledge, figures: Mapping[str, float] | None = None) -> None:
        self._causes = list(knowledge.causes)
        figures = figures or knowledge.calibration
        self._temperature = figures["temperature"]
        self._discount = figures["repeat_discount"]
        self._agreement = figures["agreement"]
        self._profile_weight = figures["profile_weight"]
        priors = {cause: row["prior"] for cause, row in knowledge.profiles.items()}
        total = sum(priors.values())
        self._log_priors = {cause: math.log(prior / total) for cause, prior in priors.items()}
        self._log_total = math.log(total)
        self._conditional = {cause: row["priors"] for cause, row in knowledge.profiles.items() if row["priors"]}
        self._log_none = math.log(figures["none_prior"] / (1 - figures["none_prior"]))
        self._profiles = {cause: row["profile"] for cause, row in knowledge.profiles.items()}
        self._circumstance_names = sorted({name for profile in self._profiles.values() for name in profile})
        self._known_ratios: dict[tuple[str, str], dict[str, float]] = {}

    def rank(self, facts: Facts, atoms: set[int], evidence: Iterable[Evidence]) -> list[Ranked]:
        """All causes and `not-oauth`, best first; equal probabilities in the order of their ids."""
        by_cause: dict[str, list[Evidence]] = {}
        for item in evidence:
            by_cause.setdefault(item.cause, []).append(item)
        circumstances = self._circumstances(facts)
        scores: dict[str, float] = {}
        for cause in self._causes:
            scores[cause] = self._log_prior(cause, atoms) + circumstances.get(cause, 0.0)
        scores[NOT_OAUTH] = self._log_none
        counted: dict[str, tuple[Evidence, ...]] = {}
        for cause, items in by_cause.items():
            if cause in scores:
                total, counted[cause] = self._combine(items)
                scores[cause] += total
        top = max(scores.values())
        weights = {cause: math.exp((score - top) / self._temperature) for cause, score in scores.items()}
        whole = sum(weights.values())
        ordered = sorted(weights, key=lambda cause: (-weights[cause], cause))
        return [Ranked(cause, weights[cause] / whole, counted.get(cause, ())) for cause in ordered]

    def circumstances(self, facts: Facts, cause: str) -> list[Evidence]:
        """What each known circumstance says about one cause, as evidence for the trace."""
        result = []
        for name in self._circumstance_names:
            value = facts.first(name)
            weight = self._ratios(name, value_key(value)).get(cause, 0.0) if value is not None else 0.0
            if abs(weight) >= 0.3:
                finding = facts.finding(name, value) if value is not None else None
                result.append(
                    Evidence(
                        cause,
                        f"profile:{name}",
                        "circumstance",
                        weight,
                        (name,),
                        finding.origin.line if finding else None,
                        why=f"{name} = {value_key(value)}",
                        counted=weight,
                    )
                )
        return sorted(result, key=lambda item: -abs(item.weight))

    def _log_prior(self, cause: str, atoms: set[int]) -> float:
        for condition, prior in self._conditional.get(cause, ()):
            if holds(condition, atoms):
                return math.log(prior) - self._log_total
        return self._log_priors[cause]

    def _circumstances(self, facts: Facts) -> dict[str, float]:
        total: dict[str, float] = {}
        for name in self._circumstance_names:
            value = facts.first(name)
            if value is not None:
                for cause, weight in self._ratios(name, value_key(value)).items():
                    total[cause] = total.get(cause, 0.0) + weight
        return total

    def _ratios(self, name: str, value: str) -> dict[str, float]:
        """cause -> log of (share of the cause's cases / share of all cases) with that value of a fact."""
        known = self._known_ratios.get((name, value))
        if known is None:
            known = self._known_ratios[name, value] = self._work_out_ratios(name, value)
        return known

    def _work_out_ratios(self, name: str, value: str) -> dict[str, float]:
        holders = {cause: profile[name] for cause, profile in self._profiles.items() if name in profile}
        if not any(value in profile for profile in holders.values()):
            return {}
        weights = {cause: math.exp(self._log_priors[cause]) for cause in holders}
        whole = sum(weights.values())
        average = sum(weights[cause] * profile.get(value, 0.003) for cause, profile in holders.items()) / whole
        return {
            cause: self._profile_weight * _clamp(math.log(max(profile.get(value, 0.003), 0.003) / average))
            for cause, profile in holders.items()
        }

    def _combine(self, items: Sequence[Evidence]) -> tuple[float, tuple[Evidence, ...]]:
        """Sum of the evidence for one cause, and the items with the part that counted."""
        ordered = sorted(items, key=lambda item: (-abs(item.weight), item.rule))
        said: set[tuple[bool, str, str]] = set()
        heard: dict[tuple[bool, int | None], int] = {}
        factors = {True: 1.0, False: 1.0}
        total = 0.0
        result = []
        for item in ordered:
            positive = item.weight > 0
            names = {(positive, "rule", item.rule), (positive, "group", item.group or item.rule)}
            place = (positive, item.line)  # rules over answers alone have no line: they share the answers
            if names & said:
                counted = 0.0
            else:
                if place in heard:
                    counted = item.weight * self._agreement ** heard[place]
                else:
                    counted = item.weight * factors[positive]
                    factors[positive] *= self._discount
                heard[place] = heard.get(place, 0) + 1
            said |= names
            total += counted
            result.append(replace(item, counted=counted))
        return total, tuple(result)


def _clamp(value: float) -> float:
    return max(_LEAST_OF_ONE_CIRCUMSTANCE, min(_MOST_OF_ONE_CIRCUMSTANCE, value))
