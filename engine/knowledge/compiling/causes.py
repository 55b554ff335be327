"""Causes with their steps and profiles, and values that hardly hold together."""

from __future__ import annotations

from typing import Any

from .. import schema
from ..names import NOT_SHOWN, OTHER, value_key
from ..problems import Problem
from ..read import Placed
from ..templates import unknown_words
from ..vocabulary import Fact, FactError, FactKind
from ..yaml_source import Path
from .desk import Desk


def compile_cause(desk: Desk, placed: Placed[schema.CauseFront]) -> dict[str, Any]:
    """One cause; its profile and priors are split off later (see `Knowledge.profiles`)."""
    entry = placed.entry
    texts = desk.authored.step_texts.get(entry.id, {})
    for other in entry.look_alikes:
        desk.check_cause(other, placed, ("look_alikes", other))
    steps = []
    for index, step in enumerate(entry.steps):
        section = texts.get(step.id)
        condition = desk.condition(step.when, placed, ("steps", index, "when"))
        if section is None:
            continue
        for text in (section.text, section.verify):
            _check_template(desk, placed, text, section.line)
        steps.append(
            {
                "id": step.id,
                "who": step.who,
                "minutes": step.minutes,
                "risk": step.risk,
                "when": desk.numbered(condition),
                "text": section.text,
                "verify": section.verify,
            }
        )
    conditional = []
    for index, item in enumerate(entry.priors):
        condition = desk.condition(item.when, placed, ("priors", index, "when"))
        prior = desk.number(desk.priors, item.prior, "prior", placed, ("priors", index, "prior"))
        conditional.append([desk.numbered(condition), prior])
    return {
        "title": entry.title,
        "summary": entry.summary.strip(),
        "appears": entry.appears,
        "prior": desk.number(desk.priors, entry.prior, "prior", placed, ("prior",)),
        "priors": conditional,
        "profile": _profile(desk, placed),
        "everyday": entry.everyday,
        "look_alikes": entry.look_alikes,
        "references": desk.references_of(entry.references),
        "steps": steps,
        "file": placed.source.file,
    }


def _profile(desk: Desk, placed: Placed[schema.CauseFront]) -> dict[str, dict[str, float]]:
    profile = {}
    for name, frequencies in placed.entry.profile.items():
        fact = desk.vocabulary.get(name)
        if fact is None:
            desk.problems.append(
                placed.problem(("profile", name), f"unknown fact {name!r}", desk.vocabulary.nearest(name))
            )
            continue
        profile[name] = _frequencies(desk, fact, frequencies, placed, ("profile", name))
    return profile


def compile_conflict(desk: Desk, placed: Placed[schema.Conflict]) -> list[Any]:
    """Values that hardly hold together: id, fact to values, why."""
    pairs = {}
    for name, raw in placed.entry.facts.items():
        try:
            pairs[name] = [value for item in raw for value in desk.vocabulary[name].read(item)]
        except FactError as error:
            desk.problems.append(placed.problem(("facts", name), error.message, error.expected))
    return [placed.entry.id, pairs, placed.entry.why]


def usual_profile(desk: Desk) -> dict[str, dict[str, float]]:
    """What holds for the causes that say nothing about a fact."""
    return {
        key: _frequencies(desk, desk.vocabulary[key], placed.entry.profile, placed, ("profile",))
        for key, placed in desk.authored.facts.items()
        if placed.entry.profile
    }


def _frequencies(
    desk: Desk, fact: Fact, frequencies: dict[str, str], placed: Placed[Any], path: Path
) -> dict[str, float]:
    rows = {}
    for value, word in frequencies.items():
        try:
            key = value if fact.is_open and value == NOT_SHOWN else value_key(fact.read(value)[0])
        except FactError as error:
            desk.problems.append(placed.problem((*path, value), error.message, error.expected))
            continue
        rows[key] = desk.number(desk.frequencies, word, "frequency", placed, (*path, value))
    if fact.kind is FactKind.SET:
        return rows  # each value may be there or not, whatever the others
    if fact.is_open:
        return _complete(rows, [*rows, OTHER])
    return _complete(rows, ["true", "false"] if fact.kind is FactKind.BOOLEAN else list(fact.values))


def _check_template(desk: Desk, placed: Placed[Any], text: str, line: int) -> None:
    if desk.template_words is None:
        return
    for offset, message, expected in unknown_words(text, desk.template_words):
        desk.problems.append(Problem(placed.source.file, line + offset, 1, message, expected))


def _complete(rows: dict[str, float], domain: list[str]) -> dict[str, float]:
    """Give the values left out what remains, none of them nothing, and make the whole sum to one."""
    missing = [value for value in domain if value not in rows]
    remainder = max(1.0 - sum(rows.values()), 0.003 * max(len(missing), 1))
    full = {**rows, **{value: remainder / len(missing) for value in missing}} if missing else dict(rows)
    total = sum(full.values())
    return {value: round(full[value] / total, 5) for value in domain if value in full}
