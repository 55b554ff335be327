"""What `ask` shows: one question a screen with the ranking beside it, or the same as plain lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rich.console import Console, ConsoleRenderable, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..engine.wording import percent
from .terminal import WHO

if TYPE_CHECKING:
    from ..engine.guide import PlannedStep, QuestionAsked, View

_RANKED = 6
_BAR = 10
_SUGGESTIONS = 6
_LINES_OF_AN_ANSWER, _OTHER_LINES = 3, 14  # what a screen needs to say what each answer would change
KEYS = "Enter don't know · b back · p paste · t steps · r reasons · s save · q quit"
KEYS_LINE = "Enter alone: don't know · with Enter: b back, p paste, t steps, r reasons, s save, q quit"
KEYS_PLAIN = (
    "Answer with a number or a value. Enter: don't know. b: back, p: paste a text, t: steps, r: reasons and ranking, "
    "s: save, q: quit."
)
STEP_KEYS = "y it is solved · n it did not help · k passed over · c questions · b back · p paste · s save · q quit"
STEP_KEYS_PLAIN = (
    "y: it is solved, n: it did not help, k: pass over, c: back to the questions, p: paste, s: save, q: quit."
)


class Screen(Protocol):
    """Shows a case. Messages are short remarks about what was just done."""

    def question(self, question: QuestionAsked, view: View, number: int, message: str) -> None:
        """Show one question."""

    def step(self, step: PlannedStep, view: View, number: int, message: str) -> None:
        """Show one step."""

    def reasons(self, view: View) -> None:
        """Show the ranking with what speaks for and against."""

    def say(self, message: str) -> None:
        """One remark."""


class PlainScreen:
    """Lines only: for pipes, screen readers and terminals that cannot do more. Says in words what others draw."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._ranking: tuple[str, ...] = ()
        self._contradictions: tuple[str, ...] = ()
        self.say(KEYS_PLAIN)

    def question(self, question: QuestionAsked, view: View, number: int, message: str) -> None:
        """Show one question."""
        self._news(view, message)
        self.say("")
        self.say(f"Question {number}: {question.text}")
        if question.where:
            self.say(f"Where to look: {question.where}")
        if question.why:
            self.say(f"Why: {question.why}")
        for place, answer in enumerate(question.answers[:_SUGGESTIONS] if _is_open(question) else question.answers, 1):
            self.say(f"  {place}. {answer.label}" + (f" ({answer.changes})" if answer.changes else ""))
        if _is_open(question):
            self.say("  Or type another value." if question.answers else "  Type the value.")

    def step(self, step: PlannedStep, view: View, number: int, message: str) -> None:
        """Show one step."""
        self._news(view, message)
        self.say("")
        self.say(f"Step {number} of {number - 1 + len(view.plan.steps)}, {_about(step)}, for: {step.title}")
        self.say(step.text)
        if step.risk:
            self.say(f"Risk: {step.risk}")
        if step.verify:
            self.say(f"Check: {step.verify}")
        self.say(_cost(view))
        self.say(STEP_KEYS_PLAIN)

    def reasons(self, view: View) -> None:
        """Show the ranking with what speaks for and against."""
        for place, cause in enumerate(view.diagnosis.causes[:_RANKED], 1):
            self.say(f"{place}. {cause.title}, {percent(cause.probability)}")
            for item in [one for one in cause.evidence if one.why and one.weight][:3]:
                self.say(f"   {item.direction}: {item.why}")

    def say(self, message: str) -> None:
        """One remark."""
        self._console.print(Text(message))

    def _news(self, view: View, message: str) -> None:
        if message:
            self.say(message)
        ranking = tuple(f"{cause.title}, {percent(cause.probability)}" for cause in view.diagnosis.causes[:3])
        if ranking and ranking != self._ranking:
            self.say("Likeliest now: " + "; ".join(ranking) + ".")
        self._ranking = ranking
        disagree = tuple(one.text for one in view.contradictions)
        for text in disagree:
            if text not in self._contradictions:
                self.say(f"Please check: {text}")
        self._contradictions = disagree


