"""The phrases that a match of a pattern contains, as they stand in a line of a log.

A pattern such as `client (?:id|secret) [^\\n]{0,20} (?:is )?not valid` is found only where one of its phrases stands
(`client id `, `client secret `) and one of others (` is not valid`, ` not valid`). Many phrases can be searched at once and
much faster than many patterns; the patterns themselves are tried later, on the few lines that are left. Every gap of white
space counts as one blank, because that is how it is written in logs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from ..text.ways import selectivity

Phrases: TypeAlias = frozenset[str]
"""Alternatives, lower case: one of them stands in every match."""

_MOST = 64
_MOST_OF_A_CLASS = 6
_ESCAPE = frozenset({""})


def phrases_of(pattern: str) -> list[Phrases]:
    """Sets of phrases, of each of which a match contains one; empty where the pattern cannot be understood.

    Worked out with the standard library's parser while anchors are derived, never at run time.
    """
    parser = getattr(re, "_parser", None)
    try:
        tree = parser.parse(pattern.replace("(?s)", "").replace("(?i)", "")) if parser else []
    except (re.error, OverflowError, RecursionError):
        return []
    return _clauses(tree)


def _clauses(tree: Iterable[tuple[Any, Any]]) -> list[Phrases]:
    clauses: list[Phrases] = []
    run: Phrases = _ESCAPE

    def flush() -> None:
        nonlocal run
        if "" not in run:
            clauses.append(run)
        run = _ESCAPE

    for operation, argument in tree:
        alternatives = _exact([(operation, argument)])
        if alternatives is not None:
            if len(run) * len(alternatives) > _MOST:
                flush()
            run = frozenset(before + after for before in run for after in alternatives)
            continue
        flush()
        name = str(operation)
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


def _exact(tree: Iterable[tuple[Any, Any]]) -> Phrases | None:
    """Everything that a piece of a pattern can match, or None when that is not a short list."""
    run: Phrases = _ESCAPE
    for operation, argument in tree:
        alternatives = _alternatives(str(operation), argument)
        if alternatives is None or len(run) * len(alternatives) > _MOST:
            return None
        run = frozenset(before + after for before in run for after in alternatives)
    return run


def _alternatives(name: str, argument: Any) -> Phrases | None:
    match name:
        case "LITERAL":
            return frozenset({chr(argument).lower()})
        case "AT":
            return _ESCAPE
        case "SUBPATTERN":
            return _exact(argument[-1])
        case "BRANCH":
            found: set[str] = set()
            for branch in argument[1]:
                inside = _exact(branch)
                if inside is None:
                    return None
                found |= inside
            return frozenset(found)
        case "IN":
            return _of_a_class(argument)
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = argument
            inside = _exact(inner)
            if inside is None:
                return None
            if inside == {" "}:
                return inside if least else inside | _ESCAPE
            if (least, most) == (0, 1):
                return inside | _ESCAPE
            return inside if least == most == 1 else None
        case _:
            return None


def _of_a_class(members: Iterable[tuple[Any, Any]]) -> Phrases | None:
    found = set()
    for operation, argument in members:
        if str(operation) == "LITERAL":
            found.add(chr(argument).lower())
        elif str(argument) == "CATEGORY_SPACE":
            found.add(" ")
        else:
            return None
    return frozenset(found) if len(found) <= _MOST_OF_A_CLASS else None
