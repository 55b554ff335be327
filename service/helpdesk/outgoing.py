"""Answers that are owed to helpdesks: kept in the database until the helpdesk took them, or they are given up.

Kept is which request about which revision of which case, not what it says: that follows from the case. Of several
answers owed to one ticket only the newest is sent.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import Column, Index, Integer, String, Table, delete, insert, select, update
from sqlalchemy.engine import Connection

from ...engine import __version__
from ...engine.cases.connect import explained, writing
from ...engine.cases.errors import CaseNotFoundError, StoreError
from ...engine.cases.model import Case, replay
from ...engine.cases.store import CaseStore, new_id
from ...engine.cases.tables import METADATA, Utc
from ...engine.guide import View
from ...engine.knowledge import Knowledge
from ..logs import log_failure, write_log
from ..webhooks.dispatcher import Patience
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
_TIDY = 3600.0  # seconds


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


class Sending:
    """A thread that sends what is owed until it is stopped. Several processes may each have one."""

    def __init__(
        self,
        config: Config,
        knowledge: Knowledge,
        store: CaseStore,
        look: Callable[[Any], tuple[View, list[str]]],
        patience: Patience | None = None,
    ) -> None:
        self._config = config
        self._knowledge = knowledge
        self._store = store
        self._look = look
        self._patience = patience or Patience()
        self._random = random.SystemRandom()
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._tidied = 0.0
        self._client = httpx.Client(
            timeout=self._patience.seconds, headers={"User-Agent": f"oauth-doctor/{__version__}"}, trust_env=False
        )
        self._thread = threading.Thread(target=self._run, name="helpdesk", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Something is owed now."""
        self._woken.set()

    def stop(self) -> None:
        """End after the attempt in hand."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(self._patience.seconds + 1)
        self._client.close()

    def send_due(self) -> int:
        """Send everything that is due now, once; how many requests that were."""
        number = 0
        while not self._stopping.is_set() and (row := self._claim()) is not None:
            self._finish(row, self._send(row))
            number += 1
        return number

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.send_due()
                self._tidy()
            except StoreError:
                write_log("waiting", where="helpdesk", reason="the database does not answer")
            except Exception as error:  # noqa: BLE001 - a thread that ends would leave every later answer unsent
                log_failure(error, "helpdesk")
            self._woken.wait(self._patience.pause)
            self._woken.clear()

    def _claim(self) -> Any:
        """The next one that is due; its due time moves ahead, so that nobody else takes it meanwhile."""
        now = datetime.now(UTC)
        due = select(OWED).where(OWED.c.state == "pending", OWED.c.due <= now).order_by(OWED.c.due, OWED.c.id).limit(1)
        with explained(self._store.place):
            with self._store.engine.connect() as connection:
                if connection.execute(due).first() is None:
                    return None
            with writing(self._store.engine) as connection:
                row = connection.execute(due.with_for_update(skip_locked=True)).first()
                if row is not None:
                    until = now + timedelta(seconds=3 * self._patience.seconds + 5)
                    taken = update(OWED).where(OWED.c.id == row.id)
                    connection.execute(taken.values(due=until, attempts=OWED.c.attempts + 1))
                return row

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
        attempts = row.attempts + 1
        state = result.state
        values: dict[str, Any] = {"outcome": result.outcome[:200]}
        if state == "pending":
            if attempts >= self._patience.attempts:
                state = "failed"
            else:
                wait = max(self._patience.wait(attempts, self._random.random()), result.wait)
                values["due"] = now + timedelta(seconds=min(wait, self._patience.longest))
        with explained(self._store.place), writing(self._store.engine) as connection:
            mine = (OWED.c.id == row.id) & (OWED.c.state == "pending")
            connection.execute(update(OWED).where(mine).values(state=state, **values))
            if result.wait:  # the limit is the account's, not the ticket's
                others = (
                    (OWED.c.source == row.source) & (OWED.c.state == "pending") & (OWED.c.due < values.get("due", now))
                )
                connection.execute(update(OWED).where(others).values(due=now + timedelta(seconds=result.wait)))
        write_log("helpdesk", sender=row.source, request=row.request, state=state, outcome=result.outcome)

    def _tidy(self) -> None:
        if self._tidied and time.monotonic() - self._tidied < _TIDY:
            return
        self._tidied = time.monotonic()
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
