"""Answers that are owed to helpdesks: kept in the database until the helpdesk took them, or they are given up.

Kept is which request about which revision of which case, not what it says: that follows from the case. Of several
answers owed to one ticket only the newest is sent.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import Column, Index, Integer, String, Table, delete, insert, select, update
from sqlalchemy.engine import Connection

from ...engine import __version__
from ...engine.cases.connect import explained, writing
from ...engine.cases.errors import CaseNotFoundError
from ...engine.cases.model import Case, replay
from ...engine.cases.store import CaseStore, new_id
from ...engine.cases.tables import METADATA, Utc
from ...engine.guide import View
from ...engine.knowledge import Knowledge
from ..delivery import Deliverer, Patience
from ..logs import write_log
from .answer import answer_of, note_of
from .config import Config, Sender
from .mapping import Request, fill
from .seen import forget_seen

OWED = Table(
    "helpdesk_answers",
    METADATA,
    Column("id", String(20), primary_key=True),
    Column("source", String(60), nullable=False),
    Column("ticket", String(200), nullable=False),
    Column("case_id", String(100), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("request", String(60), nullable=False),
    Column("state", String(20), nullable=False),  # pending, delivered, failed, superseded
    Column("attempts", Integer, nullable=False),
    Column("created", Utc, nullable=False),
    Column("due", Utc, nullable=False),
    Column("outcome", String(200), nullable=False),
    Index(None, "state", "due"),
    Index(None, "case_id"),
)
_AGAIN = frozenset({408, 409, 425, 429})
_KEPT = timedelta(days=30)


def owe(connection: Connection, sender: Sender, ticket: str, case: Case) -> None:
    """Note, within the transaction that changes the case, that its ticket is to be told."""
    if not sender.mapping.answer:
        return
    now = datetime.now(UTC)
    older = update(OWED).where(OWED.c.case_id == case.id, OWED.c.state == "pending")
    connection.execute(older.values(state="superseded"))
    rows = [
        {
            "id": new_id(), "source": sender.name, "ticket": ticket, "case_id": case.id, "revision": case.revision,
            "request": name, "state": "pending", "attempts": 0, "created": now, "due": now, "outcome": "",
        }
        for name in sender.mapping.answer
    ]  # fmt: skip
    connection.execute(insert(OWED), rows)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one attempt. `wait`: seconds that the helpdesk asked for."""

    state: str
    outcome: str
    wait: float = 0.0


