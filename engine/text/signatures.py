"""Signatures: patterns over a document, and the facts that their matches give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from ..knowledge import Knowledge, Signature
from ..linear import Match as Hit
from ..linear import Pattern, direct
from .difference import difference
from .literals import FiledLiterals, fold
from .patterns import compile_pattern
from .views import Document

_MOST_MATCHES = 12
MOST_COMPILED = 800
"""Patterns that are kept compiled; one takes about 0.05 MB, a text needs about a hundred."""


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


class SignatureMatcher:
    """All signatures, ready to be searched. Thread-safe.

    Patterns are compiled when their literals occur, and the ones that were not needed for the longest time are dropped, so that
    a process that sees all kinds of texts does not hold every pattern.

    Args:
        most: patterns that are kept compiled.
    """

    def __init__(self, knowledge: Knowledge, most: int = MOST_COMPILED) -> None:
        self._knowledge = knowledge
        self._most = most
        self._plan = knowledge.search_plan
        self._literals = FiledLiterals(self._plan.files)
        self._compiled: dict[int, tuple[Signature, Pattern, Mapping[str, int]]] = {}
        self._last_needed: dict[int, int] = {}
        self._searches = 0
        self._dropping = Lock()

    def search(self, document: Document) -> Found:
        """Search for every signature and library. Linear in the text's length."""
        plan = self._plan
        found = self._literals.found_in(fold(document.text))
        present = set(found)
        led: set[int] = set()
        marks = set(plan.always_marks)
        for patterns, marked in found.values():
            led.update(patterns)
            marks.update(marked)
        matches: list[Match] = []
        self._searches += 1
        for number in sorted([*plan.always, *self._possible(led, present)]):
            signature, pattern, groups = self._compiled.get(number) or self._compile(number)
            self._last_needed[number] = self._searches
            match = pattern.search(document.data)
            if match is not None:
                matches.extend(self._matches(signature, pattern, groups, match, document))
        if len(self._compiled) > self._most:
            self._drop_unneeded()
        return Found(matches, list(self._libraries(sorted(marks), document)))

    def _possible(self, patterns: Iterable[int], present: set[str]) -> Iterator[int]:
        """Those of the patterns of which a text with these literals can hold a match."""
        lacks = present.isdisjoint
        rows = self._plan.patterns
        for number in patterns:
            for way in rows[number][2]:
                for clause in way:
                    if lacks(clause):
                        break
                else:
                    yield number
                    break

    def _libraries(self, marks: list[int], document: Document) -> Iterator[tuple[str, int]]:
        seen = set()
        for place in marks:
            mark, slug = self._plan.marks[place]
            if slug not in seen:
                at = document.data.find(mark.encode())
                if at >= 0:
                    seen.add(slug)
                    yield slug, at

    def _compile(self, number: int) -> tuple[Signature, Pattern, Mapping[str, int]]:
        owner, pattern, _ = self._plan.patterns[number]
        compiled = compile_pattern(pattern)
        names = {name.decode(): group for name, group in compiled.groupindex.items()}
        made = self._compiled[number] = self._knowledge.signature(owner), direct(compiled), names
        return made

    def _drop_unneeded(self) -> None:
        """Keep the half that was needed last."""
        with self._dropping:
            if len(self._compiled) <= self._most:  # another thread was here
                return
            by_need = sorted(self._compiled, key=lambda number: self._last_needed.get(number, 0))
            for number in by_need[: -(self._most // 2)]:
                self._compiled.pop(number, None)
                self._last_needed.pop(number, None)

    def _matches(
        self, signature: Signature, pattern: Pattern, named: Mapping[str, int], first: Hit, document: Document
    ) -> Iterator[Match]:
        match, most = first, _MOST_MATCHES if signature.facts or signature.compare else 1
        while True:
            groups = {name: (match[group] or b"").decode("utf-8", "replace") for name, group in named.items()}
            start, end = match.span()
            yield Match(signature.id, start, end, document.line_of(start), tuple(_facts(signature, groups)))
            most -= 1
            at = end + (end == start)  # an empty match would be found again
            following = pattern.search(document.data, at) if most and at <= len(document.data) else None
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
