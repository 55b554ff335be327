"""The API as an application of its own: it shares nothing with the pages but the services behind both."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ...engine import __version__
from ..services import Services
from . import cases, catalogue, diagnose, document, health, jobs, problems, redaction
from .context import Context
from .envelope import STREAMS, Envelope
from .settings import ApiSettings
from .tracing import trace

MOUNT = "/v1"
_SMALL = 1000  # bytes; compressing less is not worth it


def create_api(services: Services, settings: ApiSettings | None = None) -> FastAPI:
    """The API. It answers below `MOUNT`; what calls it strips nothing, but sets `root_path` to it."""
    settings = settings or ApiSettings()
    known = Context(services, settings)
    app = FastAPI(
        title="oauth-doctor",
        version=__version__,
        summary="Finds out why an OAuth 2.0 / OpenID Connect integration fails, and says how to fix it.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.context = known
    for part in (diagnose, cases, catalogue, jobs, redaction, health):
        app.router.routes += part.router.routes  # included as a router, each would be looked for twice
    problems.install(app)
    document.install(app, known.contract)
    app.add_middleware(_Compressed)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"],
            expose_headers=["ETag", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID"],
            max_age=600,
        )
    app.add_middleware(Envelope, settings=settings, mount=MOUNT)
    trace(app)
    return app


class _Compressed:
    """Gzip, where the client takes it; not for streams, which would be held back."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._compressed = GZipMiddleware(app, minimum_size=_SMALL, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        wanted = any(name == b"accept-encoding" and b"gzip" in value for name, value in scope.get("headers", ()))
        path: Any = scope.get("path", "")
        app = self._compressed if wanted and not path.endswith(tuple(STREAMS)) else self._plain
        await app(scope, receive, send)
