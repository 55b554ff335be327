"""`keys`: API keys of the service: make, list, rotate, revoke."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from .common import Output, UsageError, complain, guarded
from .database import DatabaseOption, open_store
from .durations import read_duration

if TYPE_CHECKING:
    from ..service.keys import ApiKey, KeyStore

app = typer.Typer(help="API keys of the service: create, list, rotate, revoke.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a key, see `keys list`.")]


@app.command("create")
@guarded
def create_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whom it is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="diagnose (default), cases, metrics, admin (everything); repeatable."),
    ] = None,
    rate: Annotated[int, typer.Option("--rate", metavar="N", help="Requests a minute; 0 for no limit.")] = 600,
    expires: Annotated[str | None, typer.Option("--expires", metavar="DURATION", help="For example 90d.")] = None,
    database: DatabaseOption = None,
) -> None:
    """Make a key and print it: this is the only time. The service then demands keys."""
    keys = _open(database)
    until = None if expires is None else datetime.now(UTC) + read_duration(expires, "--expires")
    with _explained():
        made, key = keys.create(name, scope or ["diagnose"], rate=rate, expires=until)
    typer.echo(key)
    complain(f"key {made.id} for {made.name!r} may: {', '.join(sorted(made.scopes))}; it is not shown again")


@app.command("list")
@guarded
def list_keys(
    output: Annotated[Output, typer.Option("--output", "-o", help="text or ndjson.")] = Output.TEXT,
    database: DatabaseOption = None,
) -> None:
    """List keys by their beginning; the keys themselves are not stored."""
    if output not in (Output.TEXT, Output.JSON, Output.NDJSON):
        raise UsageError(f"--output {output.value}: expected text or ndjson")
    for key in _open(database).keys():  # noqa: SIM118 - no dictionary
        if output is Output.TEXT:
            until = f"until {key.expires:%Y-%m-%d}" if key.expires else "no end"
            rate = f"{key.rate}/min" if key.rate else "no limit"
            scopes = ",".join(sorted(key.scopes))
            typer.echo(
                f"{key.id}  {key.prefix}_...  {key.status:<8}  {scopes:<24}  {rate:<10}  {until:<16}  {key.name}"
            )
        else:
            typer.echo(json.dumps(_plain(key)))


@app.command("rotate")
@guarded
def rotate_key(
    identifier: IdArgument,
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="DURATION", help="How long the old key works too; 0 for not at all.")
    ] = "24h",
    database: DatabaseOption = None,
) -> None:
    """Print a new key for the same caller; the old one works on for the overlap."""
    keys = _open(database)
    both = read_duration(overlap, "--overlap")
    with _explained():
        made, key = keys.rotate(identifier, both)
    typer.echo(key)
    complain(f"the old key of {made.id} works until {made.previous_until:%Y-%m-%d %H:%M} UTC")


@app.command("revoke")
@guarded
def revoke_key(identifier: IdArgument, database: DatabaseOption = None) -> None:
    """End a key for good. Running servers notice within seconds."""
    keys = _open(database)
    with _explained():
        made = keys.revoke(identifier)
    complain(f"key {made.id} for {made.name!r} is revoked")


def _open(database: str | None) -> KeyStore:
    store = open_store(database)
    from ..service.keys import KeyStore

    return KeyStore(store)


class _explained:  # noqa: N801 - reads as a statement
    """Turn what the key store refuses into a usage error."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from ..service.keys import KeyProblemError

        if isinstance(error, KeyProblemError):
            raise UsageError(str(error)) from None


def _plain(key: ApiKey) -> dict[str, object]:
    def instant(moment: datetime | None) -> str | None:
        return None if moment is None else moment.isoformat()

    return {
        "id": key.id,
        "prefix": key.prefix,
        "name": key.name,
        "status": key.status,
        "scopes": sorted(key.scopes),
        "rate": key.rate,
        "created": instant(key.created),
        "expires": instant(key.expires),
        "revoked": instant(key.revoked),
        "previous_until": instant(key.previous_until),
    }
