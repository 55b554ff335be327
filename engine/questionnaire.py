"""A questionnaire: answers, skipped questions and pasted text, and what to ask next. No input or output in here."""

from __future__ import annotations

from typing import Any

from .diagnosis import Answer, Diagnosis, Question
from .doctor import Doctor
from .knowledge import FactKind

_OPENING = ("platform", "provider")
_SURE_ENOUGH = 0.9
_LEAST_GAIN = 0.04  # bits; below that an answer hardly changes anything


class Questionnaire:
    """One case in the making. Answers can be changed or taken back; skipped questions are not asked again."""

    def __init__(self, doctor: Doctor) -> None:
        self._doctor = doctor
        self.answers: dict[str, Any] = {}
        self.skipped: list[str] = []
        self.text = ""
        self._order: list[str] = []

    def answer(self, fact: str, value: Any) -> None:
        """Take an answer; None means "don't know" and is not asked again.

        Raises:
            FactError: unknown fact, or a value outside the vocabulary. Nothing is changed then.
        """
        values = self._doctor.knowledge.vocabulary[fact].read(value)
        self.take_back(fact)
        if values:
            self.answers[fact] = value
        else:
            self.skipped.append(fact)
        self._order.append(fact)

    def take_back(self, fact: str) -> None:
        """Forget an answer, or that a question was skipped."""
        self.answers.pop(fact, None)
        if fact in self.skipped:
            self.skipped.remove(fact)
        if fact in self._order:
            self._order.remove(fact)

    def back(self) -> str | None:
        """Take back the latest answer; its fact, or None when there is none."""
        if not self._order:
            return None
        fact = self._order[-1]
        self.take_back(fact)
        return fact

    def paste(self, text: str) -> None:
        """Add a text that turned up (an error message, a log excerpt)."""
        self.text = f"{self.text}\n{text}" if self.text else text

    def diagnosis(self) -> Diagnosis:
        """What is known by now."""
        return self._doctor.diagnose(self.text, self.answers)

    def next_question(self) -> Question | None:
        """The next question, or None when asking more is not worth it."""
        for fact in _OPENING:
            if fact not in self.answers and fact not in self.skipped and fact in self._doctor.knowledge.vocabulary:
                return self._opening(fact)
        if not self.answers and not self.text and not self.skipped:
            return None
        found = self._doctor.ask(self.text, self.answers, self.skipped)
        if found is None or found.gain < _LEAST_GAIN:
            return None
        causes = self._doctor.diagnose(self.text, self.answers, steps=False).causes
        return None if causes and causes[0].probability >= _SURE_ENOUGH else found

    def _opening(self, fact: str) -> Question:
        known = self._doctor.knowledge.vocabulary[fact]
        labels = known.values if known.kind in (FactKind.ONE, FactKind.SET) else {}
        answers = [Answer(value=value, label=label) for value, label in labels.items()]
        return Question(fact=fact, text=known.question, where=known.where or None, answers=answers)
