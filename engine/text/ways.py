"""What a text must contain for a pattern to match in it at all: the cheap test before a pattern is compiled and tried.

A pattern matches in one of several ways, its alternatives; each way needs some things together. `(?:code|status) 429|too
many requests` needs "code 429" or "status 429", or else "too many requests". Of a pattern that cannot be taken apart nothing
is known. Where a pattern asks for the border of a word (`\\b`), so does what it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from .exact import NOTHING, ShortLists, Texts, joined, named, parsed
from .literals import SHORTEST, fold_part, without_borders

Clause: TypeAlias = frozenset[str]
"""Literals of a folded text (see `literals.fold`), at least one of which occurs."""
Way: TypeAlias = list[Clause]
"""Clauses all of which hold. An empty way needs nothing."""
Ways: TypeAlias = list[list[list[str]]]
"""In which a pattern matches, as JSON can hold them."""

_EXACT = ShortLists(most=16, most_of_a_class=8, most_of_a_range=8, borders=True)
_MOST_WAYS = 32
_MOST_CLAUSES = 6


def ways_of(pattern: str) -> Ways:
    """The ways in which a pattern matches, each with its most selective clause first; none when nothing can be required.

    The folded text of every match fulfils one of them: of each of its clauses it contains a literal.
    """
    ways = [_most_telling(way) for way in _ways(parsed(pattern), NOTHING)]
    if not all(ways):
        return []
    listed = [[sorted(clause) for clause in way] for way in ways]
    return [way for place, way in enumerate(listed) if way not in listed[:place]]


def selectivity(clause: Clause) -> tuple[int, int, list[str]]:
    """How well a clause tells matches from the rest: the longer its shortest and the fewer its literals are."""
    return min(len(without_borders(one)) for one in clause), -len(clause), sorted(clause)


def _most_telling(way: Way) -> Way:
    """The most selective clauses, without those that follow from others."""
    kept: Way = []
    for clause in sorted(set(way), key=selectivity, reverse=True):
        if not any(all(any(one in longer for one in clause) for longer in other) for other in kept):
            kept.append(clause)
    return kept[:_MOST_CLAUSES]


def _ways(tree: Iterable[Any], before: Texts) -> list[Way]:
    """The ways of a sequence.

    Args:
        before: what stands directly before it.
    """
    ways: list[Way] = [[]]
    run = before
    for name, argument in named(_inlined(tree)):
        exact = _EXACT.of_part(name, argument)
        if exact is not None and len(run) * len(exact) <= _EXACT.most:
            run = joined(run, exact)
            continue
        if exact is None and name == "BRANCH":
            branches = [way for branch in argument[1] for way in _ways(branch, run)]
            if all(branches):
                ways = _both(ways, branches)
                run = NOTHING
                continue
        ways = _both(ways, _way(run))
        run = exact or NOTHING
        if exact is None and name in ("MAX_REPEAT", "MIN_REPEAT") and argument[0] >= 1:
            ways = _both(ways, _ways(argument[2], NOTHING))
    return _both(ways, _way(run))


def _inlined(tree: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """A sequence without its groups, because a text goes on across their borders."""
    for operation, argument in tree:
        if operation.name == "SUBPATTERN":
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


def _way(run: Texts) -> list[Way]:
    """What the variants of an exact text need, if they are long enough to be looked for."""
    folded = frozenset(map(fold_part, run))
    return [[]] if min(map(len, folded)) < SHORTEST else [[_shortest(folded)]]


def _shortest(literals: Clause) -> Clause:
    """Without those that contain another one: they add nothing."""
    return frozenset(one for one in literals if not any(other != one and other in one for other in literals))
