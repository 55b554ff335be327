"""The app factory: one ASGI application with pages and whatever else is plugged in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from ..engine import __version__
from . import pages
from .security import Guard
from .services import Services
from .settings import Settings


def create_app(settings: Settings | None = None, services: Services | None = None) -> FastAPI:
    """The application. Knowledge and database are opened here, so that what is wrong with them shows at the start.

    Further doors (`service/api`, webhooks, ...) add themselves below, each by a function `add_to(app)`; their routes
    find what they share with `services_of(request)`.

    Raises:
        KnowledgeError: the knowledge is invalid.
        StoreError: the database cannot be opened.
    """
    settings = settings or Settings()
    shared = services or Services(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        shared.close()

    app = FastAPI(title="oauth-doctor", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.services = shared
    pages.add_to(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    # Added last, so outermost.
    app.add_middleware(Guard, hosts=settings.hosts, largest_body=settings.largest_body)
    return app
