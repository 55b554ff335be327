"""`serve`: the web page (and what else the service offers) on this machine."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from .common import KnowledgeOption, UsageError, complain
from .database import DatabaseOption

if TYPE_CHECKING:
    from fastapi import FastAPI


def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8350,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="A name under which a reverse proxy publishes it."),
    ] = None,
    database: DatabaseOption = None,
    knowledge: KnowledgeOption = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every request on stderr.")] = False,
) -> None:
    """Serve the web page; its address is printed. Ends with Ctrl-C or SIGTERM, when running requests are done."""
    try:
        from ..service.app import create_app
        from ..service.settings import Settings, is_loopback
    except ImportError as error:
        raise UsageError(f'serve needs the extra "service": sh install.sh service ({error.name} is missing)') from None
    if not is_loopback(host):
        # The pages have no log-in of their own.
        raise UsageError(
            f"--host {host}: refused, everybody there could read the cases; expected 127.0.0.1, ::1 or localhost"
            " (publish it through a reverse proxy that asks for a log-in, with --allow-host NAME)"
        )
    listener = _listen(host, port)
    names = tuple(allow_host or ())
    settings = Settings(database=database, knowledge=tuple(knowledge or ()), host=host, port=port, allowed_hosts=names)
    app = create_app(settings)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(message)s"
    )
    shown = f"[{host}]" if ":" in host else host
    _run(app, listener, f"http://{shown}:{listener.getsockname()[1]}/")
    complain("stopped")


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"--host {host}: cannot be listened on: {error.strerror}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise UsageError(f"--port {port}: cannot be listened on: {error.strerror}; choose another") from None
    return listener


def _run(app: FastAPI, listener: socket.socket, address: str) -> None:
    """Serve until a signal comes; the address is printed when it can be used."""
    import uvicorn

    class Server(uvicorn.Server):
        """Ends with exit code 0 on both signals, as a server that was asked to stop should."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            sys.stdout.write(f"{address}\n")
            sys.stdout.flush()

        @contextlib.contextmanager
        def capture_signals(self):  # type: ignore[no-untyped-def]
            before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
            try:
                yield
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)

    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=10, lifespan="on"
    )
    Server(config).run(sockets=[listener])
