"""Listening and serving until a signal comes: what the commands that serve share."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from typing import Any

from .common import UsageError


def listen(host: str, port: int) -> socket.socket:
    """A socket to listen on.

    Raises:
        UsageError: that is not possible.
    """
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


def run(app: Any, listener: socket.socket, address: str) -> None:
    """Serve until a signal comes; the address is printed when it can be used."""
    import uvicorn

    class Stoppable(uvicorn.Server):
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
    Stoppable(config).run(sockets=[listener])
