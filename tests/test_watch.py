"""Watching a log: what is appended is told once and at once, whatever happens to the file, and nothing that was read is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.logs import Group
from oauth_doctor.engine.scan import Anchors, PipeFollower, Watcher, follow, watch_log
from oauth_doctor.engine.scan.following import FileFollower

COMMAND = [sys.executable, "-m", "oauth_doctor.cli.main", "watch"]
PLAIN = "2026-03-02T06:00:00Z INFO [c0ffee00] order 4711 accepted for user 17 in 12 ms\n"
MISMATCH = (
    "2026-03-02T06:00:01Z ERROR [a1b2c3d4] Error 400: redirect_uri_mismatch https://accounts.google.com/o/oauth2/auth\n"
)
EXPIRED = (
    "2026-03-02T06:10:09Z ERROR [b7c8d9e0] AADSTS7000222: The provided client secret keys for app 'shop' are expired.\n"
)
REUSED = "2026-03-02T06:20:09Z ERROR [c7c8d9e0] oauth2: invalid_grant: authorization code has already been used\n"
PATIENCE = 90.0


@contextmanager
def watching(*arguments: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The command, started; ended afterwards whatever happens."""
    with subprocess.Popen(
        [*COMMAND, "--output", "ndjson", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The next line that the command writes."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr.read().decode() if process.stderr else ""
    found: dict[str, Any] = json.loads(line)
    return found


def rest(process: subprocess.Popen[bytes]) -> list[dict[str, Any]]:
    assert process.stdout is not None
    return [json.loads(line) for line in process.stdout]


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


# Following ------------------------------------------------------------------------------------------------------------


def wait_for(follower: FileFollower, wanted: bytes) -> None:
    data = b""
    deadline = time.monotonic() + PATIENCE
    while data != wanted and time.monotonic() < deadline:
        data += follower.read(0.05)
    assert data == wanted


def test_a_file_is_followed_through_rotation_and_truncation(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("old\n")
    follower = FileFollower(str(log))
    assert follower.read(0.01) == b""
    append(log, "one\n")
    wait_for(follower, b"one\n")
    append(log, "two\n")
    log.rename(tmp_path / "app.log.1")
    append(tmp_path / "app.log.1", "late\n")
    log.write_text("three\n")
    wait_for(follower, b"two\nlate\nthree\n")
    os.truncate(log, 0)
    append(log, "4\n")
    wait_for(follower, b"4\n")
    log.unlink()
    assert follower.read(0.02) == b""
    log.write_text("five\n")
    wait_for(follower, b"five\n")
    follower.close()


def test_a_file_that_is_not_there_yet_is_read_from_its_beginning(tmp_path: Path) -> None:
    follower = FileFollower(str(tmp_path / "app.log"))
    assert follower.read(0.01) == b""
    (tmp_path / "app.log").write_text("first\n")
    wait_for(follower, b"first\n")


def test_from_start_hands_out_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("first\n")
    wait_for(FileFollower(str(tmp_path / "app.log"), from_start=True), b"first\n")


def test_a_named_pipe_is_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = os.open(tmp_path / "pipe", os.O_RDWR)
    follower = follow(str(tmp_path / "pipe"))
    assert isinstance(follower, PipeFollower)
    os.write(writer, b"x\n")
    assert follower.read(PATIENCE) == b"x\n"
    os.close(writer)
    assert follower.read(PATIENCE) == b""
    assert follower.ended


# The watcher ----------------------------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def make_watcher(
    doctor: Doctor, anchors: Anchors, heard: list[tuple[str, bool]], clock: Callable[[], float]
) -> Watcher:
    def hear(group: Group, new: bool) -> None:
        heard.append((group.diagnosis.causes[0].id, new))

    return Watcher("app.log", anchors, doctor, hear, clock=clock)


def test_lines_settle_before_they_are_diagnosed(doctor: Doctor, anchors: Anchors) -> None:
    clock, heard = Clock(), []
    watcher = make_watcher(doctor, anchors, heard, clock)
    watcher.feed((PLAIN + MISMATCH).encode())
    assert heard == []
    assert 0 < watcher.due() < 0.05
    clock.now += 1
    watcher.settle()
    assert heard == [("redirect-uri-mismatch", True)]
    watcher.feed(PLAIN.encode() * 100)
    for half in (EXPIRED[:40], EXPIRED[40:]):
        watcher.feed(half.encode())
        clock.now += 1
        watcher.settle()
    assert heard[1:] == [("client-secret-expired", True)]


def test_a_steady_stream_cannot_put_off_a_diagnosis(doctor: Doctor, anchors: Anchors) -> None:
    clock, heard = Clock(), []
    watcher = make_watcher(doctor, anchors, heard, clock)
    watcher.feed(MISMATCH.encode())
    for _ in range(40):
        clock.now += 0.004
        watcher.feed(PLAIN.encode())
    assert heard == [("redirect-uri-mismatch", True)]


def test_the_last_line_needs_no_line_break(doctor: Doctor, anchors: Anchors) -> None:
    heard: list[tuple[str, bool]] = []
    watcher = make_watcher(doctor, anchors, heard, Clock())
    watcher.feed((PLAIN + MISMATCH).encode()[:-1])
    report = watcher.finish()
    assert [group.cause for group in report.groups] == ["redirect-uri-mismatch"]
    assert report.totals.lines == 2


def test_repeated_incidents_are_counted(doctor: Doctor, anchors: Anchors) -> None:
    clock, heard = Clock(), []
    watcher = make_watcher(doctor, anchors, heard, clock)
    for number in range(60):
        watcher.feed(f"{MISMATCH[:17]}{number:02d}{MISMATCH[19:]}".encode())
        clock.now += 1
        watcher.settle()
    (group,) = watcher.finish().groups
    assert group.count == 60
    assert [new for _, new in heard].count(True) == 1
    assert watcher.report().groups[0].count == 60


def test_warming_up_tells_nothing_and_ends(doctor: Doctor, anchors: Anchors) -> None:
    heard: list[tuple[str, bool]] = []
    watcher = make_watcher(doctor, anchors, heard, Clock())
    turns = 0
    while watcher.warm():
        turns += 1
    assert turns == len(doctor.knowledge.causes)
    assert heard == []
    assert watcher.finish().groups == []


def test_the_memory_of_a_watcher_is_bounded(doctor: Doctor, anchors: Anchors) -> None:
    watcher = make_watcher(doctor, anchors, [], Clock())
    for _ in range(200):
        watcher.feed(PLAIN.encode() * 1000)
        assert len(watcher._buffer.data) < 1 << 20
    for _ in range(20):
        watcher.feed(b"x" * 1_000_000)
    assert len(watcher._buffer.data) < 8 << 20


def test_a_loop_ends_when_it_is_told_to(doctor: Doctor, anchors: Anchors, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(MISMATCH)
    turns = iter([False, True])
    watcher = make_watcher(doctor, anchors, [], Clock())
    report = watch_log(follow(str(log), from_start=True), watcher, lambda: next(turns))
    assert [group.cause for group in report.groups] == ["redirect-uri-mismatch"]


# The command ----------------------------------------------------------------------------------------------------------


def test_a_growing_and_rotated_file_and_sigterm(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    with watching(str(log), "--from-start") as process:
        log.write_text(PLAIN + MISMATCH)
        assert told(process)["cause"] == "redirect-uri-mismatch"
        log.rename(tmp_path / "app.log.1")
        log.write_text(PLAIN + EXPIRED)
        assert told(process)["cause"] == "client-secret-expired"
        append(log, MISMATCH.replace("a1b2c3d4", "a1b2c3d5"))
        os.truncate(log, 0)
        append(log, REUSED)
        assert told(process)["cause"] == "code-expired-or-reused"
        process.send_signal(signal.SIGTERM)
        *groups, totals = rest(process)
        assert process.wait(PATIENCE) == 0
        assert {group["cause"] for group in groups} >= {
            "redirect-uri-mismatch",
            "client-secret-expired",
            "code-expired-or-reused",
        }
        assert totals["totals"]["diagnosed"] >= 3


def test_sigterm_loses_nothing_that_was_read() -> None:
    with watching("-", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write((PLAIN + MISMATCH).encode())
        process.stdin.flush()
        assert told(process)["cause"] == "redirect-uri-mismatch"
        process.stdin.write((PLAIN + EXPIRED).encode()[:-1])  # a line that is not complete
        process.stdin.flush()
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        found = rest(process)
        assert process.wait(PATIENCE) == 0
        assert "client-secret-expired" in {group.get("cause") for group in found}
        assert found[-1]["totals"]["lines"] == 4


@pytest.mark.parametrize(("text", "code"), [(PLAIN + MISMATCH, 0), (PLAIN, 1), ("", 1)])
def test_the_end_of_a_pipe_ends_it(text: str, code: int) -> None:
    done = subprocess.run(COMMAND, input=text.encode(), capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == code
    assert done.stderr == b""
    assert ("redirect URI" in done.stdout.decode()) == (code == 0)


def test_ctrl_c_sums_up() -> None:
    with watching("-", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(MISMATCH.encode())
        process.stdin.flush()
        told(process)
        process.send_signal(signal.SIGINT)
        assert rest(process)[-1]["totals"]["lines"] == 1
        assert process.wait(PATIENCE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_a_closed_output_ends_it_with_its_own_code() -> None:
    with watching("-", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(MISMATCH.encode())
        process.stdin.flush()
        told(process)
        process.stdout.close()
        process.stdin.write(EXPIRED.encode())
        process.stdin.close()
        assert process.wait(PATIENCE) == 141
        assert process.stderr is not None
        complaint = process.stderr.read().decode()
        assert len(complaint.splitlines()) == 1
        assert "Traceback" not in complaint


def test_bad_input_gets_one_line(tmp_path: Path) -> None:
    for arguments, word in (([str(tmp_path)], "folder"), (["-", "--format", "nginks"], "nginks")):
        done = subprocess.run([*COMMAND, *arguments], input=b"", capture_output=True, timeout=PATIENCE, check=False)
        assert done.returncode == 2
        assert word in done.stderr.decode()
        assert len(done.stderr.splitlines()) == 1
