"""Rules, signatures and their examples."""

from __future__ import annotations

import re
from typing import Any

from ...text.difference import KINDS
from ...text.patterns import PatternError, check_pattern, loosen_spaces
from .. import schema
from ..conditions import Condition, contradiction, has_positive_test, tests_of
from ..names import SAW
from ..read import Incident, Placed
from ..vocabulary import FactError, FactKind
from ..yaml_source import Path
from .desk import Desk

MOST_ATOMS_OF_A_RULE = 60
_GROUP_NAME = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]*)\}")
_NAMED_GROUP = re.compile(r"\(\?P?<([a-zA-Z_][a-zA-Z0-9_]*)>")


def compile_rule(desk: Desk, placed: Placed[Any], also: list[Condition]) -> None:
    """Compile an entry's evidence; one rule for each distinct condition of it."""
    entry = placed.entry
    before = len(desk.problems)
    if not entry.supports and not entry.against:
        desk.problems.append(placed.problem((), f"rule {entry.id!r} says nothing", "supports or against"))
    base = [*also, desk.condition(entry.when, placed, ("when",))]
    if placed.providers and set(placed.providers) & set(desk.authored.providers):
        own = ["any", [["is", "provider", slug] for slug in placed.providers]]
        base.append(["any", [["not", ["present", "provider"]], own]])
    if entry.unless is not None:
        base.append(["not", desk.condition(entry.unless, placed, ("unless",))])
    variants: dict[str, tuple[Condition, list[list[Any]]]] = {}
    for key, sign in (("supports", 1.0), ("against", -1.0)):
        for cause, evidence in getattr(entry, key).items():
            path = (key, cause)
            desk.check_cause(cause, placed, path)
            weight = sign * desk.number(desk.strengths, evidence.strength, "strength", placed, path)
            extra = [] if evidence.condition is None else [desk.condition(evidence.condition, placed, (*path, "if"))]
            condition = ["all", [*base, *extra]]
            variants.setdefault(repr(condition), (condition, []))[1].append([cause, weight, evidence.strength])
    for condition, evidence_rows in variants.values():
        if len(desk.problems) == before:  # a condition that could not be read would only look unreachable
            _check_reachable(desk, condition, placed)
        desk.rules.append(
            {
                "id": entry.id,
                "if": desk.numbered(_flatten(condition)),
                "evidence": evidence_rows,
                "group": entry.group or "",
                "why": entry.why,
                "everyday": entry.everyday,
                "references": desk.references_of(placed.references),
                "file": placed.source.file,
                "line": placed.source.place(placed.path)[0],
            }
        )
    _examples(desk, placed)


def _check_reachable(desk: Desk, condition: Condition, placed: Placed[Any]) -> None:
    if not has_positive_test(condition):
        desk.problems.append(
            placed.problem(("when",), "the rule would fire on an empty case", "a fact that must be known")
        )
    elif contradiction(condition, desk.vocabulary):
        desk.problems.append(placed.problem(("when",), "the rule can never fire", "a condition without contradiction"))
    elif sum(1 for _ in tests_of(condition)) > MOST_ATOMS_OF_A_RULE:
        desk.problems.append(
            placed.problem(("when",), "the condition is too long", f"at most {MOST_ATOMS_OF_A_RULE} tests")
        )


def compile_signature(desk: Desk, placed: Placed[schema.SignatureEntry]) -> dict[str, Any]:
    """One signature; what it says of causes becomes a rule over having seen it."""
    entry = placed.entry
    sources: list[tuple[Path, str]] = [(("pattern",), entry.pattern)] if entry.pattern else []
    sources += [(("patterns", i), pattern) for i, pattern in enumerate(entry.patterns)]
    if not sources:
        desk.problems.append(placed.problem((), f"signature {entry.id!r} has no pattern", "pattern or patterns"))
    groups: set[str] | None = None
    patterns = []
    for path, source in sources:
        loose = loosen_spaces(source)
        try:
            check_pattern(loose)
        except PatternError as error:
            detail = error.args[0] if error.args else b""
            said = detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)
            message = f"pattern cannot be compiled: {said[:200]}"
            desk.problems.append(placed.problem(path, message, "RE2 syntax (no look-around)"))
        names = set(_NAMED_GROUP.findall(loose))
        groups = names if groups is None else groups & names
        patterns.append(loose)
    facts = _signature_facts(desk, placed, groups or set())
    compare = None
    if entry.compare:
        _compare(desk, placed, entry.compare, groups or set())
        compare = [entry.compare.expected, entry.compare.got, entry.compare.into]
    saw: Condition = ["is", SAW, entry.id]
    if entry.supports or entry.against:
        compile_rule(desk, placed, [saw])
    else:
        _examples(desk, placed)
    return {"id": entry.id, "patterns": patterns, "facts": facts, "compare": compare}


