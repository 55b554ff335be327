"""`learn`: what confirmed cases have taught; show, export, import, reset, and take the last change back."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from .common import (
    DIAGNOSED,
    NOT_DIAGNOSED,
    EvaluatorChoice,
    KnowledgeOption,
    Output,
    UsageError,
    complain,
    guarded,
    make_doctor,
    read_input,
)
from .database import DatabaseOption, lessons, open_store

if TYPE_CHECKING:
    from pathlib import Path

    from ..engine.cases.lessons import Lessons
    from ..engine.knowledge import Knowledge
    from ..engine.learning import Learned

app = typer.Typer(help="What confirmed cases have taught: show, export, import, reset, undo.", no_args_is_help=True)

_SHOWN = 0.05  # a prior that moved by less than 5 % is not worth a line


@app.command("show")
@guarded
def show_learned(
    provider: Annotated[
        str | None, typer.Option("--provider", metavar="SLUG", help="Priors among the cases of this provider.")
    ] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="text or json.")] = Output.TEXT,
    knowledge: KnowledgeOption = None,
    database: DatabaseOption = None,
) -> None:
    """Show the counts and what they change; exit code 1 when nothing was learned."""
    if output not in (Output.TEXT, Output.JSON):
        raise UsageError(f"--output {output.value}: expected text, json")
    kept, known = _open(database, knowledge)
    learned = kept.learned()
    if output is Output.JSON:
        typer.echo(learned.to_json(), nl=False)
    else:
        for change in kept.changes():
            words = (
                f"{change.cases} case(s) imported" if change.kind == "import" else "reset; nothing from before counts"
            )
            typer.echo(f"{change.at:%Y-%m-%d %H:%M}  {words}")
        typer.echo("\n".join(_lines(learned, known, provider)))
    raise typer.Exit(DIAGNOSED if learned.cases else NOT_DIAGNOSED)


@app.command("export")
@guarded
def export_learned(knowledge: KnowledgeOption = None, database: DatabaseOption = None) -> None:
    """Write the counts as JSON; it holds no text and no answer of any case."""
    sys.stdout.write(_open(database, knowledge)[0].learned().to_json())


@app.command("import")
@guarded
def import_learned(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="An export of another site, or of this one.")],
    knowledge: KnowledgeOption = None,
    database: DatabaseOption = None,
) -> None:
    """Add the counts of an export to those of this site."""
    from ..engine.learning import Learned, LearnedError

    try:
        learned = Learned.from_json(read_input(file, wanted=True))
    except LearnedError as error:
        raise UsageError(f"{file}: {error}") from None
    _open(database, knowledge)[0].take_in(learned)
    complain(f"{learned.cases} case(s) imported; `learn undo` takes that back")


@app.command("reset")
@guarded
def reset_learned(knowledge: KnowledgeOption = None, database: DatabaseOption = None) -> None:
    """Count nothing from before now; the cases stay."""
    _open(database, knowledge)[0].reset()
    complain("reset: only cases that are closed from now on count; `learn undo` takes that back")


@app.command("undo")
@guarded
def undo_change(knowledge: KnowledgeOption = None, database: DatabaseOption = None) -> None:
    """Take back the last import or reset; exit code 1 when there is none."""
    change = _open(database, knowledge)[0].undo()
    if change is None:
        complain("there is no import or reset to take back")
        raise typer.Exit(NOT_DIAGNOSED)
    complain(f"taken back: the {change.kind} of {change.at:%Y-%m-%d %H:%M}")


def _open(database: str | None, knowledge: list[Path] | None) -> tuple[Lessons, Knowledge]:
    from ..engine.guide import Guide

    store = open_store(database)
    doctor = make_doctor(knowledge, EvaluatorChoice.OWN)
    return lessons(store, Guide(doctor)), doctor.knowledge


def _lines(learned: Learned, knowledge: Knowledge, provider: str | None) -> list[str]:
    """Counts beside what they make of priors, rules and steps; the most changed first."""
    if not learned.cases:
        return ["no case with a confirmed cause counts yet"]
    lines = [f"{learned.cases} confirmed case(s)", "", f"priors{f' with {provider}' if provider else ''}:"]
    shifts = learned.shifts(knowledge, provider)
    seen = {cause: sum(counts.get(cause, 0) for counts in learned.causes.values()) for cause in shifts}
    moved = [cause for cause in shifts if seen[cause] or abs(shifts[cause]) > _SHOWN]
    lines += [
        f"  {cause:<32} {seen[cause]:>5} case(s), {math.exp(shifts[cause]):.2f} times as likely"
        for cause in sorted(moved, key=lambda one: (-seen[one], -shifts[one], one))
        if seen[cause]
    ]
    unseen = [math.exp(shifts[cause]) for cause in moved if not seen[cause]]
    if unseen:
        lines.append(
            f"  {len(unseen)} others were never confirmed, {min(unseen):.2f} to {max(unseen):.2f} times as likely"
        )
    for name, tallies in (("rules", learned.rules), ("steps", learned.steps)):
        if tallies:
            lines += ["", f"{name}:"]
            ordered = sorted(tallies.items(), key=lambda item: (-item[1].wrong, -item[1].right, item[0]))
            lines += [f"  {key:<60} right {one.right}, wrong {one.wrong}" for key, one in ordered]
    return lines
