"""What every request goes through, before any route: host check, body limit, headers, and a log without secrets."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Collection
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("oauth_doctor.service")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


_MOST_DRAINED = 16  # times the largest body


class BodyTooLargeError(HTTPException):
    """More was sent than a request may have."""

    def __init__(self, largest: int) -> None:
        self.largest = largest
        super().__init__(413, f"at most {largest >> 20} MiB can be sent at once")


class Guard:
    """ASGI middleware. `largest_body` in bytes; `hosts` in lower case without port."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], largest_body: int) -> None:
        self._app = app
        self._hosts = hosts
        self._largest = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            if _hostname(scope) not in self._hosts:
                await _refuse(send_guarded, 421, "This host name is not served here; see `serve --allow-host`.")
            else:
                await self._app(scope, self._limited(receive), send_guarded)
        except Exception as error:  # noqa: BLE001 - logged, and answered as far as possible
            # A bug. Where it is, but not its message, which may hold what somebody sent.
            frames = "".join(traceback.format_tb(error.__traceback__))
            log.error("%s in %s\n%s", type(error).__name__, scope["method"], frames)
            if status:
                raise ConnectionAbortedError from None  # half an answer is out
            await _refuse(send_guarded, 500, "This went wrong in oauth-doctor itself. What was stored before is safe.")
        finally:
            # The template of the route, not what was asked for: people put secrets into addresses and searches.
            route = getattr(scope.get("route"), "path", "-")
            took = (time.perf_counter() - began) * 1e3
            log.info("%s %s %d %.0f ms", scope["method"], route, status, took)

    def _limited(self, receive: Receive) -> Receive:
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._largest:
                    # A browser shows the answer only when it got rid of everything.
                    while message.get("more_body") and received <= self._largest * _MOST_DRAINED:
                        message = await receive()
                        received += len(message.get("body", b""))
                    raise BodyTooLargeError(self._largest)
            return message

        return receive_limited


def _header(scope: Scope, name: bytes) -> str:
    value: bytes = next((value for key, value in scope["headers"] if key == name), b"")
    return value.decode("latin-1")


def _hostname(scope: Scope) -> str:
    host = _header(scope, b"host").lower().strip()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


async def _refuse(send: Send, status: int, words: str) -> None:
    body = words.encode()
    headers: list[Any] = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
