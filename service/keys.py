"""API keys. A key is shown once, when it is made; the database has its hash.

A key is 256 random bits, so that a plain SHA-256 cannot be searched: slow password hashes are for what people invent.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from ..engine.cases.connect import explained, writing
from ..engine.cases.store import CaseStore, new_id
from .tables import API_KEYS

SCOPES = ("diagnose", "cases", "metrics", "admin")
PREFIX = "odk"
_KEY = re.compile(rf"{PREFIX}_([a-z0-9]{{10}})_([A-Za-z0-9_-]{{43}})")
REMEMBERED = 5.0  # seconds that a worker goes by what it last read: how long a revoked key may still work
_MOST_REMEMBERED = 10_000


class KeyProblemError(ValueError):
    """A key cannot be made or changed as asked; the message says why."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret.

    Attributes:
        id: its public part; `prefix` is how the key begins.
        scopes: what it may do; `admin` may everything.
        rate: requests a minute, 0 for no limit.
        previous_until: until when the key before the last rotation works too.
    """

    id: str
    name: str
    scopes: frozenset[str]
    rate: int
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None
    previous_until: datetime | None = None

    @property
    def prefix(self) -> str:
        """The beginning of the key, which may be shown and logged."""
        return f"{PREFIX}_{self.id}"

    @property
    def status(self) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= datetime.now(UTC) else "active"

    def may(self, scope: str) -> bool:
        """Whether the key has a scope."""
        return scope in self.scopes or "admin" in self.scopes


class KeyStore:
    """Keys in the database of the cases. Thread-safe.

    Every method raises StoreError when the database cannot be read or written.
    """

    def __init__(self, store: CaseStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, ApiKey | None]] = {}
        self._required: tuple[float, bool] = (0.0, True)

    def create(
        self, name: str, scopes: Iterable[str], *, rate: int = 600, expires: datetime | None = None
    ) -> tuple[ApiKey, str]:
        """Make a key; the second value is the key itself, which cannot be had again.

        Raises:
            KeyProblemError: unknown scope, or a rate below 0.
        """
        wanted = _scopes(scopes)
        if not 0 <= rate <= 1_000_000:
            raise KeyProblemError(f"a rate of {rate}: expected requests a minute from 1 to 1000000, or 0 for no limit")
        identifier, secret = new_id(), secrets.token_urlsafe(32)
        key = f"{PREFIX}_{identifier}_{secret}"
        row = {
            "id": identifier, "name": " ".join(name.split())[:200], "scopes": " ".join(sorted(wanted)), "rate": rate,
            "hash": _hash(key), "created": datetime.now(UTC), "expires": expires,
        }  # fmt: skip
        with explained(self._store.place), writing(self._store.engine) as connection:
            connection.execute(insert(API_KEYS), row)
        self._forget()
        return self._load(identifier), key

    def keys(self) -> list[ApiKey]:
        """All keys, oldest first."""
        with explained(self._store.place), self._store.engine.connect() as connection:
            rows = connection.execute(select(API_KEYS).order_by(API_KEYS.c.created, API_KEYS.c.id)).all()
        return [_key(row) for row in rows]

    def rotate(self, identifier: str, overlap: timedelta) -> tuple[ApiKey, str]:
        """Give a key a new secret; the old one works on for the overlap.

        Raises:
            KeyProblemError: there is no such active key.
        """
        self._active(identifier)
        now = datetime.now(UTC)
        key = f"{PREFIX}_{identifier}_{secrets.token_urlsafe(32)}"
        values = {"previous_hash": API_KEYS.c.hash, "previous_until": now + overlap, "hash": _hash(key)}
        with explained(self._store.place), writing(self._store.engine) as connection:
            connection.execute(update(API_KEYS).where(API_KEYS.c.id == identifier).values(**values))
        self._forget()
        return self._load(identifier), key

    def revoke(self, identifier: str) -> ApiKey:
        """End a key for good.

        Raises:
            KeyProblemError: there is no such active key.
        """
        self._active(identifier)
        with explained(self._store.place), writing(self._store.engine) as connection:
            wanted = update(API_KEYS).where(API_KEYS.c.id == identifier)
            connection.execute(wanted.values(revoked=datetime.now(UTC), previous_hash=None))
        self._forget()
        return self._load(identifier)

    def remembered(self, key: str) -> tuple[bool, ApiKey | None]:
        """What `find` said a moment ago: whether that is still good, and what it was."""
        with self._lock:
            until, found = self._known.get(_hash(key), (0.0, None))
        good = until > time.monotonic() and (found is None or found.status == "active")
        return good, found if good else None

    def find(self, key: str) -> ApiKey | None:
        """The active key that this is, or None. Asks the database."""
        match = _KEY.fullmatch(key)
        found = None
        if match:
            with explained(self._store.place), self._store.engine.connect() as connection:
                row = connection.execute(select(API_KEYS).where(API_KEYS.c.id == match[1])).one_or_none()
            if row is not None and _matches(row, _hash(key)) and _key(row).status == "active":
                found = _key(row)
        with self._lock:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[_hash(key)] = (time.monotonic() + REMEMBERED, found)
        return found

    def required_remembered(self) -> bool | None:
        """What `required` said a moment ago; None when that is too old."""
        until, required = self._required
        return required if until > time.monotonic() else None

    def required(self) -> bool:
        """Whether keys are demanded: as soon as there is one, even if it has been revoked since."""
        with explained(self._store.place), self._store.engine.connect() as connection:
            required = connection.execute(select(API_KEYS.c.id).limit(1)).first() is not None
        self._required = (time.monotonic() + REMEMBERED, required)
        return required

    def usable(self) -> bool:
        """Whether there is an active key, without which nobody could be let in."""
        return any(key.status == "active" for key in self.keys())

    def _active(self, identifier: str) -> ApiKey:
        key = self._load(identifier)
        if key.status != "active":
            raise KeyProblemError(f"key {key.prefix} is {key.status}; expected an active key, see `keys list`")
        return key

    def _load(self, identifier: str) -> ApiKey:
        with explained(self._store.place), self._store.engine.connect() as connection:
            row = connection.execute(select(API_KEYS).where(API_KEYS.c.id == identifier)).one_or_none()
        if row is None:
            raise KeyProblemError(f"there is no key {identifier[:40]!r}; expected the id of a key, see `keys list`")
        return _key(row)

    def _forget(self) -> None:
        with self._lock:
            self._known.clear()
            self._required = (0.0, True)


def _scopes(scopes: Iterable[str]) -> set[str]:
    wanted = set(scopes)
    unknown = sorted(wanted - set(SCOPES))
    if unknown or not wanted:
        raise KeyProblemError(
            f"scope {unknown[0]!r}: expected {', '.join(SCOPES)}" if unknown else "a key needs a scope"
        )
    return wanted


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _matches(row: Any, hashed: str) -> bool:
    if hmac.compare_digest(row.hash, hashed):
        return True
    if row.previous_hash is None or row.previous_until is None or row.previous_until <= datetime.now(UTC):
        return False
    return hmac.compare_digest(row.previous_hash, hashed)


def _key(row: Any) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        scopes=frozenset(row.scopes.split()),
        rate=row.rate,
        created=row.created,
        expires=row.expires,
        revoked=row.revoked,
        previous_until=row.previous_until if row.previous_hash is not None else None,
    )
