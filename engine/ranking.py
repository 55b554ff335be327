"""From evidence to calibrated probabilities.

Score of a cause = log prior + what the circumstances say (profile) + evidence of the fired rules. Correlated evidence
counts once: rules of one group by the strongest of them. Different rules that agree about one line of text (or about the
answers alone) are hardly independent: the strongest counts in full, each further one by a small factor, `agreement`.
Further lines count less, by `repeat_discount`. The words of a text, however arranged, say a little. Where no text
speaks, the circumstances are all there is: they are trusted more, also in what goes together (typical.py), and the outcome
less (`told_...`); rules over the same answers repeat in part what these say, and count less. "None of these" competes with
the causes. A softmax with a fitted temperature turns scores into probabilities (Guo et al. 2017, "On Calibration of Modern
Neural Networks").
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import add
from typing import Any, NamedTuple

from .facts import Facts, Finding
from .inference.evaluator import holds
from .knowledge import FactKind, Knowledge
from .knowledge.names import CODE, NOT_OAUTH, NOT_SHOWN, OTHER, RECOGNISED, WORDS, value_key
from .remembered import Remembered
from .text.words import NO_WORDS, WordEvidence
from .typical import TypicalCases

# Natural logs. One answer may not outweigh a message that names the cause, and what is unusual happens.
_MOST_OF_ONE_CIRCUMSTANCE = 2.0
_LEAST_OF_ONE_CIRCUMSTANCE = -1.2
_LEAST_SHARE = 0.003
_LEAST_SHOWN = 0.3  # what says less about a cause is not worth a line of its trace

_make = tuple.__new__
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

    def counting(self, counted: float) -> Evidence:
        """The same evidence with the part of it that entered the score."""
        return _make(Evidence, (*self[:-1], counted))


class Ranked(NamedTuple):
    """One candidate with its probability and the evidence that made it."""

    cause: str
    probability: float
    evidence: tuple[Evidence, ...]


Known = tuple[str, str, Finding]


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
        self._typical_weight = figures["typical_weight"]
        self._told_rules = figures["told_rules"]
        self._quiet = figures["quiet"]
        self._misleading = figures["misleading"]
        self._misled_trust = figures["misled_trust"]
        self._typical = TypicalCases(knowledge.profiles)
        self._word_weight = figures["word_weight"]
        self._word_most = figures["word_most"]
        priors = {cause: row["prior"] for cause, row in knowledge.profiles.items()}
        total = sum(priors.values())
        self._log_priors = {cause: math.log(prior / total) for cause, prior in priors.items()}
        self._log_total = math.log(total)
        self._by_id = sorted([*priors, NOT_OAUTH])
        self._conditional = {cause: row["priors"] for cause, row in knowledge.profiles.items() if row["priors"]}
        self._log_none = math.log(figures["none_prior"] / (1 - figures["none_prior"]))
        self._profiles = {cause: row["profile"] for cause, row in knowledge.profiles.items()}
        names = {name for profile in self._profiles.values() for name in profile}
        kinds = {name: knowledge.vocabulary[name] for name in sorted(names)}
        # What is in a set and what is not is judged by the rules.
        self._circumstance_names = [name for name, fact in kinds.items() if fact.kind is not FactKind.SET]
        self._open = frozenset(name for name, fact in kinds.items() if fact.is_open)
        self._known_ratios: dict[tuple[str, str], dict[str, float]] = {}
        self._known_weights: dict[tuple[str, str, float], list[float]] = {}
        self._combined: Remembered[tuple[float, tuple[Evidence, ...]]] = Remembered(20_000)

    def rank(
        self,
        facts: Facts,
        atoms: set[int],
        evidence: Iterable[Evidence],
        unknown: Collection[str] = (),
        shifts: Mapping[str, float] | None = None,
        words: WordEvidence = NO_WORDS,
    ) -> list[Ranked]:
        """All causes and `not-oauth`, best first; equal probabilities in the order of their ids.

        Args:
            unknown: facts that nobody could tell. Of a code or status that mostly means that none is shown.
            shifts: what is added to the log prior of a cause.
            words: what the words of the text say.
        """
        by_cause: dict[str, list[Evidence]] = {}
        evidence = list(evidence)
        for item in evidence:
            by_cause.setdefault(item.cause, []).append(item)
        coded = any(item.strength in _TELLING and item.rule.startswith(CODE) for item in evidence)
        told = RECOGNISED not in facts and not coded
        temperature = self._told_temperature if told else self._temperature
        if told:
            circumstances = self._told_circumstances(facts, unknown)
        else:
            circumstances = self._circumstances(facts, coded=coded, quiet=not coded and self._is_quiet(evidence))
        scores = dict(self._log_priors)
        for cause, conditional in self._conditional.items():
            scores[cause] = self._log_prior(cause, conditional, atoms)
        if circumstances:
            scores = dict(zip(scores, map(add, scores.values(), circumstances), strict=True))
        scores[NOT_OAUTH] = self._log_none
        for cause, shift in (shifts or {}).items():
            if cause in scores:
                scores[cause] += shift
        for cause, said in words.sums.items():
            scores[cause] += self._weigh_words(said)
        counted: dict[str, tuple[Evidence, ...]] = {}
        for cause, items in by_cause.items():
            if cause in scores:
                total, counted[cause] = self._combine(items, self._told_rules if told else 1.0)
                scores[cause] += total
        top = max(scores.values())
        weights = {cause: math.exp((score - top) / temperature) for cause, score in scores.items()}
        ordered = sorted(self._by_id, key=weights.__getitem__, reverse=True)  # stable: equal ones stay as they are
        whole = sum(weights.values())
        # As Ranked(...), without the call in Python that a named tuple makes of it: there is one for every cause.
        return [_make(Ranked, (cause, weights[cause] / whole, counted.get(cause, ()))) for cause in ordered]

    def reported(self, facts: Facts, ranked: list[Ranked]) -> list[Ranked]:
        """The ranking as it is told: no more sure than it proves to be on cases that no author has seen.

        Some texts mislead; in that share of cases everything that is known counts less than it seems to. What to ask and to
        try next follows from the ranking itself: this would hide which causes are left when the first one was not it.
        """
        if RECOGNISED not in facts or not self._misleading:
            return ranked
        doubtful = [item.probability**self._misled_trust for item in ranked]
        share, whole = self._misleading, sum(doubtful)
        return [
            _make(Ranked, (item.cause, (1 - share) * item.probability + share * doubt / whole, item.evidence))
            for item, doubt in zip(ranked, doubtful, strict=True)
        ]

    def circumstance(self, cause: str, known: Known) -> Evidence | None:
        """What one of the `known_circumstances` says about one cause, as evidence for the trace; None for next to nothing."""
        name, key, finding = known
        weight = self._profile_weight * self.ratios(name, key).get(cause, 0.0)
        if abs(weight) < _LEAST_SHOWN:
            return None
        why = f"{name} = {value_key(finding.value)}"
        line = finding.origin.line
        return Evidence(cause, f"profile:{name}", "circumstance", weight, (name,), line, why=why, counted=weight)

    def word_evidence(self, cause: str, words: WordEvidence) -> Evidence | None:
        """What the words of the text say about one cause, as evidence for the trace; None for next to nothing."""
        weight = self._weigh_words(words.sums.get(cause, 0.0))
        if weight < _LEAST_SHOWN:
            return None
        why = f"words of the text: {', '.join(words.telling(cause))}"
        return Evidence(cause, WORDS, "hint", weight, (), why=why, counted=weight)

    def known_circumstances(self, facts: Facts) -> list[Known]:
        """Known circumstances: fact, key of its value in the profiles, and where it is from."""
        return list(self._known(facts))

    def weighting(self, *, told: bool) -> float:
        """How far one circumstance moves the outcome: trust in it over the temperature.

        Args:
            told: no text speaks, only what people tell.
        """
        if told:
            return self._told_profile_weight / self._told_temperature
        return self._profile_weight / self._temperature

    def ratios(self, name: str, key: str) -> Mapping[str, float]:
        """What one value of a fact says: cause to log likelihood ratio, before it is weighted; empty if nothing."""
        known = self._known_ratios.get((name, key))
        if known is None:
            known = self._known_ratios[name, key] = self._work_out_ratios(name, key)
        return known

    def _weigh_words(self, said: float) -> float:
        return min(self._word_weight * said, self._word_most)

    def _log_prior(self, cause: str, conditional: Iterable[Sequence[Any]], atoms: set[int]) -> float:
        for condition, prior in conditional:
            if holds(condition, atoms):
                return math.log(prior) - self._log_total
        return self._log_priors[cause]

    def _is_quiet(self, evidence: Iterable[Evidence]) -> bool:
        """Whether no line of a text speaks for a cause."""
        return all(item.line is None or item.weight < self._quiet or item.cause == NOT_OAUTH for item in evidence)

    def _circumstances(self, facts: Facts, *, coded: bool, quiet: bool) -> list[float]:
        """What the circumstances say of each cause beside a text or code, in the order of the profiles; or nothing.

        Beside a text that says nothing of a cause they also count together.
        """
        known = [(name, key) for name, key, _ in self._known(facts) if not (coded and name in self._open)]
        alone = self._sum(self._weighted(name, key, self._profile_weight) for name, key in known)
        return self._with_typical(alone, known) if quiet else alone

    def _told_circumstances(self, facts: Facts, unknown: Collection[str]) -> list[float]:
        """The same where they are all there is: one by one, and what goes together in the causes' typical cases."""
        known = [(name, key) for name, key, _ in self._known(facts)]
        known += [(name, NOT_SHOWN) for name in unknown if name in self._open and name not in facts]
        return self._with_typical(
            self._sum(self._weighted(name, key, self._told_profile_weight) for name, key in known), known
        )

    def _with_typical(self, alone: list[float], known: Iterable[tuple[str, str]]) -> list[float]:
        together = self._typical.weights(known)
        return (
            [one + self._typical_weight * more for one, more in zip(alone, together, strict=True)]
            if together
            else alone
        )

    @staticmethod
    def _sum(said: Iterable[list[float]]) -> list[float]:
        total: list[float] = []
        for weights in said:
            total = list(map(add, total, weights)) if total else weights
        return total

    def _weighted(self, name: str, key: str, trust: float) -> list[float]:
        """`ratios` times the trust in them, in the order of the profiles."""
        weights = self._known_weights.get((name, key, trust))
        if weights is None:
            ratios = self.ratios(name, key)
            weights = [trust * ratios.get(cause, 0.0) for cause in self._profiles]
            self._known_weights[name, key, trust] = weights
        return weights

    def _known(self, facts: Facts) -> Iterator[tuple[str, str, Finding]]:
        """Known circumstances: fact, key of its value in the profiles, and where it is from.

        Codes and statuses count as circumstances only where there is no text; beside a text the rules judge them,
        together with what stands around them.
        """
        for name in self._circumstance_names:
            if name in self._open and RECOGNISED in facts:
                continue
            for value in facts.values(name):
                key = value_key(value)
                if name in self._open and not self.ratios(name, key):
                    key = OTHER
                finding = facts.finding(name, value)
                if finding is not None and self.ratios(name, key):
                    yield name, key, finding
                    break

    def _work_out_ratios(self, name: str, value: str) -> dict[str, float]:
        holders = {cause: profile[name] for cause, profile in self._profiles.items() if name in profile}
        if not any(value in profile for profile in holders.values()):
            return {}
        weights = {cause: math.exp(self._log_priors[cause]) for cause in holders}
        whole = sum(weights.values())
        shares = {cause: max(profile.get(value, _LEAST_SHARE), _LEAST_SHARE) for cause, profile in holders.items()}
        average = sum(weights[cause] * share for cause, share in shares.items()) / whole
        return {cause: _clamp(math.log(share / average)) for cause, share in shares.items()}

    def _combine(self, items: Sequence[Evidence], trust: float) -> tuple[float, tuple[Evidence, ...]]:
        """Sum of the evidence for one cause, and the items with the part that counted, which is `trust` times their own."""
        key = (trust, *items)
        found = self._combined.get(key)
        if found is None:
            found = self._work_out(items, trust)
            if all(item.line is None for item in items):  # what a text shows hardly comes again
                self._combined.keep(key, found)
        return found

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


def _clamp(value: float) -> float:
    return max(_LEAST_OF_ONE_CIRCUMSTANCE, min(_MOST_OF_ONE_CIRCUMSTANCE, value))
