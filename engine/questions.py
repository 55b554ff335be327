"""The next question: the fact whose answer is expected to tell most for the effort of finding it.

Value of a question = expected information about the cause (mutual information, in bits) under the causes' profiles,
divided by its cost (Heckerman, Breese and Rommelse 1995 use the same measure to choose observations).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from .diagnosis import Answer, Question
from .facts import Facts
from .knowledge import FactKind, Knowledge

_NOT_WORTH_ASKING = 0.05  # bits


def next_question(
    knowledge: Knowledge, facts: Facts, probabilities: Mapping[str, float], skipped: Collection[str] = ()
) -> Question | None:
    """The best question about a fact that is neither known nor skipped; None when none is worth its effort."""
    best: tuple[float, str, float] | None = None
    for fact in knowledge.vocabulary:
        if (
            fact.kind not in (FactKind.ONE, FactKind.BOOLEAN)
            or not fact.question
            or fact.id in facts
            or fact.id in skipped
        ):
            continue
        gain = expected_gain(knowledge, fact.id, probabilities)
        if gain >= _NOT_WORTH_ASKING and (best is None or gain / fact.cost > best[0]):
            best = (gain / fact.cost, fact.id, gain)
    if best is None:
        return None
    fact = knowledge.vocabulary[best[1]]
    labels = {"true": "Yes", "false": "No"} if fact.kind is FactKind.BOOLEAN else fact.values
    answers = [Answer(value=value, label=label) for value, label in labels.items()]
    return Question(fact=fact.id, text=fact.question, where=fact.where or None, answers=answers, gain=round(best[2], 4))


def expected_gain(knowledge: Knowledge, fact: str, probabilities: Mapping[str, float]) -> float:
    """Mutual information, in bits, between the cause and the answer about one fact."""
    profiles = knowledge.profiles
    rows = [
        (probability, profiles[cause]["profile"][fact])
        for cause, probability in probabilities.items()
        if probability > 1e-4 and cause in profiles and fact in profiles[cause]["profile"]
    ]
    mass = sum(probability for probability, _ in rows)
    if len(rows) < 2 or mass <= 0:
        return 0.0
    gain = 0.0
    for value in rows[0][1]:
        share = sum(probability * profile.get(value, 0.0) for probability, profile in rows) / mass
        for probability, profile in rows:
            likelihood = profile.get(value, 0.0)
            if likelihood > 0 and share > 0:
                gain += probability * likelihood * math.log2(likelihood / share)
    return gain
