"""Checks across files, and the compiled form: plain lists and dictionaries that JSON can hold.

The compiled form is what the program runs on and what the cache keeps. Words of the authors (strong, usual, common)
have become numbers here; conditions have become atoms; nothing in it needs pydantic or YAML to load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...inference.network import atoms_of, make_network
from ...text.plan import KnownWays, make_search_plan
from ..names import RECOGNISED
from ..problems import Problem
from ..read import Authored
from ..vocabulary import Fact
from .causes import compile_cause, compile_conflict, usual_profile
from .desk import Desk
from .rules import check_incident, check_scenario, compile_rule, compile_signature
from .services import check_aliases, compile_codes, compile_library, compile_platform, compile_provider
from .sheets import check_sheets, count_sheets
from .words import Counts, count_words, word_weights

_SAMPLE = 500  # incidents that show which pieces of a text are rare
_FOUNDATIONS = ("kb/facts", "kb/terms", "kb/scales")


@dataclass(frozen=True, slots=True)
class Contents:
    """How many entries of each kind there are; an entry of several conditions makes several rules."""

    causes: int
    signatures: int
    rules: int
    codes: int
    providers: int
    libraries: int


def check_knowledge(authored: Authored) -> tuple[Contents, list[Problem]]:
    """Check everything against everything, and count. What only a run needs is not made."""
    desk = Desk(authored)
    compiled = _compile_entries(desk)
    contents = Contents(
        causes=len(authored.causes),
        signatures=len(authored.signatures),
        rules=len(desk.rules),
        codes=sum(len(compiled[f"codes/{owner}"]) for owner in compiled.get("code_owners", ())),
        providers=len(authored.providers),
        libraries=len(authored.libraries),
    )
    return contents, desk.problems


def compile_knowledge(
    authored: Authored, ways: KnownWays | None = None, told: Counts | None = None
) -> tuple[dict[str, Any], list[Problem]]:
    """Check everything against everything and compile. The result is empty if a problem comes with it.

    Args:
        ways: in which patterns match, as far as it is known; that of new ones is added.
        told: the words of the incidents, when they were counted before; else counted into it.
    """
    desk = Desk(authored)
    compiled = _compile_entries(desk)
    if desk.problems:
        return {}, desk.problems
    told = {} if told is None else told
    if not told:
        told.update(count_words(authored.incidents))
    compiled.update(count_sheets(sheet for table in compiled.pop("sheets") for sheet in table.sheets()))
    signatures = compiled["signatures"]
    reading = {number for number, row in enumerate(signatures) if row["facts"] or row["compare"]}
    patterns = [row.pop("patterns") for row in signatures]
    marks = [[mark, key] for key, row in compiled["libraries"].items() for mark in row["marks"] if mark]
    sample = [incident.entry.text for incident in authored.incidents[:: len(authored.incidents) // _SAMPLE + 1]]
    plan = make_search_plan(patterns, marks, {} if ways is None else ways, sample, undivided=reading)
    compiled.update({f"search/{name}": part for name, part in plan.items()})
    conditions = [rule["if"] for rule in desk.rules]
    compiled["network"] = make_network(conditions)
    on_recognised = {number for number, atom in enumerate(desk.atom_list) if atom[1] == RECOGNISED}
    compiled["rules_on_recognised"] = [n for n, c in enumerate(conditions) if not on_recognised.isdisjoint(atoms_of(c))]
    compiled["words/causes"], compiled["words/weights"] = word_weights(authored, desk.strengths, told)
    return compiled, []


def _compile_entries(desk: Desk) -> dict[str, Any]:
    """Every entry by itself, checked against all others; the desk has the problems. Signatures still hold their patterns."""
    a = desk.authored
    if any(problem.file.startswith(_FOUNDATIONS) for problem in desk.problems):
        return {}  # without a vocabulary every other file would seem wrong
    compiled: dict[str, Any] = {
        "calibration": desk.calibration,
        "effort": desk.effort,
        "learning": desk.learning,
        "signatures": [compile_signature(desk, placed) for placed in a.signatures.values()],
        "conflicts": [compile_conflict(desk, placed) for placed in a.conflicts.values()],
        "facts": [_fact_row(fact) for fact in desk.vocabulary],
        "profile": usual_profile(desk),
        "terms": a.terms.entry.model_dump() if a.terms else {},
        "platforms": {key: compile_platform(desk, placed) for key, placed in a.platforms.items()},
        "providers": {key: compile_provider(desk, placed) for key, placed in a.providers.items()},
        "libraries": {key: compile_library(desk, placed) for key, placed in a.libraries.items()},
        "causes": {key: compile_cause(desk, placed) for key, placed in a.causes.items()},
    }
    compiled["profiles"] = {
        key: {name: row.pop(name) for name in ("prior", "priors", "profile")} for key, row in compiled["causes"].items()
    }
    compiled["hosts"] = {host: key for key, row in compiled["providers"].items() for host in row["hosts"]}
    codes = compile_codes(desk)
    compiled["code_owners"] = sorted(codes)
    compiled.update({f"codes/{owner}": table for owner, table in codes.items()})
    for placed in a.rules.values():
        compile_rule(desk, placed, [])
    compiled["rules"] = desk.rules
    compiled["atoms"] = desk.atom_list
    compiled["references"] = desk.reference_list
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
    compiled["sheets"] = check_sheets(desk)
    return compiled


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
