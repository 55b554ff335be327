"""Delivers what is in the outbox: a few at a time, again and again until it is taken or given up.

A delivery is claimed by moving its due time ahead, beyond the longest attempt: when the process dies, another one finds
it due then. So every event arrives at least once, and one that arrives twice has the same id.
"""

from __future__ import annotations

import http.client
import random
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, exists, select, update

from ...engine import __version__
from ...engine.cases.connect import explained, writing
from ...engine.cases.errors import StoreError
from ...engine.cases.outbox import DELIVERIES, ENDPOINTS, EVENTS
from ...engine.cases.store import CaseStore
from ..api import metrics
from ..logs import log_failure, write_log
from ..repeats import forget_old
from .signing import headers_for
from .targets import TargetError, post, read_target, resolve

_GONE = 410
_KEPT = timedelta(days=30)
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

    def wait(self, attempts: int, draw: float) -> float:
        """Seconds until the next attempt after so many; `draw` is uniform in [0, 1)."""
        longest = min(self.longest, self.first * 2.0 ** min(attempts - 1, 40))
        return longest / 2 + draw * longest / 2


@dataclass(frozen=True, slots=True)
class _Due:
    event: str
    endpoint: str
    attempts: int
    body: bytes
    url: str
    allow_private: bool
    secrets: tuple[str, ...]


class Dispatcher:
    """A thread that delivers until it is stopped. Several processes may each have one.

    Args:
        trust: which certificates to believe; None for the system's.
    """

    def __init__(
        self, store: CaseStore, patience: Patience | None = None, *, trust: ssl.SSLContext | None = None
    ) -> None:
        self._store = store
        self._patience = patience or Patience()
        self._trust = trust
        self._random = random.SystemRandom()
        self._stopping = threading.Event()
        self._tidied = 0.0
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="webhooks")
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the attempts in hand."""
        self._stopping.set()
        self._thread.join(self._patience.seconds + 1)
        self._pool.shutdown(wait=False)

    def deliver_due(self) -> int:
        """Try everything that is due now, once; how many that was."""
        number = 0
        while batch := self._claim():
            list(self._pool.map(self._deliver, batch))
            number += len(batch)
            if self._stopping.is_set():
                break
        return number

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.deliver_due()
                self._tidy()
            except StoreError:
                write_log("waiting", where="webhooks", reason="the database does not answer")
            except Exception as error:  # noqa: BLE001 - a thread that ends would leave every later event undelivered
                log_failure(error, "webhooks")
            self._stopping.wait(self._patience.pause)

    def _claim(self) -> list[_Due]:
        now = datetime.now(UTC)
        enabled = exists().where(ENDPOINTS.c.id == DELIVERIES.c.endpoint_id, ENDPOINTS.c.disabled.is_(None))
        due = (
            select(DELIVERIES.c.event_id, DELIVERIES.c.endpoint_id)
            .where(DELIVERIES.c.state == "pending", DELIVERIES.c.due <= now, enabled)
            .order_by(DELIVERIES.c.due)
            .limit(self._patience.batch)
        )
        claimed_until = now + timedelta(seconds=3 * self._patience.seconds + 5)
        with explained(self._store.place):
            # A look without a lock first: most of the time there is nothing to do.
            with self._store.engine.connect() as connection:
                if connection.execute(due).first() is None:
                    return []
            with writing(self._store.engine) as connection:
                keys = connection.execute(due.with_for_update(skip_locked=True)).all()
                for key in keys:
                    taken = update(DELIVERIES).where(_is(key.event_id, key.endpoint_id))
                    values = {"due": claimed_until, "attempts": DELIVERIES.c.attempts + 1, "tried": now}
                    connection.execute(taken.values(**values))
                return [self._due(connection, key.event_id, key.endpoint_id, now) for key in keys]

    def _due(self, connection: Any, event: str, endpoint: str, now: datetime) -> _Due:
        wanted = (
            select(DELIVERIES.c.attempts, EVENTS.c.body, ENDPOINTS)
            .join(EVENTS, EVENTS.c.id == DELIVERIES.c.event_id)
            .join(ENDPOINTS, ENDPOINTS.c.id == DELIVERIES.c.endpoint_id)
            .where(_is(event, endpoint))
        )
        row = connection.execute(wanted).one()
        both = row.previous_secret is not None and row.previous_until is not None and row.previous_until > now
        secrets = (row.secret, row.previous_secret) if both else (row.secret,)
        return _Due(event, endpoint, row.attempts, row.body.encode(), row.url, row.allow_private, secrets)

    def _deliver(self, due: _Due) -> None:
        said, gone, retry_after, delivered = self._attempt(due)
        now = datetime.now(UTC)
        values: dict[str, Any] = {"outcome": said}
        if delivered:
            values["state"] = "delivered"
        elif gone or due.attempts >= self._patience.attempts:
            values["state"] = "failed"
        else:
            wait = self._patience.wait(due.attempts, self._random.random())
            values["due"] = now + timedelta(seconds=max(wait, min(retry_after or 0, self._patience.longest)))
        metrics.count_webhook(values.get("state", "retried"))
        with explained(self._store.place), writing(self._store.engine) as connection:
            # Somebody else may have delivered it meanwhile, after our claim was out: that stands.
            mine = and_(_is(due.event, due.endpoint), DELIVERIES.c.state == "pending")
            connection.execute(update(DELIVERIES).where(mine).values(**values))
            if gone:
                wanted = update(ENDPOINTS).where(ENDPOINTS.c.id == due.endpoint)
                connection.execute(wanted.values(disabled="it answered 410 Gone"))

    def _attempt(self, due: _Due) -> tuple[str, bool, int | None, bool]:
        """What came of it in words, whether the endpoint is gone, when to come again (seconds), whether it is done."""
        timestamp = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"oauth-doctor/{__version__}",
            **headers_for(due.secrets, due.event, timestamp, due.body),
        }
        try:
            target = read_target(due.url, allow_private=due.allow_private)
            address = resolve(target, allow_private=due.allow_private)
            answer = post(target, address, due.body, headers, self._patience.seconds, self._trust)
        except TargetError as error:
            return f"refused: {error}"[:200], False, None, False
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            return f"not reached: {reason}"[:200], False, None, False
        done = 200 <= answer.status < 300
        return f"answered {answer.status}", answer.status == _GONE, answer.retry_after, done

    def _tidy(self) -> None:
        """Now and then: forget what was delivered or given up long ago, and requests that need not be known any more."""
        if self._tidied and time.monotonic() - self._tidied < _TIDY:
            return
        self._tidied = time.monotonic()
        pending = exists().where(DELIVERIES.c.event_id == EVENTS.c.id, DELIVERIES.c.state == "pending")
        old = select(EVENTS.c.id).where(EVENTS.c.at < datetime.now(UTC) - _KEPT, ~pending)
        with explained(self._store.place), writing(self._store.engine) as connection:
            connection.execute(delete(DELIVERIES).where(DELIVERIES.c.event_id.in_(old)))
            connection.execute(delete(EVENTS).where(EVENTS.c.at < datetime.now(UTC) - _KEPT, ~pending))
        forget_old(self._store)


def _is(event: str, endpoint: str) -> Any:
    return and_(DELIVERIES.c.event_id == event, DELIVERIES.c.endpoint_id == endpoint)
