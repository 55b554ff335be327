"""The search plan, made while knowledge is compiled: which patterns and marks are worth a look for which literals."""

from __future__ import annotations

from typing import Any

from .literals import SHORTEST, file_literals, fold


def make_search_plan(signatures: list[dict[str, Any]], marks: list[list[str]]) -> dict[str, Any]:
    """The parts of a `SearchPlan` (see knowledge/knowledge.py) as JSON can hold them.

    Args:
        signatures: compiled signatures; their `patterns` are moved into the plan.
        marks: [mark, library] of every library.
    """
    patterns: list[list[Any]] = []
    always: list[int] = []
    leads: dict[str, list[list[int]]] = {}  # literal to [patterns, marks]
    for number, signature in enumerate(signatures):
        for pattern, ways in signature.pop("patterns"):
            if not ways:
                always.append(len(patterns))
            for literal in dict.fromkeys(literal for way in ways for literal in way[0]):
                leads.setdefault(literal, [[], []])[0].append(len(patterns))
            for literal in (literal for way in ways for clause in way[1:] for literal in clause):
                leads.setdefault(literal, [[], []])
            patterns.append([number, pattern, ways])
    always_marks: list[int] = []
    for place, (mark, _) in enumerate(marks):
        literal = fold(mark)
        if literal.isascii() and len(literal) >= SHORTEST:
            leads.setdefault(literal, [[], []])[1].append(place)
        else:
            always_marks.append(place)
    files = {
        piece: {literal: leads[literal] for literal in literals} for piece, literals in file_literals(leads).items()
    }
    return {"patterns": patterns, "files": files, "always": always, "marks": marks, "always_marks": always_marks}
