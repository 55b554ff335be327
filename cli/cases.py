"""`cases`: look at stored cases, export them, and delete them."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from .common import DIAGNOSED, NOT_DIAGNOSED, Output, UsageError, complain, guarded
from .database import DatabaseOption, open_store

if TYPE_CHECKING:
    from ..engine.cases import Case, Entry

app = typer.Typer(help="Stored cases: list, show, export, delete.", no_args_is_help=True)

_OPEN_HELP = "Only cases that are still open (--closed: only closed ones)."
_JSON_ONLY = (Output.JSON, Output.NDJSON)
CaseArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a case, see `cases list`.")]


@app.command("list")
@guarded
def list_cases(
    query: Annotated[list[str] | None, typer.Argument(metavar="[WORD]...", help="Words that a case has.")] = None,
    open_: Annotated[bool | None, typer.Option("--open/--closed", help=_OPEN_HELP)] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="At most so many.")] = 50,
    output: Annotated[Output, typer.Option("--output", "-o", help="text or ndjson.")] = Output.TEXT,
    database: DatabaseOption = None,
) -> None:
    """List cases, latest first; exit code 1 when there is none."""
    _known_output(output, *_JSON_ONLY)
    found = open_store(database).find(" ".join(query or ()), closed=None if open_ is None else not open_, limit=limit)
    for case in found:
        if output is Output.TEXT:
            status = (case.cause or "unsolved") if case.closed else "open"
            typer.echo(f"{case.id}  {_local(case.updated)}  {status:<28}  {case.title}".rstrip())
        else:
            typer.echo(case.model_dump_json(exclude={"cursor"}))
    raise typer.Exit(DIAGNOSED if found else NOT_DIAGNOSED)


@app.command("show")
@guarded
def show_case(
    case_id: CaseArgument,
    output: Annotated[Output, typer.Option("--output", "-o", help="text or json.")] = Output.TEXT,
    database: DatabaseOption = None,
) -> None:
    """Show the history of one case."""
    _known_output(output, *_JSON_ONLY)
    case = open_store(database).load(case_id)
    if output is not Output.TEXT:
        typer.echo(case.model_dump_json(indent=2 if output is Output.JSON else None))
        return
    state = case.state
    status = f"closed, {state.cause or 'unsolved'}" if state.closed else "open"
    typer.echo(f"{case.id}  {case.title}\ncreated {_local(case.created)}, {status}")
    for entry in case.entries:
        by = f"  ({entry.by})" if entry.by else ""
        typer.echo(f"{_local(entry.at)}  {_in_words(entry)}{by}")


@app.command("export")
@guarded
def export_cases(
    case_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids; none with --all.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every case.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Write cases as NDJSON, one a line, with all entries and what follows from them."""
    if bool(case_ids) == everything:
        raise UsageError("export: expected ids of cases, or --all")
    store = open_store(database)
    for case in store.cases() if everything else map(store.load, case_ids or ()):
        sys.stdout.write(_exported(case) + "\n")


@app.command("delete")
@guarded
def delete_cases(
    case_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of cases.")],
    database: DatabaseOption = None,
) -> None:
    """Delete cases for good."""
    store = open_store(database)
    for case_id in case_ids:
        store.delete(case_id)
        complain(f"case {case_id} is deleted")


@app.command("purge")
@guarded
def purge_cases(
    older_than: Annotated[str, typer.Option("--older-than", metavar="DAYS", help="Untouched for so many days.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many that would be.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Delete for good what nobody has touched for a number of days."""
    days = older_than.strip().removesuffix("d")
    if not (days.isascii() and days.isdecimal() and len(days) <= 5):
        raise UsageError(f"--older-than {older_than!r}: expected a number of days, for example 90")
    store = open_store(database)
    if dry_run:
        typer.echo(f"{store.count_older_than(int(days))} case(s) would be deleted")
    else:
        typer.echo(f"{store.delete_older_than(int(days))} case(s) deleted")


def _known_output(output: Output, *also: Output) -> None:
    if output not in (Output.TEXT, *also):
        raise UsageError(f"--output {output.value}: expected text, {', '.join(form.value for form in also)}")


def _exported(case: Case) -> str:
    return json.dumps({**case.model_dump(mode="json"), "state": case.state.model_dump(mode="json")}, ensure_ascii=False)


def _local(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")


def _in_words(entry: Entry) -> str:
    """An entry, of a text all of it; nothing in it can steer the terminal."""
    from ..engine.cases.words import in_words

    words = in_words(entry)
    if entry.kind == "pasted":
        words += "\n" + "\n".join(f"    {line}" for line in entry.text.split("\n"))
    return "".join(char if char.isprintable() or char in "\n\t" else "?" for char in words)
