"""What closed cases teach, kept beside them, so that a case is examined for it only once.

A lesson counts while its case is closed as it was when the lesson was drawn: a case that is reopened or deleted takes its
lesson along. Imports and resets are a list of changes of which the last can be taken back. Needs the extra `cases`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Integer,
    Join,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.engine import Connection

from ..learning import Learned, Outcome
from .connect import explained, writing
from .errors import CaseNotFoundError
from .model import CaseState
from .store import CaseStore
from .tables import CASES, METADATA, Utc

LESSONS = Table(
    "lessons",
    METADATA,
    Column("case_id", String(100), ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True),
    Column("closed_at", Utc, nullable=False),  # the closing that it is drawn from
    Column("body", Text, nullable=False),  # an Outcome as JSON; empty: the case teaches nothing
)

CHANGES = Table(
    "lesson_changes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("kind", String(20), nullable=False),  # import, reset
    Column("body", Text, nullable=False),  # of an import: a Learned as JSON
)

_AT_A_TIME = 200
Teach = Callable[[CaseState], Outcome | None]
Mark = tuple[object, ...]


class Change(BaseModel):
    """An import or a reset. `cases`: how many an import holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: datetime
    kind: Literal["import", "reset"]
    cases: int = 0


class Lessons:
    """What the cases of a store have taught. Thread-safe, as the store is.

    Args:
        teach: what a closed case teaches (`Guide.outcome`); None or a ValueError: nothing.

    Raises:
        StoreError: every method, when the database cannot be read or written.
    """

    def __init__(self, store: CaseStore, teach: Teach) -> None:
        self._store = store
        self._teach = teach

    def mark(self) -> Mark:
        """Changes whenever what was learned may have changed; costs two small queries."""
        closed = select(func.count(), func.max(CASES.c.closed_at)).where(*_confirmed())
        changed = select(func.count(), func.max(CHANGES.c.at))
        with explained(self._store.place), self._store.engine.connect() as connection:
            return (*connection.execute(closed).one(), *connection.execute(changed).one())

    def learned(self) -> Learned:
        """The counts of all lessons since the last reset, with what was imported since."""
        self._draw()
        with explained(self._store.place), self._store.engine.connect() as connection:
            changes = connection.execute(select(CHANGES).order_by(CHANGES.c.id.desc())).all()
            since: datetime | None = None
            imported = Learned()
            for change in changes:
                if change.kind == "reset":
                    since = change.at
                    break
                imported = imported.plus(Learned.from_json(change.body))
            wanted = select(LESSONS.c.body).select_from(_drawn()).where(*_confirmed(), LESSONS.c.body != "")
            if since is not None:
                wanted = wanted.where(CASES.c.closed_at > since)
            bodies = [row.body for row in connection.execute(wanted)]
        return Learned.from_outcomes(map(Outcome.model_validate_json, bodies)).plus(imported)

    def take_in(self, learned: Learned) -> None:
        """Add the counts of another site."""
        self._change("import", learned.model_dump_json(by_alias=True))

    def reset(self) -> None:
        """Forget everything up to now; the cases stay."""
        self._change("reset", "")

    def undo(self) -> Change | None:
        """Take back the last import or reset; None when there is none."""
        with explained(self._store.place), writing(self._store.engine) as connection:
            last = connection.execute(select(CHANGES).order_by(CHANGES.c.id.desc()).limit(1)).one_or_none()
            if last is None:
                return None
            connection.execute(delete(CHANGES).where(CHANGES.c.id == last.id))
        return _as_change(last.at, last.kind, last.body)

    def changes(self) -> list[Change]:
        """Imports and resets, oldest first."""
        with explained(self._store.place), self._store.engine.connect() as connection:
            rows = connection.execute(select(CHANGES).order_by(CHANGES.c.id)).all()
        return [_as_change(row.at, row.kind, row.body) for row in rows]

    def _change(self, kind: str, body: str) -> None:
        with explained(self._store.place), writing(self._store.engine) as connection:
            connection.execute(insert(CHANGES), {"at": datetime.now(UTC), "kind": kind, "body": body})

    def _draw(self) -> None:
        """Draw the lessons that are missing; each is looked for only once."""
        wanted = (
            select(CASES.c.id, CASES.c.closed_at)
            .select_from(CASES.outerjoin(LESSONS, _same()))
            .where(*_confirmed(), LESSONS.c.case_id.is_(None))
        )
        with explained(self._store.place), self._store.engine.connect() as connection:
            missing = [(row.id, row.closed_at) for row in connection.execute(wanted)]
        for begin in range(0, len(missing), _AT_A_TIME):
            rows = [
                {"case_id": case_id, "closed_at": closed_at, "body": self._lesson(case_id)}
                for case_id, closed_at in missing[begin : begin + _AT_A_TIME]
            ]
            with explained(self._store.place), writing(self._store.engine) as connection:
                _replace(connection, rows)

    def _lesson(self, case_id: str) -> str:
        try:
            outcome = self._teach(self._store.load(case_id).state)
        except (
            CaseNotFoundError,
            ValueError,
        ):  # gone, or of answers that the knowledge of today does not know any more
            return ""
        return "" if outcome is None else outcome.model_dump_json()


def _replace(connection: Connection, rows: list[dict[str, object]]) -> None:
    """Store lessons of the cases that still exist, instead of earlier ones of theirs."""
    ids = [row["case_id"] for row in rows]
    connection.execute(delete(LESSONS).where(LESSONS.c.case_id.in_(ids)))
    there = {row.id for row in connection.execute(select(CASES.c.id).where(CASES.c.id.in_(ids)))}
    if there:
        connection.execute(insert(LESSONS), [row for row in rows if row["case_id"] in there])


def _confirmed() -> tuple[ColumnElement[bool], ...]:
    return CASES.c.closed.is_(True), CASES.c.cause.is_not(None)


def _same() -> ColumnElement[bool]:
    return and_(LESSONS.c.case_id == CASES.c.id, LESSONS.c.closed_at == CASES.c.closed_at)


def _drawn() -> Join:
    return CASES.join(LESSONS, _same())


def _as_change(at: datetime, kind: Literal["import", "reset"], body: str) -> Change:
    return Change(at=at, kind=kind, cases=Learned.from_json(body).cases if kind == "import" else 0)
