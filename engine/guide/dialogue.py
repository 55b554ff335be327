"""A view as blocks that any bot or flow builder can render: texts, up to ten options, an input field.

An option carries what to send back when it is chosen: an entry of the case, complete but for `at` and `by`, which whoever
stores it fills in. So a bot needs no knowledge of questions and steps; it shows labels and returns what it was given.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..wording import percent
from .view import PlannedStep, QuestionAsked, View

MOST_OPTIONS = 10
_CAUSES_NAMED = 3


class _Contract(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Option(_Contract):
    """One thing to choose. `send` is the entry to append to the case when it is chosen."""

    label: str
    send: dict[str, Any]


class Block(_Contract):
    """One piece of a dialogue.

    Attributes:
        role: what it is for; a bot that shows one thing at a time takes `question` while there is one, then `step`.
        kind: `text` is only shown; `options` offers at most ten; `input` takes free text, its options are suggestions.
        several: more than one option may be chosen; their values go into one entry as a list.
        input: for `input`: the entry to append, with the typed text as its `value` (or `text`).
    """

    role: Literal["summary", "question", "step", "closing"]
    kind: Literal["text", "options", "input"]
    text: str
    options: list[Option] = Field(default=[], max_length=MOST_OPTIONS)
    several: bool = False
    input: dict[str, Any] | None = None


class Dialogue(_Contract):
    """What to show next for one case."""

    schema_: Literal["oauth-doctor/dialogue/1"] = Field(default="oauth-doctor/dialogue/1", alias="schema")
    blocks: list[Block]

    def to_json(self) -> str:
        """One line of JSON, keys in the order of the contract."""
        return self.model_dump_json(by_alias=True)


def dialogue(view: View) -> Dialogue:
    """The blocks for a view: what is known, the question (if one is worth asking), the next step, and how to close."""
    return Dialogue(blocks=list(_blocks(view)))


def _blocks(view: View) -> Iterator[Block]:
    yield Block(role="summary", kind="text", text=_summary(view))
    if view.finished == "closed" and not view.solved:
        yield Block(
            role="closing", kind="options", text="This case is closed.", options=[_option("Reopen", "reopened")]
        )
        return
    if view.question is not None:
        yield from _question(view.question)
    if view.plan.steps and not view.solved:
        yield _step(view.plan.steps[0])
    if view.solved:
        solved = [_option("Close as solved", "closed", cause=view.cause)]
        yield Block(role="closing", kind="options", text="A step solved it. Close the case?", options=solved)


def _option(label: str, kind: str, **values: Any) -> Option:
    return Option(label=label, send={"kind": kind, **values})


def _summary(view: View) -> str:
    diagnosis = view.diagnosis
    lines = []
    if diagnosis.verdict == "no-oauth-problem":
        looks = diagnosis.none_of_these.looks_like
        lines.append("This does not look like an OAuth / OpenID Connect problem." + (f" {looks}" if looks else ""))
    elif not diagnosis.causes:
        lines.append("Nothing is known yet.")
    else:
        lines.append("Most likely:" if diagnosis.verdict == "diagnosed" else "No cause is certain yet. The likeliest:")
        lines += [f"{percent(cause.probability)} {cause.title}" for cause in diagnosis.causes[:_CAUSES_NAMED]]
    lines += [contradiction.text for contradiction in view.contradictions]
    return "\n".join(lines)


def _question(question: QuestionAsked) -> Iterator[Block]:
    text = question.text + (f"\n{question.where}" if question.where else "")
    unknown = _option("I don't know", "unknown", fact=question.fact)
    known = [
        _option(answer.label or answer.value, "answered", fact=question.fact, value=answer.value)
        for answer in question.answers
    ]
    if question.kind in ("slug", "text", "integer"):
        yield Block(
            role="question",
            kind="input",
            text=text,
            options=[*known[: MOST_OPTIONS - 1], unknown],
            several=question.several,
            input={"kind": "answered", "fact": question.fact},
        )
        return
    options = [*known, unknown]
    for begin in range(0, len(options), MOST_OPTIONS):
        yield Block(
            role="question",
            kind="options",
            text=text if begin == 0 else "More answers:",
            options=options[begin : begin + MOST_OPTIONS],
            several=question.kind == "set",
        )


def _step(step: PlannedStep) -> Block:
    lines = [step.text]
    if step.verify:
        lines.append(f"Check: {step.verify}")
    if step.risk:
        lines.append(f"Risk: {step.risk}")
    results = (("It is fixed", "solved"), ("It did not help", "failed"), ("Cannot be done", "skipped"))
    options = [_option(label, "step", cause=step.cause, step=step.step, result=result) for label, result in results]
    return Block(role="step", kind="options", text="\n".join(lines), options=options)
