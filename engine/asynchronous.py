"""`AsyncDoctor`: the doctor for programs that run on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any

from .diagnosis import Diagnosis
from .doctor import Doctor


class AsyncDoctor:
    """Diagnoses in threads of its own, so that the event loop goes on meanwhile. Close it, or use `async with`.

    Args:
        doctor: the doctor to ask; by default one with the shipped knowledge. Loading that takes about a second: make
            it before the loop starts, or with `await asyncio.to_thread(AsyncDoctor)`.
        workers: how many diagnoses may run at once. Waiting ones queue up in order.

    Raises:
        ValueError: fewer than one worker.
        KnowledgeError: the knowledge is invalid.
    """

    def __init__(self, doctor: Doctor | None = None, *, workers: int = 4) -> None:
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="oauth-doctor")
        self.doctor = doctor or Doctor()

    async def diagnose(
        self,
        text: str = "",
        facts: Mapping[str, Any] | None = None,
        *,
        id: str | None = None,  # noqa: A002
        steps: bool = True,
    ) -> Diagnosis:
        """As `Doctor.diagnose`, with the same arguments, result and exceptions."""
        call = partial(self.doctor.diagnose, text, facts, id=id, steps=steps)
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def close(self) -> None:
        """Give the threads back; diagnoses under way are finished, those that wait are dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def __aenter__(self) -> AsyncDoctor:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
