"""A diagnosis on the terminal: readable at 80 columns, without colour, and through a pipe."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable

from rich.console import Console, ConsoleRenderable, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..engine import CauseFound, Diagnosis, EvidenceFound, Question
from ..engine.wording import percent

_BAR = 20
_MOST_EVIDENCE = 4
_MOST_RULES = 3
_WITH_STEPS = 0.10
WHO = {
    "agent": "you",
    "user": "user",
    "client-admin": "application admin",
    "provider-admin": "provider admin",
    "developer": "developer",
}


def make_console(*, stderr: bool = False) -> Console:
    """A console that wraps at the terminal's width, at 100 columns in a pipe, and obeys NO_COLOR."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else min(shutil.get_terminal_size((100, 24)).columns, 100)
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def print_diagnosis(diagnosis: Diagnosis, console: Console | None = None) -> None:
    """Print verdict, causes with evidence, the steps of the likely ones, and the next question."""
    console = console or make_console()
    with console.capture() as captured:
        for number, part in enumerate(_parts(diagnosis)):
            if number:
                console.print()
            console.print(part)
    # Rich fills every line up to the width; in a file or a ticket that is only noise.
    for line in captured.get().splitlines():
        console.file.write(line.rstrip() + "\n")


def _parts(diagnosis: Diagnosis) -> Iterable[ConsoleRenderable]:
    yield _headline(diagnosis)
    for number, cause in enumerate(diagnosis.causes, start=1):
        if cause.probability >= 0.01 or number <= 3:
            yield _cause(number, cause, steps=number == 1 or cause.probability >= _WITH_STEPS)
    none = diagnosis.none_of_these
    if none.probability >= 0.1:
        looks = f" It looks like: {none.looks_like}" if none.looks_like else ""
        yield Text(f"None of these: {percent(none.probability)}.{looks}", style="dim")
    if diagnosis.next_question is not None and diagnosis.verdict != "no-oauth-problem":
        yield question(diagnosis.next_question)
    if diagnosis.redactions:
        number = diagnosis.redactions
        what = "1 secret was" if number == 1 else f"{number} secrets were"
        yield Text(f"{what} removed from the text before anything was done with it.", style="dim")


def _headline(diagnosis: Diagnosis) -> Text:
    if diagnosis.verdict == "diagnosed":
        return Text.assemble(("Diagnosis: ", "bold"), (diagnosis.causes[0].title, "bold green"))
    if diagnosis.verdict == "no-oauth-problem":
        return Text("This does not look like an OAuth / OpenID Connect problem.", style="bold yellow")
    return Text(
        "No cause is certain yet. The likeliest:" if diagnosis.causes else "Nothing was recognised.",
        style="bold yellow",
    )


def _cause(number: int, cause: CauseFound, *, steps: bool) -> Group:
    filled = round(cause.probability * _BAR)
    parts: list[object] = [
        Text.assemble((f"{number}. ", "bold"), (cause.title, "bold")),
        Text.assemble(
            "   ",
            ("█" * filled, "green"),
            ("░" * (_BAR - filled), "dim"),
            f" {percent(cause.probability)}",
            (f"  {cause.id}", "dim"),
        ),
    ]
    if steps:
        parts.append(Padding(Text(cause.summary), (0, 0, 0, 3)))
    parts += [Padding(_evidence(items), (0, 0, 0, 3)) for items in _by_place(cause.evidence)[:_MOST_EVIDENCE]]
    if steps and cause.steps:
        parts.append(Padding(_steps(cause), (1, 0, 0, 3)))
        for reference in cause.references[:3]:
            parts.append(Padding(Text(f"see {reference.title}: {reference.url}", style="dim"), (0, 0, 0, 3)))
    return Group(*parts)  # type: ignore[arg-type]


def _by_place(evidence: Iterable[EvidenceFound]) -> list[list[EvidenceFound]]:
    """Evidence that counted, with what stands on the same line together, in the order of its weight."""
    places: dict[tuple[str, int | None, str], list[EvidenceFound]] = {}
    for item in evidence:
        if item.weight:
            shown = item.excerpt or item.why or ", ".join(item.facts)
            places.setdefault((item.direction, item.line, shown), []).append(item)
    return list(places.values())


def _evidence(items: list[EvidenceFound]) -> Text:
    first = items[0]
    sign, style = ("+", "green") if first.direction == "for" else ("-", "red")
    place = f" line {first.line}:" if first.line is not None else ""
    shown = first.excerpt or first.why or ", ".join(first.facts)
    rules = ", ".join(item.rule for item in items[:_MOST_RULES])
    more = f" and {len(items) - _MOST_RULES} more" if len(items) > _MOST_RULES else ""
    return Text.assemble((f"{sign} {first.strength}", style), f"{place} {shown} ", (f"[{rules}{more}]", "dim"))


def _steps(cause: CauseFound) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", style="bold", no_wrap=True)
    table.add_column(ratio=1)
    for number, step in enumerate(cause.steps, start=1):
        body = Text(step.text)
        body.append(f"  ({WHO.get(step.who, step.who)}, {step.minutes} min)", style="cyan")
        if step.verify:
            body.append(f"\nCheck: {step.verify}", style="dim")
        if step.risk:
            body.append(f"\nRisk: {step.risk}", style="yellow")
        table.add_row(f"{number}.", body)
    return table


def question(asked: Question) -> Group:
    """The next question with its answers."""
    lines = [Text.assemble(("Next question: ", "bold"), asked.text)]
    if asked.where:
        lines.append(Text(f"   Where to look: {asked.where}", style="dim"))
    lines += [Text(f"   {asked.fact}={answer.value}  {answer.label}") for answer in asked.answers]
    lines.append(Text("   (answer with --fact NAME=VALUE, or use `oauth-doctor ask`)", style="dim"))
    return Group(*lines)
