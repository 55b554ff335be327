"""The JSON contract of a guided case: what every surface shows, and what it offers to do next."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..cases.model import StepResult
from ..diagnosis import Diagnosis


class _Contract(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnswerOffered(_Contract):
    """One possible answer.

    Attributes:
        value: what to enter as the fact's value (`true` and `false` for yes and no).
        share: how likely this answer is, by what is known now.
        best: id of the cause that would come first after it; `probability`: that cause's probability then.
        changes: the same in words.
    """

    value: str
    label: str
    share: float = 0.0
    best: str | None = None
    probability: float = 0.0
    changes: str = ""


class QuestionAsked(_Contract):
    """The question that is expected to tell most for its cost.

    Attributes:
        kind: how it is answered. `one` and `boolean`: exactly one of `answers`; `set`: any number of `answers`;
            `slug`, `text`, `integer`: free input, `answers` are the likeliest values; `several` values may be given
            then, as a list or separated by commas.
        where: where to look.
        why: why it is asked now.
        gain: expected information about the cause, in bits; cost: effort of finding out, in units of one glance.
    """

    fact: str
    text: str
    kind: Literal["one", "boolean", "set", "slug", "text", "integer"]
    several: bool = False
    where: str | None = None
    answers: list[AnswerOffered] = []
    why: str = ""
    gain: float = 0.0
    cost: float = 1.0


class PlannedStep(_Contract):
    """One fix step in the order of the plan.

    Attributes:
        cause: id of the cause it belongs to; title: that cause's title; step: id within the cause.
        chance: probability that the problem is gone after this step, before any step of the plan is tried.
        minutes: usual effort of `who`; verify: how to see that it worked.
        result: what came of it when it was tried already.
    """

    cause: str
    title: str
    step: str
    text: str
    who: str
    minutes: int
    verify: str | None = None
    risk: str | None = None
    chance: float
    result: StepResult | None = None


class Plan(_Contract):
    """Steps across causes, cheapest likely fix first. Within one cause the author's order stands.

    Attributes:
        steps: what is left to try, in order.
        tried: what was tried, in the order of trying.
        expected_minutes: expected cost until the problem is gone or the plan is at its end, with the hand-over to
            whoever a step needs, and with the price of its risk, in minutes.
        chance: probability that the plan solves the problem.
    """

    steps: list[PlannedStep] = []
    tried: list[PlannedStep] = []
    expected_minutes: float = 0.0
    chance: float = 0.0


class Contradiction(_Contract):
    """Facts that hardly go together. `text` says it in words; `facts` can be answered anew or taken back."""

    facts: list[str]
    kind: Literal["answers", "text"]
    text: str


Finish = Literal["sure", "nothing-left", "not-worth-asking", "closed"]


class View(_Contract):
    """One case as it stands.

    Attributes:
        question: the next question; None when asking more is not worth it, and `finished` says why.
        solved: a step solved the problem; `cause` is then the cause to confirm on closing.
    """

    schema_: Literal["oauth-doctor/view/1"] = Field(default="oauth-doctor/view/1", alias="schema")
    diagnosis: Diagnosis
    question: QuestionAsked | None = None
    finished: Finish | None = None
    plan: Plan = Plan()
    contradictions: list[Contradiction] = []
    solved: bool = False
    cause: str | None = None

    def to_json(self) -> str:
        """One line of JSON, keys in the order of the contract."""
        return self.model_dump_json(by_alias=True)
