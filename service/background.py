"""A thread that looks for work until it is stopped."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from ..engine.cases.errors import StoreError
from .logs import log_failure, write_log


class Worker(ABC):
    """Works in the background. Several processes may each have one.

    Args:
        name: what the log calls it.
        pause: seconds between looking for work.
        longest: seconds to wait for the work in hand when it is stopped.
    """

    def __init__(self, name: str, *, pause: float, longest: float) -> None:
        self._name = name
        self._pause = pause
        self._longest = longest
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def work(self) -> bool:
        """Do what there is to do now; whether to look again at once."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There is something to do: look at once."""
        self._woken.set()

    def stop(self) -> None:
        """End after the work in hand."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(self._longest)

    def _run(self) -> None:
        while not self._stopping.is_set():
            busy = False
            try:
                busy = self.work()
            except StoreError:
                write_log("waiting", where=self._name, reason="the database does not answer")
            except Exception as error:  # noqa: BLE001 - a thread that ends would leave all later work undone
                log_failure(error, self._name)
            if not busy:
                self._woken.wait(self._pause)
                self._woken.clear()
