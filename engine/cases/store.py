"""`CaseStore`: cases in SQLite or PostgreSQL, one row an entry.

A case is claimed by its revision: writers say which one they read, and only one of two succeeds. Everything is redacted
here, whoever calls. Needs the extra `cases`; import this module only where cases are used.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, or_, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from .clean import clean_entries, clean_title, is_name
from .connect import explained, open_database, writing
from .errors import CaseConflictError, CaseNotFoundError, EntryError, StoreError
from .model import ENTRY, Answered, Case, CaseState, Closed, Entry, Pasted, Reopened, StepTried
from .outbox import announce, forget
from .place import find_place
from .tables import CASES, ENTRIES

__all__ = ["CaseConflictError", "CaseNotFoundError", "CaseStore", "CaseSummary", "EntryError", "Outcome", "StoreError"]

Also = Callable[[Connection, Case], None]

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"  # nothing that is misread on the phone
_ID_LENGTH = 10
_MOST_WORDS = 10
_MOST_FOUND = 500


class CaseSummary(BaseModel):
    """One line of a list of cases.

    Attributes:
        updated: when something was last confirmed; entries: how much was.
        cause: of a closed case, as in `Closed`.
        cursor: hand it to `find(before=...)` to go on behind this case.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    created: datetime
    updated: datetime
    entries: int
    closed: bool
    closed_at: datetime | None = None
    cause: str | None = None
    cursor: str


class Outcome(BaseModel):
    """A closed case whose cause was confirmed (`not-oauth` counts), for learning."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    cause: str
    closed_at: datetime
    state: CaseState


class Resolved(BaseModel):
    """How many cases were closed in one month (`2026-11`) with one cause; None stands for unsolved."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    month: str
    cause: str | None
    cases: int


