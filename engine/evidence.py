"""From fired rules and codes to evidence: what each says of which cause, by which facts and which line of the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .facts import Facts
from .inference.network import atoms_of
from .knowledge import Knowledge
from .knowledge.knowledge import Rule
from .knowledge.names import CODE, PROVIDER_CODE, SAW
from .ranking import Evidence
from .remembered import Remembered
from .text.signatures import Match
from .text.views import Document

_EXCERPT = 160  # characters
_MOST_REMEMBERED = 20_000


class EvidenceMaker:
    """Makes evidence, and finds what it rests on. Thread-safe."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._looks_at: dict[int, frozenset[int]] = {}
        self._known: Remembered[list[Evidence]] = Remembered(_MOST_REMEMBERED)

    def of_rules(
        self, fired: Iterable[int], case: Facts, atoms: set[int], matches: list[Match], document: Document | None
    ) -> Iterator[Evidence]:
        """What the rules of these numbers say."""
        places = {match.signature: match for match in reversed(matches)}
        for number in fired:
            rule = self._knowledge.rule(number)
            said = self._said(number, rule, atoms)
            place = None if document is None else self._place(rule.condition, atoms, case, places)
            if document is None or place is None:
                yield from said
            else:
                excerpt = _excerpt(document, *place)
                for item in said:
                    yield item.at(place[0], excerpt)

    def of_codes(self, case: Facts, document: Document | None) -> Iterator[Evidence]:
        """What the provider's codes mean."""
        provider = case.first("provider")
        libraries = [str(slug) for slug in case.values("library")]
        for value in case.values(PROVIDER_CODE):
            finding = case.finding(PROVIDER_CODE, value)
            found = self._knowledge.find_code(str(value), str(provider) if provider else None, libraries)
            if len(found) == 1 and finding is not None:
                code = found[0]
                line = finding.origin.line
                excerpt = _excerpt(document, line, None) if document else None
                for cause, weight, strength in code.means:
                    rule_id = f"{CODE}{code.owner}:{code.code}"
                    yield Evidence(cause, rule_id, strength, weight, (PROVIDER_CODE,), line, excerpt, "", code.title)

    def _said(self, number: int, rule: Rule, atoms: set[int]) -> list[Evidence]:
        """What a rule says, wherever it was seen: that follows from those of its atoms that hold, and is made once for these."""
        looks_at = self._looks_at.get(number)
        if looks_at is None:
            looks_at = self._looks_at[number] = frozenset(atoms_of(rule.condition))
        key = (number, looks_at & atoms)
        said = self._known.get(key)
        if said is None:
            facts = dict.fromkeys(self._knowledge.atoms[atom][1] for atom in _held_atoms(rule.condition, atoms))
            names, group, why = tuple(facts), rule.group, rule.why
            said = [
                Evidence(cause, rule.id, strength, weight, names, group=group, why=why)
                for cause, weight, strength in rule.evidence
            ]
            self._known.keep(key, said)
        return said

    def _place(
        self, condition: list[Any], atoms: set[int], case: Facts, places: Mapping[str, Match]
    ) -> tuple[int, Match | None] | None:
        """The line of text that the first fact came from which made a condition hold, and what matched there."""
        best: tuple[int, Match | None] | None = None
        for atom in _held_atoms(condition, atoms):
            _, fact, *rest = self._knowledge.atoms[atom]
            if fact == SAW:
                match = places.get(rest[0])
                if match is not None and match.line is not None and (best is None or best[1] is None):
                    best = (match.line, match)
            elif best is None:
                for value, finding in case.held.get(fact, {}).items():
                    if finding.origin.line is not None and (not rest or value == rest[0]):
                        best = (finding.origin.line, places.get(finding.origin.rule or ""))
        return best


def _held_atoms(condition: list[Any], atoms: set[int]) -> Iterator[int]:
    match condition[0]:
        case "atom":
            if condition[1] in atoms:
                yield condition[1]
        case "not":
            return
        case _:
            for part in condition[1]:
                yield from _held_atoms(part, atoms)


def _excerpt(document: Document, line: int | None, match: Match | None) -> str | None:
    """The redacted line; a long one is cut around the match."""
    if line is None or not 0 < line <= len(document.lines):
        return None
    text = document.lines[line - 1].strip()
    if len(text) <= _EXCERPT:
        return text or None
    at = 0
    if match is not None:
        words = document.data[match.start : match.start + 30].decode("utf-8", "ignore")
        at = max(text.find(words) - 60, 0)
    return ("... " if at else "") + text[at : at + _EXCERPT] + (" ..." if at + _EXCERPT < len(text) else "")
