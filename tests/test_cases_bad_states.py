"""Databases that are damaged, locked, full, read-only, of a newer schema: one clear line, and nothing that was stored is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from case_fixtures import NOW, answered, run
from components import Postgres

from oauth_doctor.engine.cases import Pasted
from oauth_doctor.engine.cases.place import find_place
from oauth_doctor.engine.cases.store import CaseStore, StoreError

COMMAND = [sys.executable, "-m", "oauth_doctor.cli.main"]


def refused(database_url: str, *words: str, command: tuple[str, ...] = ("list",)) -> None:
    """The command says in one line what is wrong with the database, with exit code 2."""
    done = run(*command, "--database", database_url)
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def test_a_newer_schema(database_url: str) -> None:
    from sqlalchemy import text

    store = CaseStore(database_url)
    with store.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9001'"))
    store.close()
    refused(database_url, "newer than this program", "9001", "update oauth-doctor")


def test_sqlite_files_that_are_none(tmp_path: Path) -> None:
    garbage, folder, foreign = tmp_path / "garbage.db", tmp_path / "folder", tmp_path / "foreign.db"
    garbage.write_bytes(b"no database at all, but long enough to be looked at " * 50)
    folder.mkdir()
    sqlite3.connect(foreign).execute("CREATE TABLE cases (x)")
    refused(f"sqlite:///{garbage}", "garbage.db", "is no SQLite database")
    refused(f"sqlite:///{folder}", "cannot be opened")
    refused(f"sqlite:///{foreign}", "database of its own")
    refused("sqlite:////proc/nowhere/cases.db", "/proc/nowhere")
    refused("sqlite://", "names no file")
    refused("mysql://root:hunter2@localhost/x", "expected sqlite:///FILE or postgresql://")
    refused("nonsense", "expected sqlite:///FILE")


def test_a_damaged_file(tmp_path: Path) -> None:
    file = tmp_path / "cases.db"
    store = CaseStore(f"sqlite:///{file}")
    for _ in range(50):
        store.create("x", entries=[Pasted(at=NOW, text="text " * 500)])
    store.close()
    data = bytearray(file.read_bytes())
    data[4096:40960] = b"\xa5" * (40960 - 4096)
    file.write_bytes(data)
    refused(f"sqlite:///{file}", "is damaged")


def test_a_locked_file(tmp_path: Path) -> None:
    file = tmp_path / "cases.db"
    store = CaseStore(f"sqlite:///{file}")
    case = store.create()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert store.load(case.id) == case  # readers are not kept out
    refused(f"sqlite:///{file}", "is locked by another program", command=("delete", case.id))
    other.execute("ROLLBACK")
    store.append(case.id, [answered("phase")], revision=0)
    store.close()


def unprivileged(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Root may write everywhere, until it gives that power up; a user may not.

    Root stays root, so that it can still read the interpreter and the packages, wherever they lie.
    """
    prefix: list[str] = []
    if os.geteuid() == 0:
        powers = "-dac_override,-dac_read_search"
        prefix = ["setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}"]
        if shutil.which("setpriv") is None or subprocess.run([*prefix, "true"], capture_output=True).returncode:
            pytest.skip("root that can't give up its power to write: nothing is read-only")
    return subprocess.run(
        [*prefix, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "OAUTH_DOCTOR_CACHE": "", **environment},
    )


def test_a_read_only_file(tmp_path: Path) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    file = folder / "cases.db"
    store = CaseStore(f"sqlite:///{file}")
    case = store.create()
    store.close()
    file.chmod(0o444)
    folder.chmod(0o555)
    done = unprivileged([*COMMAND, "cases", "delete", case.id, "--database", f"sqlite:///{file}"])
    assert done.returncode == 2, done.stderr
    assert "read-only" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    done = unprivileged([*COMMAND, "cases", "list"], OAUTH_DOCTOR_DATA=str(folder / "new"))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    folder.chmod(0o755)
    assert CaseStore(f"sqlite:///{file}").load(case.id) == case


def test_a_full_disk(tmp_path: Path) -> None:
    """SQLite's own limit of pages gives the same error as a disk without space, at the same places."""
    from sqlalchemy import event

    store = CaseStore(f"sqlite:///{tmp_path / 'cases.db'}")
    case = store.create()

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count=60")

    store.engine.dispose()
    event.listen(store.engine, "connect", limit)

    def fill() -> None:
        for revision in range(100):
            store.append(case.id, [Pasted(at=NOW, text="line of text\n" * 800)], revision=revision)

    with pytest.raises(StoreError, match="disk is full"):
        fill()
    stored = store.load(case.id).revision
    assert 0 < stored < 100
    store.append(case.id, [answered("phase", "callback")], revision=stored)
    store.close()


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    mount = tmp_path / "disk"
    mount.mkdir()
    script = (
        f"mount -t tmpfs -o size=300k tmpfs {mount} && {sys.executable} -c "
        "'import sys\nfrom datetime import UTC, datetime\nfrom oauth_doctor.engine.cases import Pasted\n"
        "from oauth_doctor.engine.cases.store import CaseStore, StoreError\n"
        "store = CaseStore(sys.argv[1])\ncase = store.create()\n"
        "try:\n"
        '    for n in range(999): store.append(case.id, [Pasted(at=datetime.now(UTC), text="words " * 2000)], revision=n)\n'
        "except StoreError as error: print(error, n, store.load(case.id).revision)' "
        f"sqlite:///{mount}/cases.db"
    )
    if shutil.which("unshare") is None:
        pytest.skip("no unshare")
    done = subprocess.run(["unshare", "-m", "-r", "sh", "-c", script], capture_output=True, text=True, timeout=60)
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no disk of one's own here: {done.stderr.strip()[:80]}")
    *words, tried, stored = done.stdout.split()
    assert "full;" in words, done.stdout + done.stderr
    assert tried == stored
    assert int(stored) > 0


def test_a_postgres_that_refuses(postgres: Postgres) -> None:
    database_url = postgres.new_database()
    case = CaseStore(database_url).create()
    name = database_url.partition("@/")[2].partition("?")[0]
    postgres.sql("postgres", f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    refused(database_url, "is read-only", command=("delete", case.id))
    assert CaseStore(database_url).load(case.id) == case
    refused(postgres.url("absent"), "does not exist")
    refused("postgresql://me:hunter2@127.0.0.1:1/cases", "cannot be reached")
    postgres.sql("postgres", "CREATE ROLE stranger LOGIN")
    refused(postgres.url(name, user="stranger"), "may not do this")
    refused(f"{postgres.url('postgres', user='stranger')}", "may not do this")


def test_a_postgres_that_is_locked(postgres: Postgres) -> None:
    from sqlalchemy import text

    database_url = postgres.new_database()
    store = CaseStore(database_url)
    case = store.create()
    with store.engine.connect() as connection, connection.begin():
        connection.execute(text("LOCK TABLE cases IN ACCESS EXCLUSIVE MODE"))
        refused(database_url, "is locked by another program")
    assert store.load(case.id) == case
    store.close()


@pytest.mark.parametrize(
    "database_url", ["postgres://me:hunter2@[bad", "mysql://me:hunter2@x", "sqlite://me:hunter2@x"]
)
def test_messages_hold_no_password(database_url: str) -> None:
    assert "hunter2" not in find_place("postgresql://me:hunter2@h:5432/cases?password=hunter2").name
    with pytest.raises(StoreError) as refused:
        CaseStore(database_url)
    assert "hunter2" not in str(refused.value)
