"""An examination put into words: the JSON contract.

Most parts of a diagnosis were part of an earlier one: the same answer, the same rule about the same cause, the same step in
the same words. They never change, so they are made once. What a text or a person said at length is not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .diagnosis import (
    CauseFound,
    Diagnosis,
    EvidenceFound,
    FactFound,
    NoneOfThese,
    Question,
    ReferenceShown,
    Source,
    Verdict,
)
from .examination import Examination
from .facts import Finding
from .knowledge import Cause, Knowledge
from .knowledge.names import NOT_OAUTH, RECOGNISED, SAW
from .ranking import Evidence, Known, Ranked, Ranker
from .redaction import Redactor
from .remembered import Remembered
from .scrubbing import SHORT, scrub_text
from .steps import StepWriter, Words

_FEWEST_CAUSES, _MOST_CAUSES = 3, 8
_LEAST_PROBABILITY = 0.005
_SURE = 0.5
_NEW: Any = object()


class Teller:
    """Makes diagnoses of examinations. Thread-safe."""

    def __init__(self, knowledge: Knowledge, ranker: Ranker) -> None:
        self._knowledge = knowledge
        self._ranker = ranker
        self._steps = StepWriter(knowledge)
        self._references: dict[str, list[ReferenceShown]] = {}
        self._facts: Remembered[FactFound] = Remembered(5_000)
        self._evidence: Remembered[EvidenceFound] = Remembered(20_000)
        self._circumstances: Remembered[tuple[float, EvidenceFound] | None] = Remembered(20_000)

    def diagnosis(
        self,
        examination: Examination,
        question: Question | None,
        *,
        id: str | None = None,  # noqa: A002
        steps: bool = True,
    ) -> Diagnosis:
        """The examination in words, with the next question."""
        facts, ranked = examination.facts, examination.ranked
        none = next(item for item in ranked if item.cause == NOT_OAUTH)
        causes = [item for item in ranked if item.cause != NOT_OAUTH]
        likely = sum(item.probability >= _LEAST_PROBABILITY for item in causes)
        shown = causes[: min(max(likely, _FEWEST_CAUSES), _MOST_CAUSES)]
        known = bool(facts.answered) or any(finding.name != RECOGNISED for finding in facts)
        words = self._steps.words_for(facts) if steps else {}
        circumstances = self._ranker.known_circumstances(facts)
        return Diagnosis(
            id=id,
            verdict=_verdict(none, causes, known=known),
            facts=[
                self._fact_found(finding, examination.redactor)
                for finding in facts
                if finding.name not in (SAW, RECOGNISED)
            ],
            causes=[self._cause_found(item, examination, words, circumstances, steps=steps) for item in shown]
            if known
            else [],
            none_of_these=NoneOfThese(
                probability=round(none.probability, 4),
                looks_like=next((item.why for item in none.evidence if item.why and item.weight > 0), None),
                evidence=[self._evidence_found(item) for item in none.evidence],
            ),
            next_question=question,
            redactions=examination.redactions,
        )

    def _cause_found(
        self, item: Ranked, examination: Examination, words: Words, circumstances: Sequence[Known], *, steps: bool
    ) -> CauseFound:
        cause = self._knowledge.causes[item.cause]
        evidence = [self._evidence_found(one) for one in item.evidence]
        said = [found for known in circumstances if (found := self._circumstance_found(cause.id, known)) is not None]
        said.sort(key=_least_first)
        return CauseFound(
            id=cause.id,
            title=cause.title,
            summary=cause.summary,
            probability=round(item.probability, 4),
            evidence=evidence + [found for _, found in said],
            steps=self._steps.steps_of(cause, words, examination.atoms) if steps else [],
            references=self._references_of(cause) if steps else [],
        )

    def _references_of(self, cause: Cause) -> list[ReferenceShown]:
        shown = self._references.get(cause.id)
        if shown is None:
            shown = self._references[cause.id] = [
                ReferenceShown(title=reference.title, url=reference.url, checked=reference.checked)
                for reference in self._knowledge.references(cause.references)
            ]
        return shown

    def _evidence_found(self, item: Evidence) -> EvidenceFound:
        if item.line is not None or item.excerpt is not None:
            return _evidence_found(item)
        found = self._evidence.get(item)
        return self._evidence.keep(item, _evidence_found(item)) if found is None else found

    def _circumstance_found(self, cause: str, known: Known) -> tuple[float, EvidenceFound] | None:
        """What a circumstance says of a cause, and minus its weight; None for next to nothing."""
        finding = known[2]
        value = finding.value
        # True and 1 are equal.
        key = (cause, known[0], known[1], value, type(value))
        unplaced = finding.origin.line is None
        found = self._circumstances.get(key, _NEW) if unplaced else _NEW
        if found is not _NEW:
            return found
        item = self._ranker.circumstance(cause, known)
        found = None if item is None else (-abs(item.weight), _evidence_found(item))
        if unplaced and not (isinstance(value, str) and len(value) > SHORT):
            self._circumstances.keep(key, found)
        return found

    def _fact_found(self, finding: Finding, redactor: Redactor) -> FactFound:
        if finding.origin.kind != "answer" or finding.origin.rule is not None or redactor.knows_secrets:
            return _fact_found(finding, redactor)
        value = finding.value
        key = (finding.name, value, type(value))
        found = self._facts.get(key)
        if found is None:
            found = _fact_found(finding, redactor)
            if not isinstance(value, str) or (found.value == value and len(value) <= SHORT):
                self._facts.keep(key, found)
        return found


def _least_first(found: tuple[float, EvidenceFound]) -> float:
    return found[0]


def _verdict(none: Ranked, causes: list[Ranked], *, known: bool) -> Verdict:
    if none.probability >= _SURE:
        return "no-oauth-problem"
    return "diagnosed" if known and causes and causes[0].probability >= _SURE else "inconclusive"


def _fact_found(finding: Finding, redactor: Redactor) -> FactFound:
    kind = "answer" if finding.origin.kind == "answer" else "text"
    value = scrub_text(finding.value, redactor) if isinstance(finding.value, str) else finding.value
    source = Source(kind=kind, line=finding.origin.line, rule=finding.origin.rule)  # type: ignore[arg-type]
    return FactFound(name=finding.name, value=value, source=source)


def _evidence_found(item: Evidence) -> EvidenceFound:
    return EvidenceFound(
        rule=item.rule,
        strength=item.strength,
        direction="for" if item.weight > 0 else "against",
        weight=round(item.counted, 3),
        facts=list(item.facts),
        line=item.line,
        excerpt=item.excerpt,
        why=item.why or None,
    )
