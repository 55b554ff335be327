"""Real components that tests start themselves: PostgreSQL, Chromium. Absent ones skip, or fail where they are required."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest


def absent(what: str) -> NoReturn:
    """Skip the test, or fail it where OAUTH_DOCTOR_REQUIRE_SERVICES=1 says that everything has to be there."""
    if os.environ.get("OAUTH_DOCTOR_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{what} is required here and absent")
    pytest.skip(f"{what} is absent")


def _postgres_programs() -> Path:
    found = shutil.which("postgres")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not versions:
        absent("a PostgreSQL server (Debian, Ubuntu: apt-get install postgresql)")
    return versions[-1].parent


class Postgres:
    """A server of our own behind a Unix socket in its folder."""

    def __init__(self, folder: Path, programs: Path, prefix: list[str]) -> None:
        self.folder = folder
        self._programs = programs
        self._prefix = prefix
        self._made = 0

    def run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs as the server's user."""
        done = subprocess.run(
            [*self._prefix, str(self._programs / program), *arguments], capture_output=True, text=True, cwd=self.folder
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
        return done.stdout

    def url(self, database: str, user: str = "tester") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def sql(self, database: str, statement: str) -> str:
        return self.run("psql", "-h", str(self.folder), "-U", "tester", "-d", database, "-tAc", statement)

    def new_database(self) -> str:
        """The address of an empty database."""
        self._made += 1
        name = f"cases{self._made}"
        self.sql("postgres", f"CREATE DATABASE {name}")
        return self.url(name)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server in a temporary folder, as an unprivileged user where we are root, and stop it at the end."""
    programs = _postgres_programs()
    folder = Path(tempfile.mkdtemp(prefix="oauth-doctor-pg-"))
    prefix: list[str] = []
    if os.geteuid() == 0:
        user = next((one for one in ("postgres", "nobody") if _user_exists(one)), None)
        if user is None or shutil.which("setpriv") is None:
            absent("an unprivileged user and setpriv, to run PostgreSQL")
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        prefix = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    server = Postgres(folder, programs, prefix)
    data = folder / "data"
    process = None
    try:
        server.run("initdb", "-D", str(data), "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *prefix, str(programs / "postgres"), "-D", str(data), "-k", str(folder),
                    "-c", "listen_addresses=", "-c", "max_connections=200", "-c", "unix_socket_permissions=0777",
                ],
                stdout=log, stderr=log, cwd=folder,
            )  # fmt: skip
        while subprocess.run([str(programs / "pg_isready"), "-q", "-h", str(folder)], check=False).returncode:
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        folder.chmod(0o755)
        yield server
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # stop at once, whoever is still connected
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _user_exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def chromium() -> str:
    """The browser's path."""
    found = os.environ.get("OAUTH_DOCTOR_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        absent("Chromium (Debian: apt-get install chromium)")
    return found