class RichScreen:
    """One question a screen, the ranking beside it."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def question(self, question: QuestionAsked, view: View, number: int, message: str) -> None:
        """Show one question."""
        parts: list[ConsoleRenderable] = [Text.assemble((f"{number}  ", "dim"), (question.text, "bold"))]
        if question.where:
            parts.append(Text(question.where, style="italic"))
        parts.append(Text())
        shown = question.answers[:_SUGGESTIONS] if _is_open(question) else question.answers
        roomy = self._console.height >= _LINES_OF_AN_ANSWER * len(shown) + _OTHER_LINES
        for place, answer in enumerate(shown, 1):
            parts.append(Padding(Text.assemble((f"{place}  ", "bold cyan"), answer.label), (0, 0, 0, 1)))
            if answer.changes and roomy:
                changes = Text(answer.changes, style="dim", no_wrap=True, overflow="ellipsis")
                parts.append(Padding(changes, (0, 0, 0, 4)))
        if _is_open(question):
            parts.append(
                Text(
                    "    or type another value, then Enter" if shown else "    type the value, then Enter", style="dim"
                )
            )
        parts.append(Text())
        if question.why:
            parts.append(Text(question.why, style="dim"))
        self._draw(Group(*parts), view, message, KEYS if question.kind in ("one", "boolean") else KEYS_LINE)

    def step(self, step: PlannedStep, view: View, number: int, message: str) -> None:
        """Show one step."""
        parts: list[ConsoleRenderable] = [
            Text.assemble((f"Step {number} of {number - 1 + len(view.plan.steps)}  ", "bold"), (_about(step), "dim")),
            Text(step.title, style="italic"),
            Text(),
            Text(step.text),
        ]
        if step.risk:
            parts.append(Text.assemble(("Risk: ", "bold yellow"), step.risk))
        if step.verify:
            parts += [Text(), Text.assemble(("Check: ", "bold green"), step.verify)]
        parts += [Text(), Text(_cost(view), style="dim")]
        self._draw(Group(*parts), view, message, STEP_KEYS)

    def reasons(self, view: View) -> None:
        """Show the ranking with what speaks for and against."""
        self._console.clear()
        for cause in view.diagnosis.causes[:_RANKED]:
            self._console.print(Text.assemble((f"{percent(cause.probability):>4}  ", "bold"), cause.title))
            for item in [one for one in cause.evidence if one.why and one.weight][:3]:
                sign, style = ("+", "green") if item.direction == "for" else ("-", "red")
                self._console.print(Text.assemble((f"      {sign} ", style), item.why or ""))

    def say(self, message: str) -> None:
        """One remark."""
        self._console.print(Text(message))

    def _draw(self, left: Group, view: View, message: str, keys: str) -> None:
        self._console.clear()
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(ratio=3, overflow="fold")
        table.add_column(ratio=2, overflow="fold")
        table.add_row(left, self._ranked(view))
        self._console.print(table)
        for one in view.contradictions:
            self._console.print(Text.assemble(("Please check: ", "bold yellow"), one.text))
        if message:
            self._console.print(Text(message, style="yellow"))
        self._console.print(Text(keys, style="dim"))

    def _ranked(self, view: View) -> Group:
        rows: list[Text] = [Text("Likeliest causes", style="bold")]
        for cause in view.diagnosis.causes[:_RANKED]:
            filled = round(cause.probability * _BAR)
            bar = Text.assemble(
                ("━" * filled, "cyan"), ("─" * (_BAR - filled), "dim"), f" {percent(cause.probability)}"
            )
            rows += [bar, Text(cause.title, style="" if cause is view.diagnosis.causes[0] else "dim")]
        if len(rows) == 1:
            rows.append(Text("nothing is known yet", style="dim"))
        return Group(*rows)


def _about(step: PlannedStep) -> str:
    return f"{WHO.get(step.who, step.who)}, about {step.minutes} min"


def _cost(view: View) -> str:
    chance = percent(view.plan.chance)
    return f"All steps that are left: about {view.plan.expected_minutes:.0f} minutes expected, {chance} chance to solve it."


def _is_open(question: QuestionAsked) -> bool:
    return question.kind in ("slug", "text", "integer")
