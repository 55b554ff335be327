"""Batch jobs: many incidents, diagnosed in the background, going on where they stopped after a restart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from ..engine.cases.clean import clean_entries
from ..engine.cases.connect import explained, writing
from ..engine.cases.model import Answered, Entry, Pasted
from ..engine.cases.store import CaseStore, new_id
from .background import Worker
from .repeats import Repeatable
from .tables import INCIDENTS, JOBS

_LEASE = timedelta(seconds=60)
_CHUNK = 20
_PAUSE = 2.0  # seconds between looking for work
_LONGEST = 10.0  # seconds that a stop waits for the incident in hand


class Job(BaseModel):
    """A batch job.

    Attributes:
        done: incidents that have a result, `failed` among them are errors.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    status: Literal["waiting", "running", "finished", "cancelled"]
    total: int
    done: int
    failed: int
    created: datetime
    finished: datetime | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident of a job as it is kept: redacted."""

    position: int
    id: str | None
    text: str
    facts: dict[str, Any]


class JobStore:
    """Jobs in the database of the cases. Thread-safe. Every method raises StoreError when that does not work."""

    def __init__(self, store: CaseStore) -> None:
        self._store = store

    def create(
        self, owner: str, incidents: Sequence[dict[str, Any]], *, steps: bool, repeat: Repeatable | None = None
    ) -> Job:
        """Store a job. Secrets are replaced first.

        Args:
            incidents: objects with `id`, `text`, `facts`.

        Raises:
            EntryError: an incident is too large.
            RepeatedError: `repeat` was carried out already.
        """
        now = datetime.now(UTC)
        job = {
            "id": new_id(), "owner": owner, "status": "waiting", "total": len(incidents), "done": 0, "failed": 0,
            "steps": steps, "created": now,
        }  # fmt: skip
        rows = [
            {"job_id": job["id"], "position": position, "incident": _redacted(incident, now)}
            for position, incident in enumerate(incidents)
        ]
        with explained(self._store.place), writing(self._store.engine) as connection:
            connection.execute(insert(JOBS), job)
            connection.execute(insert(INCIDENTS), rows)
            if repeat is not None:
                repeat.note(connection, str(job["id"]), 0)
        return self.load(owner, str(job["id"])) or _job(job)

    def load(self, owner: str | None, job_id: str) -> Job | None:
        """The owner's job (None: anybody's), or None."""
        wanted = select(JOBS).where(JOBS.c.id == job_id, *_of(owner))
        with explained(self._store.place), self._store.engine.connect() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else _job(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name of it

    def jobs(self, owner: str | None, limit: int = 50) -> list[Job]:
        """The owner's jobs, latest first."""
        wanted = select(JOBS).where(*_of(owner)).order_by(JOBS.c.created.desc(), JOBS.c.id).limit(limit)
        with explained(self._store.place), self._store.engine.connect() as connection:
            return [_job(row._mapping) for row in connection.execute(wanted)]  # noqa: SLF001

    def results(self, job_id: str) -> Iterator[str]:
        """The results that are there, in the order of the incidents, one JSON object each."""
        position = -1
        while True:
            wanted = (
                select(INCIDENTS.c.position, INCIDENTS.c.result)
                .where(INCIDENTS.c.job_id == job_id, INCIDENTS.c.position > position, INCIDENTS.c.result.is_not(None))
                .order_by(INCIDENTS.c.position)
                .limit(100)
            )
            with explained(self._store.place), self._store.engine.connect() as connection:
                rows = connection.execute(wanted).all()
            if not rows:
                return
            position = rows[-1].position
            yield from (row.result for row in rows)

    def delete(self, job_id: str) -> None:
        """Remove a job and its results for good; one that runs stops at the next incident."""
        with explained(self._store.place), writing(self._store.engine) as connection:
            connection.execute(delete(INCIDENTS).where(INCIDENTS.c.job_id == job_id))
            connection.execute(delete(JOBS).where(JOBS.c.id == job_id))

    # For those who do the work ------------------------------------------------------------------------------------

    def claim(self, lease: str) -> tuple[str, bool] | None:
        """Take the oldest job that nobody works on: its id, and whether steps are wanted."""
        now = datetime.now(UTC)
        free = or_(
            JOBS.c.status == "waiting",
            and_(JOBS.c.status == "running", or_(JOBS.c.leased_until < now, JOBS.c.lease == lease)),
        )
        wanted = select(JOBS.c.id, JOBS.c.steps).where(free).order_by(JOBS.c.created, JOBS.c.id).limit(1)
        # A look without a lock first: most of the time there is nothing to do.
        with explained(self._store.place):
            with self._store.engine.connect() as connection:
                if connection.execute(wanted).first() is None:
                    return None
            with writing(self._store.engine) as connection:
                row = connection.execute(wanted.with_for_update(skip_locked=True)).first()
                if row is None:
                    return None
                values = {"status": "running", "lease": lease, "leased_until": now + _LEASE}
                connection.execute(update(JOBS).where(JOBS.c.id == row.id).values(**values))
        return row.id, row.steps

    def open_incidents(self, job_id: str) -> list[Incident]:
        """The next incidents without a result."""
        wanted = (
            select(INCIDENTS.c.position, INCIDENTS.c.incident)
            .where(INCIDENTS.c.job_id == job_id, INCIDENTS.c.result.is_(None))
            .order_by(INCIDENTS.c.position)
            .limit(_CHUNK)
        )
        with explained(self._store.place), self._store.engine.connect() as connection:
            return [Incident(row.position, **json.loads(row.incident)) for row in connection.execute(wanted)]

    def finish(self, job_id: str, lease: str, results: Sequence[tuple[int, str, bool]]) -> bool:
        """Write results (position, JSON, failed) and keep the lease; False when the job is no longer ours."""
        now = datetime.now(UTC)
        mine = and_(JOBS.c.id == job_id, JOBS.c.lease == lease, JOBS.c.status == "running")
        with explained(self._store.place), writing(self._store.engine) as connection:
            if connection.execute(update(JOBS).where(mine).values(leased_until=now + _LEASE)).rowcount != 1:
                return False
            for position, result, _ in results:
                place = and_(INCIDENTS.c.job_id == job_id, INCIDENTS.c.position == position)
                connection.execute(update(INCIDENTS).where(place).values(result=result))
            done, total = self._progress(connection, job_id)
            failed = JOBS.c.failed + sum(one for _, _, one in results)
            over = {"status": "finished", "finished": now, "lease": None} if done == total else {}
            connection.execute(update(JOBS).where(mine).values(done=done, failed=failed, **over))
        return True

    def _progress(self, connection: Connection, job_id: str) -> tuple[int, int]:
        here = INCIDENTS.c.job_id == job_id
        row = connection.execute(select(func.count(INCIDENTS.c.result), func.count()).where(here)).one()
        return int(row[0]), int(row[1])


