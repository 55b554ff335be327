"""How well the knowledge does on labelled cases: hits, reciprocal rank, false alarms, calibration, confusion, misses, and
which rules were right.

A case counts as hit at k when its cause, or one of its `also`, is among the first k. A `not-oauth` case is right when
nothing is diagnosed. Calibration error: mean |confidence - accuracy| over ten bins, weighted (Guo et al. 2017).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .doctor import Doctor, Examination
from .knowledge import FactError
from .knowledge.names import NOT_OAUTH

_BINS = 10
_ALARM = 0.5


@dataclass(frozen=True, slots=True)
class LabelledCase:
    """A case whose cause is known."""

    id: str
    text: str
    facts: dict[str, Any]
    causes: tuple[str, ...]
    domain: str = "-"

    @property
    def negative(self) -> bool:
        """It only looks like an OAuth problem."""
        return self.causes[0] == NOT_OAUTH


@dataclass(frozen=True, slots=True)
class Miss:
    """A case that was not diagnosed right, with the examination for its trace."""

    case: LabelledCase
    predicted: tuple[tuple[str, float], ...]
    examination: Examination


@dataclass(slots=True)
class Record:
    """How often one rule spoke for a cause, and was right.

    Attributes:
        fired: cases in which it spoke for some cause.
        right: those in which the case's cause is one that it supports most.
        misled: those in which no rule spoke more for the cause that was wrongly ranked first.
    """

    fired: int = 0
    right: int = 0
    misled: int = 0


@dataclass(slots=True)
class Measures:
    """Figures over a set of cases."""

    cases: int = 0
    hits1: int = 0
    hits3: int = 0
    reciprocal: float = 0.0
    negatives: int = 0
    false_alarms: int = 0
    confidence: list[tuple[float, bool]] = field(default_factory=list)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    misses: list[Miss] = field(default_factory=list)
    rules: dict[str, Record] = field(default_factory=lambda: defaultdict(Record))

    def doubtful_rules(self) -> list[tuple[str, Record]]:
        """The rules that were wrong more often than right, with their records; first those that led astray most often."""
        doubtful = [(name, record) for name, record in self.rules.items() if 2 * record.right < record.fired]
        return sorted(doubtful, key=lambda item: (-item[1].misled, 2 * item[1].right - item[1].fired, item[0]))

    @property
    def top1(self) -> float:
        """Share of cases whose cause is ranked first."""
        return self.hits1 / max(self.cases, 1)

    @property
    def top3(self) -> float:
        """Share of cases whose cause is among the first three."""
        return self.hits3 / max(self.cases, 1)

    @property
    def mean_reciprocal_rank(self) -> float:
        """Mean of 1 / rank of the right cause."""
        return self.reciprocal / max(self.cases, 1)

    @property
    def calibration_error(self) -> float:
        """Expected calibration error, 0 to 1."""
        return expected_calibration_error(self.confidence)


def read_cases(rows: Iterable[dict[str, Any]]) -> list[LabelledCase]:
    """Labelled cases from JSON objects with id, text, facts, cause and perhaps also, domain.

    Raises:
        KeyError: a row without id or cause.
    """
    return [
        LabelledCase(
            str(row["id"]),
            row.get("text") or "",
            row.get("facts") or {},
            (row["cause"], *row.get("also", ())),
            row.get("domain", "-"),
        )
        for row in rows
    ]


def evaluate(doctor: Doctor, cases: Sequence[LabelledCase], *, with_facts: bool = True) -> Measures:
    """Diagnose every case and measure. Facts outside the vocabulary are left out."""
    measures = Measures()
    for case in cases:
        found = doctor.examine(case.text, readable_facts(doctor, case.facts) if with_facts else {})
        count(measures, case, found.reranked(found.evidence, doctor.ranker.reported(found.facts, found.ranked)))
    return measures


def count(measures: Measures, case: LabelledCase, examination: Examination) -> None:
    """Enter one examined case into the figures."""
    _count_rules(measures, case, examination)
    ranked = [(item.cause, item.probability) for item in examination.ranked if item.cause != NOT_OAUTH]
    predicted = tuple(ranked[:3])
    if case.negative:
        measures.negatives += 1
        if ranked[0][1] >= _ALARM:
            measures.false_alarms += 1
            measures.confusion[NOT_OAUTH, ranked[0][0]] += 1
            measures.misses.append(Miss(case, predicted, examination))
        return
    rank = next((place for place, (cause, _) in enumerate(ranked, start=1) if cause in case.causes), 0)
    measures.cases += 1
    measures.hits1 += rank == 1
    measures.hits3 += 1 <= rank <= 3
    measures.reciprocal += 1 / rank if rank else 0.0
    measures.confidence.append((ranked[0][1], rank == 1))
    if rank != 1:
        measures.confusion[case.causes[0], ranked[0][0]] += 1
        measures.misses.append(Miss(case, predicted, examination))


def _count_rules(measures: Measures, case: LabelledCase, examination: Examination) -> None:
    first = examination.ranked[0].cause
    supported: dict[str, dict[str, float]] = defaultdict(dict)
    for item in examination.evidence:
        if item.weight > 0:
            supported[item.rule][item.cause] = item.weight
    strongest = max((weights.get(first, 0.0) for weights in supported.values()), default=0.0)
    for rule, weights in supported.items():
        most = max(weights.values())
        said = [cause for cause, weight in weights.items() if weight == most]
        record = measures.rules[rule]
        record.fired += 1
        record.right += any(cause in case.causes for cause in said)
        record.misled += first not in case.causes and weights.get(first) == strongest


def expected_calibration_error(pairs: Sequence[tuple[float, bool]]) -> float:
    """Mean distance of confidence and accuracy over equal-width bins, weighted by bin size."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, hit in pairs:
        bins.setdefault(min(int(confidence * _BINS), _BINS - 1), []).append((confidence, hit))
    distance = sum(abs(sum(c for c, _ in b) - sum(h for _, h in b)) for b in bins.values())
    return distance / max(len(pairs), 1)


def readable_facts(doctor: Doctor, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts that the vocabulary knows, with values that it takes."""
    usable = {}
    for name, value in facts.items():
        try:
            doctor.knowledge.vocabulary[name].read(value)
        except FactError:
            continue
        usable[name] = value
    return usable
