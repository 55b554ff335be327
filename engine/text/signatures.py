"""Signatures: patterns over a document, and the facts that their matches give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..knowledge import Knowledge, Signature
from .difference import difference
from .literals import literals_in
from .patterns import compile_pattern
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


class SignatureMatcher:
    """All signatures, ready to be searched. Patterns are compiled when their literals first occur. Thread-safe."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._plan = knowledge.search_plan
        self._compiled: dict[int, tuple[Signature, Any]] = {}
        self._marks = [
            (mark.encode(), slug) for slug, library in knowledge.libraries.items() for mark in library.marks if mark
        ]

    def search(self, document: Document) -> list[Match]:
        """Every signature's matches, in the order of the signatures. Linear in the text's length."""
        plan = self._plan
        present = literals_in(document.text.lower(), plan.files)
        wanted = set(plan.always)
        for literal in present:
            for number in plan.by_literal.get(literal, ()):
                if not any(present.isdisjoint(clause) for clause in plan.patterns[number][2]):
                    wanted.add(number)
        found: list[Match] = []
        for number in sorted(wanted):
            found.extend(self._matches(number, document))
        return found

    def libraries(self, document: Document) -> Iterator[tuple[str, int]]:
        """Library slugs whose marks stand in the text, with the byte offset of the first mark."""
        seen = set()
        for mark, slug in self._marks:
            if slug not in seen:
                at = document.data.find(mark)
                if at >= 0:
                    seen.add(slug)
                    yield slug, at

    def _matches(self, number: int, document: Document) -> Iterator[Match]:
        if number not in self._compiled:
            owner, pattern, _ = self._plan.patterns[number]
            self._compiled[number] = self._knowledge.signature(owner), compile_pattern(pattern)
        signature, compiled = self._compiled[number]
        most = _MOST_MATCHES if signature.facts or signature.compare else 1
        for match in compiled.finditer(document.data):
            named = match.groupdict().items()
            groups = {name.decode(): (value or b"").decode("utf-8", "replace") for name, value in named}
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
