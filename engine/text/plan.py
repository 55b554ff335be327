"""The search plan, made while knowledge is compiled: which patterns and marks are worth a look for which literals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, MutableMapping
from typing import Any, TypeAlias

from ..redaction import Redactor
from .alternatives import alternatives_of
from .literals import SHORTEST, Rarity, file_literals, fold, fold_part, keys_in
from .views import read_document
from .ways import Ways, ways_of

KnownWays: TypeAlias = MutableMapping[str, Ways]
"""By pattern."""

_Clause: TypeAlias = tuple[str, ...]


def make_search_plan(
    patterns: Iterable[Iterable[str]],
    marks: list[list[str]],
    known: KnownWays,
    texts: Iterable[str],
    *,
    undivided: Container[int] = (),
) -> dict[str, Any]:
    """The parts of a `SearchPlan` (see knowledge/knowledge.py) as JSON can hold them.

    Args:
        patterns: the valid patterns of every signature.
        marks: [mark, library] of every library.
        known: what is known already; new patterns are added.
        texts: show what is rare and what is not, so that little is looked at in vain.
        undivided: signatures of which more than the first match is wanted.
    """
    rarity = Rarity(_count_keys(texts))

    def cost(clause: _Clause) -> tuple[int, _Clause]:
        return sum(map(rarity.texts_with, clause)), clause

    rows: list[tuple[int, int, str, list[list[_Clause]]]] = []
    whole = [(signature, pattern) for signature, some in enumerate(patterns) for pattern in some]
    for number, (signature, pattern) in enumerate(whole):
        for source in [pattern] if signature in undivided else alternatives_of(pattern):
            found = known.get(source)
            if found is None:
                found = known[source] = ways_of(source)
            rows.append((signature, number, source, [sorted(map(tuple, way), key=cost) for way in found]))
    of_marks: dict[_Clause, list[int]] = {}
    always_marks: list[int] = []
    for place, (mark, _) in enumerate(marks):
        if mark.isascii() and len(mark) >= SHORTEST:
            of_marks.setdefault((fold_part(mark),), []).append(place)
        else:
            always_marks.append(place)
    # The clauses that lead to something come first.
    leading = [way[0] for *_, ways in rows for way in ways]
    others = [clause for *_, ways in rows for way in ways for clause in way[1:]]
    clauses = {clause: number for number, clause in enumerate(dict.fromkeys([*leading, *of_marks, *others]))}
    leads: list[list[list[Any]]] = [[] for _ in dict.fromkeys(leading)]
    for row, (*_, ways) in enumerate(rows):
        for first, *rest in ways:
            leads[clauses[first]].append([row, [clauses[clause] for clause in rest]])
    literals: dict[str, list[int]] = {}
    for clause, number in clauses.items():
        for literal in clause:
            literals.setdefault(literal, []).append(number)
    return {
        "patterns": [[*row, [[clauses[clause] for clause in way] for way in ways]] for *row, ways in rows],
        "files": file_literals(literals, rarity),
        "leads": leads,
        "always": [row for row, (*_, ways) in enumerate(rows) if not ways],
        "marks": marks,
        "mark_clauses": [[clauses[clause], places] for clause, places in of_marks.items()],
        "always_marks": always_marks,
    }


def _count_keys(texts: Iterable[str]) -> Counter[str]:
    """In how many texts the keys of literals stand."""
    redactor = Redactor()
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update(keys_in(fold(read_document(redactor.redact(text), redactor).text)))
    return seen
