"""A chosen question in words: its answers, why it is asked, what each answer would change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..choice import Choice, leading
from ..knowledge import Fact, FactKind, Knowledge
from ..knowledge.names import NOT_OAUTH, NOT_SHOWN, OTHER
from ..wording import percent
from .contradictions import label
from .view import AnswerOffered, QuestionAsked

_MOST_SUGGESTIONS = 8
_SAME = 0.05  # a change of the best probability below that is none


def opening(knowledge: Knowledge, fact: Fact) -> QuestionAsked:
    """A question that is asked first because everything else is said in its words."""
    tables: Mapping[str, Mapping[str, Any]] = {"provider": knowledge.providers, "platform": knowledge.platforms}
    # "your application" and "the provider" are words for sentences, not for a list to choose from.
    names = {key: "Another one" if key == "generic" else entry.name for key, entry in tables.get(fact.id, {}).items()}
    ordered = sorted(names, key=lambda key: (key == "generic", names[key].lower()))
    return QuestionAsked(
        fact=fact.id,
        text=fact.question,
        kind=fact.kind.value,
        several=fact.several,
        where=fact.where or None,
        answers=[AnswerOffered(value=key, label=names[key]) for key in ordered],
        why="Rules, codes and steps are those of this one; the questions after it become fewer.",
        cost=fact.cost,
    )


def asked(knowledge: Knowledge, choice: Choice, probabilities: Mapping[str, float]) -> QuestionAsked:
    """The question with its answers, the likeliest first where the list is open."""
    fact = choice.fact
    if fact.is_open:
        values = [
            value
            for value in sorted(choice.shares, key=lambda v: (-choice.shares[v], v))
            if value not in (NOT_SHOWN, OTHER)
        ]
        values = values[:_MOST_SUGGESTIONS]
    else:
        values = ["true", "false"] if fact.kind is FactKind.BOOLEAN else list(fact.values)
    return QuestionAsked(
        fact=fact.id,
        text=fact.question,
        kind=fact.kind.value,
        several=fact.several,
        where=fact.where or None,
        answers=[_answer(knowledge, choice, value, probabilities) for value in values],
        why=_why(knowledge, choice, probabilities),
        gain=round(choice.gain, 4),
        cost=fact.cost,
    )


def _answer(knowledge: Knowledge, choice: Choice, value: str, probabilities: Mapping[str, float]) -> AnswerOffered:
    then = choice.then.get(value)
    share = round(choice.shares.get(value, 0.0), 4)
    words = label(knowledge, choice.fact, value)
    if then is None:
        return AnswerOffered(value=value, label=words, share=share)
    best, now = leading(then), leading(probabilities)
    title = title_of(knowledge, best)
    if best != now:
        changes = f"then first: {title} ({percent(then[best])})"
    elif abs(then[best] - probabilities[best]) < _SAME:
        changes = "changes little"
    else:
        changes = f"{'raises' if then[best] > probabilities[best] else 'lowers'}: {title} (to {percent(then[best])})"
    return AnswerOffered(
        value=value, label=words, share=share, best=best, probability=round(then[best], 4), changes=changes
    )


def _why(knowledge: Knowledge, choice: Choice, probabilities: Mapping[str, float]) -> str:
    """What an answer would overturn; otherwise the two likely causes that the answers separate best."""
    now = leading(probabilities)
    if choice.change:
        turning = {value: then for value, then in choice.then.items() if leading(then) != now}
        value = max(turning, key=lambda one: (choice.shares[one] * turning[one][leading(turning[one])], one))
        other = title_of(knowledge, leading(turning[value]))
        return f"What is known points to “{title_of(knowledge, now)}”, but one answer would point to “{other}”."
    likely = sorted((cause for cause in probabilities if cause != NOT_OAUTH), key=lambda c: (-probabilities[c], c))[:6]
    best: tuple[float, str, str] | None = None
    for value, then in choice.then.items():
        moved = {cause: then.get(cause, 0.0) / max(probabilities[cause], 1e-9) for cause in likely}
        up, down = max(likely, key=lambda c: (moved[c], c)), min(likely, key=lambda c: (moved[c], c))
        weight = choice.shares[value] * (moved[up] - moved[down]) * min(probabilities[up], probabilities[down])
        if up != down and (best is None or weight > best[0]):
            best = weight, up, down
    if best is None:
        return "It may name the cause at once."
    return f"Separates “{title_of(knowledge, best[1])}” from “{title_of(knowledge, best[2])}”."


def title_of(knowledge: Knowledge, cause: str) -> str:
    """A cause's title; of the candidate "none of these" too."""
    return knowledge.causes[cause].title if cause in knowledge.causes else "No OAuth problem of a known kind"