class CaseStore:
    """Cases in a database. One instance serves many threads; several processes may share a database.

    Args:
        url: `sqlite:///FILE` or `postgresql://...`; None for OAUTH_DOCTOR_DATABASE or a file in the user's data folder.

    Raises:
        StoreError: the database cannot be opened. So does every method when it cannot be read or written.
    """

    def __init__(self, url: str | None = None) -> None:
        self.place = find_place(url)
        self.engine = open_database(self.place)
        self._sqlite = self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def create(
        self, title: str = "", *, case_id: str | None = None, entries: Sequence[Entry] = (), also: Also | None = None
    ) -> Case:
        """A new case, perhaps with what is known already, in one transaction.

        Args:
            also: what else belongs into the transaction. What it raises takes everything back.

        Raises:
            CaseConflictError: the id is taken.
            EntryError: an entry or the id cannot be stored.
        """
        if case_id is not None and not is_name(case_id):
            raise EntryError(f"{case_id[:60]!r} cannot be the id of a case; expected letters, digits and . _ : -")
        now = datetime.now(UTC)
        cleaned = clean_entries(entries)
        case = Case(id=case_id or new_id(), title=clean_title(title), created=now, entries=tuple(cleaned))
        row = {"id": case.id, "title": case.title, "created": now, "updated": now, **_columns(case)}
        with explained(self.place):
            try:
                with writing(self.engine) as connection:
                    connection.execute(insert(CASES), row)
                    self._insert(connection, case.id, 0, cleaned)
                    announce(connection, case, cleaned, created=True)
                    if also is not None:
                        also(connection, case)
            except IntegrityError:
                if case_id is None:  # one in 10^14
                    return self.create(title, entries=entries, also=also)
                raise CaseConflictError(case.id, 0, 0) from None
        return case

    def load(self, case_id: str) -> Case:
        """The case with everything that was confirmed.

        Raises:
            CaseNotFoundError: there is none.
        """
        with explained(self.place), self.engine.connect() as connection:
            return self._load(connection, case_id)

    def append(self, case_id: str, entries: Sequence[Entry], *, revision: int, also: Also | None = None) -> Case:
        """Add entries, all or none, and return the case as it is then. What it returned is on the disk.

        Args:
            revision: of the case as the writer knows it.
            also: what else belongs into the transaction. What it raises takes everything back.

        Raises:
            CaseConflictError: somebody else wrote in between; nothing is stored.
            CaseNotFoundError: there is no such case.
            EntryError: an entry cannot be stored.
        """
        with explained(self.place):
            with self.engine.connect() as connection:
                case = self._load(connection, case_id)
            if case.revision != revision:
                raise CaseConflictError(case_id, revision, case.revision)
            if not entries:
                return case
            # Redacting may take a while: outside of the transaction, which then holds only if nothing changed.
            cleaned = clean_entries(entries, case.entries)
            changed = case.model_copy(update={"entries": (*case.entries, *cleaned)})
            with writing(self.engine) as connection:
                claimed = connection.execute(
                    update(CASES)
                    .where(CASES.c.id == case_id, CASES.c.revision == revision)
                    .values(updated=datetime.now(UTC), **_columns(changed))
                )
                if claimed.rowcount != 1:
                    raise CaseConflictError(case_id, revision, self._load(connection, case_id).revision)
                self._insert(connection, case_id, revision, cleaned)
                announce(connection, changed, cleaned)
                if also is not None:
                    also(connection, changed)
        return changed

    def rename(self, case_id: str, title: str) -> None:
        """Give a case another title; that is no entry, the last one stands.

        Raises:
            CaseNotFoundError: there is no such case.
        """
        _check_id(case_id)
        with explained(self.place), writing(self.engine) as connection:
            done = connection.execute(update(CASES).where(CASES.c.id == case_id).values(title=clean_title(title)))
            if done.rowcount != 1:
                raise CaseNotFoundError(case_id)

    def find(
        self, query: str = "", *, closed: bool | None = None, limit: int = 50, before: str | None = None
    ) -> list[CaseSummary]:
        """Cases by their last change, latest first.

        Args:
            query: words that all occur somewhere in a case (id, title, texts, answers, notes), in any case of letters.
            closed: only closed or only open ones.
            limit: at most this many, and at most 500.
            before: the `cursor` of the last case of the page before.

        Raises:
            EntryError: `before` is no cursor.
        """
        conditions: list[ColumnElement[bool]] = [] if closed is None else [CASES.c.closed.is_(closed)]
        if before:
            at, case_id = _read_cursor(before)
            conditions.append(or_(CASES.c.updated < at, and_(CASES.c.updated == at, CASES.c.id < case_id)))
        words = query[:1000].replace("\x00", " ").encode("utf-8", "replace").decode().split()
        conditions.extend(self._mentions(word) for word in words[:_MOST_WORDS])
        wanted = (
            select(CASES)
            .where(*conditions)
            .order_by(CASES.c.updated.desc(), CASES.c.id.desc())
            .limit(max(0, min(limit, _MOST_FOUND)))
        )
        with explained(self.place), self.engine.connect() as connection:
            return [_summary(row) for row in connection.execute(wanted)]

    def delete(self, case_id: str) -> None:
        """Remove a case for good.

        Raises:
            CaseNotFoundError: there is no such case.
        """
        _check_id(case_id)
        with explained(self.place):
            with writing(self.engine) as connection:
                forget(connection, [case_id])
                connection.execute(delete(ENTRIES).where(ENTRIES.c.case_id == case_id))
                if connection.execute(delete(CASES).where(CASES.c.id == case_id)).rowcount != 1:
                    raise CaseNotFoundError(case_id)
            self._forget()

    def delete_older_than(self, days: int) -> int:
        """Remove for good what nobody has touched for so many days; how many cases that were."""
        old = self._older_than(days)
        with explained(self.place):
            with writing(self.engine) as connection:
                forget(connection, select(CASES.c.id).where(old))
                connection.execute(delete(ENTRIES).where(ENTRIES.c.case_id.in_(select(CASES.c.id).where(old))))
                count = connection.execute(delete(CASES).where(old)).rowcount
            if count:
                self._forget()
        return count

    def count_older_than(self, days: int) -> int:
        """How many cases `delete_older_than` would remove."""
        wanted = select(func.count()).select_from(CASES).where(self._older_than(days))
        with explained(self.place), self.engine.connect() as connection:
            return int(connection.execute(wanted).scalar_one())

    def outcomes(self) -> Iterator[Outcome]:
        """Closed cases with a confirmed cause, in the order of closing."""
        wanted = (
            select(CASES.c.id)
            .where(CASES.c.closed.is_(True), CASES.c.cause.is_not(None))
            .order_by(CASES.c.closed_at, CASES.c.id)
        )
        with explained(self.place), self.engine.connect() as connection:
            ids = [row.id for row in connection.execute(wanted)]
        for case_id in ids:
            try:
                case = self.load(case_id)
            except CaseNotFoundError:
                continue
            state = case.state
            closing = [entry.at for entry in case.entries if isinstance(entry, Closed)]
            if state.closed and state.cause is not None:
                yield Outcome(id=case.id, cause=state.cause, closed_at=closing[-1], state=state)

    def cases(self) -> Iterator[Case]:
        """Every case, for an export, oldest first."""
        with explained(self.place), self.engine.connect() as connection:
            ids = [row.id for row in connection.execute(select(CASES.c.id).order_by(CASES.c.created, CASES.c.id))]
        for case_id in ids:
            try:
                yield self.load(case_id)
            except CaseNotFoundError:
                continue

    def resolved(self) -> list[Resolved]:
        """How many cases were closed, by month and cause."""
        month = (
            func.strftime("%Y-%m", CASES.c.closed_at) if self._sqlite else func.to_char(CASES.c.closed_at, "YYYY-MM")
        )
        wanted = (
            select(month.label("month"), CASES.c.cause, func.count().label("cases"))
            .where(CASES.c.closed.is_(True))
            .group_by(text("1"), CASES.c.cause)
            .order_by(text("1"), func.count().desc(), CASES.c.cause)
        )
        with explained(self.place), self.engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return [Resolved(month=str(row.month), cause=row.cause, cases=row.cases) for row in rows]

    def count(self, *, closed: bool | None = None) -> int:
        """How many cases there are."""
        wanted = select(func.count()).select_from(CASES)
        if closed is not None:
            wanted = wanted.where(CASES.c.closed.is_(closed))
        with explained(self.place), self.engine.connect() as connection:
            return int(connection.execute(wanted).scalar_one())

    def ping(self) -> None:
        """Raise a StoreError unless the database answers."""
        with explained(self.place), self.engine.connect() as connection:
            connection.execute(select(CASES.c.id).limit(1))

    # Rows ---------------------------------------------------------------------------------------------------------

    def _load(self, connection: Connection, case_id: str) -> Case:
        # One statement, so that what it sees belongs together.
        joined = CASES.outerjoin(ENTRIES, CASES.c.id == ENTRIES.c.case_id)
        columns = (
            CASES.c.id,
            CASES.c.title,
            CASES.c.created,
            ENTRIES.c.at,
            ENTRIES.c.kind,
            ENTRIES.c.text,
            ENTRIES.c.body,
        )
        wanted = select(*columns).select_from(joined).where(CASES.c.id == case_id).order_by(ENTRIES.c.position)
        _check_id(case_id)
        rows = connection.execute(wanted).all()
        if not rows:
            raise CaseNotFoundError(case_id)
        entries = tuple(_entry(row) for row in rows if row.kind is not None)
        return Case(id=rows[0].id, title=rows[0].title, created=rows[0].created, entries=entries)

    def _insert(self, connection: Connection, case_id: str, position: int, entries: Sequence[Entry]) -> None:
        if entries:
            rows = [
                {"case_id": case_id, "position": position + place, **_row(one)} for place, one in enumerate(entries)
            ]
            connection.execute(insert(ENTRIES), rows)

    def _mentions(self, word: str) -> ColumnElement[bool]:
        def within(column: Any) -> ColumnElement[bool]:
            if self._sqlite:
                return func.instr(func.fold(column), word.casefold()) > 0
            return func.strpos(func.lower(column), func.lower(word)) > 0

        entry = exists().where(ENTRIES.c.case_id == CASES.c.id, within(ENTRIES.c.text))
        return or_(within(CASES.c.id), within(CASES.c.title), entry)

    def _older_than(self, days: int) -> ColumnElement[bool]:
        if not 0 <= days <= 36_500:
            raise StoreError(f"{days} days: expected a number from 0 to 36500")
        return CASES.c.updated < datetime.now(UTC) - timedelta(days=days)

    def _forget(self) -> None:
        """SQLite keeps what was deleted in its log until that is written back."""
        if self._sqlite:
            with self.engine.connect() as connection:
                cursor = connection.connection.cursor()
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                cursor.close()


