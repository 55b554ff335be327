"""The outbox: what happened to cases, written in the transaction in which it happened, for webhooks to deliver later.

So no event is lost when a process dies between writing and sending, and none tells of what was rolled back. Events hold
no text of a case, only its length: whoever receives one asks for the case.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)
from sqlalchemy.engine import Connection

from .model import Case, Closed, Entry, Pasted
from .tables import METADATA, Utc

EVENT_TYPES = ("case.created", "case.entry", "case.closed")

ENDPOINTS = Table(
    "webhook_endpoints",
    METADATA,
    Column("id", String(20), primary_key=True),
    Column("url", String(2000), nullable=False),
    Column("events", String(200), nullable=False),  # separated by spaces
    # Both sides sign with it, so that it cannot be kept as a hash.
    Column("secret", String(200), nullable=False),
    Column("previous_secret", String(200)),
    Column("previous_until", Utc),
    Column("allow_private", Boolean, nullable=False),
    Column("disabled", String(200)),  # why, or null
    Column("created", Utc, nullable=False),
)

EVENTS = Table(
    "webhook_events",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("type", String(40), nullable=False),
    Column("case_id", String(100), nullable=False),
    Column("at", Utc, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "at"),
    Index(None, "case_id"),
)

DELIVERIES = Table(
    "webhook_deliveries",
    METADATA,
    Column("event_id", String(40), ForeignKey("webhook_events.id", ondelete="CASCADE"), primary_key=True),
    Column("endpoint_id", String(20), ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(20), nullable=False),  # pending, delivered, failed
    Column("attempts", Integer, nullable=False),
    Column("due", Utc, nullable=False),
    Column("tried", Utc),
    Column("outcome", String(200), nullable=False),
    Index(None, "state", "due"),
)


class CaseEvent(BaseModel):
    """What an event tells of a case.

    Attributes:
        revision: of the case after the event; position: of the entry in the case, counted from 0.
        entry: the entry as it is stored; instead of a pasted text its number of `characters`.
        cause: of a closed case, as in `Closed`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    case_id: str
    title: str = ""
    revision: int
    closed: bool = False
    cause: str | None = None
    position: int | None = None
    entry: dict[str, Any] | None = None


class WebhookEvent(BaseModel):
    """The body of a webhook, in the form of the Standard Webhooks conventions. Its id is in the header `webhook-id`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["case.created", "case.entry", "case.closed"]
    timestamp: datetime
    data: CaseEvent


def announce(connection: Connection, case: Case, entries: Sequence[Entry], *, created: bool = False) -> None:
    """Put what was just written into the outbox, for every endpoint that wants it; nothing when there is none.

    Args:
        case: as it is after writing; entries: the last of its entries, those that were written now.
    """
    wanted = select(ENDPOINTS.c.id, ENDPOINTS.c.events).where(ENDPOINTS.c.disabled.is_(None))
    endpoints = [(row.id, row.events.split()) for row in connection.execute(wanted)]
    if not endpoints:
        return
    now = datetime.now(UTC)
    happened: list[WebhookEvent] = []

    def tell(kind: Literal["case.created", "case.entry", "case.closed"], **values: Any) -> None:
        data = CaseEvent(case_id=case.id, title=case.title, **values)
        happened.append(WebhookEvent(type=kind, timestamp=now, data=data))

    if created:
        tell("case.created", revision=0)
    begin = case.revision - len(entries)
    closed, cause = False, None
    for position, entry in enumerate(case.entries):
        if entry.kind in ("closed", "reopened"):
            closed = isinstance(entry, Closed)
            cause = entry.cause if isinstance(entry, Closed) else None
        if position < begin:
            continue
        state = {"revision": position + 1, "closed": closed, "cause": cause, "position": position}
        tell("case.entry", **state, entry=_shown(entry))
        if isinstance(entry, Closed):
            tell("case.closed", **state, entry=_shown(entry))
    events, deliveries = [], []
    for event in happened:
        receivers = [endpoint for endpoint, kinds in endpoints if event.type in kinds]
        if receivers:
            identifier = f"msg_{uuid.uuid4().hex}"
            body = json.dumps(event.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
            events.append({"id": identifier, "type": event.type, "case_id": case.id, "at": now, "body": body})
            deliveries += [
                {
                    "event_id": identifier,
                    "endpoint_id": one,
                    "state": "pending",
                    "attempts": 0,
                    "due": now,
                    "outcome": "",
                }
                for one in receivers
            ]
    if events:
        connection.execute(insert(EVENTS), events)
        connection.execute(insert(DELIVERIES), deliveries)


def forget(connection: Connection, case_ids: Sequence[str] | Select[Any]) -> None:
    """Cases are deleted: so is what was told, or was still to be told, of them."""
    told = select(EVENTS.c.id).where(EVENTS.c.case_id.in_(case_ids))
    connection.execute(delete(DELIVERIES).where(DELIVERIES.c.event_id.in_(told)))
    connection.execute(delete(EVENTS).where(EVENTS.c.case_id.in_(case_ids)))


def _shown(entry: Entry) -> dict[str, Any]:
    shown = entry.model_dump(mode="json")
    if isinstance(entry, Pasted):
        shown["characters"] = len(shown.pop("text"))
    return shown
