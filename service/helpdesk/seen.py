"""Webhooks that were seen already. What is noted belongs into the transaction that does what the webhook wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Column, Index, String, Table, delete, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from ...engine.cases.connect import explained, writing
from ...engine.cases.store import CaseStore
from ...engine.cases.tables import METADATA, Utc

SEEN = Table(
    "webhooks_seen",
    METADATA,
    Column("source", String(60), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("until", Utc),  # may be forgotten then; null: never
    Index(None, "until"),
)


class SeenError(Exception):
    """It was seen before; nothing was done."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One webhook under the names by which it could come again: hashes of at most 80 characters."""

    source: str
    keys: Sequence[str]
    until: datetime | None

    def note(self, connection: Connection) -> None:
        """Note it, within the transaction that does what it wants.

        Raises:
            SeenError: it was seen before.
        """
        rows = [{"source": self.source, "key": key, "until": self.until} for key in self.keys]
        try:
            connection.execute(insert(SEEN), rows)
        except IntegrityError:
            raise SeenError from None

    def note_alone(self, store: CaseStore) -> None:
        """Note it in a transaction of its own.

        Raises:
            SeenError: it was seen before.
        """
        with explained(store.place), writing(store.engine) as connection:
            self.note(connection)

    def seen(self, store: CaseStore) -> set[str]:
        """Those of its keys that were seen before."""
        wanted = select(SEEN.c.key).where(SEEN.c.source == self.source, SEEN.c.key.in_(self.keys))
        with explained(store.place), store.engine.connect() as connection:
            return {row.key for row in connection.execute(wanted)}


def forget_seen(store: CaseStore) -> int:
    """Remove what is too old to be believed in any case; how many that were."""
    with explained(store.place), writing(store.engine) as connection:
        return connection.execute(delete(SEEN).where(SEEN.c.until < datetime.now(UTC))).rowcount
