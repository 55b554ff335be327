"""Signatures: patterns over a document, and the facts that their matches give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple, TypeAlias

from ..knowledge import Knowledge, Signature
from ..linear import Match as Hit
from ..linear import direct
from .automaton import LiteralSearch
from .difference import difference
from .literals import fold
from .patterns import compile_pattern
from .views import Document

_MOST_MATCHES = 12
_MOST_COMPILED = 4000
"""Alternatives of patterns that are kept compiled; one takes about 0.05 MB, a text needs about fifty."""
_FEW_COMPILED = 320
"""As many as a dozen kinds of failures need (some 16 MB), for programs that have better use for memory."""


@dataclass(frozen=True, slots=True)
class Match:
    """One match: its signature, its place in the document's bytes, the facts that it gives.

    `line` is None for what was told, not pasted.
    """

    signature: str
    start: int
    end: int
    line: int | None
    facts: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a document contains.

    Attributes:
        matches: every signature's matches, in the order of the signatures.
        libraries: library and the byte offset of the first of its marks.
    """

    matches: list[Match]
    libraries: list[tuple[str, int]]


class _Compiled(NamedTuple):
    """A compiled alternative of a signature's pattern.

    Attributes:
        number: of the pattern.
        groups: by their names.
    """

    signature: Signature
    number: int
    search: Callable[..., Hit | None]
    groups: Mapping[str, int]


_Way: TypeAlias = tuple[int, int, list[int]]
"""Of a clause that leads to a row of the plan: the row, the second clause of the way (or the first once more), all others."""


class SignatureMatcher:
    """All signatures, ready to be searched. Thread-safe.

    Patterns are compiled when their literals occur, and the ones that were not needed for the longest time are dropped, so that
    a process that sees all kinds of texts does not hold every pattern.

    Args:
        most: patterns that are kept compiled, if that is not to follow from `small`.
        small: keep few of them, and stay with the search that takes less memory, however much is searched.
    """

    def __init__(self, knowledge: Knowledge, most: int | None = None, *, small: bool = False) -> None:
        self._knowledge = knowledge
        self._most = most or (_FEW_COMPILED if small else _MOST_COMPILED)
        self._plan = knowledge.search_plan
        self._literals = LiteralSearch(self._plan.files, small=small)
        self._marks = dict(self._plan.mark_clauses)  # by clause
        self._ways: dict[int, list[_Way]] = {}  # of clauses that were found
        self._compiled: dict[int, _Compiled] = {}  # by row of the plan
        self._last_needed: dict[int, int] = {}
        self._searches = 0
        self._dropping = Lock()

    def warm_up(self) -> None:
        """Make now what is made anyhow once many texts were searched."""
        self._literals.settle()

    def search(self, document: Document) -> Found:
        """Search for every signature and library. Linear in the text's length."""
        plan = self._plan
        clauses = self._literals.found_in(fold(document.text))
        marks = [*plan.always_marks, *(mark for clause in clauses & self._marks.keys() for mark in self._marks[clause])]
        self._searches += 1
        first: dict[int, tuple[_Compiled, Hit]] = {}  # of each pattern, the match of its alternatives that begins first
        rows = self._possible(clauses)
        self._last_needed.update(dict.fromkeys(rows, self._searches))
        for row in rows:
            compiled = self._compiled.get(row) or self._compile(row)
            match = compiled.search(document.data)
            if match is not None:
                known = first.get(compiled.number)
                if known is None or match.start() < known[1].start():
                    first[compiled.number] = compiled, match
        matches = [one for compiled, match in first.values() for one in _matches(compiled, match, document)]
        if len(self._compiled) > self._most:
            self._drop_unneeded()
        return Found(matches, list(self._libraries(sorted(marks), document)))

    def _possible(self, clauses: set[int]) -> list[int]:
        """The rows of the plan of which a text where these clauses hold can contain a match, in their order."""
        known, number = self._ways, len(self._plan.leads)
        rows = {
            row
            for clause in clauses
            if clause < number
            for row, second, more in known.get(clause) or self._read_ways(clause)
            if second in clauses and (not more or clauses.issuperset(more))
        }
        return sorted(rows.union(self._plan.always))

    def _read_ways(self, clause: int) -> list[_Way]:
        ways = self._ways[clause] = [
            (row, further[0] if further else clause, further[1:]) for row, further in self._plan.leads[clause]
        ]
        return ways

    def _libraries(self, marks: list[int], document: Document) -> Iterator[tuple[str, int]]:
        seen = set()
        for place in marks:
            mark, slug = self._plan.marks[place]
            if slug not in seen:
                at = document.data.find(mark.encode())
                if at >= 0:
                    seen.add(slug)
                    yield slug, at

    def _compile(self, row: int) -> _Compiled:
        signature, number, source, _ = self._plan.patterns[row]
        pattern = compile_pattern(source)
        groups = {name.decode(): group for name, group in pattern.groupindex.items()}
        made = self._compiled[row] = _Compiled(
            self._knowledge.signature(signature), number, direct(pattern).search, groups
        )
        return made

    def _drop_unneeded(self) -> None:
        """Keep the half that was needed last."""
        with self._dropping:
            if len(self._compiled) <= self._most:  # another thread was here
                return
            by_need = sorted(self._compiled, key=lambda row: self._last_needed.get(row, 0))
            for row in by_need[: -(self._most // 2)]:
                self._compiled.pop(row, None)
                self._last_needed.pop(row, None)


def _matches(compiled: _Compiled, first: Hit, document: Document) -> Iterator[Match]:
    signature = compiled.signature
    match, most = first, _MOST_MATCHES if signature.facts or signature.compare else 1
    while True:
        groups = {name: (match[group] or b"").decode("utf-8", "replace") for name, group in compiled.groups.items()}
        start, end = match.span()
        yield Match(signature.id, start, end, document.line_of(start), tuple(_facts(signature, groups)))
        most -= 1
        at = end + (end == start)  # an empty match would be found again
        following = compiled.search(document.data, at) if most and at <= len(document.data) else None
        if following is None:
            return
        match = following


def _facts(signature: Signature, groups: dict[str, str]) -> Iterator[tuple[str, Any]]:
    for name, template in signature.facts:
        if isinstance(template, str) and "{" in template:
            value = template
            for group, text in groups.items():
                value = value.replace("{" + group + "}", text)
            if value.strip():
                yield name, value.strip()
        else:
            yield name, template
    if signature.compare:
        expected, got, into = signature.compare
        yield into, difference(groups[expected].strip(), groups[got].strip())
