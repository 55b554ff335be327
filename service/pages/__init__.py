"""The web pages: server-rendered, usable without scripts; htmx only saves the reload."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from . import cases, errors, knowledge, overview, start

STATIC = Path(__file__).parent.parent / "static"


class _Unchanging(StaticFiles):
    """Files whose address changes with their content (see `render.asset`)."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, to be kept by the browser."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def add_to(app: FastAPI) -> None:
    """Plug the pages in."""
    for part in (start, cases, knowledge, overview):
        app.include_router(part.router, include_in_schema=False)
    app.mount("/static", _Unchanging(directory=STATIC), name="static")
    errors.add_to(app)
