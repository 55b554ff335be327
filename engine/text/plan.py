"""The search plan, made while knowledge is compiled: which patterns and marks are worth a look for which literals."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any, TypeAlias

from .literals import SHORTEST, file_literals, fold
from .ways import Ways, ways_of

KnownWays: TypeAlias = MutableMapping[str, Ways]
"""By pattern."""


def make_search_plan(patterns: Iterable[Iterable[str]], marks: list[list[str]], known: KnownWays) -> dict[str, Any]:
    """The parts of a `SearchPlan` (see knowledge/knowledge.py) as JSON can hold them.

    Args:
        patterns: the valid patterns of every signature.
        marks: [mark, library] of every library.
        known: what is known already; new patterns are added.
    """
    rows: list[list[Any]] = []
    always: list[int] = []
    leads: dict[str, list[list[int]]] = {}  # literal to [patterns, marks]
    for number, of_signature in enumerate(patterns):
        for pattern in of_signature:
            ways = known.get(pattern)
            if ways is None:
                ways = known[pattern] = ways_of(pattern)
            if not ways:
                always.append(len(rows))
            for literal in dict.fromkeys(literal for way in ways for literal in way[0]):
                leads.setdefault(literal, [[], []])[0].append(len(rows))
            for literal in (literal for way in ways for clause in way[1:] for literal in clause):
                leads.setdefault(literal, [[], []])
            rows.append([number, pattern, ways])
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
    return {"patterns": rows, "files": files, "always": always, "marks": marks, "always_marks": always_marks}
