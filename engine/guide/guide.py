"""`Guide`: what is known of a case, what to ask next, and what to try. Pure: it stores nothing."""

from __future__ import annotations

from ..cases.model import CaseState
from ..doctor import Doctor
from ..knowledge import FactKind
from .view import AnswerOffered, Plan, PlannedStep, QuestionAsked, View


class Guide:
    """Guides through a case. Thread-safe, as the doctor is."""

    def __init__(self, doctor: Doctor) -> None:
        self._doctor = doctor

    def look(self, state: CaseState) -> View:
        """The case as it stands.

        Raises:
            FactError: an answer outside the vocabulary.
            InputError: the texts are too large.
        """
        diagnosis = self._doctor.diagnose(state.text, state.answers)
        found = self._doctor.ask(state.text, state.answers, state.unknown)
        question = None
        if found is not None and not state.closed:
            fact = self._doctor.knowledge.vocabulary[found.fact]
            question = QuestionAsked(
                fact=found.fact,
                text=found.text,
                kind="boolean" if fact.kind is FactKind.BOOLEAN else "one",
                where=found.where,
                answers=[AnswerOffered(value=answer.value, label=answer.label) for answer in found.answers],
                gain=found.gain,
                cost=fact.cost,
            )
        results = {(one.cause, one.step): one.result for one in state.steps}
        steps = [
            PlannedStep(
                cause=cause.id,
                title=cause.title,
                step=step.id,
                text=step.text,
                who=step.who,
                minutes=step.minutes,
                verify=step.verify,
                risk=step.risk,
                chance=round(cause.probability / len(cause.steps), 4),
                result=results.get((cause.id, step.id)),
            )
            for cause in diagnosis.causes
            for step in cause.steps
        ]
        plan = Plan(
            steps=[step for step in steps if step.result is None],
            tried=[step for step in steps if step.result is not None],
        )
        solved = next((one for one in reversed(state.steps) if one.result == "solved"), None)
        return View(
            diagnosis=diagnosis,
            question=question,
            finished="closed" if state.closed else None if question else "not-worth-asking",
            plan=plan,
            solved=solved is not None,
            cause=solved.cause if solved else state.cause,
        )
