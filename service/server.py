"""The whole server: the API below /v1, the pages elsewhere, and what works in the background."""

from __future__ import annotations

import gc
import json
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .api.app import MOUNT, create_api
from .api.context import Context
from .api.diagnose import result_of
from .api.settings import ApiSettings
from .jobs import Incident, JobRunner
from .services import Services
from .settings import Settings
from .webhooks.dispatcher import Dispatcher

if TYPE_CHECKING:
    from .helpdesk.app import Hooks

_OBJECTS_BETWEEN_COLLECTIONS = 20_000
ENVIRONMENT = "OAUTH_DOCTOR_SERVER"  # how worker processes learn their settings
_OPERATION = frozenset({"/livez", "/readyz", "/metrics"})  # where those who run services look for them


class Server:
    """ASGI application. Pages and API are two applications, so that neither's middleware touches the other.

    Args:
        pages: false for the API alone.

    Raises:
        KnowledgeError: the knowledge is invalid.
        StoreError: the database cannot be opened.
        ConfigError: helpdesks are not configured rightly.
    """

    def __init__(self, settings: Settings, api: ApiSettings, *, pages: bool = True) -> None:
        self.services = Services(settings)
        self.api: FastAPI = create_api(self.services, api)
        self.context: Context = self.api.state.context
        self._settings = api
        self._pages: ASGIApp | None = None
        self._stop: list[Callable[[], None]] = []
        if pages:
            from .app import create_app

            self._pages = create_app(settings, self.services)
        self._hooks: Hooks | None = None
        if api.helpdesk is not None:
            from .helpdesk.app import Hooks

            self._hooks = Hooks(api.helpdesk, self.services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or start and stop."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path: str = scope.get("path", "")
        if self._hooks is not None and path.startswith("/hooks/"):
            await self._hooks(scope, receive, send)
        elif path == MOUNT or path.startswith(f"{MOUNT}/"):
            scope["root_path"] = scope.get("root_path", "") + MOUNT
            await self.api(scope, receive, send)
        elif self._pages is None or path in _OPERATION:
            await self.api(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    def start(self) -> None:
        """Begin what works in the background."""
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()
        if self._hooks is not None:
            self._hooks.start()
            self._stop.append(self._hooks.stop)
        if self._settings.jobs:

            def work(incident: Incident, steps: bool) -> tuple[str, bool]:
                return result_of(self.context, incident.id, incident.text, incident.facts, steps)

            runner = JobRunner(self.context.jobs, work)
            self.context.work_waits = runner.wake
            runner.start()
            self._stop.append(runner.stop)
        if self._settings.webhooks:
            dispatcher = Dispatcher(self.services.store)
            dispatcher.start()
            self._stop.append(dispatcher.stop)

    def _warm_up(self) -> None:
        self.services.doctor.warm_up()
        # What was loaded stays: the garbage collector, which stops all threads, need not look through it again.
        gc.collect()
        gc.freeze()
        # A diagnosis makes some thousand objects, hardly any in cycles: looking for these every 700 takes a tenth of it.
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])

    def stop(self) -> None:
        """End it, and give back connections."""
        while self._stop:
            self._stop.pop()()
        self.context.close()
        self.services.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message: Message = await receive()
            if message["type"] == "lifespan.startup":
                self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def hand_over(settings: Settings, api: ApiSettings, *, pages: bool) -> dict[str, str]:
    """The environment from which `create` makes the same server in another process."""
    told = {"settings": settings.model_dump(mode="json"), "api": api.model_dump(mode="json"), "pages": pages}
    return {ENVIRONMENT: json.dumps(told)}


def create() -> Server:
    """The server that the environment describes: factory for worker processes."""
    told = json.loads(os.environ[ENVIRONMENT])
    return Server(Settings(**told["settings"]), ApiSettings(**told["api"]), pages=told["pages"])
