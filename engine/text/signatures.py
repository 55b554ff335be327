"""Signatures: patterns over a document, and the facts that their matches give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..knowledge import Knowledge, Signature
from ..linear import Pattern, direct
from .difference import difference
from .literals import literals_in
from .patterns import compile_pattern, fold
from .views import Document

_MOST_MATCHES = 12


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
    """All signatures, ready to be searched. Patterns are compiled when their literals first occur. Thread-safe."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._plan = knowledge.search_plan
        self._compiled: dict[int, tuple[Signature, Pattern, Mapping[str, int]]] = {}
        self._clauses: dict[int, tuple[frozenset[str], ...]] = {}

    def search(self, document: Document) -> Found:
        """Search for every signature and library. Linear in the text's length."""
        plan = self._plan
        found = literals_in(fold(document.text), plan.files)
        present = set(found)
        patterns = set(plan.always)
        marks = set(plan.always_marks)
        for led, marked in found.values():
            marks.update(marked)
            for number in led:
                for clause in self._further(number):
                    if clause.isdisjoint(present):
                        break
                else:
                    patterns.add(number)
        matches: list[Match] = []
        for number in sorted(patterns):
            matches.extend(self._matches(number, document))
        return Found(matches, list(self._libraries(sorted(marks), document)))

    def _further(self, number: int) -> tuple[frozenset[str], ...]:
        """Literals of each set of which a text must contain one, before the pattern is tried."""
        further = self._clauses.get(number)
        if further is None:
            further = self._clauses[number] = tuple(map(frozenset, self._plan.patterns[number][2]))
        return further

    def _libraries(self, marks: list[int], document: Document) -> Iterator[tuple[str, int]]:
        seen = set()
        for place in marks:
            mark, slug = self._plan.marks[place]
            if slug not in seen:
                at = document.data.find(mark.encode())
                if at >= 0:
                    seen.add(slug)
                    yield slug, at

    def _matches(self, number: int, document: Document) -> Iterator[Match]:
        if number not in self._compiled:
            owner, pattern, _ = self._plan.patterns[number]
            compiled = compile_pattern(pattern)
            names = {name.decode(): group for name, group in compiled.groupindex.items()}
            self._compiled[number] = self._knowledge.signature(owner), direct(compiled), names
        signature, search, named = self._compiled[number]
        most = _MOST_MATCHES if signature.facts or signature.compare else 1
        for match in search.finditer(document.data):
            groups = {name: (match[group] or b"").decode("utf-8", "replace") for name, group in named.items()}
            start, end = match.span()
            yield Match(signature.id, start, end, document.line_of(start), tuple(_facts(signature, groups)))
            most -= 1
            if not most:
                return


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
