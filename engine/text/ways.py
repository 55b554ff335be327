"""What a text must contain for a pattern to match in it at all: the cheap test before a pattern is compiled and tried.

A pattern matches in one of several ways, its alternatives; each way needs some things together. `(?:code|status) 429|too
many requests` needs "code 429" or "status 429", or else "too many requests". Worked out with the standard library's parser
while knowledge is compiled, never at run time; of a pattern that it does not understand nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeAlias

from .literals import SHORTEST

Clause: TypeAlias = frozenset[str]
"""Literals of a folded text (see `fold`), at least one of which occurs."""
Way: TypeAlias = list[Clause]
"""Clauses all of which hold. An empty way needs nothing."""

_MOST_VARIANTS = 16
_MOST_OF_A_CLASS = 8
_MOST_WAYS = 16
_MOST_CLAUSES = 6
_MOST_TIMES = 8
_NOTHING = frozenset({""})
_CONTEXTUAL = frozenset("σςΣ")  # lower case depends on what stands around
_SPACES = re.compile(r"[\t\n\f\r ]+")  # what `\s` means in RE2


def fold(text: str) -> str:
    """The form in which literals are looked for: lower case, every run of white space one space."""
    return _SPACES.sub(" ", text.lower())


def ways_of(pattern: str) -> list[list[list[str]]]:
    """The ways in which a pattern matches, each with its most selective clause first; none when nothing can be required.

    The folded text of every match fulfils one of them: of each of its clauses it contains a literal.
    """
    parser = getattr(re, "_parser", None)
    try:
        tree = parser.parse(pattern.replace("(?s)", "").replace("(?i)", "")) if parser else []
    except (re.error, OverflowError, RecursionError):
        return []
    ways = [_most_telling(way) for way in _ways(tree, _NOTHING)]
    if not all(ways):
        return []
    listed = [[sorted(clause) for clause in way] for way in ways]
    return [way for place, way in enumerate(listed) if way not in listed[:place]]


def _most_telling(way: Way) -> Way:
    """The most selective clauses, without those that follow from others."""
    kept: Way = []
    for clause in sorted(set(way), key=selectivity, reverse=True):
        if not any(all(any(one in longer for one in clause) for longer in other) for other in kept):
            kept.append(clause)
    return kept[:_MOST_CLAUSES]


def selectivity(clause: Clause) -> tuple[int, int, list[str]]:
    """How well a clause tells matches from the rest: the longer its shortest and the fewer its literals are."""
    return min(map(len, clause)), -len(clause), sorted(clause)


def _ways(tree: Iterable[Any], before: Collection[str]) -> list[Way]:
    """The ways of a sequence.

    Args:
        before: what stands directly before it, as variants of one exact text.
    """
    ways: list[Way] = [[]]
    run = frozenset(before)
    for operation, argument in _inlined(tree):
        name = str(operation)
        exact = _exact_item(name, argument)
        if exact is not None and len(run) * len(exact) <= _MOST_VARIANTS:
            run = _joined(run, exact)
            continue
        if exact is None and name == "BRANCH":
            branches = [way for branch in argument[1] for way in _ways(branch, run)]
            if all(branches):
                ways = _both(ways, branches)
                run = _NOTHING
                continue
        ways = _both(ways, _way(run))
        run = exact or _NOTHING
        if exact is None and name in ("MAX_REPEAT", "MIN_REPEAT") and argument[0] >= 1:
            ways = _both(ways, _ways(argument[2], _NOTHING))
    return _both(ways, _way(run))


def _inlined(tree: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """A sequence without its groups, because a text goes on across their borders."""
    for operation, argument in tree:
        if str(operation) == "SUBPATTERN":
            yield from _inlined(argument[-1])
        else:
            yield operation, argument


def _both(ways: list[Way], others: list[Way]) -> list[Way]:
    """One of the first and one of the others; of too many others no more than a clause that all of them share."""
    if not all(others):
        return ways
    if len(ways) * len(others) > _MOST_WAYS:
        others = [[_shortest(frozenset().union(*(max(way, key=selectivity) for way in others)))]]
    return [way + other for way in ways for other in others]


def _way(run: Clause) -> list[Way]:
    """What the variants of an exact text need, if they are long enough to be looked for."""
    folded = frozenset(_SPACES.sub(" ", variant) for variant in run)
    return [[]] if min(map(len, folded)) < SHORTEST else [[_shortest(folded)]]


def _shortest(literals: Clause) -> Clause:
    """Without those that contain another one: they add nothing."""
    return frozenset(one for one in literals if not any(other != one and other in one for other in literals))


def _joined(first: Clause, second: Clause) -> Clause:
    return frozenset(begin + end for begin in first for end in second)


def _exact(tree: Iterable[Any]) -> Clause | None:
    """Every folded text that a sequence matches, when those are few."""
    variants = _NOTHING
    for operation, argument in tree:
        exact = _exact_item(str(operation), argument)
        if exact is None or len(variants) * len(exact) > _MOST_VARIANTS:
            return None
        variants = _joined(variants, exact)
    return variants


def _exact_item(operation: str, argument: Any) -> Clause | None:
    match operation:
        case "LITERAL":
            return _exact_character(argument)
        case "AT":
            return _NOTHING
        case "SUBPATTERN":
            return _exact(argument[-1])
        case "IN":
            return _exact_class(argument)
        case "BRANCH":
            branches = [_exact(branch) for branch in argument[1]]
            union: Clause = frozenset().union(*(branch or () for branch in branches))
            return None if None in branches or len(union) > _MOST_VARIANTS else union
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = argument
            exact = _exact(inner)
            if exact == frozenset({" "}) or (
                exact is not None and most == 1
            ):  # any number of spaces is one space when folded
                return exact if least else exact | _NOTHING
            if exact is not None and len(exact) == 1 and least == most <= _MOST_TIMES:
                return frozenset(one * least for one in exact)
    return None


def _exact_character(code: int) -> Clause | None:
    char = chr(code)
    lower = char.lower()
    if char in _CONTEXTUAL or len(lower) != 1 or lower.upper().lower() != lower:
        return None
    return frozenset({_SPACES.sub(" ", lower)})


def _exact_class(members: Iterable[Any]) -> Clause | None:
    variants: set[str] = set()
    for operation, argument in members:
        name = str(operation)
        if name == "CATEGORY" and str(argument) == "CATEGORY_SPACE":
            variants.add(" ")
        elif name == "LITERAL" or (name == "RANGE" and argument[1] - argument[0] < _MOST_OF_A_CLASS):
            first, last = (argument, argument) if name == "LITERAL" else argument
            for code in range(first, last + 1):
                exact = _exact_character(code)
                if exact is None:
                    return None
                variants |= exact
        else:
            return None
    return frozenset(variants) if len(variants) <= _MOST_OF_A_CLASS else None
