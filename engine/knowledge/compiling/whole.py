"""Checks across files, and the compiled form: plain lists and dictionaries that JSON can hold.

The compiled form is what the program runs on and what the cache keeps. Words of the authors (strong, usual, common)
have become numbers here; conditions have become atoms; nothing in it needs pydantic or YAML to load.
"""

from __future__ import annotations

from typing import Any

from ...inference.network import atoms_of, make_network
from ...text.plan import make_search_plan
from ..names import RECOGNISED
from ..problems import Problem
from ..read import Authored
from ..vocabulary import Fact
from .causes import compile_cause, compile_conflict, usual_profile
from .desk import Desk
from .rules import check_incident, check_scenario, compile_rule, compile_signature
from .services import check_aliases, compile_codes, compile_library, compile_platform, compile_provider
from .words import Counts, count_words, word_weights

_FOUNDATIONS = ("kb/facts", "kb/terms", "kb/scales")


def compile_knowledge(
    authored: Authored, patterns: dict[str, list[list[list[str]]]] | None = None, told: Counts | None = None
) -> tuple[dict[str, Any], list[Problem]]:
    """Check everything against everything and compile. The result is usable only if no problem came with it.

    Args:
        patterns: patterns that are known to be valid, with the ways in which they match; new ones are added.
        told: the words of the incidents, when they were counted before; else counted into it.
    """
    told = {} if told is None else told
    if not told:
        told.update(count_words(authored.incidents))
    desk = Desk(authored, {} if patterns is None else patterns)
    a = authored
    if any(problem.file.startswith(_FOUNDATIONS) for problem in desk.problems):
        return {}, desk.problems  # without a vocabulary every other file would seem wrong
    signatures = [compile_signature(desk, placed) for placed in a.signatures.values()]
    compiled: dict[str, Any] = {
        "calibration": desk.calibration,
        "effort": desk.effort,
        "learning": desk.learning,
        "conflicts": [compile_conflict(desk, placed) for placed in a.conflicts.values()],
        "facts": [_fact_row(fact) for fact in desk.vocabulary],
        "profile": usual_profile(desk),
        "terms": a.terms.entry.model_dump() if a.terms else {},
        "platforms": {key: compile_platform(desk, placed) for key, placed in a.platforms.items()},
        "providers": {key: compile_provider(desk, placed) for key, placed in a.providers.items()},
        "libraries": {key: compile_library(desk, placed) for key, placed in a.libraries.items()},
        "causes": {key: compile_cause(desk, placed) for key, placed in a.causes.items()},
        "signatures": signatures,
    }
    compiled["profiles"] = {
        key: {name: row.pop(name) for name in ("prior", "priors", "profile", "typical")}
        for key, row in compiled["causes"].items()
    }
    compiled["hosts"] = {host: key for key, row in compiled["providers"].items() for host in row["hosts"]}
    codes = compile_codes(desk)
    compiled["code_owners"] = sorted(codes)
    compiled.update({f"codes/{owner}": table for owner, table in codes.items()})
    marks = [[mark, key] for key, row in compiled["libraries"].items() for mark in row["marks"] if mark]
    compiled.update({f"search/{name}": part for name, part in make_search_plan(signatures, marks).items()})
    for placed in a.rules.values():
        compile_rule(desk, placed, [])
    compiled["rules"] = desk.rules
    compiled["atoms"] = desk.atom_list
    conditions = [rule["if"] for rule in desk.rules]
    compiled["network"] = make_network(conditions)
    on_recognised = {number for number, atom in enumerate(desk.atom_list) if atom[1] == RECOGNISED}
    compiled["rules_on_recognised"] = [n for n, c in enumerate(conditions) if not on_recognised.isdisjoint(atoms_of(c))]
    compiled["references"] = desk.reference_list
    compiled["words/causes"], compiled["words/weights"] = word_weights(a, desk.strengths, told)
    compiled["reports"] = {name: text for name, (_, text) in a.reports.items()}
    check_aliases(desk, "provider", a.providers)
    check_aliases(desk, "platform", a.platforms)
    check_aliases(desk, "library", a.libraries)
    for kind, table in (("provider", a.providers), ("platform", a.platforms)):
        if "generic" not in table:
            desk.problems.append(Problem(f"kb/{kind}s/generic.yaml", 0, 0, "is missing"))
    for name in a.scenarios:
        check_scenario(desk, a.scenarios[name])
    for incident in a.incidents:
        check_incident(desk, incident)
    return compiled, desk.problems


def _fact_row(fact: Fact) -> list[Any]:
    return [
        fact.id,
        fact.kind.value,
        fact.several,
        fact.question,
        fact.where,
        fact.cost,
        dict(fact.values),
        dict(fact.aliases),
        fact.known_beside_text,
    ]
