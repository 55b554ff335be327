"""Delivering from an outbox, whatever is in it: how patiently, and who goes on until it is stopped.

What is due is claimed by moving its due time ahead, beyond the longest attempt: when the process dies, another one finds
it due then. So everything is delivered at least once.
"""

from __future__ import annotations

import random
import time
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.engine import Connection

from ..engine.cases.connect import explained, writing
from ..engine.cases.store import CaseStore
from .background import Worker

T = TypeVar("T")
_TIDY = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Patience:
    """How deliveries are tried.

    Attributes:
        first: seconds before the second attempt; each further wait is twice as long, up to `longest`, and any time
            between half and all of it, so that receivers that come back are not hit by everything at once.
        attempts: after so many it is given up. The defaults take about three days.
        seconds: for one attempt; pause: between looking for work; batch: deliveries at once.
    """

    first: float = 5.0
    longest: float = 6 * 3600.0
    attempts: int = 24
    seconds: float = 10.0
    pause: float = 1.0
    batch: int = 16

    def again(self, attempts: int, draw: float, asked: float = 0.0) -> timedelta | None:
        """When to try again after so many attempts, not before the receiver `asked` (seconds); None to give up."""
        if attempts >= self.attempts:
            return None
        return timedelta(seconds=max(self.wait(attempts, draw), min(asked, self.longest)))

    def wait(self, attempts: int, draw: float) -> float:
        """Seconds until the next attempt after so many; `draw` is uniform in [0, 1)."""
        longest = min(self.longest, self.first * 2.0 ** min(attempts - 1, 40))
        return longest / 2 + draw * longest / 2


class Deliverer(Worker):
    """Delivers what is due until it is stopped. Several processes may each have one."""

    def __init__(self, store: CaseStore, patience: Patience | None, name: str) -> None:
        self._store = store
        self._patience = patience or Patience()
        self._random = random.SystemRandom()
        self._tidied = 0.0
        super().__init__(name, pause=self._patience.pause, longest=self._patience.seconds + 1)

    @abstractmethod
    def deliver_due(self) -> int:
        """Try everything that is due now, once; how many that was."""

    @abstractmethod
    def forget_old(self) -> None:
        """Forget what was delivered or given up long ago; called now and then."""

    def work(self) -> bool:
        """Deliver what is due, and now and then forget what is old."""
        self.deliver_due()
        if not self._tidied or time.monotonic() - self._tidied >= _TIDY:
            self._tidied = time.monotonic()
            self.forget_old()
        return False

    def claim(self, due: Select[Any], take: Callable[[Connection, Any, datetime], T]) -> list[T]:
        """What `due` selects, so that nobody else has it; `take` moves the due time of a row to the time that it is told."""
        until = datetime.now(UTC) + timedelta(seconds=3 * self._patience.seconds + 5)
        with explained(self._store.place):
            # A look without a lock first: most of the time there is nothing to do.
            with self._store.engine.connect() as connection:
                if connection.execute(due).first() is None:
                    return []
            with writing(self._store.engine) as connection:
                rows = connection.execute(due.with_for_update(skip_locked=True)).all()
                return [take(connection, row, until) for row in rows]

    def again(self, attempts: int, asked: float = 0.0) -> datetime | None:
        """When to try again after so many attempts; None when it is given up."""
        wait = self._patience.again(attempts, self._random.random(), asked)
        return None if wait is None else datetime.now(UTC) + wait
