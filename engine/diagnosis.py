"""The JSON contract: what a diagnosis looks like to every program that asks for one."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["diagnosed", "inconclusive", "no-oauth-problem"]


class _Contract(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Contract):
    """Where a fact comes from: an answer, or a line (1-based) of the text with the signature that matched."""

    kind: Literal["answer", "text"]
    line: int | None = None
    rule: str | None = None


class FactFound(_Contract):
    """One value of one fact."""

    name: str
    value: str | int | bool
    source: Source


class EvidenceFound(_Contract):
    """Why a cause was raised (`for`) or lowered (`against`).

    Attributes:
        rule: id of the rule or signature; `code:PROVIDER:CODE` for a documented code; `profile:FACT` for the
            circumstances; `likeness` for words and circumstances like those of other cases.
        weight: natural logarithm of the likelihood ratio that counted; negative when against, 0 when the same
            evidence counted already through a stronger rule.
        line: 1-based line of the input; excerpt: that line, redacted.
    """

    rule: str
    strength: str
    direction: Literal["for", "against"] = "for"
    weight: float = 0.0
    facts: list[str] = []
    line: int | None = None
    excerpt: str | None = None
    why: str | None = None


class StepShown(_Contract):
    """One fix step, rendered. `minutes` is the usual effort of `who`."""

    id: str
    text: str
    who: str
    minutes: int
    verify: str | None = None
    risk: str | None = None


class ReferenceShown(_Contract):
    """A source, and when somebody last looked at it (ISO 8601 date)."""

    title: str
    url: str
    checked: str | None = None


class CauseFound(_Contract):
    """One candidate, best first. `probability` is calibrated."""

    id: str
    title: str
    summary: str
    probability: float
    evidence: list[EvidenceFound] = []
    steps: list[StepShown] = []
    references: list[ReferenceShown] = []


class Answer(_Contract):
    """One possible answer of a question."""

    value: str
    label: str


class Question(_Contract):
    """The question that is expected to tell most for its cost (`gain` in bits)."""

    fact: str
    text: str
    where: str | None = None
    answers: list[Answer] = []
    gain: float = 0.0


class NoneOfThese(_Contract):
    """How likely it is that this is no OAuth problem of a known kind, and what it looks like instead."""

    probability: float
    looks_like: str | None = None
    evidence: list[EvidenceFound] = []


class Diagnosis(_Contract):
    """The answer to one incident."""

    schema_: Literal["oauth-doctor/diagnosis/1"] = Field(default="oauth-doctor/diagnosis/1", alias="schema")
    id: str | None = None
    verdict: Verdict
    facts: list[FactFound] = []
    causes: list[CauseFound] = []
    none_of_these: NoneOfThese
    next_question: Question | None = None
    redactions: int = 0
    warnings: list[str] = []

    def to_json(self) -> str:
        """One line of JSON, keys in the order of the contract."""
        return self.model_dump_json(by_alias=True)