def _signature_facts(desk: Desk, placed: Placed[schema.SignatureEntry], groups: set[str]) -> list[list[Any]]:
    rows = []
    for name, raw in placed.entry.facts.items():
        fact = desk.vocabulary.get(name)
        if fact is None:
            message = f"unknown fact {name!r}"
            desk.problems.append(placed.problem(("facts", name), message, desk.vocabulary.nearest(name)))
            continue
        for item in raw if isinstance(raw, list) else [raw]:
            used = set(_GROUP_NAME.findall(item)) if isinstance(item, str) else set()
            if used - groups:
                expected = f"one of {', '.join(sorted(groups))}" if groups else "a group such as (?P<code>...)"
                message = f"the pattern has no group {min(used - groups)!r}"
                desk.problems.append(placed.problem(("facts", name), message, expected))
            elif not used:
                try:
                    fact.read(item)
                except FactError as error:
                    desk.problems.append(placed.problem(("facts", name), error.message, error.expected))
            rows.append([name, item])
    return rows


def _compare(desk: Desk, placed: Placed[Any], compare: schema.Compare, groups: set[str]) -> None:
    for key in ("expected", "got"):
        if getattr(compare, key) not in groups:
            message = f"the pattern has no group {getattr(compare, key)!r}"
            desk.problems.append(placed.problem(("compare", key), message, "a named group"))
    fact = desk.vocabulary.get(compare.into)
    if fact is None or fact.kind is not FactKind.SET or not set(KINDS) <= set(fact.values):
        message = f"{compare.into!r} is not a fact that holds differences"
        desk.problems.append(
            placed.problem(("compare", "into"), message, f"a set fact with the values {', '.join(KINDS)}")
        )


def _examples(desk: Desk, placed: Placed[Any]) -> None:
    for key in ("fires", "silent"):
        for index, example in enumerate(getattr(placed.entry, key)):
            if example.expect is not None:
                desk.check_cause(example.expect, placed, (key, index))
            desk.check_facts(example.facts, placed, (key, index, "facts"))


def check_scenario(desk: Desk, placed: Placed[schema.ScenarioEntry]) -> None:
    """Complain of a scenario whose facts or causes are unknown, or that expects nothing."""
    entry = placed.entry
    desk.check_facts(entry.facts, placed, ("facts",))
    for key, cause in (("expect", entry.expect), ("not", entry.not_)):
        if cause is not None:
            desk.check_cause(cause, placed, (key,))
    if entry.expect is None and entry.not_ is None and entry.verdict is None:
        desk.problems.append(placed.problem((), f"scenario {entry.id!r} expects nothing", "expect, not or verdict"))


def check_incident(desk: Desk, incident: Incident) -> None:
    """Complain of an incident whose facts or causes are unknown."""
    entry = incident.entry
    desk.check_facts({name: value for name, value in entry.facts.items() if value is not None}, incident, ("facts",))
    for cause in (entry.cause, *entry.also):
        desk.check_cause(cause, incident, ("cause",))


def _flatten(condition: Condition) -> Condition:
    """Drop nested and empty `all`s, so that equal conditions look equal."""
    if condition[0] == "all":
        parts: list[Condition] = []
        for part in map(_flatten, condition[1]):
            parts.extend(part[1] if part[0] == "all" else [part])
        return parts[0] if len(parts) == 1 else ["all", parts]
    if condition[0] == "any":
        return ["any", [_flatten(part) for part in condition[1]]]
    if condition[0] == "not":
        return ["not", _flatten(condition[1])]
    return condition
