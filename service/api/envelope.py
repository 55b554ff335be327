"""What surrounds every request: its id, limits of size and time, figures, one line in the log, and the last resort."""

from __future__ import annotations

import asyncio
import re
import secrets
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..logs import log_failure, write_log
from . import metrics
from .problems import Problem, as_problem
from .settings import ApiSettings

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
STREAMS = frozenset({"/diagnose/stream"})  # they limit themselves: by the line, and by the time between two lines


class Envelope:
    """Outermost ASGI middleware of the API."""

    def __init__(self, app: ASGIApp, settings: ApiSettings, mount: str) -> None:
        self._app = app
        self._settings = settings
        self._mount = mount

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        request_id = _request_id(scope)
        scope["oauth_doctor.request_id"] = request_id
        stream = _path(scope) in STREAMS
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, scope, request_id)
            await send(message)

        limited = receive if stream else self._limited(scope, receive)
        try:
            if stream:
                await self._app(scope, limited, sending)
            else:
                async with asyncio.timeout(self._settings.seconds):
                    await self._app(scope, limited, sending)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem, and the log its place
            problem = as_problem(error)
            if isinstance(error, TimeoutError):
                problem = Problem(503, f"it took longer than {self._settings.seconds} s", kind="too-slow")
            if problem is None:
                log_failure(error, "request", request_id=request_id)
                problem = Problem(500, "an error of the service; the log has it under this request's id")
            if status:
                raise RuntimeError("the response was broken off") from None
            await problem.response(request_id)(scope, receive, sending)
        finally:
            self._account(scope, status, time.perf_counter() - begin, request_id)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        most, taken = self._settings.most_bytes, 0
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        announced = int(length) if length.isdigit() and len(length) < 20 else 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > most or announced > most:
                    raise Problem(413, f"the body is larger than {most:,} bytes", headers={"Connection": "close"})
            return message

        return limited

    def _account(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = _route(scope, self._mount)
        metrics.count_request(scope["method"], route, status, seconds)
        if self._settings.log:
            write_log(
                "request",
                method=scope["method"] if scope["method"].isalpha() else "?",
                route=route,
                status=status,
                ms=round(seconds * 1e3, 2),
                request_id=request_id,
                key=scope.get("oauth_doctor.key"),
            )


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given: str = value.decode("latin-1")
            if _REQUEST_ID.fullmatch(given):
                return given
    return secrets.token_hex(8)


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(root) else path


def _route(scope: Scope, mount: str) -> str:
    route = scope.get("route")
    path = getattr(route, "path", None)
    return f"{mount}{path}" if isinstance(path, str) else "none"


def _add_headers(message: Message, scope: Scope, request_id: str) -> None:
    headers = message.setdefault("headers", [])
    present = {name.lower() for name, _ in headers}
    headers.append((b"x-request-id", request_id.encode("ascii")))
    headers.append((b"x-content-type-options", b"nosniff"))
    if b"cache-control" not in present:
        headers.append((b"cache-control", b"no-store"))
    for name, value in (scope.get("oauth_doctor.headers") or {}).items():
        if name.lower().encode() not in present:
            headers.append((name.lower().encode(), value.encode("latin-1")))
