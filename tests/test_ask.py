"""`ask`: keys, plain lines, stored cases. A real terminal (pseudo-terminal) where the program needs one."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "oauth_doctor.cli.main", "ask", "--evaluator", "own"]
AUTO = "the key of the first answer, or Enter where a value is to be typed"
LONGEST = 60  # seconds for one conversation, on a busy machine
KNOWN = ["--fact", "platform=creatio", "--fact", "provider=google"]


def run(*arguments: str, text: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **variables},
    )


def test_questions_on_stderr_and_the_report_alone_on_stdout() -> None:
    done = run(*KNOWN, "--output", "json", text="?\np\nError 400: redirect_uri_mismatch\n.\nq\n")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert value["causes"][0]["id"] == "redirect-uri-mismatch"
    assert "Question 3:" in done.stderr
    assert "Likeliest now:" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout


def test_back_paste_reasons_and_an_answer_outside_the_vocabulary() -> None:
    done = run(*KNOWN, text="?\n?\nb\np\nError 400: redirect_uri_mismatch\n.\nr\nnonsense\nq\n")
    assert "taken back: " in done.stderr
    assert "for:" in done.stderr
    assert done.stdout.startswith("Diagnosis: The redirect URI is not registered")


def test_nothing_to_take_back() -> None:
    assert "there is nothing to take back" in run(*KNOWN, text="b\nb\nb\nq\n").stderr


def test_a_step_that_did_not_help_is_counted_and_one_that_helped_ends_it() -> None:
    done = run(*KNOWN, text="p\nError 400: redirect_uri_mismatch\n.\nt\nn\nt\nk\nt\ny\n")
    assert "it did not help" in done.stderr
    assert "Solved: The redirect URI is not registered" in done.stderr
    assert "Step 3 of" in done.stderr


def test_a_case_is_stored_and_gone_on_with(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    database = f"sqlite:///{tmp_path / 'cases.db'}"
    first = run(*KNOWN, "--database", database, text="?\ns\n?\nq\n")
    assert "stored as case" in first.stderr
    identity = first.stderr.rsplit("--case ", 1)[1].strip()
    again = run("--case", identity, "--database", database, "--output", "json", text="b\nq\n")
    assert "Question 5:" in again.stderr
    assert "taken back: " in again.stderr
    facts = {fact["name"]: fact["value"] for fact in json.loads(again.stdout)["facts"]}
    assert facts["provider"] == "google"
    latest = run("--resume", "--database", database, text="q\n")
    assert identity in latest.stderr
    missing = run("--case", "nothere", "--database", database)
    assert missing.returncode == 2
    assert "nothere" in missing.stderr
    empty = run("--resume", "--database", f"sqlite:///{tmp_path / 'other.db'}")
    assert empty.returncode == 2
    assert "--resume" in empty.stderr


def test_null_in_a_sheet_means_that_nobody_can_tell(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.json"
    sheet.write_text('{"provider": "google", "error": null, "phase": "refresh", "missing_refresh_token": true}')
    done = run("--answers", str(sheet), "--output", "json")
    value = json.loads(done.stdout)
    assert value["causes"][0]["id"].startswith("refresh-token")
    assert (value["next_question"] or {}).get("fact") != "error"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_keys_on_a_terminal_and_plain_mode_without_one() -> None:
    drawn = _in_terminal([*KNOWN], [AUTO, AUTO, AUTO, "q\n"])
    assert "\x1b[" in drawn
    assert "Likeliest causes" in drawn
    assert "Enter don't know" in drawn
    plain = _in_terminal([*KNOWN, "--plain"], ["q\n"])
    assert "Likeliest now:" in plain
    dumb = _in_terminal([*KNOWN], ["q\n"], TERM="dumb")
    assert "Likeliest now:" in dumb
    bare = _in_terminal([*KNOWN], [AUTO, "q\n"], NO_COLOR="1")
    assert "\x1b[1;36m" not in bare


def _in_terminal(arguments: list[str], keys: list[str], **variables: str) -> str:
    """What `ask` draws on a pseudo-terminal; every prompt gets the next key, the one after the last a hang-up."""
    import pty

    variables = {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "40", **variables}
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(COMMAND[0], [*COMMAND, *arguments], {**os.environ, **variables})
    seen, asked_from = b"", 0
    waiting = list(keys)
    end = time.monotonic() + LONGEST
    try:
        while select.select([terminal], [], [], max(end - time.monotonic(), 0.0))[0]:
            try:
                part = os.read(terminal, 65536)
            except OSError:  # what Linux says when the other side is gone
                break
            if not part:
                break
            seen += part
            if seen.endswith(b"> "):
                if not waiting:
                    break
                key = waiting.pop(0)
                if key == AUTO:
                    key = "\n" if b"type" in seen[asked_from:] else "1"
                asked_from = len(seen)
                os.write(terminal, key.encode())
        assert time.monotonic() < end, f"no prompt within {LONGEST} s: {seen[-2000:]!r}"
    finally:
        os.close(terminal)  # whoever still waits for a key sees the end of the input
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return seen.decode("utf-8", "replace")
