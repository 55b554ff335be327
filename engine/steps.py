"""Fix steps in the words of the case's provider and platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .diagnosis import StepShown
from .facts import Facts
from .inference.evaluator import holds
from .knowledge import Cause, Knowledge
from .knowledge.knowledge import Step
from .knowledge.names import value_key
from .knowledge.templates import render, words_used

Words = Mapping[str, Any]


def words_for(knowledge: Knowledge, facts: Facts) -> Words:
    """Template variables for a case: `platform`, `provider`, `facts`. Unknown ones speak neutrally."""
    return {"platform": _platform(knowledge, facts), "provider": _provider(knowledge, facts), "facts": _facts(facts)}


def steps_of(cause: Cause, words: Words, atoms: set[int]) -> list[StepShown]:
    """The steps of a cause whose conditions hold, in the author's order, because they build on each other."""
    return [_shown(step, words) for step in cause.steps if holds(step.when, atoms)]


def _shown(step: Step, words: Words) -> StepShown:
    """A step in these words. Most steps use few of them, so that most were rendered before."""
    used = words_used(step.text), words_used(step.verify)
    if None in used:
        return _render(step, words)
    values = tuple(_look_up(words, chain) for chains in used for chain in chains or ())
    if any(isinstance(value, (Mapping, list)) for value in values):
        return _render(step, words)
    # Types are part of the key, because True and 1 are equal and read differently.
    key = (step.id, step.text, step.verify, step.who, step.minutes, step.risk, values, tuple(map(type, values)))
    shown = _RENDERED.get(key)
    if shown is None:
        if len(_RENDERED) >= _MOST_RENDERED:
            _RENDERED.clear()
        shown = _RENDERED[key] = _render(step, words)
    return shown


_RENDERED: dict[Any, StepShown] = {}
_MOST_RENDERED = 20_000


def _look_up(words: Words, chain: tuple[str, ...]) -> Any:
    value: Any = words
    for name in chain:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _render(step: Step, words: Words) -> StepShown:
    return StepShown(
        id=step.id,
        text=_unwrapped(render(step.text, words, prose=True)),
        who=step.who,
        minutes=step.minutes,
        verify=_unwrapped(render(step.verify, words, prose=True)) or None,
        risk=step.risk or None,
    )


def _unwrapped(text: str) -> str:
    """Authors wrap their lines; what is left are paragraphs, for the reader's own width."""
    return "\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n")).strip()


def _platform(knowledge: Knowledge, facts: Facts) -> dict[str, str]:
    generic = knowledge.platforms["generic"]
    known = knowledge.platforms.get(str(facts.first("platform")), generic)
    return {**generic.terms, **known.terms, "name": known.name, "id": known.id}


def _provider(knowledge: Knowledge, facts: Facts) -> dict[str, Any]:
    generic = knowledge.providers["generic"]
    slug = facts.first("provider")
    known = knowledge.providers.get(str(slug), generic)
    name = known.name if slug is None or known is not generic else str(slug)
    console = {**generic.console, **known.console}
    return {
        "id": known.id if slug is None else str(slug),
        "name": name,
        "known": known is not generic,
        "documentation": known.documentation,
        "console": {place: f"{text} ({url})" if url else text for place, (text, url) in console.items()},
        "policies": {policy: known.policies.get(policy, "") for policy in knowledge.terms["policies"]},
    }


def _facts(facts: Facts) -> dict[str, Any]:
    return {
        name: values[0] if isinstance(values[0], (bool, int)) else value_key(values[0])
        for name, values in facts.by_name().items()
    }
