"""`Guide`: what is known of a case, what to ask next, and what to try. Pure: it stores nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import replace

from ..cases.model import CaseState, StepResult
from ..choice import OPENING, Choice, Chooser
from ..diagnosis import Answer as PlainAnswer
from ..diagnosis import CauseFound, Diagnosis, Question, StepShown
from ..doctor import Doctor, Examination
from ..knowledge import Vocabulary
from ..knowledge.names import PROVIDER
from ..learning import Learned, Outcome, outcome_of
from ..steps import steps_of, words_for
from .contradictions import contradictions
from .inquiry import Inquiry
from .plan import Candidate, candidates, expected_cost, in_order
from .progress import spent_causes
from .view import Finish, Plan, PlannedStep, QuestionAsked, View
from .wording import asked, opening, title_of

_CHECK = "Prepares the next step; done when what it asks for is known."


class Guide:
    """Guides through a case. Thread-safe, as the doctor is.

    Args:
        learned: what a site's confirmed cases have taught.
        never: facts that nobody is to be asked for.
    """

    def __init__(self, doctor: Doctor, learned: Learned | None = None, never: Collection[str] = ()) -> None:
        self._doctor = doctor
        self._inquiry = Inquiry(doctor, learned or Learned())
        self._chooser = Chooser(doctor.knowledge, doctor.ranker, never)
        self._never = frozenset(never)

    def with_learned(self, learned: Learned) -> Guide:
        """The same guide for what a site's cases have taught by now; cheap."""
        guide = copy(self)
        guide._inquiry = Inquiry(self._doctor, learned)  # noqa: SLF001 - its own
        return guide

    @property
    def learned(self) -> Learned:
        """What the guide was given."""
        return self._inquiry.learned

    @property
    def vocabulary(self) -> Vocabulary:
        """The facts that may be answered."""
        return self._doctor.knowledge.vocabulary

    def look(self, state: CaseState) -> View:
        """The case as it stands.

        Raises:
            FactError: an answer outside the vocabulary.
            InputError: the texts are too large.
        """
        examined = self._inquiry.examine(state)
        diagnosis = self._doctor.describe(examined, ask=False)
        question, finished = self._question(examined, state)
        if question is not None:
            diagnosis = diagnosis.model_copy(update={"next_question": _plain(question)})
        solved = next((one for one in reversed(state.steps) if one.result == "solved"), None)
        return View(
            diagnosis=diagnosis,
            question=question,
            finished=finished,
            plan=self._plan(examined, diagnosis, state),
            contradictions=contradictions(self._doctor.knowledge, examined.facts),
            solved=solved is not None and not state.closed,
            cause=state.cause if solved is None or state.closed else solved.cause,
        )

    def examine(self, state: CaseState) -> Examination:
        """What is known of the case, ranked, with what was learned and tried; raises like `look`."""
        return self._inquiry.examine(state)

    def outcome(self, state: CaseState) -> Outcome | None:
        """What a closed case teaches; None when it is open or unsolved."""
        if not state.closed or state.cause is None:
            return None
        examined = self._doctor.examine(state.text, state.answers, state.unknown)
        provider = examined.facts.first(PROVIDER)
        return outcome_of(state, examined.evidence, None if provider is None else str(provider))

    # The next question --------------------------------------------------------------------------------------------

    @property
    def sure(self) -> float:
        """Probability of the first cause from which on only what may overturn it is asked."""
        return float(self._doctor.knowledge.effort["sure"])

    def is_sure(self, examined: Examination, state: CaseState) -> bool:
        """Whether a cause is so likely that only what may overturn it is asked; causes whose steps were all tried in vain aside."""
        return max(self._open_causes(examined, state).values()) >= self.sure

    def choose(self, examined: Examination, state: CaseState) -> Choice | None:
        """The fact that is worth asking for next, or None; the opening questions aside.

        For what it is expected to tell; when that is too little, or a cause is sure, for what an answer would overturn.
        """
        spent = spent_causes(self._doctor.knowledge, state.steps, examined.atoms)
        probabilities = self._open_causes(examined, state)

        def suppose(fact: str, value: str) -> Mapping[str, float]:
            return _without(self._inquiry.suppose(examined, fact, value, state), spent)

        effort = self._doctor.knowledge.effort
        dearer = effort["patience"] ** (len(state.answers) + len(state.unknown))
        if not self.is_sure(examined, state):
            choice = self._chooser.best(examined.facts, probabilities, state.unknown, suppose)
            if choice is not None and choice.gain >= effort["least_gain"] * dearer:
                return choice
        choice = self._chooser.overturning(examined.facts, probabilities, state.unknown, suppose)
        return choice if choice is not None and choice.change >= effort["least_change"] * dearer else None

    def _open_causes(self, examined: Examination, state: CaseState) -> Mapping[str, float]:
        spent = spent_causes(self._doctor.knowledge, state.steps, examined.atoms)
        return _without(_probabilities(examined), spent)

    def _question(self, examined: Examination, state: CaseState) -> tuple[QuestionAsked | None, Finish | None]:
        if state.closed or any(one.result == "solved" for one in state.steps):
            return None, "closed"
        vocabulary = self._doctor.knowledge.vocabulary
        sure = self.is_sure(examined, state)
        for name in () if sure else OPENING:
            fact = vocabulary.get(name)
            known = name in examined.facts or name in state.unknown or name in self._never
            if fact is not None and fact.question and not known:
                return opening(self._doctor.knowledge, fact), None
        choice = self.choose(examined, state)
        if choice is not None:
            return asked(self._doctor.knowledge, choice, self._open_causes(examined, state)), None
        if sure:
            return None, "sure"
        left = [
            fact
            for fact in vocabulary
            if fact.question and fact.id not in examined.facts and fact.id not in state.unknown
        ]
        return None, "not-worth-asking" if left else "nothing-left"

    # The plan -----------------------------------------------------------------------------------------------------

    def ordered_steps(
        self, examined: Examination, state: CaseState, shown: Collection[str] | None = None
    ) -> list[Candidate]:
        """Steps that apply, in the order of trying, with chance and cost; of all causes, or of those shown."""
        probabilities = _probabilities(examined)
        chosen = probabilities if shown is None else {cause: probabilities[cause] for cause in shown}
        return in_order(self._chains(examined, state, chosen), self._last_person(state))

    def _chains(
        self, examined: Examination, state: CaseState, probabilities: Mapping[str, float]
    ) -> list[list[Candidate]]:
        knowledge, learned = self._doctor.knowledge, self._inquiry.learned
        return candidates(knowledge, learned, probabilities, examined.atoms, state.steps)

    def _last_person(self, state: CaseState) -> str | None:
        """Who did the last step: whoever it was is at the case already."""
        causes = self._doctor.knowledge.causes
        done = [one for one in state.steps if one.result != "skipped" and one.cause in causes]
        return next((step.who for one in done[-1:] for step in causes[one.cause].steps if step.id == one.step), None)

    def _plan(self, examined: Examination, diagnosis: Diagnosis, state: CaseState) -> Plan:
        causes = {cause.id: cause for cause in diagnosis.causes}
        told = {cause.id: cause.probability for cause in diagnosis.causes}
        chances = {(one.cause, one.step): one.chance for chain in self._chains(examined, state, told) for one in chain}
        # The order follows the ranking; what is told is no surer than the causes' probabilities beside it.
        order = [
            replace(one, chance=chances[one.cause, one.step]) for one in self.ordered_steps(examined, state, causes)
        ]
        return Plan(
            steps=[_planned(causes[one.cause], one) for one in order],
            tried=self._tried(examined, state),
            expected_minutes=round(expected_cost(order, self._last_person(state)), 1),
            chance=round(sum(one.chance for one in order), 4),
        )

    def _tried(self, examined: Examination, state: CaseState) -> list[PlannedStep]:
        knowledge = self._doctor.knowledge
        words = words_for(knowledge, examined.facts)
        return [
            _shown(one.cause, title_of(knowledge, one.cause), step, result=one.result)
            for one in state.steps
            if one.cause in knowledge.causes
            for step in steps_of(knowledge.causes[one.cause], words, examined.atoms)
            if step.id == one.step
        ]


