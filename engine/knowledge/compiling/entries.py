"""Every entry by itself, checked against all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..names import ERROR
from ..problems import Problem
from ..vocabulary import Fact
from .causes import compile_cause, compile_conflict, usual_profile
from .desk import Desk
from .rules import check_incident, check_scenario, compile_rule, compile_signature
from .services import check_aliases, compile_codes, compile_library, compile_platform, compile_provider
from .sheets import check_sheets

_FOUNDATIONS = ("kb/facts", "kb/terms", "kb/scales")


def compile_entries(desk: Desk) -> dict[str, Any]:
    """The compiled form, as far as an entry makes it by itself; the desk has the problems. Signatures still hold their patterns."""
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
    compiled["shared_codes"] = _shared_codes(codes, desk.atom_list)
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


def _shared_codes(codes: Mapping[str, Iterable[str]], atoms: Iterable[Sequence[Any]]) -> list[str]:
    """Codes that are not one owner's alone: several have them, or rules ask for them as an error of the standard."""
    owners = Counter(code for table in codes.values() for code in table)
    standard = {str(value[0]).upper() for kind, fact, *value in atoms if (kind, fact) == ("is", ERROR)}
    return sorted(code for code, number in owners.items() if number > 1 or code in standard)


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