class Sending(Deliverer):
    """Sends what is owed."""

    def __init__(
        self,
        config: Config,
        knowledge: Knowledge,
        store: CaseStore,
        look: Callable[[Any], tuple[View, list[str]]],
        patience: Patience | None = None,
    ) -> None:
        super().__init__(store, patience, "helpdesk")
        self._config = config
        self._knowledge = knowledge
        self._look = look
        self._client = httpx.Client(
            timeout=self._patience.seconds, headers={"User-Agent": f"oauth-doctor/{__version__}"}, trust_env=False
        )

    def stop(self) -> None:
        """End after the attempt in hand."""
        super().stop()
        self._client.close()

    def deliver_due(self) -> int:
        """Send everything that is due now, once; how many requests that were."""
        number = 0
        while not self._stopping.is_set() and (rows := self._claim()):
            self._finish(rows[0], self._send(rows[0]))
            number += 1
        return number

    def _claim(self) -> list[Any]:
        """The next one that is due, or none."""
        now = datetime.now(UTC)
        due = select(OWED).where(OWED.c.state == "pending", OWED.c.due <= now).order_by(OWED.c.due, OWED.c.id).limit(1)

        def take(connection: Connection, row: Any, until: datetime) -> Any:
            taken = update(OWED).where(OWED.c.id == row.id)
            connection.execute(taken.values(due=until, attempts=OWED.c.attempts + 1))
            return row

        return self.claim(due, take)

    def _send(self, row: Any) -> Result:
        sender = self._config.senders.get(row.source)
        request = sender.mapping.answer.get(row.request) if sender else None
        if sender is None or request is None:
            return Result("failed", "not configured any more")
        try:
            case = self._store.load(row.case_id)
        except CaseNotFoundError:
            return Result("failed", "the case was deleted")
        then = case.model_copy(update={"entries": case.entries[: row.revision]})
        view = self._look(then.state)[0]
        if request.when == "diagnosed" and view.diagnosis.verdict != "diagnosed":
            return Result("superseded", "no cause is known yet")
        if self._said_already(row, then, view):
            return Result("superseded", "it would say what was said before")
        answer = answer_of(self._knowledge, then, view, row.ticket)
        try:
            response = self._client.send(_built(self._client, request, sender, answer))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Result("pending", f"not reached: {type(error).__name__}")
        said = f"answered {response.status_code}"
        if response.is_success:
            return Result("delivered", said)
        if response.status_code in _AGAIN or response.status_code >= 500:
            return Result("pending", said, _seconds(response.headers.get("retry-after")))
        return Result("failed", said)

    def _said_already(self, row: Any, case: Case, view: View) -> bool:
        """Whether the last answer that this ticket got says the same: thanks from a customer need no further note."""
        columns = OWED.c
        wanted = (
            select(columns.revision)
            .where(columns.case_id == row.case_id, columns.request == row.request, columns.state == "delivered")
            .order_by(columns.revision.desc())
            .limit(1)
        )
        with explained(self._store.place), self._store.engine.connect() as connection:
            told = connection.execute(wanted).scalar()
        if told is None:
            return False
        before = self._look(replay(case.entries[:told]))[0]
        return note_of(case, before, "") == note_of(case, view, "")

    def _finish(self, row: Any, result: Result) -> None:
        now = datetime.now(UTC)
        state = result.state
        values: dict[str, Any] = {"outcome": result.outcome[:200]}
        if state == "pending":
            again = self.again(row.attempts + 1, result.wait)
            if again is None:
                state = "failed"
            else:
                values["due"] = again
        with explained(self._store.place), writing(self._store.engine) as connection:
            mine = (OWED.c.id == row.id) & (OWED.c.state == "pending")
            connection.execute(update(OWED).where(mine).values(state=state, **values))
            if result.wait:  # the limit is the account's, not the ticket's
                others = (
                    (OWED.c.source == row.source) & (OWED.c.state == "pending") & (OWED.c.due < values.get("due", now))
                )
                connection.execute(update(OWED).where(others).values(due=now + timedelta(seconds=result.wait)))
        write_log("helpdesk", sender=row.source, request=row.request, state=state, outcome=result.outcome)

    def forget_old(self) -> None:
        """Forget what was answered or given up long ago, and requests that need not be known any more."""
        old = (OWED.c.state != "pending") & (OWED.c.created < datetime.now(UTC) - _KEPT)
        with explained(self._store.place), writing(self._store.engine) as connection:
            connection.execute(delete(OWED).where(old))
        forget_seen(self._store)


def _built(client: httpx.Client, request: Request, sender: Sender, answer: Any) -> httpx.Request:
    values = sender.values
    headers = {}
    auth = None
    if request.bearer is not None:
        headers["Authorization"] = f"Bearer {fill(request.bearer, values, None)}"
    elif request.user is not None:
        auth = httpx.BasicAuth(fill(request.user, values, None), fill(request.password or "", values, None))
    url = fill(request.url, values, answer, url=True)
    built = client.build_request(request.method, url, json=fill(request.body, values, answer), headers=headers)
    if auth is not None:
        with contextlib.closing(auth.sync_auth_flow(built)) as flow:
            built = next(flow)
    return built


def _seconds(retry_after: str | None) -> float:
    """Retry-After in seconds; a date, which helpdesks do not send, counts as one minute."""
    if retry_after is None:
        return 0.0
    text = retry_after.strip()
    try:
        return min(max(float(text), 1.0), 86_400.0) if len(text) < 10 else 60.0
    except ValueError:
        return 60.0