def _planned(cause: CauseFound, one: Candidate) -> PlannedStep:
    step = next(step for step in cause.steps if step.id == one.step)
    return _shown(cause.id, cause.title, step, chance=round(one.chance, 4))


def _shown(
    cause: str, title: str, step: StepShown, *, chance: float = 0.0, result: StepResult | None = None
) -> PlannedStep:
    return PlannedStep(
        cause=cause,
        title=title,
        step=step.id,
        text=step.text,
        who=step.who,
        minutes=step.minutes,
        verify=step.verify or _CHECK,
        risk=step.risk,
        chance=chance,
        result=result,
    )


def _plain(question: QuestionAsked) -> Question:
    answers = [PlainAnswer(value=answer.value, label=answer.label) for answer in question.answers]
    return Question(fact=question.fact, text=question.text, where=question.where, answers=answers, gain=question.gain)


def _probabilities(examined: Examination) -> dict[str, float]:
    return {item.cause: item.probability for item in examined.ranked}


def _without(probabilities: Mapping[str, float], spent: Collection[str]) -> Mapping[str, float]:
    """Probabilities if it is none of the causes whose steps were all tried in vain."""
    if not spent:
        return probabilities
    left = {cause: share for cause, share in probabilities.items() if cause not in spent}
    whole = sum(left.values())
    return {cause: share / whole for cause, share in left.items()}
