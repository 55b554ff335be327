"""An examination put into words: the JSON contract, as models or written out at once.

Most parts of a diagnosis were part of an earlier one: the same answer, the same rule about the same cause, the same step in
the same words. They never change, so they are made once. What a text or a person said at length is not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from pydantic_core import to_json

from .circumstances import Known
from .diagnosis import (
    CauseFound,
    Diagnosis,
    EvidenceFound,
    FactFound,
    NoneOfThese,
    Question,
    ReferenceShown,
    Source,
    StepShown,
    Verdict,
)
from .examination import Examination
from .facts import Finding
from .knowledge import Cause, Knowledge
from .knowledge.names import NOT_OAUTH, RECOGNISED, SAW
from .ranking import Evidence, Ranked, Ranker
from .redaction import Redactor
from .remembered import Remembered
from .scrubbing import SHORT, scrub_text
from .shown import Shown, json_of, models_of
from .steps import CaseWords, StepWriter

_FEWEST_CAUSES, _MOST_CAUSES = 3, 8
_LEAST_PROBABILITY = 0.03  # a cause that is less likely is only told to make up the fewest
_SURE = 0.5


class Written(NamedTuple):
    """A diagnosis as JSON in UTF-8, and its verdict."""

    verdict: Verdict
    json: bytes


class _Cause(NamedTuple):
    cause: Cause
    probability: float
    evidence: list[Shown[EvidenceFound]]
    steps: list[Shown[StepShown]]
    references: Shown[ReferenceShown]


class _Told(NamedTuple):
    """What there is to tell, before it becomes models or JSON."""

    verdict: Verdict
    facts: list[Shown[FactFound]]
    causes: list[_Cause]
    none: float
    looks_like: str | None
    against: list[Shown[EvidenceFound]]


class Teller:
    """Makes diagnoses of examinations. Thread-safe."""

    def __init__(self, knowledge: Knowledge, ranker: Ranker) -> None:
        self._knowledge = knowledge
        self._ranker = ranker
        self._steps = StepWriter(knowledge)
        self._heads: dict[str, str] = {}
        self._questions: dict[str, str] = {}
        self._references: dict[str, Shown[ReferenceShown]] = {}
        self._facts: Remembered[Shown[FactFound]] = Remembered(5_000)
        self._evidence: Remembered[tuple[tuple[Evidence, ...], Shown[EvidenceFound]]] = Remembered(20_000)
        self._circumstances: Remembered[_Circumstance] = Remembered(1_000)

    def diagnosis(
        self,
        examination: Examination,
        question: Question | None,
        *,
        id: str | None = None,  # noqa: A002
        steps: bool = True,
    ) -> Diagnosis:
        """The examination in words, with the next question."""
        told = self._told(examination, steps=steps)
        return Diagnosis(
            id=id,
            verdict=told.verdict,
            facts=models_of(told.facts),
            causes=[
                CauseFound(
                    id=one.cause.id,
                    title=one.cause.title,
                    summary=one.cause.summary,
                    probability=one.probability,
                    evidence=models_of(one.evidence),
                    steps=models_of(one.steps),
                    references=one.references.models,
                )
                for one in told.causes
            ],
            none_of_these=NoneOfThese(
                probability=told.none, looks_like=told.looks_like, evidence=models_of(told.against)
            ),
            next_question=question,
            redactions=examination.redactions,
        )

    def warm_up(self) -> None:
        """Compile the templates of all steps."""
        for cause in self._knowledge.causes.values():
            self._steps.warm_up(cause)

    def written(
        self,
        examination: Examination,
        question: Question | None,
        *,
        id: str | None = None,  # noqa: A002
        steps: bool = True,
    ) -> Written:
        """The JSON of `diagnosis`, byte for byte, without making its models."""
        told = self._told(examination, steps=steps)
        causes = [
            f'{self._head_of(one.cause)}{one.probability},"evidence":{json_of(one.evidence)},"steps":{json_of(one.steps)},'
            f'"references":[{one.references.json}]}}'
            for one in told.causes
        ]
        asked = "null" if question is None else self._asked(question)
        text = (
            f'{{"schema":"oauth-doctor/diagnosis/1","id":{_json(id)},"verdict":"{told.verdict}",'
            f'"facts":{json_of(told.facts)},"causes":[{",".join(causes)}],'
            f'"none_of_these":{{"probability":{told.none},"looks_like":{_json(told.looks_like)},'
            f'"evidence":{json_of(told.against)}}},'
            f'"next_question":{asked},"redactions":{examination.redactions},"warnings":[]}}'
        )
        return Written(told.verdict, text.encode())

    def _told(self, examination: Examination, *, steps: bool) -> _Told:
        facts = examination.facts
        ranked = self._ranker.reported(facts, examination.ranked, examination.remaining)
        none = next(item for item in ranked if item.cause == NOT_OAUTH)
        causes = [item for item in ranked[: _MOST_CAUSES + 1] if item.cause != NOT_OAUTH][:_MOST_CAUSES]
        likely = sum([item.probability >= _LEAST_PROBABILITY for item in causes])
        shown = causes[: max(likely, _FEWEST_CAUSES)]
        known = bool(facts.answered) or any(finding.name != RECOGNISED for finding in facts)
        words = self._steps.words_for(facts) if steps else None
        circumstances = [self._circumstance(one) for one in examination.circumstances]
        redactor = examination.redactor
        return _Told(
            _verdict(none, causes, known=known),
            [self._fact_found(finding, redactor) for finding in facts if finding.name not in (SAW, RECOGNISED)],
            [self._cause_found(item, examination, words, circumstances) for item in shown] if known else [],
            round(none.probability, 4),
            next((item.why for item in none.evidence if item.why and item.weight > 0), None),
            [self._evidence_of(none.evidence)] if none.evidence else [],
        )

    def _cause_found(
        self, item: Ranked, examination: Examination, words: CaseWords | None, circumstances: Sequence[_Circumstance]
    ) -> _Cause:
        cause = self._knowledge.causes[item.cause]
        evidence = [self._evidence_of(item.evidence)] if item.evidence else []
        said = [found for one in circumstances if (found := one[item.cause]) is not None]
        said.sort(key=_less)
        evidence += map(_shown, said)
        if examination.likeness.sums:
            alike = self._ranker.alike(item.cause, examination.likeness)
            if alike is not None:
                evidence.append(Shown([_evidence_found(alike)]))
        return _Cause(
            cause,
            round(item.probability, 4),
            evidence,
            [] if words is None else self._steps.written(cause, words, examination.atoms),
            _NO_REFERENCES if words is None else self._references_of(cause),
        )

    def _head_of(self, cause: Cause) -> str:
        head = self._heads.get(cause.id)
        if head is None:
            head = self._heads[cause.id] = (
                f'{{"id":{_json(cause.id)},"title":{_json(cause.title)},"summary":{_json(cause.summary)},"probability":'
            )
        return head

    def _asked(self, question: Question) -> str:
        head = self._questions.get(question.fact)
        if head is None:
            # The gain, which stands last, is all that ever differs.
            head = self._questions[question.fact] = question.model_dump_json().rpartition(":")[0]
        return f"{head}:{question.gain}}}"

    def _references_of(self, cause: Cause) -> Shown[ReferenceShown]:
        shown = self._references.get(cause.id)
        if shown is None:
            shown = self._references[cause.id] = Shown(
                ReferenceShown(title=reference.title, url=reference.url, checked=reference.checked)
                for reference in self._knowledge.references(cause.references)
            )
        return shown

    def _evidence_of(self, items: tuple[Evidence, ...]) -> Shown[EvidenceFound]:
        """What the ranking found for one cause. It gives the same tuple again where it found the same."""
        found = self._evidence.get(id(items))
        if found is not None and found[0] is items:
            return found[1]
        shown = Shown(map(_evidence_found, items))
        if all(item.line is None and item.excerpt is None for item in items):
            self._evidence.keep(id(items), (items, shown))
        return shown

    def _circumstance(self, known: Known) -> _Circumstance:
        place, finding = known
        value = finding.value
        if finding.origin.line is not None or (isinstance(value, str) and len(value) > SHORT):
            return _Circumstance(self._ranker, known)
        remembered = (place, value, type(value))  # True and 1 are equal
        found = self._circumstances.get(remembered)
        return self._circumstances.keep(remembered, _Circumstance(self._ranker, known)) if found is None else found

    def _fact_found(self, finding: Finding, redactor: Redactor) -> Shown[FactFound]:
        origin, value = finding.origin, finding.value
        if origin.kind != "answer" or redactor.knows_secrets:
            return Shown([_fact_found(finding, redactor)])
        key = (finding.name, value, value.__class__, origin.rule)  # True and 1 are equal
        found = self._facts.get(key)
        if found is None:
            fact = _fact_found(finding, redactor)
            found = Shown([fact])
            if not isinstance(value, str) or (fact.value == value and len(value) <= SHORT):
                self._facts.keep(key, found)
        return found


class _Circumstance(dict[str, "tuple[float, Shown[EvidenceFound]] | None"]):
    """What a known circumstance says, by cause: minus its weight, and the evidence. None for next to nothing."""

    def __init__(self, ranker: Ranker, known: Known) -> None:
        super().__init__()
        self._ranker = ranker
        self._known = known

    def __missing__(self, cause: str) -> tuple[float, Shown[EvidenceFound]] | None:
        item = self._ranker.circumstance(cause, self._known)
        found = self[cause] = None if item is None else (-abs(item.weight), Shown([_evidence_found(item)]))
        return found


_less = itemgetter(0)
_shown = itemgetter(1)
_NO_REFERENCES: Shown[ReferenceShown] = Shown([])


def _json(text: str | None) -> str:
    return to_json(text).decode()


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
