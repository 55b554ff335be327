"""The protocol over streamable HTTP: one path, guarded by API keys, Host and Origin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anyio.to_thread
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ...engine.cases.errors import StoreError
from ..keys import ApiKey, KeyStore

PATH = "/mcp"
SCOPES = ("diagnose", "cases")  # what a key needs
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_LARGEST = 12 << 20  # bytes of one request


def http_app(server: MCPServer[Any], keys: KeyStore, *, local: bool, allow_hosts: Sequence[str] = ()) -> ASGIApp:
    """The application.

    Args:
        local: it listens on this machine only: without keys in the database nobody is asked for one.
        allow_hosts: names under which it is published, besides the loopback names.
    """
    names = [*_LOOPBACK, *allow_hosts]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[form for name in names for form in (name, f"{name}:*")],
        allowed_origins=[
            form
            for name in names
            for scheme in (("http", "https") if name in _LOOPBACK else ("https",))
            for form in (f"{scheme}://{name}", f"{scheme}://{name}:*")
        ],
    )
    app = server.streamable_http_app(
        streamable_http_path=PATH, transport_security=security, max_request_body_size=_LARGEST, json_response=True
    )
    return _Guarded(app, keys, local=local)


class _Guarded:
    """Lets through who has a key."""

    def __init__(self, app: ASGIApp, keys: KeyStore, *, local: bool) -> None:
        self._app = app
        self._keys = keys
        self._local = local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
        try:
            refused = await anyio.to_thread.run_sync(self._refused, given)
        except StoreError:
            refused = (503, "the database does not answer")
        if refused is None:
            await self._app(scope, receive, send)
            return
        status, said = refused
        headers = {"WWW-Authenticate": 'Bearer realm="oauth-doctor"'} if status == 401 else {}
        await JSONResponse({"error": said}, status, headers)(scope, receive, send)

    def _refused(self, given: list[str]) -> tuple[int, str] | None:
        if not given and self._local and not self._required():
            return None
        scheme, _, token = (given[0] if len(given) == 1 else "").partition(" ")
        key = self._find(token.strip()) if scheme.lower() == "bearer" and len(token) < 200 else None
        if key is None:
            return 401, "a key is needed: Authorization: Bearer odk_... (oauth-doctor keys create)"
        lacking = [one for one in SCOPES if not key.may(one)]
        return (403, f"the key {key.prefix} lacks the scope {lacking[0]}") if lacking else None

    def _required(self) -> bool:
        required = self._keys.required_remembered()
        return self._keys.required() if required is None else required

    def _find(self, token: str) -> ApiKey | None:
        good, found = self._keys.remembered(token)
        return found if good else self._keys.find(token)