def new_id() -> str:
    """An id that can be spelled on the phone."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))


def _check_id(case_id: str) -> None:
    """What cannot be an id is none that exists, and is not shown to the database."""
    if not is_name(case_id):
        raise CaseNotFoundError(case_id)


def _columns(case: Case) -> dict[str, Any]:
    """What the table of cases keeps of the entries."""
    state = case.state
    closing = [entry.at for entry in case.entries if isinstance(entry, Closed)]
    return {
        "revision": case.revision,
        "closed": state.closed,
        "closed_at": closing[-1] if state.closed else None,
        "cause": state.cause,
    }


def _row(entry: Entry) -> dict[str, Any]:
    body = entry.model_dump(mode="json", exclude={"at", "kind"})
    match entry:
        case Pasted():
            words = body.pop("text")
        case StepTried():
            words = f"{entry.cause} {entry.step} {entry.result}"
        case Closed():
            words = f"{entry.cause or ''} {entry.note}"
        case Reopened():
            words = ""
        case Answered():
            values = entry.value if isinstance(entry.value, list) else [entry.value]
            words = f"{entry.fact} {' '.join(str(value) for value in values)}"
        case _:
            words = entry.fact
    return {"at": entry.at, "kind": entry.kind, "text": words, "body": json.dumps(body, separators=(",", ":"))}


def _entry(row: Any) -> Entry:
    members = {**json.loads(row.body), "at": row.at, "kind": row.kind}
    if row.kind == "pasted":
        members["text"] = row.text
    return ENTRY.validate_python(members)


def _summary(row: Any) -> CaseSummary:
    return CaseSummary(
        id=row.id,
        title=row.title,
        created=row.created,
        updated=row.updated,
        entries=row.revision,
        closed=row.closed,
        closed_at=row.closed_at,
        cause=row.cause,
        cursor=f"{row.updated.isoformat()}~{row.id}",
    )


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    at, separator, case_id = cursor.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        moment = None
    if moment is None or not separator or not is_name(case_id):
        raise EntryError(f"{cursor[:60]!r} is no place in the list of cases; expected the cursor of a case")
    return moment, case_id
