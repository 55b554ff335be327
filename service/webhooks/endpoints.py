"""Endpoints of webhooks, and the history of their deliveries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, insert, select, update

from ...engine.cases.connect import explained, writing
from ...engine.cases.outbox import DELIVERIES, ENDPOINTS, EVENT_TYPES, EVENTS
from ...engine.cases.store import CaseStore, new_id
from .signing import new_secret
from .targets import TargetError, read_target


class EndpointError(ValueError):
    """An endpoint cannot be made or changed as asked; the message says why."""


class Endpoint(BaseModel):
    """Where webhooks go, without the secret.

    Attributes:
        events: the kinds that it wants; disabled: why it gets none, or None.
        previous_until: until when the secret before the last rotation is signed with too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    url: str
    events: list[str]
    allow_private: bool
    disabled: str | None
    created: datetime
    previous_until: datetime | None


class Delivery(BaseModel):
    """One event on its way to one endpoint. `outcome`: what came of the last attempt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: str
    type: str
    case_id: str
    endpoint: str
    state: str
    attempts: int
    at: datetime
    due: datetime | None
    outcome: str


class EndpointStore:
    """Endpoints in the database of the cases. Every method raises StoreError when that does not work."""

    def __init__(self, store: CaseStore) -> None:
        self._store = store

    def add(
        self, url: str, events: Iterable[str] = EVENT_TYPES, *, allow_private: bool = False
    ) -> tuple[Endpoint, str]:
        """Add an endpoint; the second value is the secret to verify with, shown this once.

        Raises:
            EndpointError: the address or a kind of event is not taken.
        """
        try:
            read_target(url, allow_private=allow_private)
        except TargetError as error:
            raise EndpointError(str(error)) from None
        wanted = list(dict.fromkeys(events))
        unknown = [one for one in wanted if one not in EVENT_TYPES]
        if unknown or not wanted:
            named = f"event {unknown[0]!r}" if unknown else "no event"
            raise EndpointError(f"{named}: expected {', '.join(EVENT_TYPES)}")
        secret, identifier = new_secret(), new_id()
        row = {
            "id": identifier, "url": url, "events": " ".join(wanted), "secret": secret, "allow_private": allow_private,
            "created": datetime.now(UTC),
        }  # fmt: skip
        with explained(self._store.place), writing(self._store.engine) as connection:
            connection.execute(insert(ENDPOINTS), row)
        return self.load(identifier), secret

    def endpoints(self) -> list[Endpoint]:
        """All endpoints, oldest first."""
        with explained(self._store.place), self._store.engine.connect() as connection:
            return [_endpoint(row) for row in connection.execute(select(ENDPOINTS).order_by(ENDPOINTS.c.created))]

    def load(self, identifier: str) -> Endpoint:
        """The endpoint of that id.

        Raises:
            EndpointError: there is none.
        """
        with explained(self._store.place), self._store.engine.connect() as connection:
            row = connection.execute(select(ENDPOINTS).where(ENDPOINTS.c.id == identifier)).one_or_none()
        if row is None:
            raise EndpointError(f"there is no endpoint {identifier[:40]!r}; expected an id, see `webhooks list`")
        return _endpoint(row)

    def remove(self, identifier: str) -> None:
        """Remove an endpoint, and what was still to be delivered to it. Raises EndpointError: there is none."""
        self.load(identifier)
        with explained(self._store.place), writing(self._store.engine) as connection:
            connection.execute(delete(DELIVERIES).where(DELIVERIES.c.endpoint_id == identifier))
            connection.execute(delete(ENDPOINTS).where(ENDPOINTS.c.id == identifier))

    def rotate(self, identifier: str, overlap: timedelta) -> tuple[Endpoint, str]:
        """Give an endpoint a new secret; webhooks are signed with both for the overlap. Raises as `load`."""
        self.load(identifier)
        secret = new_secret()
        values = {
            "previous_secret": ENDPOINTS.c.secret,
            "previous_until": datetime.now(UTC) + overlap,
            "secret": secret,
        }
        with explained(self._store.place), writing(self._store.engine) as connection:
            connection.execute(update(ENDPOINTS).where(ENDPOINTS.c.id == identifier).values(**values))
        return self.load(identifier), secret

    def deliveries(self, *, endpoint: str | None = None, state: str | None = None, limit: int = 50) -> list[Delivery]:
        """What was delivered and what is still to be, latest first."""
        wanted = (
            select(DELIVERIES, EVENTS.c.type, EVENTS.c.case_id, EVENTS.c.at)
            .join(EVENTS, EVENTS.c.id == DELIVERIES.c.event_id)
            .order_by(EVENTS.c.at.desc(), DELIVERIES.c.event_id)
            .limit(limit)
        )
        if endpoint is not None:
            wanted = wanted.where(DELIVERIES.c.endpoint_id == endpoint)
        if state is not None:
            wanted = wanted.where(DELIVERIES.c.state == state)
        with explained(self._store.place), self._store.engine.connect() as connection:
            return [_delivery(row) for row in connection.execute(wanted)]

    def replay(self, *, event: str | None = None, endpoint: str | None = None, state: str = "failed") -> int:
        """Deliver again, under the same id: one event, or all of a state; how many. A disabled endpoint is enabled."""
        which = DELIVERIES.c.state == state if event is None else DELIVERIES.c.event_id == event
        wanted = update(DELIVERIES).where(which)
        if endpoint is not None:
            wanted = wanted.where(DELIVERIES.c.endpoint_id == endpoint)
        values: dict[str, Any] = {"state": "pending", "attempts": 0, "due": datetime.now(UTC), "outcome": "replayed"}
        with explained(self._store.place), writing(self._store.engine) as connection:
            if endpoint is not None:
                connection.execute(update(ENDPOINTS).where(ENDPOINTS.c.id == endpoint).values(disabled=None))
            return connection.execute(wanted.values(**values)).rowcount


def _endpoint(row: Any) -> Endpoint:
    return Endpoint(
        id=row.id,
        url=row.url,
        events=row.events.split(),
        allow_private=row.allow_private,
        disabled=row.disabled,
        created=row.created,
        previous_until=row.previous_until,
    )


def _delivery(row: Any) -> Delivery:
    return Delivery(
        event=row.event_id,
        type=row.type,
        case_id=row.case_id,
        endpoint=row.endpoint_id,
        state=row.state,
        attempts=row.attempts,
        at=row.at,
        due=row.due if row.state == "pending" else None,
        outcome=row.outcome,
    )
