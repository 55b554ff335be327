"""What the routes work with: one per process."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from fastapi import Request

from ...engine.cases.model import CaseState
from ...engine.guide import View
from ...engine.remembered import Remembered
from ..jobs import JobStore
from ..keys import KeyStore
from ..services import Services
from .contract import Contract
from .limits import Buckets
from .settings import ApiSettings

P = ParamSpec("P")
T = TypeVar("T")
_THREADS = 8
_MOST_ANSWERED = 500  # answers that are kept, of some 25 kB


class Context:
    """The server's services, the stores of the API, and the threads in which what blocks is done."""

    def __init__(self, services: Services, settings: ApiSettings) -> None:
        self.settings = settings
        self.services = services
        self.doctor = services.doctor
        self.store = services.store
        self.keys = KeyStore(services.store)
        self.jobs = JobStore(services.store)
        self.buckets = Buckets(settings.workers)
        self.contract = Contract(services.doctor.knowledge)
        # Verdict and JSON by the hash of what was asked.
        self.answered: Remembered[tuple[str, bytes]] = Remembered(_MOST_ANSWERED)
        self.work_waits: Callable[[], None] = lambda: None  # tells whoever works on jobs
        self._pool = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="api")

    def look(self, state: CaseState) -> View:
        """The case as it stands; stored answers that today's knowledge does not know are left out."""
        return self.services.look(state)[0]

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call something that waits or computes for long, without holding up the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, functools.partial(call, *args, **kwargs))

    def close(self) -> None:
        """Give the threads back."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def context(request: Request) -> Context:
    """The context of the application that the request came to."""
    found: Any = request.app.state.context
    assert isinstance(found, Context)
    return found
