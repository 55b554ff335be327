"""Answers that disagree, with each other or with what the text shows."""

from __future__ import annotations

from typing import Any

from ..facts import Facts
from ..knowledge import Fact, FactKind, Knowledge, Value
from ..knowledge.names import value_key
from .view import Contradiction


def contradictions(knowledge: Knowledge, facts: Facts) -> list[Contradiction]:
    """All that is noticed: answers against the text first, then values that hardly hold together."""
    found = [_against_text(knowledge, facts, name) for name in sorted(facts.answered)]
    return [one for one in found if one is not None] + _among_answers(knowledge, facts)


def _against_text(knowledge: Knowledge, facts: Facts, name: str) -> Contradiction | None:
    fact = knowledge.vocabulary[name]
    overruled = facts.overruled.get(name)
    said = [value for value in facts.values(name) if _is_answer(facts, name, value)]
    if overruled is not None and overruled.origin.kind == "text":
        shown, line = overruled.value, overruled.origin.line
    else:
        in_text = [value for value in facts.values(name) if not _is_answer(facts, name, value)]
        if not in_text or fact.kind not in (FactKind.SLUG, FactKind.INTEGER):
            return None
        finding = facts.finding(name, in_text[0])
        if finding is None or finding.origin.kind != "text":
            return None
        if _also_in_text(facts, name, said):
            return None
        shown, line = in_text[0], finding.origin.line
    place = f"line {line} of the text" if line is not None else "the text"
    answer = " and ".join(label(knowledge, fact, value) for value in said)
    text = f"{_topic(fact)} It was answered: {answer}. But {place} shows: {label(knowledge, fact, shown)}."
    return Contradiction(facts=[name], kind="text", text=text)


def _is_answer(facts: Facts, name: str, value: Value) -> bool:
    finding = facts.finding(name, value)
    return finding is not None and finding.origin.kind == "answer" and finding.origin.rule is None


def _also_in_text(facts: Facts, name: str, said: list[Value]) -> bool:
    return any(value in facts.confirmed.get(name, ()) for value in said)


def _among_answers(knowledge: Knowledge, facts: Facts) -> list[Contradiction]:
    result = []
    for pairs, why in knowledge.conflicts:
        if facts.answered.isdisjoint(pairs):
            continue
        held = {name: [value for value in facts.values(name) if value in values] for name, values in pairs.items()}
        if all(held.values()):
            words = "; ".join(
                f"{_topic(knowledge.vocabulary[name])} {label(knowledge, knowledge.vocabulary[name], values[0])}"
                for name, values in held.items()
            )
            kind: Any = "answers" if facts.answered.issuperset(pairs) else "text"
            result.append(Contradiction(facts=list(pairs), kind=kind, text=f"{words}. {why}"))
    return result


def label(knowledge: Knowledge, fact: Fact, value: Value) -> str:
    """A value in words."""
    if fact.kind is FactKind.BOOLEAN:
        return "Yes" if value in (True, "true") else "No"
    for table in (knowledge.providers, knowledge.platforms, knowledge.libraries):
        entry: Any = table.get(str(value))
        if fact.kind is FactKind.SLUG and entry is not None and str(value) != "generic":
            return str(entry.name)
    return fact.values.get(value_key(value), value_key(value))


def _topic(fact: Fact) -> str:
    return fact.question or f"{fact.id}:"
