"""What one resolved case teaches: its confirmed cause, what the rules had said, and which steps helped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ..cases.model import CaseState
from ..ranking import Evidence


class _Contract(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RuleSaid(_Contract):
    """One rule that fired, for or against, and whether the confirmed cause proves it right."""

    rule: str
    direction: Literal["for", "against"]
    right: bool


class StepOutcome(_Contract):
    """One step of the confirmed cause, and whether it solved the problem."""

    cause: str
    step: str
    solved: bool


class Outcome(_Contract):
    """One resolved case. Holds no text and no answers, so that nothing of a customer is kept.

    Attributes:
        cause: the confirmed cause, or `not-oauth`.
        provider: slug, None when it is not known.
    """

    cause: str
    provider: str | None = None
    rules: tuple[RuleSaid, ...] = ()
    steps: tuple[StepOutcome, ...] = ()


def outcome_of(state: CaseState, evidence: Iterable[Evidence], provider: str | None) -> Outcome | None:
    """What a closed case teaches; None when it is open or its cause was not confirmed.

    Args:
        evidence: what the rules say about the case (`Doctor.examine(...).evidence`).
    """
    if not state.closed or state.cause is None:
        return None
    supported: dict[str, set[str]] = {}
    denied: dict[str, set[str]] = {}
    for item in evidence:
        (supported if item.weight > 0 else denied).setdefault(item.rule, set()).add(item.cause)
    rules = [
        RuleSaid(rule=rule, direction="for", right=state.cause in said) for rule, said in sorted(supported.items())
    ]
    rules += [
        RuleSaid(rule=rule, direction="against", right=state.cause not in said) for rule, said in sorted(denied.items())
    ]
    steps = [
        StepOutcome(cause=one.cause, step=one.step, solved=one.result == "solved")
        for one in state.steps
        if one.cause == state.cause and one.result in ("solved", "failed")
    ]
    return Outcome(cause=state.cause, provider=provider, rules=tuple(rules), steps=tuple(steps))
