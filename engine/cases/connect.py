"""Opening the database: durability settings, schema brought up to date, and failures in words.

SQLite runs in WAL mode with synchronous=FULL: a commit that returned survives a crash of the process and of the machine.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from .errors import StoreError
from .place import Place

BUSY_SECONDS = 5
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x0A07D0C  # any number that no other program takes for its own
_VERSION_TABLE = "alembic_version"


def open_database(place: Place) -> Engine:
    """Connect, and bring the schema up to date.

    Raises:
        StoreError: it cannot be reached, read or written, or a newer version of this program wrote it.
    """
    with explained(place):
        engine = _sqlite(place.file) if place.file is not None else _postgres(place.url)
        _migrate(engine, place)
    return engine


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that will write. SQLite takes the lock at once, so that it waits its turn instead of failing."""
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        yield connection


@contextlib.contextmanager
def explained(place: Place) -> Iterator[None]:
    """Turn what the database says into one line that names the database and what to do."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"database {place.name}: {_reason(error.orig or error)}") from None
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise StoreError(f"database {place.name}: {_reason(error)}") from None
    except OSError as error:
        raise StoreError(f"database {place.name}: {error.strerror or error}") from None


def _sqlite(file: Path) -> Engine:
    if not file.parent.exists():
        file.parent.mkdir(parents=True, mode=0o700)
    if not file.exists():
        # Cases are nobody else's business: the file is made private before anything is in it.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    # Autocommit mode of the driver: transactions begin where `_begin` says, also around changes of the schema.
    arguments = {"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False}
    engine = create_engine(f"sqlite:///{file}", connect_args=arguments, pool_size=5, max_overflow=20)

    def connect(connection: sqlite3.Connection, _: Any) -> None:
        connection.create_function("fold", 1, lambda value: value.casefold() if value else "", deterministic=True)
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal" and os.access(file, os.W_OK):
            _switch_to_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        # What is deleted is overwritten.
        connection.execute("PRAGMA secure_delete=ON")

    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine, "connect", connect)
    event.listen(engine, "begin", begin)
    return engine


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Switch the journal. SQLite refuses this at once if another program switches it too, whatever its timeout says."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _postgres(url: str) -> Engine:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise StoreError('PostgreSQL needs the extra "postgres": sh install.sh postgres') from None
    options = f"-c lock_timeout={BUSY_SECONDS}s -c timezone=UTC"
    return create_engine(
        url, connect_args={"connect_timeout": BUSY_SECONDS, "options": options}, pool_pre_ping=True, pool_size=5
    )


def _migrate(engine: Engine, place: Place) -> None:
    newest = max(path.name[:4] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))
    with engine.connect() as connection:
        current = _version(connection, place, newest)
    if current == newest:
        return
    # Imported before the lock, which others wait for: it takes longer than the migrations.
    from alembic import command
    from alembic.config import Config

    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        current = _version(connection, place, newest)
        if current == newest:  # somebody was faster
            return
        # Asked under the lock only: between two questions without it, another program may have made our own tables.
        if current is None and inspect(connection).has_table("cases"):
            raise StoreError(f"database {place.name}: has other tables named `cases`; expected a database of its own")
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(connection: Connection, place: Place, newest: str) -> str | None:
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    current = None if found is None else str(found)
    if current is not None and (current > newest or not list((_MIGRATIONS / "versions").glob(f"{current}_*.py"))):
        raise StoreError(
            f"database {place.name}: its schema {current[:40]!r} is newer than this program, which knows {newest!r};"
            " update oauth-doctor, or choose another database"
        )
    return current


_SQLITE_REASONS = {
    "SQLITE_BUSY": f"is locked by another program (waited {BUSY_SECONDS} s); try again",
    "SQLITE_LOCKED": "is locked by another program; try again",
    "SQLITE_READONLY": "is read-only; make the file and its folder writable, or choose another with --database",
    "SQLITE_FULL": "the disk is full; nothing of this was stored, free some space and try again",
    "SQLITE_CANTOPEN": "cannot be opened; expected a file in a folder that may be written",
    "SQLITE_NOTADB": "is no SQLite database; expected a file that oauth-doctor made",
    "SQLITE_CORRUPT": "is damaged; restore a backup",
    "SQLITE_IOERR": "cannot be read or written (input/output error); check the disk",
    "SQLITE_PERM": "may not be opened; check the permissions of the file",
}
_POSTGRES_REASONS = {
    "25006": "is read-only; connect to the primary server, or to a database that may be written",
    "53100": "the disk is full; nothing of this was stored, free some space and try again",
    "53300": "has too many connections; try again later",
    "55P03": f"is locked by another program (waited {BUSY_SECONDS} s); try again",
    "42501": "the role may not do this; grant it the right to read, write and create tables in its schema",
    "28P01": "refuses the password",
    "28000": "refuses the user",
    "3D000": "does not exist; create it with createdb",
    "57P01": "shut down during the work; nothing of this was stored, try again",
    "57P03": "is starting up or shutting down; try again",
}


def _reason(error: BaseException) -> str:
    name = getattr(error, "sqlite_errorname", None)
    if isinstance(name, str):
        for prefix, reason in _SQLITE_REASONS.items():
            if name.startswith(prefix):
                return reason
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str) and state in _POSTGRES_REASONS:
        return _POSTGRES_REASONS[state]
    words = " ".join(str(error).split("\n")[0].split())
    for state, phrase in (("28P01", "password authentication failed"), ("3D000", "does not exist")):
        if phrase in str(error) and type(error).__name__ == "OperationalError":
            return _POSTGRES_REASONS[state]
    if type(error).__name__ in ("OperationalError", "ConnectionTimeout") and name is None:
        return "cannot be reached; check that the server runs and that the address is right"
    # The statement's parameters are never part of it: they may hold what a user wrote.
    return f"failed ({type(error).__name__}: {words[:160]})"
