"""The compiled form: plain lists and dictionaries that JSON can hold.

The compiled form is what the program runs on and what the cache keeps. Words of the authors (strong, usual, common)
have become numbers here; conditions have become atoms; nothing in it needs pydantic or YAML to load.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from ...inference.network import atoms_of, make_network
from ...text.plan import KnownWays, make_search_plan
from ..likeness import LikenessTable
from ..names import RECOGNISED
from ..problems import Problem
from ..read import Authored
from .desk import Desk
from .entries import compile_entries
from .sheets import count_sheets

_SAMPLE = 500  # incidents that show which pieces of a text are rare


def compile_knowledge(authored: Authored, ways: KnownWays | None = None) -> tuple[dict[str, Any], list[Problem]]:
    """Check everything against everything and compile. The result is empty if a problem comes with it.

    Args:
        ways: in which patterns match, as far as it is known; that of new ones is added.
    """
    desk = Desk(authored)
    compiled = compile_entries(desk)
    if desk.problems:
        return {}, desk.problems
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
    compiled.update({f"likeness/{part.name}": getattr(authored.likeness, part.name) for part in fields(LikenessTable)})
    return compiled, []
