"""A scan's report on the terminal: a ranked table, then evidence and steps of the first groups. Readable at 80 columns."""

from __future__ import annotations

from datetime import datetime

from rich import box
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..engine.logs import GroupFound, ScanReport
from .terminal import WHO, make_console

_WITH_DETAILS = 5
_MOST_EVIDENCE = 3
_MOST_STEPS = 4
_MOST_CANDIDATES = 3


def print_scan(report: ScanReport, console: Console | None = None) -> None:
    """Print totals, the table of groups, details of the first ones, and what was odd."""
    console = console or make_console()
    console.print(_headline(report))
    if report.groups:
        console.print()
        console.print(_table(report.groups))
        for group in report.groups[:_WITH_DETAILS]:
            console.print()
            console.print(details(group))
        if len(report.groups) > _WITH_DETAILS:
            console.print()
            console.print(Text("Steps of the others: --output markdown or html.", style="dim"))
    if report.unclear:
        console.print()
        console.print(Text(f"Unclear ({report.totals.unclear} incidents):", style="bold yellow"))
        for group in report.unclear[:_WITH_DETAILS]:
            console.print(Padding(Text(f"{group.count} x {_place(group)} {group.template}"), (0, 0, 0, 3)))
            if candidates := _candidates(group):
                console.print(Padding(Text(f"perhaps {candidates}", style="dim"), (0, 0, 0, 7)))
    odd = _odd(report)
    if odd:
        console.print()
        console.print(Text(odd, style="dim"))


def _candidates(group: GroupFound) -> str:
    """What an unclear incident may be."""
    best = group.diagnosis.causes[:_MOST_CANDIDATES]
    return ", or ".join(f"{cause.id} ({cause.probability:.0%})" for cause in best)


def details(group: GroupFound) -> Group:
    """One group: title, template, evidence and steps. `watch` prints it for every new kind."""
    parts: list[object] = [
        Text.assemble(
            (f"{group.rank}. ", "bold"),
            (group.title, "bold"),
            (f"  {min(group.probability, 0.99):.0%}" if group.cause else "", "green"),
            (f"  {group.cause}" if group.cause else "", "dim"),
        ),
        Padding(Text(f"{_place(group)} {group.template}", style="cyan"), (0, 0, 0, 3)),
    ]
    if not group.cause and (candidates := _candidates(group)):
        parts.append(Padding(Text(f"perhaps {candidates}"), (0, 0, 0, 3)))
    cause = group.diagnosis.causes[0] if group.cause else None
    if cause is not None:
        telling = {(item.line, item.excerpt or item.why): item for item in reversed(cause.evidence) if item.weight}
        for item in list(reversed(telling.values()))[:_MOST_EVIDENCE]:
            sign, style = ("+", "green") if item.direction == "for" else ("-", "red")
            place = f" line {item.line}:" if item.line is not None else ""
            shown = item.excerpt or item.why or ", ".join(item.facts)
            line = Text.assemble((f"{sign} {item.strength}", style), f"{place} {shown} ", (f"[{item.rule}]", "dim"))
            parts.append(Padding(line, (0, 0, 0, 3)))
        steps = Table.grid(padding=(0, 1))
        steps.add_column(justify="right", style="bold", no_wrap=True)
        steps.add_column(ratio=1)
        for number, step in enumerate(cause.steps[:_MOST_STEPS], start=1):
            steps.add_row(
                f"{number}.",
                Text.assemble(step.text, (f"  ({WHO.get(step.who, step.who)}, {step.minutes} min)", "cyan")),
            )
        if cause.steps:
            parts.append(Padding(steps, (0, 0, 0, 3)))
        if len(cause.steps) > _MOST_STEPS:
            parts.append(Padding(Text(f"more: oauth-doctor explain {cause.id}", style="dim"), (0, 0, 0, 3)))
    return Group(*parts)  # type: ignore[arg-type]


def _headline(report: ScanReport) -> Text:
    totals = report.totals
    read = f"{totals.files:,} file{'s' if totals.files != 1 else ''}, {totals.lines:,} lines, {_size(totals.bytes)}"
    if not report.groups:
        return Text.assemble(("No cause was found", "bold yellow"), f" in {read}.")
    kinds = len(report.groups)
    return Text.assemble(
        (f"{totals.diagnosed:,} incident{'s' if totals.diagnosed != 1 else ''}", "bold"),
        f" of {kinds} kind{'s' if kinds != 1 else ''} in {read}.",
    )


def _table(groups: list[GroupFound]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), expand=True)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("count", justify="right", no_wrap=True)
    table.add_column("cause", ratio=3)
    table.add_column("last", no_wrap=True)
    table.add_column("affected", no_wrap=True)
    table.add_column("where", ratio=2, overflow="fold")
    for group in groups:
        affected = "\n".join(
            f"{name} {one.count:,}{'+' if one.at_least else ''}" for name, one in group.affected.items()
        )
        last = Text(_time(group.last), style="dim")
        table.add_row(str(group.rank), f"{group.count:,}", Text(group.title), last, affected, Text(_place(group)))
    return table


def _time(time: datetime | None) -> str:
    return time.strftime("%m-%d %H:%M:%S") if time else "-"


def _place(group: GroupFound) -> str:
    return f"{group.places[0].source}:{group.places[0].line}" if group.places else ""


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _odd(report: ScanReport) -> str:
    totals = report.totals
    odd = [
        (totals.undecodable, "lines with bytes that are no UTF-8"),
        (totals.cut, "lines that were too long and cut"),
        (totals.truncated, "archives that end too early or are damaged"),
        (totals.unreadable, "unreadable files"),
        (totals.further, "incidents of further kinds, only counted"),
    ]
    return ", ".join(f"{count:,} {what}" for count, what in odd if count)
