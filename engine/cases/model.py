"""A case: an append-only list of what was confirmed, and the state that follows from it.

Nothing confirmed is ever changed in place: an answer that is taken back is a further entry. So a case can be stored one
row an entry, two writers cannot overwrite each other unnoticed (they would claim the same place in the list), and its
history explains itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Scalar = str | int | bool
StepResult = Literal["solved", "failed", "skipped"]


class _Entry(BaseModel):
    """What every entry has: when it was confirmed (UTC), and by whom (free text, empty when unknown)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: datetime
    by: str = ""


class Pasted(_Entry):
    """A text arrived: an error message, a log excerpt. Redacted before it becomes an entry."""

    kind: Literal["pasted"] = "pasted"
    text: str


class Answered(_Entry):
    """A fact is known; replaces an earlier answer about it."""

    kind: Literal["answered"] = "answered"
    fact: str
    value: Scalar | list[Scalar]


class Unknown(_Entry):
    """Nobody can tell a fact; it is not asked again. Replaces an earlier answer about it."""

    kind: Literal["unknown"] = "unknown"
    fact: str


class Withdrawn(_Entry):
    """An answer, or that a fact is unknown, is taken back."""

    kind: Literal["withdrawn"] = "withdrawn"
    fact: str


class StepTried(_Entry):
    """A fix step was carried out, with what result."""

    kind: Literal["step"] = "step"
    cause: str
    step: str
    result: StepResult


class Closed(_Entry):
    """The case is over. `cause` is the confirmed cause, `not-oauth`, or None when it stayed unsolved."""

    kind: Literal["closed"] = "closed"
    cause: str | None = None
    note: str = ""


class Reopened(_Entry):
    """A closed case goes on."""

    kind: Literal["reopened"] = "reopened"


Entry = Annotated[Pasted | Answered | Unknown | Withdrawn | StepTried | Closed | Reopened, Field(discriminator="kind")]
ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)


class CaseState(BaseModel):
    """What holds after all entries of a case.

    Attributes:
        answers: value by fact, in the order of answering.
        unknown: facts that nobody could tell.
        texts: the redacted texts, in the order of arrival.
        steps: result by (cause, step), in the order of trying.
        closed: whether the case is over; `cause` as in `Closed`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    answers: dict[str, Scalar | list[Scalar]] = {}
    unknown: list[str] = []
    texts: list[str] = []
    steps: list[StepTried] = []
    closed: bool = False
    cause: str | None = None

    @property
    def text(self) -> str:
        """All texts as one."""
        return "\n".join(self.texts)


class Case(BaseModel):
    """One incident: who, what was confirmed, in which order.

    Attributes:
        id: opaque, unique; title: one line for lists (redacted).
        entries: everything that was confirmed; their number is the case's revision.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str = ""
    created: datetime
    entries: tuple[Entry, ...] = ()

    @property
    def revision(self) -> int:
        """Counts the entries; whoever writes names the revision that was read."""
        return len(self.entries)

    @property
    def state(self) -> CaseState:
        """What holds now."""
        return replay(self.entries)


def replay(entries: Iterable[Entry]) -> CaseState:
    """The state after the entries, applied in order."""
    answers: dict[str, Scalar | list[Scalar]] = {}
    unknown: list[str] = []
    texts: list[str] = []
    steps: list[StepTried] = []
    closed, cause = False, None
    for entry in entries:
        match entry:
            case Pasted():
                texts.append(entry.text)
            case Answered() | Unknown() | Withdrawn():
                answers.pop(entry.fact, None)
                unknown = [fact for fact in unknown if fact != entry.fact]
                if isinstance(entry, Answered):
                    answers[entry.fact] = entry.value
                elif isinstance(entry, Unknown):
                    unknown.append(entry.fact)
            case StepTried():
                steps = [one for one in steps if (one.cause, one.step) != (entry.cause, entry.step)]
                steps.append(entry)
            case Closed():
                closed, cause = True, entry.cause
            case Reopened():
                closed, cause = False, None
    return CaseState(answers=answers, unknown=unknown, texts=texts, steps=steps, closed=closed, cause=cause)
