"""Signatures: patterns over a document, and the facts that their matches give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..knowledge import Knowledge, Signature
from .difference import difference
from .literals import LiteralIndex
from .patterns import compile_pattern
from .views import Document

_MOST_MATCHES = 12


@dataclass(frozen=True, slots=True)
class Match:
    """One match: its signature, its place in the document's bytes, the facts that it gives."""

    signature: str
    start: int
    end: int
    line: int
    facts: tuple[tuple[str, Any], ...]


class SignatureMatcher:
    """All signatures, ready to be searched. Patterns are compiled when their literals first occur. Thread-safe."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._signatures = knowledge.signatures
        self._compiled: dict[str, Any] = {}
        self._by_literal: dict[str, list[tuple[int, str, tuple[frozenset[str], ...]]]] = {}
        self._always: list[tuple[int, str]] = []
        literals: set[str] = set()
        for number, signature in enumerate(self._signatures):
            for pattern, clauses in signature.patterns:
                if not clauses:
                    self._always.append((number, pattern))
                    continue
                literals.update(*clauses)
                rest = tuple(frozenset(clause) for clause in clauses[1:])
                for literal in clauses[0]:
                    self._by_literal.setdefault(literal, []).append((number, pattern, rest))
        self._literals = LiteralIndex(literals)
        self._marks = [
            (mark.encode(), slug) for slug, library in knowledge.libraries.items() for mark in library.marks if mark
        ]

    def search(self, document: Document) -> list[Match]:
        """Every signature's matches, in the order of the signatures. Linear in the text's length."""
        present = self._literals.found_in(document.text.lower())
        wanted = set(self._always)
        for literal in present:
            for number, pattern, rest in self._by_literal.get(literal, ()):
                if not any(clause.isdisjoint(present) for clause in rest):
                    wanted.add((number, pattern))
        found: list[Match] = []
        for number, pattern in sorted(wanted):
            found.extend(self._matches(self._signatures[number], pattern, document))
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

    def _matches(self, signature: Signature, pattern: str, document: Document) -> Iterator[Match]:
        compiled = self._compiled.get(pattern)
        if compiled is None:
            compiled = self._compiled[pattern] = compile_pattern(pattern)
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
