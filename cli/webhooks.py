"""`webhooks`: where case events are sent, with what secret, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .common import NOT_DIAGNOSED, Output, UsageError, complain, guarded
from .database import DatabaseOption, open_store
from .durations import read_duration

if TYPE_CHECKING:
    from ..service.webhooks.endpoints import EndpointStore

app = typer.Typer(help="Webhooks out: add, list, remove, rotate, deliveries, replay.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of an endpoint, see `webhooks list`.")]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="text or ndjson.")]


@app.command("add")
@guarded
def add_webhook(
    url: Annotated[str, typer.Argument(metavar="URL", help="https://... (http:// only for loopback).")],
    event: Annotated[
        list[str] | None, typer.Option("--event", help="case.created, case.entry, case.closed; all by default.")
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="The address may be in a private network or on this machine.")
    ] = False,
    database: DatabaseOption = None,
) -> None:
    """Send case events to an address. Prints the secret to verify them with: this is the only time."""
    endpoints = _open(database)
    from ..engine.cases.outbox import EVENT_TYPES

    with _explained():
        made, secret = endpoints.add(url, event or EVENT_TYPES, allow_private=allow_private)
    typer.echo(secret)
    complain(f"endpoint {made.id} gets {', '.join(made.events)}; the secret is not shown again")


@app.command("list")
@guarded
def list_webhooks(output: OutputOption = Output.TEXT, database: DatabaseOption = None) -> None:
    """List endpoints."""
    _known(output)
    for one in _open(database).endpoints():
        if output is Output.TEXT:
            status = f"disabled: {one.disabled}" if one.disabled else "enabled"
            typer.echo(f"{one.id}  {status}  {','.join(one.events)}  {one.url}")
        else:
            typer.echo(one.model_dump_json())


@app.command("remove")
@guarded
def remove_webhook(identifier: IdArgument, database: DatabaseOption = None) -> None:
    """Remove an endpoint, and what was still to be delivered to it."""
    endpoints = _open(database)
    with _explained():
        endpoints.remove(identifier)
    complain(f"endpoint {identifier} is removed")


@app.command("rotate")
@guarded
def rotate_webhook(
    identifier: IdArgument,
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="DURATION", help="How long webhooks are signed with both secrets.")
    ] = "24h",
    database: DatabaseOption = None,
) -> None:
    """Print a new secret; webhooks are signed with both for the overlap."""
    endpoints = _open(database)
    both = read_duration(overlap, "--overlap")
    with _explained():
        made, secret = endpoints.rotate(identifier, both)
    typer.echo(secret)
    complain(f"endpoint {made.id} is signed with both secrets until {made.previous_until:%Y-%m-%d %H:%M} UTC")


@app.command("deliveries")
@guarded
def list_deliveries(
    endpoint: Annotated[str | None, typer.Option("--endpoint", metavar="ID", help="Only of this endpoint.")] = None,
    state: Annotated[str | None, typer.Option("--state", help="pending, delivered or failed.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="At most so many.")] = 50,
    output: OutputOption = Output.TEXT,
    database: DatabaseOption = None,
) -> None:
    """What was delivered and what is still to be, latest first; exit code 1 when there is nothing."""
    _known(output)
    _known_state(state)
    found = _open(database).deliveries(endpoint=endpoint, state=state, limit=limit)
    for one in found:
        if output is Output.TEXT:
            again = f", again {one.due:%Y-%m-%d %H:%M:%S}" if one.due and one.attempts else ""
            typer.echo(
                f"{one.event}  {one.at:%Y-%m-%d %H:%M:%S}  {one.type:<12}  {one.case_id}  {one.endpoint}"
                f"  {one.state:<9}  {one.attempts} attempt(s)  {one.outcome}{again}".rstrip()
            )
        else:
            typer.echo(one.model_dump_json())
    if not found:
        raise typer.Exit(NOT_DIAGNOSED)


@app.command("replay")
@guarded
def replay_deliveries(
    event: Annotated[str | None, typer.Argument(metavar="[EVENT]", help="Id of one event (msg_...).")] = None,
    endpoint: Annotated[str | None, typer.Option("--endpoint", metavar="ID", help="Only to this endpoint.")] = None,
    state: Annotated[str, typer.Option("--state", help="Without EVENT: all that are failed, or delivered.")] = "failed",
    database: DatabaseOption = None,
) -> None:
    """Deliver again, under the same id: one event, or everything that failed. A running server does it."""
    _known_state(state)
    number = _open(database).replay(event=event, endpoint=endpoint, state=state)
    complain(f"{number} delivery(s) will be tried again")
    if not number:
        raise typer.Exit(NOT_DIAGNOSED)


def _known(output: Output) -> None:
    if output not in (Output.TEXT, Output.JSON, Output.NDJSON):
        raise UsageError(f"--output {output.value}: expected text or ndjson")


def _known_state(state: str | None) -> None:
    if state not in (None, "pending", "delivered", "failed"):
        raise UsageError(f"--state {state!r}: expected pending, delivered or failed")


def _open(database: str | None) -> EndpointStore:
    store = open_store(database)
    from ..service.webhooks.endpoints import EndpointStore

    return EndpointStore(store)


class _explained:  # noqa: N801 - reads as a statement
    """Turn what the endpoints refuse into a usage error."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from ..service.webhooks.endpoints import EndpointError

        if isinstance(error, EndpointError):
            raise UsageError(str(error)) from None
