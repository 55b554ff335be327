"""Requests that are sent twice (Idempotency-Key): carried out once.

What was done is noted in the transaction that did it, so that a process that dies in between leaves either both or
nothing. The note says what was made and at which revision, not what was answered: the answer follows from that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from ..engine.cases.connect import explained, writing
from ..engine.cases.store import CaseStore
from .tables import REQUESTS_DONE

KEPT = timedelta(hours=24)


class RepeatedError(Exception):
    """Another request with the same key was faster; nothing was done."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a request did: the case or job, and its revision then."""

    fingerprint: str
    target: str
    revision: int


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request that names itself: whose it is, its key, and what it asks for (as a hash)."""

    owner: str
    key: str
    fingerprint: str

    def note(self, connection: Connection, target: str, revision: int) -> None:
        """Note, within the transaction that carries it out, what it did.

        Raises:
            RepeatedError: somebody else carried it out.
        """
        row = {
            "owner": self.owner, "key": self.key, "fingerprint": self.fingerprint, "target": target,
            "revision": revision, "at": datetime.now(UTC),
        }  # fmt: skip
        try:
            connection.execute(insert(REQUESTS_DONE), row)
        except IntegrityError:
            raise RepeatedError from None

    def done(self, store: CaseStore) -> Done | None:
        """What it did when it was sent before; None when this is the first time."""
        columns = REQUESTS_DONE.c
        wanted = select(columns.fingerprint, columns.target, columns.revision).where(
            columns.owner == self.owner, columns.key == self.key, columns.at > datetime.now(UTC) - KEPT
        )
        with explained(store.place), store.engine.connect() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else Done(row.fingerprint, row.target, row.revision)


def forget_old(store: CaseStore) -> None:
    """Remove notes that are too old to count."""
    with explained(store.place), writing(store.engine) as connection:
        connection.execute(delete(REQUESTS_DONE).where(REQUESTS_DONE.c.at <= datetime.now(UTC) - KEPT))
