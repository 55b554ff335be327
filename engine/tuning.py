"""Fitting the figures of kb/scales.yaml to labelled cases, within limits that keep them readable.

Fitted are the likelihood ratios behind the five strengths and the calibration figures: few numbers, so that there is
little to overfit, and cross-validation shows what is left of the gain on cases that were not used. The loss is the mean
negative log probability of the right cause. Coordinate descent over factors; strengths stay in order and in bounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .doctor import Doctor, Examination
from .evaluation import LabelledCase, Measures, count
from .knowledge import Knowledge
from .ranking import Ranker

Figures = dict[str, float]

_BOUNDS: Mapping[str, tuple[float, float]] = {
    "decisive": (400, 20_000),
    "strong": (60, 2000),
    "moderate": (12, 250),
    "weak": (3, 30),
    "hint": (1.2, 6),
    "temperature": (0.6, 2.5),
    "repeat_discount": (0.1, 0.9),
    "agreement": (0.05, 0.5),
    "profile_weight": (0.2, 1.4),
    "none_prior": (0.02, 0.15),
    "told_temperature": (0.6, 2.5),
    "told_profile_weight": (0.2, 1.4),
    "told_rules": (0.4, 1.0),
    "likeness": (0.1, 1.5),
    "likeness_most": (0.5, 4),
}
_ORDER = ("decisive", "strong", "moderate", "weak", "hint")
_CALIBRATION = (
    "temperature",
    "repeat_discount",
    "agreement",
    "profile_weight",
    "none_prior",
    "told_temperature",
    "told_profile_weight",
    "told_rules",
    "likeness",
    "likeness_most",
)
_FACTORS = (0.6, 0.8, 0.9, 1.1, 1.25, 1.6)
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Fit:
    """Result of a fit: the figures, and measures before, after, and on cases that each fold did not use."""

    figures: Figures
    before: Measures
    after: Measures
    unseen: Measures


def current_figures(knowledge: Knowledge, strengths: Mapping[str, float]) -> Figures:
    """The figures in force: likelihood ratios by strength, and the calibration."""
    return {
        **{name: strengths[name] for name in _ORDER},
        **{name: knowledge.calibration[name] for name in _CALIBRATION},
    }


def fit(
    doctor: Doctor, strengths: Mapping[str, float], cases: Sequence[LabelledCase], *, folds: int = 5, rounds: int = 1
) -> Fit:
    """Fit the figures to the cases.

    Args:
        strengths: likelihood ratios by name, as authored.
        folds: parts for cross-validation; a case belongs to the part that its place says.
        rounds: passes over all figures.
    """
    examined = [(case, doctor.examine(case.text, case.facts)) for case in cases]
    knowledge = doctor.knowledge
    start = current_figures(knowledge, strengths)
    figures = _descend(knowledge, start, examined, rounds)
    unseen = Measures()
    for fold in range(folds):
        train = [pair for place, pair in enumerate(examined) if place % folds != fold]
        held = [pair for place, pair in enumerate(examined) if place % folds == fold]
        _measure(knowledge, _descend(knowledge, start, train, rounds), held, unseen)
    return Fit(
        figures,
        _measure(knowledge, start, examined, Measures()),
        _measure(knowledge, figures, examined, Measures()),
        unseen,
    )


def _descend(
    knowledge: Knowledge, start: Figures, examined: Sequence[tuple[LabelledCase, Examination]], rounds: int
) -> Figures:
    best = dict(start)
    loss = _loss(knowledge, best, examined)
    for _ in range(rounds):
        for name in (*_ORDER, *_CALIBRATION):
            for factor in _FACTORS:
                trial = {**best, name: _rounded(_within(name, best[name] * factor))}
                if trial[name] == best[name] or not _ordered(trial):
                    continue
                found = _loss(knowledge, trial, examined)
                if found < loss - 1e-4:
                    best, loss = trial, found
    return best


def _loss(knowledge: Knowledge, figures: Figures, examined: Sequence[tuple[LabelledCase, Examination]]) -> float:
    total = 0.0

    def take(case: LabelledCase, examination: Examination) -> None:
        nonlocal total
        right = sum(item.probability for item in examination.ranked if item.cause in case.causes)
        total -= math.log(max(right, _LEAST))

    _rerank(knowledge, figures, examined, take)
    return total / max(len(examined), 1)


def _measure(
    knowledge: Knowledge, figures: Figures, examined: Sequence[tuple[LabelledCase, Examination]], measures: Measures
) -> Measures:
    _rerank(knowledge, figures, examined, lambda case, examination: count(measures, case, examination))
    return measures


def _rerank(
    knowledge: Knowledge,
    figures: Figures,
    examined: Sequence[tuple[LabelledCase, Examination]],
    take: Callable[[LabelledCase, Examination], None],
) -> None:
    ranker = Ranker(knowledge, figures)
    for case, before in examined:
        evidence = [
            item._replace(weight=math.copysign(math.log(figures[item.strength]), item.weight))
            for item in before.evidence
        ]
        ranked = ranker.rank(before.facts, before.atoms, evidence, likeness=before.likeness)
        take(case, before.reranked(evidence, ranked))


def _within(name: str, value: float) -> float:
    low, high = _BOUNDS[name]
    return min(max(value, low), high)


def _rounded(value: float) -> float:
    """Two significant digits: what a person can read and remember."""
    return float(f"{value:.2g}")


def _ordered(figures: Figures) -> bool:
    values = [figures[name] for name in _ORDER]
    return all(first > second for first, second in pairwise(values))
