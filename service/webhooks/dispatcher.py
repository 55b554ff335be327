"""Delivers the events in the outbox: a few at a time, again and again until each is taken or given up.

Every event arrives at least once, and one that arrives twice has the same id.
"""

from __future__ import annotations

import http.client
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, exists, select, update
from sqlalchemy.engine import Connection

from ...engine import __version__
from ...engine.cases.connect import explained, writing
from ...engine.cases.outbox import DELIVERIES, ENDPOINTS, EVENTS
from ...engine.cases.store import CaseStore
from ..api import metrics
from ..delivery import Deliverer, Patience
from ..repeats import forget_old as forget_requests
from .signing import headers_for
from .targets import TargetError, post, read_target, resolve

_GONE = 410
_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Due:
    event: str
    endpoint: str
    attempts: int
    body: bytes
    url: str
    allow_private: bool
    secrets: tuple[str, ...]


class Dispatcher(Deliverer):
    """Delivers events to webhooks.

    Args:
        trust: which certificates to believe; None for the system's.
    """

    def __init__(
        self, store: CaseStore, patience: Patience | None = None, *, trust: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(store, patience, "webhooks")
        self._trust = trust
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="webhooks")

    def stop(self) -> None:
        """End after the attempts in hand."""
        super().stop()
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

    def _claim(self) -> list[_Due]:
        now = datetime.now(UTC)
        enabled = exists().where(ENDPOINTS.c.id == DELIVERIES.c.endpoint_id, ENDPOINTS.c.disabled.is_(None))
        due = (
            select(DELIVERIES.c.event_id, DELIVERIES.c.endpoint_id)
            .where(DELIVERIES.c.state == "pending", DELIVERIES.c.due <= now, enabled)
            .order_by(DELIVERIES.c.due)
            .limit(self._patience.batch)
        )

        def take(connection: Connection, row: Any, until: datetime) -> _Due:
            values = {"due": until, "attempts": DELIVERIES.c.attempts + 1, "tried": now}
            connection.execute(update(DELIVERIES).where(_is(row.event_id, row.endpoint_id)).values(**values))
            return self._due(connection, row.event_id, row.endpoint_id, now)

        return self.claim(due, take)

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
        values: dict[str, Any] = {"outcome": said}
        if delivered:
            values["state"] = "delivered"
        elif gone or (again := self.again(due.attempts, retry_after or 0)) is None:
            values["state"] = "failed"
        else:
            values["due"] = again
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

    def forget_old(self) -> None:
        """Forget events that are done with, and requests that need not be known any more."""
        pending = exists().where(DELIVERIES.c.event_id == EVENTS.c.id, DELIVERIES.c.state == "pending")
        old = select(EVENTS.c.id).where(EVENTS.c.at < datetime.now(UTC) - _KEPT, ~pending)
        with explained(self._store.place), writing(self._store.engine) as connection:
            connection.execute(delete(DELIVERIES).where(DELIVERIES.c.event_id.in_(old)))
            connection.execute(delete(EVENTS).where(EVENTS.c.at < datetime.now(UTC) - _KEPT, ~pending))
        forget_requests(self._store)


def _is(event: str, endpoint: str) -> Any:
    return and_(DELIVERIES.c.event_id == event, DELIVERIES.c.endpoint_id == endpoint)