class JobRunner(Worker):
    """Works on jobs until it is stopped; another process takes a job over when the lease is out.

    Args:
        diagnose: an incident and whether steps are wanted -> (JSON of the result, whether it is an error).
    """

    def __init__(self, jobs: JobStore, diagnose: Callable[[Incident, bool], tuple[str, bool]]) -> None:
        super().__init__("jobs", pause=_PAUSE, longest=_LONGEST)
        self._jobs = jobs
        self._diagnose = diagnose
        self._lease = new_id()

    def work(self) -> bool:
        """Work on one job until it is done; whether there was one."""
        claimed = self._jobs.claim(self._lease)
        if claimed is None:
            return False
        job_id, steps = claimed
        while not self._stopping.is_set():
            incidents = self._jobs.open_incidents(job_id)
            results = []
            for incident in incidents:
                if self._stopping.is_set():
                    break
                results.append((incident.position, *self._diagnose(incident, steps)))
            if not self._jobs.finish(job_id, self._lease, results) or not incidents:
                return True
        return True


def _redacted(incident: dict[str, Any], at: datetime) -> str:
    text, facts = str(incident.get("text") or ""), dict(incident.get("facts") or {})
    entries: list[Entry] = [*([Pasted(at=at, text=text)] if text.strip() else []), *(_answers(facts, at))]
    kept: dict[str, Any] = {"id": incident.get("id"), "text": "", "facts": {}}
    for entry in clean_entries(entries):
        if isinstance(entry, Pasted):
            kept["text"] = entry.text
        elif isinstance(entry, Answered):
            kept["facts"][entry.fact] = entry.value
    return json.dumps(kept, ensure_ascii=False)


def _answers(facts: dict[str, Any], at: datetime) -> Iterator[Answered]:
    for name, value in facts.items():
        yield Answered(at=at, fact=name, value=value)


def _of(owner: str | None) -> list[Any]:
    return [] if owner is None else [JOBS.c.owner == owner]


def _job(row: Any) -> Job:
    return Job(**{name: row.get(name) for name in Job.model_fields})
