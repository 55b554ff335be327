"""What the page of a case shows, put together from the case, the view of the guide and the knowledge."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...engine import CauseFound, EvidenceFound
from ...engine.cases import Case, CaseState
from ...engine.cases.words import in_words
from ...engine.guide import AnswerOffered, QuestionAsked, View
from ...engine.knowledge import Fact, FactKind, Knowledge
from ...engine.knowledge.names import NOT_OAUTH, value_key
from ...engine.report import render_report
from ..services import Services
from .logview import lines_of, marks_of

_YES_NO = {"true": "Yes", "false": "No"}
REPLIES = {"reply": "Plain text", "reply-markdown": "Markdown", "reply-html": "HTML"}
_PLACEHOLDER = re.compile(r"<[a-z][a-z_]{1,23}:[0-9]{1,9}>")
_MOST_FOUND = 24
_MOST_REASONS = 6
_MOST_STEPS = 12


def case_values(services: Services, case: Case, ask: str = "", message: str = "") -> Mapping[str, Any]:
    """Everything that the template `case.html` shows.

    Args:
        ask: a fact to ask for instead of the best question; one that does not exist is ignored.
        message: what the page says first.
    """
    knowledge = services.doctor.knowledge
    state = case.state
    view, left_out = services.look_at(case)
    diagnosis = view.diagnosis
    wanted = knowledge.vocabulary.get(ask) if ask else None
    question = question_about(wanted, knowledge) if wanted is not None and not state.closed else view.question
    return {
        "case": case,
        "state": state,
        "view": view,
        "diagnosis": diagnosis,
        "message": message,
        "left_out": left_out,
        "question": question,
        "asked_for": wanted is not None,
        "current": _current(state, question),
        "suggestions": _suggestions(question, knowledge),
        "answers": [
            (fact, fact_label(fact), value_label(knowledge, fact, value)) for fact, value in state.answers.items()
        ],
        "unknown": [(fact, fact_label(fact)) for fact in state.unknown],
        "found": _found(view, knowledge),
        "askable": _askable(state, knowledge),
        "evidence": {cause.id: evidence_of(cause) for cause in diagnosis.causes},
        "steps": view.plan.steps[:_MOST_STEPS],
        "more_steps": len(view.plan.steps) - _MOST_STEPS,
        "lines": lines_of(state.texts, marks_of(diagnosis)),
        "secrets": _secrets(state),
        "replies": [(key, label, render_report(knowledge, diagnosis, key)) for key, label in REPLIES.items()],
        "console": _console(view, knowledge),
        "history": [(entry.at, entry.by, in_words(entry)) for entry in reversed(case.entries)],
        "outcomes": _outcomes(view, knowledge),
        "outcomes_title": _outcome(state, knowledge),
        "titles": {key: cause.title for key, cause in knowledge.causes.items()},
        "status": status_line(view, question),
    }


def question_about(fact: Fact, knowledge: Knowledge) -> QuestionAsked:
    """The question for one fact, whether or not it is worth asking."""
    labels = _YES_NO if fact.kind is FactKind.BOOLEAN else fact.values
    answers = [AnswerOffered(value=value, label=label) for value, label in labels.items()]
    return QuestionAsked(
        fact=fact.id,
        text=fact.question or f"What is the {fact_label(fact.id)}?",
        kind=fact.kind.value,
        several=fact.several,
        where=fact.where or None,
        answers=answers,
        cost=fact.cost,
    )


@dataclass(frozen=True, slots=True)
class Reasons:
    """What one line of the text, or the circumstances, say for or against a cause; the strongest first."""

    direction: str
    strength: str
    line: int | None
    excerpt: str | None
    whys: tuple[str, ...]


def evidence_of(cause: CauseFound) -> list[Reasons]:
    """The evidence of a cause, what comes from one line together."""
    groups: dict[tuple[str, int | None, str], list[EvidenceFound]] = {}
    for item in cause.evidence:
        if item.weight:
            groups.setdefault((item.direction, item.line, "" if item.line else item.rule), []).append(item)
    rows = sorted(groups.values(), key=lambda items: -max(abs(item.weight) for item in items))
    return [_reasons(items) for items in rows[:_MOST_REASONS]]


def _reasons(items: list[EvidenceFound]) -> Reasons:
    strongest = max(items, key=lambda item: abs(item.weight))
    excerpt = next((item.excerpt for item in items if item.excerpt), None)
    whys = dict.fromkeys(item.why for item in items if item.why)
    if not whys and excerpt is None:
        whys = dict.fromkeys(fact_label(fact) for item in items for fact in item.facts)
    return Reasons(strongest.direction, strongest.strength, strongest.line, excerpt, tuple(filter(None, whys)))


def fact_label(fact: str) -> str:
    """The name of a fact for people."""
    return fact.replace("_", " ")


def value_label(knowledge: Knowledge, fact: str, value: Any) -> str:
    """A value of a fact for people."""
    if isinstance(value, list):
        return ", ".join(value_label(knowledge, fact, one) for one in value)
    known = knowledge.vocabulary.get(fact)
    key = value_key(value)
    if known is None:
        return key
    if known.kind is FactKind.BOOLEAN:
        return _YES_NO.get(key.lower(), key)
    names = {"provider": knowledge.providers, "platform": knowledge.platforms, "library": knowledge.libraries}.get(fact)
    if names is not None and key in names:
        return names[key].name  # type: ignore[attr-defined, no-any-return]
    return known.values.get(key, key)


def status_line(view: View, question: QuestionAsked | None) -> str:
    """What changed, for those who hear the page instead of seeing it."""
    diagnosis = view.diagnosis
    if diagnosis.verdict == "no-oauth-problem":
        words = "This does not look like an OAuth problem."
    elif diagnosis.causes:
        cause = diagnosis.causes[0]
        words = f"Likeliest cause: {cause.title}, {cause.probability:.0%}."
    else:
        words = "No cause yet."
    return f"{words} Next question: {question.text}" if question else words


def _current(state: CaseState, question: QuestionAsked | None) -> list[str]:
    """What was answered to a question before."""
    if question is None or question.fact not in state.answers:
        return []
    value = state.answers[question.fact]
    return [value_key(one) for one in (value if isinstance(value, list) else [value])]


def _suggestions(question: QuestionAsked | None, knowledge: Knowledge) -> list[tuple[str, str]]:
    """Names that may be typed, where a question takes free input."""
    if question is None or question.kind not in ("slug", "text", "integer"):
        return []
    tables = {"provider": knowledge.providers, "platform": knowledge.platforms, "library": knowledge.libraries}
    table = tables.get(question.fact, {})
    return [(slug, entry.name) for slug, entry in table.items() if slug != "generic"]  # type: ignore[attr-defined]


def _found(view: View, knowledge: Knowledge) -> list[tuple[str, str, int | None]]:
    """What the texts say: (fact, value, line)."""
    found = [fact for fact in view.diagnosis.facts if fact.source.kind == "text"]
    return [
        (fact_label(one.name), value_label(knowledge, one.name, one.value), one.source.line)
        for one in found[:_MOST_FOUND]
    ]


def _askable(state: CaseState, knowledge: Knowledge) -> list[tuple[str, str]]:
    return sorted(
        (fact_label(fact.id), fact.id)
        for fact in knowledge.vocabulary
        if fact.question and fact.id not in state.answers
    )


def _secrets(state: CaseState) -> int:
    """How many different secrets were replaced in the texts."""
    return len(set(_PLACEHOLDER.findall(state.text)))


def _console(view: View, knowledge: Knowledge) -> Mapping[str, Any] | None:
    """Places in the console of the case's provider; first those that the likeliest cause's steps name."""
    slug = next((str(fact.value) for fact in view.diagnosis.facts if fact.name == "provider"), "")
    provider = knowledge.providers.get(slug)
    if provider is None or slug == "generic":
        return None
    causes = view.diagnosis.causes[:1]
    needed = {
        place
        for cause in causes
        for step in knowledge.causes[cause.id].steps
        for place in provider.console
        if f"console.{place}" in step.text
    }
    places = [
        (place.replace("_", " "), name, url, place in needed) for place, (name, url) in provider.console.items() if url
    ]
    return {"provider": provider, "places": sorted(places, key=lambda one: not one[3])}


def _outcome(state: CaseState, knowledge: Knowledge) -> str:
    """What a closed case was."""
    if state.cause is None:
        return "It stayed unsolved"
    if state.cause == NOT_OAUTH:
        return "It was no OAuth problem"
    known = knowledge.causes.get(state.cause)
    return f"It was: {known.title if known else state.cause}"


def _outcomes(view: View, knowledge: Knowledge) -> list[tuple[str, str]]:
    """Causes to close a case with: what a step confirmed, then the likely ones, then all."""
    first = [view.cause] if view.cause is not None and view.cause in knowledge.causes else []
    ranked = dict.fromkeys([*first, *(cause.id for cause in view.diagnosis.causes)])
    others = sorted((key for key in knowledge.causes if key not in ranked), key=lambda key: knowledge.causes[key].title)
    return [(key, knowledge.causes[key].title) for key in [*ranked, *others]]
