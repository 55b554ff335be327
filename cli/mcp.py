"""`mcp`: the Model Context Protocol server, for assistants."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from .common import KnowledgeOption, UsageError, complain, make_doctor
from .database import DatabaseOption, open_store


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Streamable HTTP at /mcp instead of standard input and output.")
    ] = False,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8351,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="A name under which a reverse proxy publishes it."),
    ] = None,
    database: DatabaseOption = None,
    knowledge: KnowledgeOption = None,
) -> None:
    """Serve assistants over standard input and output, or over HTTP with API keys; see docs/mcp.md."""
    try:
        from ..service.mcp.tools import build
    except ImportError as error:
        raise UsageError(f'mcp needs the extra "mcp": sh install.sh mcp ({error.name} is missing)') from None
    if not http and (host != "127.0.0.1" or allow_host):
        raise UsageError("--host and --allow-host belong to --http")
    # Only what went wrong in ourselves, and never on standard output, which is the protocol's.
    logging.basicConfig(level=logging.CRITICAL)
    store = open_store(database)
    try:
        server = build(make_doctor(knowledge), store)
        if not http:
            server.run("stdio")
            return
        from ..service.keys import KeyStore
        from ..service.mcp.http import PATH, http_app
        from ..service.settings import is_loopback
        from .serving import listen, run

        keys, local = KeyStore(store), is_loopback(host)
        if not local and not keys.usable():
            raise UsageError(
                f"--host {host}: refused, there is no API key and everybody there could read the cases;"
                " expected a key first (oauth-doctor keys create NAME --scope diagnose --scope cases), or 127.0.0.1"
            )
        listener = listen(host, port)
        shown = f"[{host}]" if ":" in host else host
        names = [*(allow_host or ()), *([shown] if not local and host not in ("0.0.0.0", "::") else [])]  # noqa: S104
        app = http_app(server, keys, local=local, allow_hosts=names)
        run(app, listener, f"http://{shown}:{listener.getsockname()[1]}{PATH}")
        complain("stopped")
    finally:
        store.close()
