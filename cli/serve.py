"""`serve`: the web page and the HTTP API."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .common import KnowledgeOption, UsageError, complain
from .database import DatabaseOption, open_store
from .serving import listen, run

if TYPE_CHECKING:
    from ..service.api.settings import ApiSettings
    from ..service.server import Server
    from ..service.settings import Settings


def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8350,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="A name under which a reverse proxy publishes it."),
    ] = None,
    api_only: Annotated[bool, typer.Option("--api-only", help="The HTTP API without the web page.")] = False,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=256, help="Processes; more than one need PostgreSQL.")
    ] = 1,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option("--cors-origin", metavar="ORIGIN", help="Its pages may call the API from a browser (repeatable)."),
    ] = None,
    helpdesk: Annotated[
        Path | None, typer.Option("--helpdesk", metavar="FILE", help="Helpdesks and Slack: docs/webhooks-in.md.")
    ] = None,
    database: DatabaseOption = None,
    knowledge: KnowledgeOption = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every request on stderr.")] = False,
) -> None:
    """Serve the web page, and the HTTP API below /v1; the address is printed.

    Ends with Ctrl-C or SIGTERM, when running requests are done.
    """
    try:
        from ..service.api.settings import ApiSettings
        from ..service.logs import log_as_json
        from ..service.server import Server  # noqa: F401 - what it needs is looked for here
        from ..service.settings import Settings, is_loopback
    except ImportError as error:
        raise UsageError(f'serve needs the extra "service": sh install.sh service ({error.name} is missing)') from None
    local = is_loopback(host)
    if not local and not api_only:
        # The pages have no log-in of their own.
        raise UsageError(
            f"--host {host}: refused, everybody there could read the cases; expected 127.0.0.1, ::1 or localhost"
            " (publish it through a reverse proxy that asks for a log-in, with --allow-host NAME), or --api-only"
        )
    if not local or workers > 1:
        _check_database(database, workers, keys_needed=None if local else host)
    listener = listen(host, port)
    names = tuple(allow_host or ())
    settings = Settings(database=database, knowledge=tuple(knowledge or ()), host=host, port=port, allowed_hosts=names)
    api = ApiSettings(
        workers=workers, open=local, cors_origins=tuple(cors_origin or ()), log=verbose, helpdesk=helpdesk
    )
    log_as_json(verbose=verbose)
    server = _assembled(settings, api, pages=not api_only)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listener.getsockname()[1]}/"
    if workers == 1:
        run(server, listener, address)
    else:
        from ..service.workers import run_workers

        server.stop()  # it was only to show what is wrong with knowledge or database
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        run_workers(listener, settings, api, pages=not api_only)
    complain("stopped")


def _assembled(settings: Settings, api: ApiSettings, *, pages: bool) -> Server:
    from ..service.server import Server

    if api.helpdesk is None:
        return Server(settings, api, pages=pages)
    try:
        from ..service.helpdesk.config import ConfigError
    except ImportError as error:
        raise UsageError(
            f'--helpdesk needs the extra "helpdesk": sh install.sh helpdesk ({error.name} is missing)'
        ) from None
    try:
        return Server(settings, api, pages=pages)
    except ConfigError as error:
        raise UsageError(f"--helpdesk {error}") from None


def _check_database(database: str | None, workers: int, keys_needed: str | None) -> None:
    from ..engine.cases.place import find_place
    from ..service.keys import KeyStore

    place = find_place(database)
    if workers > 1 and place.file is not None:
        raise UsageError(
            f"--workers {workers}: several processes share PostgreSQL, not the file {place.name};"
            " expected --database postgresql://... or one worker"
        )
    if keys_needed is not None:
        store = open_store(database)
        usable = KeyStore(store).usable()
        store.close()
        if not usable:
            raise UsageError(
                f"--host {keys_needed}: refused, there is no API key and everybody there could read the cases;"
                " expected a key first (oauth-doctor keys create NAME), or 127.0.0.1"
            )
