"""From evidence to calibrated probabilities.

Score of a cause = log prior + what the circumstances say + evidence of the fired rules. Correlated evidence
counts once: rules of one group by the strongest of them. Different rules that agree about one line of text (or about the
answers alone) are hardly independent: the strongest counts in full, each further one by a small factor, `agreement`.
Further lines count less, by `repeat_discount`. A text is also judged by which cause's incidents it is like. Where no text
speaks, the circumstances are all there is: they are trusted more, and the outcome less (`told_...`); rules over the same
answers repeat in part what these say, and count less. "None of these" competes with the causes. A softmax with a fitted
temperature turns scores into probabilities (Guo et al. 2017, "On Calibration of Modern Neural Networks").
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

from .circumstances import Circumstances, Known, Place, phase_of
from .facts import Facts
from .inference.evaluator import holds
from .knowledge import Knowledge
from .knowledge.names import CODE, LIKENESS, NOT_OAUTH, NOT_SHOWN, RECOGNISED, value_key
from .likeness import NO_LIKENESS, Likeness
from .remembered import Remembered
from .shares import Shares

_LEAST_SHOWN = 0.3  # what says less about a cause is not worth a line of its trace

_LEAST_WEIGHT = 1e-300  # of anything that a logarithm is taken of
_make = tuple.__new__
_probability = itemgetter(1)
_TELLING = ("decisive", "strong")  # a provider's own code of such a meaning is as good as a text


class Evidence(NamedTuple):
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

    def at(self, line: int, excerpt: str | None) -> Evidence:
        """The same evidence, found in a line of a text."""
        return _make(Evidence, (*self[:5], line, excerpt, *self[7:]))

    def counting(self, counted: float) -> Evidence:
        """The same evidence with the part of it that entered the score."""
        return _make(Evidence, (*self[:-1], counted))


class Ranked(NamedTuple):
    """One candidate with its probability and the evidence that made it."""

    cause: str
    probability: float
    evidence: tuple[Evidence, ...]


class Ranker:
    """Ranks causes. Holds only figures derived from the knowledge; thread-safe.

    Args:
        figures: calibration figures to use instead of the knowledge's own of the same name (while they are being fitted).
    """

    def __init__(self, knowledge: Knowledge, figures: Mapping[str, float] | None = None) -> None:
        figures = {**knowledge.calibration, **(figures or {})}
        self._temperature = figures["temperature"]
        self._discount = figures["repeat_discount"]
        self._agreement = figures["agreement"]
        self._profile_weight = figures["profile_weight"]
        self._told_temperature = figures["told_temperature"]
        self._told_profile_weight = figures["told_profile_weight"]
        self._told_rules = figures["told_rules"]
        self._not_shown = figures["not_shown"]
        self._misleading = figures["misleading"]
        self._misled_trust = figures["misled_trust"]
        self._likeness = figures["likeness"]
        self._most_alike = figures["likeness_most"]
        profiles = knowledge.profiles
        self._causes = sorted([*profiles, NOT_OAUTH])
        self._places = {cause: place for place, cause in enumerate(self._causes)}
        authored, all_phases = figures["authored_profile"], figures["all_phases"]
        shares = Shares(knowledge, self._causes, authored=authored, all_phases=all_phases)
        self._circumstances = Circumstances(knowledge, self._causes, shares)
        self._log_total = math.log(sum(row["prior"] for row in profiles.values()))
        log_none = math.log(figures["none_prior"] / (1 - figures["none_prior"]))
        self._log_priors = [
            math.log(profiles[cause]["prior"]) - self._log_total if cause in profiles else log_none
            for cause in self._causes
        ]
        self._conditional = [(self._places[cause], row["priors"]) for cause, row in profiles.items() if row["priors"]]
        self._combined: Remembered[tuple[Sequence[Evidence], float, tuple[Evidence, ...]]] = Remembered(20_000)

    def rank(
        self,
        facts: Facts,
        atoms: set[int],
        evidence: Iterable[Evidence],
        unknown: Collection[str] = (),
        shifts: Mapping[str, float] | None = None,
        likeness: Likeness = NO_LIKENESS,
        circumstances: Sequence[Known] | None = None,
    ) -> list[Ranked]:
        """All causes and `not-oauth`, best first; equal probabilities in the order of their ids.

        Args:
            unknown: facts that nobody could tell. Of a code or status that may mean that none is shown.
            shifts: what is added to the log prior of a cause.
            likeness: which causes' incidents the case is like.
            circumstances: the `known_circumstances`, where somebody has them already.
        """
        if circumstances is None:
            circumstances = self._circumstances.known(facts)
        evidence = list(evidence)
        coded = any(item.strength in _TELLING and item.rule.startswith(CODE) for item in evidence)
        told = RECOGNISED not in facts and not coded
        temperature = self._told_temperature if told else self._temperature
        scores = self._told_scores(facts, circumstances, unknown) if told else self._scores(circumstances, coded=coded)
        for place, conditional in self._conditional:
            scores[place] += self._prior_change(place, conditional, atoms)
        places = self._places
        for cause, shift in (shifts or {}).items():
            if cause in places:
                scores[places[cause]] += shift
        by_cause: dict[str, list[Evidence]] = {}
        for item in evidence:
            by_cause.setdefault(item.cause, []).append(item)
        counted: list[tuple[Evidence, ...]] = [()] * len(scores)
        for cause, items in by_cause.items():
            place = places.get(cause, -1)
            if place >= 0:
                total, counted[place] = self._combine(items, self._told_rules if told else 1.0)
                scores[place] += total
        if likeness.sums:
            self._tell_apart(scores, likeness, temperature)
        top, exp = max(scores), math.exp
        weights = [exp((score - top) / temperature) for score in scores]
        whole = sum(weights)
        # As Ranked(...), without the call in Python that a named tuple makes of it: there is one for every cause.
        ranked = list(
            map(_make, repeat(Ranked), zip(self._causes, [one / whole for one in weights], counted, strict=True))
        )
        ranked.sort(key=_probability, reverse=True)  # stable: equal ones stay as they are
        return ranked

    def reported(
        self, facts: Facts, ranked: list[Ranked], remaining: Mapping[str, float] | None = None
    ) -> list[Ranked]:
        """The ranking as it is told: no more sure than it proves to be on cases that no author has seen.

        Some texts mislead; in that share of cases everything that is known counts less than it seems to. What to ask and to
        try next follows from the ranking itself: this would hide which causes are left when the first one was not it.

        Args:
            remaining: by cause, which share of its probability failed steps have left; it is in `ranked` already. Where they
                failed, the text may well have misled.
        """
        if RECOGNISED not in facts or not self._misleading:
            return ranked
        if remaining:
            return self._after_failures(ranked, remaining)
        return self._doubted(ranked)

    def _doubted(self, ranked: list[Ranked]) -> list[Ranked]:
        doubtful = [item.probability**self._misled_trust for item in ranked]
        share, whole = self._misleading, sum(doubtful)
        return [
            _make(Ranked, (item.cause, (1 - share) * item.probability + share * doubt / whole, item.evidence))
            for item, doubt in zip(ranked, doubtful, strict=True)
        ]

    def _after_failures(self, ranked: list[Ranked], remaining: Mapping[str, float]) -> list[Ranked]:
        """What is told before the failures, lowered by them: Bayes' rule for both, that the text misled and that it did not."""
        before = scaled(ranked, {cause: 1 / share for cause, share in remaining.items()})
        return sorted(scaled(self._doubted(before), remaining), key=_probability, reverse=True)

    def circumstance(self, cause: str, known: Known) -> Evidence | None:
        """What one of the `known_circumstances` says about one cause, as evidence for the trace; None for next to nothing."""
        place, finding = known
        weight = self._profile_weight * self.ratios(place).get(cause, 0.0)
        if abs(weight) < _LEAST_SHOWN:
            return None
        name, line = place.name, finding.origin.line
        why = f"{name} = {value_key(finding.value)}"
        return Evidence(cause, f"profile:{name}", "circumstance", weight, (name,), line, why=why, counted=weight)

    def alike(self, cause: str, likeness: Likeness) -> Evidence | None:
        """That the case is like others of this cause, as evidence for the trace; None for next to nothing."""
        weight = self._weigh(likeness.sums.get(cause, 0.0))
        if weight < _LEAST_SHOWN:
            return None
        why = f"other cases of it have: {', '.join(likeness.telling(cause))}"
        return Evidence(cause, LIKENESS, LIKENESS, weight, (), why=why, counted=weight)

    @property
    def shares(self) -> Shares:
        """How often the cases of each cause, in the order of `causes`, show a value."""
        return self._circumstances.shares

    @property
    def causes(self) -> Sequence[str]:
        """All causes and `not-oauth`."""
        return self._causes

    @property
    def codes(self) -> frozenset[str]:
        """Facts of which any value may be shown, or none: codes, statuses, messages."""
        return self._circumstances.codes

    def known_circumstances(self, facts: Facts) -> list[Known]:
        """The circumstances among the facts."""
        return self._circumstances.known(facts)

    def weighting(self, *, told: bool) -> float:
        """How far one circumstance moves the outcome: trust in it over the temperature.

        Args:
            told: no text speaks, only what people tell.
        """
        if told:
            return self._told_profile_weight / self._told_temperature
        return self._profile_weight / self._temperature

    def ratios(self, place: Place) -> Mapping[str, float]:
        """What one value of a fact says: cause to log likelihood ratio, before it is weighted; empty if nothing."""
        return self._circumstances.ratios(place)

    def _weigh(self, likeness: float) -> float:
        return min(self._likeness * likeness, self._most_alike)

    def _tell_apart(self, scores: list[float], likeness: Likeness, temperature: float) -> None:
        """Let the likeness tell causes apart. It may make "none of these" less likely, but never more so: a few words are
        unlike every incident, and say nothing of that."""
        places = self._places
        none = places[NOT_OAUTH]
        before = _together(scores, none, temperature) - scores[none]
        for cause, said in likeness.sums.items():
            if cause in places:
                scores[places[cause]] += self._weigh(said)
        scores[none] = min(scores[none], _together(scores, none, temperature) - before)

    def _prior_change(self, place: int, conditional: Iterable[Sequence[Any]], atoms: set[int]) -> float:
        """What the first of a cause's conditional priors that applies changes, as a logarithm."""
        for condition, prior in conditional:
            if holds(condition, atoms):
                return math.log(prior) - self._log_total - self._log_priors[place]
        return 0.0

    def _scores(self, circumstances: Iterable[Known], *, coded: bool) -> list[float]:
        """What priors and circumstances say of each cause beside a text or code."""
        left_out = self._circumstances.codes if coded else ()
        known = [place for place, _ in circumstances if place.name not in left_out]
        return self._circumstances.added_to(self._log_priors, known, trust=self._profile_weight)

    def _told_scores(self, facts: Facts, circumstances: Iterable[Known], unknown: Collection[str]) -> list[float]:
        """The same where they are all there is."""
        known = [place for place, _ in circumstances]
        untold = [name for name in unknown if name in self._circumstances.codes and name not in facts]
        not_shown = [Place(name, NOT_SHOWN, phase_of(facts)) for name in untold]
        trust = self._told_profile_weight
        scores = self._circumstances.added_to(self._log_priors, known, trust=trust)
        return self._circumstances.added_to(scores, not_shown, trust=trust * self._not_shown)

    def _combine(self, items: Sequence[Evidence], trust: float) -> tuple[float, tuple[Evidence, ...]]:
        """Sum of the evidence for one cause, and the items with the part that counted, which is `trust` times their own.

        The same items give the same tuple again.
        """
        key = (trust, *map(id, items))  # to look through an item takes longer than all the rest
        found = self._combined.get(key)
        if found is None or found[0] != items:
            found = (items, *self._work_out(items, trust))
            if all(item.line is None for item in items):  # what a text shows hardly comes again
                self._combined.keep(key, found)
        return found[1:]

    def _work_out(self, items: Sequence[Evidence], trust: float) -> tuple[float, tuple[Evidence, ...]]:
        ordered = sorted(
            items, key=lambda item: (-abs(item.weight), item.rule, item.weight < 0, item.line or 0, item.group)
        )
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
            counted *= trust
            total += counted
            result.append(item.counting(counted))
        return total, tuple(result)


def scaled(ranked: Sequence[Ranked], factors: Mapping[str, float]) -> list[Ranked]:
    """Probabilities times the factors of some causes, as probabilities again; in the same order."""
    weights = [item.probability * factors.get(item.cause, 1.0) for item in ranked]
    whole = sum(weights)
    return [
        _make(Ranked, (item.cause, weight / whole, item.evidence)) for item, weight in zip(ranked, weights, strict=True)
    ]


def _together(scores: Sequence[float], none: int, temperature: float) -> float:
    """The score of all causes as one."""
    top = max(scores)
    weights = [math.exp((score - top) / temperature) for score in scores]
    return top + temperature * math.log(max(sum(weights) - weights[none], _LEAST_WEIGHT))
