"""The phrases that a match of a pattern contains, as they stand in a line of a log.

A pattern such as `client (?:id|secret) [^\\n]{0,20} (?:is )?not valid` is found only where one of its phrases stands
(`client id `, `client secret `) and one of others (` is not valid`, ` not valid`). Many phrases can be searched at once and
much faster than many patterns; the patterns themselves are tried later, on the few lines that are left. Every gap of white
space counts as one blank, because that is how it is written in logs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from ..text.exact import NOTHING, ShortLists, joined, named, parsed
from ..text.ways import selectivity

Phrases: TypeAlias = frozenset[str]
"""Alternatives, lower case: one of them stands in every match."""

_EXACT = ShortLists(most=64, most_of_a_class=6, most_of_a_range=0)  # the beginning of a code says more than its numbers


def phrases_of(pattern: str) -> list[Phrases]:
    """Sets of phrases, of each of which a match contains one; empty where the pattern cannot be understood.

    Worked out while anchors are derived, never at run time.
    """
    return _clauses(parsed(pattern))


def _clauses(tree: Iterable[tuple[Any, Any]]) -> list[Phrases]:
    clauses: list[Phrases] = []
    run: Phrases = NOTHING

    def flush() -> None:
        nonlocal run
        if "" not in run:
            clauses.append(run)
        run = NOTHING

    for name, argument in named(tree):
        alternatives = _EXACT.of_part(name, argument)
        if alternatives is not None:
            if len(run) * len(alternatives) > _EXACT.most:
                flush()
            run = joined(run, alternatives)
            continue
        flush()
        if name == "SUBPATTERN":
            clauses.extend(_clauses(argument[-1]))
        elif name == "BRANCH":
            branches = [_clauses(branch) for branch in argument[1]]
            if all(branches):
                clauses.append(frozenset().union(*(max(branch, key=selectivity) for branch in branches)))
        elif name in ("MAX_REPEAT", "MIN_REPEAT") and argument[0] >= 1:
            clauses.extend(_clauses(argument[2]))
    flush()
    return clauses
