"""A started server for tests: the real command, over real HTTP, on SQLite or PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx


class Started:
    """A running `oauth-doctor serve`."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path, database: str) -> None:
        self.process = process
        self.url = url
        self.log = log
        self.database = database

    def client(self, key: str | None = None, **options: object) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, **options)  # type: ignore[arg-type]

    def worker_pids(self) -> list[int]:
        """Its worker processes."""
        return [pid for pid in children(self.process.pid) if b"spawn_main" in command_line(pid)]


def command_line(pid: int) -> bytes:
    """What a process was started with; nothing for one that has gone meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def run_cli(*arguments: str, code: int = 0) -> str:
    """Run a command, expect an exit code, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "oauth_doctor.cli.main", *arguments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


@contextmanager
def serving(folder: Path, database: str, *options: str) -> Iterator[Started]:
    """Start the command on a free port, and end it with SIGTERM."""
    log = folder / f"serve-{time.monotonic_ns()}.log"
    command = [sys.executable, "-m", "oauth_doctor.cli.main", "serve", "--port", "0", "--database", database, *options]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        assert url.startswith("http://"), log.read_text()
        started = Started(process, url.rstrip("/"), log, database)
        for _ in range(600):
            try:
                if httpx.get(f"{started.url}/readyz", timeout=60).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        yield started
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
