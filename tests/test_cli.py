"""The command line as its users meet it: streams, exit codes, one clear line for bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "oauth_doctor.cli.main"]
ERROR = "https://accounts.google.com/o/oauth2/auth Error 400: redirect_uri_mismatch\n"


def run(*arguments: str, text: str | bytes | None = "", **environment: str) -> subprocess.CompletedProcess[str]:
    data = text.encode() if isinstance(text, str) else text
    done = subprocess.run(
        [*COMMAND, *arguments],
        input=data,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def assert_refused(done: subprocess.CompletedProcess[str], *words: str, code: int = 2) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_a_text_on_the_pipe_is_diagnosed() -> None:
    done = run("diagnose", text=ERROR)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "redirect-uri-mismatch" in done.stdout
    assert "\x1b[" not in done.stdout


def test_file_text_and_facts(tmp_path: Path) -> None:
    file = tmp_path / "ticket.txt"
    file.write_text(ERROR)
    for arguments in (["diagnose", str(file)], ["diagnose", "--text", ERROR], ["diagnose", "-"]):
        done = run(*arguments, "--fact", "phase=authorize", "--output", "json", text=ERROR)
        assert json.loads(done.stdout)["causes"][0]["id"] == "redirect-uri-mismatch"


def test_inconclusive_is_exit_code_1() -> None:
    assert run("diagnose", "--fact", "worked_before=true").returncode == 1


@pytest.mark.parametrize("form", ["markdown", "html", "reply", "text", "ndjson"])
def test_every_form_of_report(form: str) -> None:
    done = run("diagnose", "--output", form, text=ERROR, NO_COLOR="1")
    assert done.returncode == 0
    assert len(done.stdout) > 400


def test_bad_input_gets_one_line(tmp_path: Path) -> None:
    missing, folder, binary = tmp_path / "absent", tmp_path, tmp_path / "binary"
    binary.write_bytes(b"\x00\x01\x02" * 100)
    assert_refused(run("diagnose"), "is empty", "expected")
    assert_refused(run("diagnose", text="  \n"), "is empty")
    assert_refused(run("diagnose", str(missing)), str(missing), "No such file")
    assert_refused(run("diagnose", str(folder)), "folder")
    assert_refused(run("diagnose", str(binary)), "binary")
    assert_refused(run("diagnose", text=b"\xff\xfb\x90" * 400), "standard input", "UTF-8")
    assert_refused(run("diagnose", text=b"x" * (100 << 20)), "larger than")
    assert_refused(run("diagnose", "--fact", "phas=callback", text="x"), "phas", "expected phase")
    assert_refused(run("diagnose", "--fact", "phase=calback", text="x"), "calback", "callback")
    assert_refused(run("diagnose", "--fact", "phase", text="x"), "NAME=VALUE")
    assert_refused(run("diagnose", "--output", "pdf", text="x"), "--output", "json")
    assert_refused(run("diagnose", "--colour"), "--colour")
    assert_refused(run("diagnoze"), "diagnoze")
    assert_refused(run("explain", "AADSTS00"), "AADSTS00", code=1)


def test_an_unreadable_file() -> None:
    if os.geteuid() == 0:
        assert_refused(run("diagnose", "/proc/self/mem"), "/proc/self/mem", "cannot be read")
    else:
        assert_refused(run("diagnose", "/etc/shadow"), "/etc/shadow", "cannot be read")


def test_undecodable_bytes_are_survived_and_named() -> None:
    done = run("diagnose", text=ERROR.encode() + b"caf\xe9\n")
    assert done.returncode == 0
    assert "line 2" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_utf16_from_windows_is_read() -> None:
    assert run("diagnose", text=ERROR.encode("utf-16")).returncode == 0


def test_invalid_knowledge_is_exit_code_3(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text("rules:\n  - {id: a, when: {phse: x}, supports: {nope: strong}}\n")
    done = run("diagnose", "--knowledge", str(tmp_path), text="x")
    assert done.returncode == 3
    assert "a.yaml:2:" in done.stderr
    assert "Traceback" not in done.stderr


def test_batch_answers_each_line_and_names_bad_ones(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": 1, "text": ERROR, "facts": {"phase": "authorize", "provider": None}}),
        "not json", "[]", '{"id": 4, "text": 5}', "",
        json.dumps({"id": "6", "text": "", "facts": {"phase": "nowhere", "worked_before": True}}),
        "[" * 100_000,
    ]  # fmt: skip
    cases = tmp_path / "cases.jsonl"
    cases.write_text("\n".join(lines))
    done = run("batch", str(cases))
    assert done.returncode == 2
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in found] == ["1", "6"]
    assert found[0]["causes"][0]["id"] == "redirect-uri-mismatch"
    assert len(found[1]["warnings"]) == 1
    for number in (2, 3, 4, 6, 7):
        assert f"cases.jsonl:{number}:" in done.stderr
    assert run("batch", "-", text=lines[0]).returncode == 0
    assert_refused(run("batch", str(tmp_path / "absent")), "absent")


def test_a_closed_output_is_no_traceback(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text((json.dumps({"id": "a", "text": ERROR}) + "\n") * 300)
    with subprocess.Popen([*COMMAND, "batch", str(cases)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        complaint = process.stderr.read().decode()
        assert process.wait(60) == 141
    assert "Traceback" not in complaint
    assert len(complaint.splitlines()) == 1


def test_ctrl_c_is_one_line() -> None:
    with subprocess.Popen(
        [*COMMAND, "ask"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the help line: it is running
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        complaint = process.stderr.read().decode()
        assert process.wait(30) == 130
    assert "Traceback" not in complaint
    assert complaint.rstrip().endswith("interrupted")


def test_ask_by_hand() -> None:
    typed = "creatio\ngoogle\np\nMissing refresh token\n.\nr\nb\nnonsense\nq\n"
    done = run("ask", text=typed)
    assert done.returncode in (0, 1)
    assert "Which application" in done.stderr
    assert "refresh" in done.stdout.lower()
    assert "Which" not in done.stdout.splitlines()[0]


def test_ask_from_a_sheet(tmp_path: Path) -> None:
    sheet = tmp_path / "answers.yaml"
    sheet.write_text(
        "platform: creatio\nprovider: google\nphase: authorize\ntext: 'Error 400: redirect_uri_mismatch'\n"
    )
    done = run("ask", "--answers", str(sheet), "--output", "json")
    assert done.returncode == 0
    value = json.loads(done.stdout)
    assert value["causes"][0]["id"] == "redirect-uri-mismatch"
    assert (
        "Creatio" in value["causes"][0]["steps"][0]["text"]
        or "OAuth application setup page" in value["causes"][0]["steps"][0]["text"]
    )
    sheet.write_text("phase: nowhere\n")
    assert_refused(run("ask", "--answers", str(sheet)), "answers.yaml", "nowhere")
    sheet.write_text("[1, 2")
    assert_refused(run("ask", "--answers", str(sheet)), "answers.yaml")


@pytest.mark.parametrize("name", ["redirect-uri-mismatch", "invalid_grant", "AADSTS50011", "google", "190/460"])
def test_explain(name: str) -> None:
    done = run("explain", name)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 3
    assert json.loads(run("explain", name, "--output", "json").stdout)


def test_kb_commands(tmp_path: Path) -> None:
    assert run("kb", "check").stdout.startswith("ok: ")
    assert json.loads(run("kb", "stats", "--output", "json").stdout)["causes_without_rule"] == []
    for kind in ("cause", "rule", "provider"):
        done = run("kb", "new", kind, "acme-login", "--in", str(tmp_path))
        assert done.returncode == 0, done.stderr
    assert run("kb", "check", "--knowledge", str(tmp_path)).returncode == 0
    assert run("kb", "test", "acme-login", "--knowledge", str(tmp_path)).returncode == 0
    assert_refused(run("kb", "new", "rule", "acme-login", "--in", str(tmp_path)), "exists")
    assert_refused(run("kb", "new", "rul", "x-y", "--in", str(tmp_path)), "cause, rule or provider")
    assert_refused(run("kb", "new", "rule", "../evil", "--in", str(tmp_path)), "lower-case")


def test_kb_evaluate_and_tune(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    rows = [
        {"id": "1", "text": ERROR, "facts": {}, "cause": "redirect-uri-mismatch"},
        {"id": "2", "text": "AADSTS7000222: expired", "facts": {}, "cause": "client-secret-expired"},
        {"id": "3", "text": "AADSTS50011", "facts": {}, "cause": "pkce-mismatch", "also": []},
        {"id": "4", "text": "segfault at 0", "facts": {}, "cause": "not-oauth"},
    ]
    cases.write_text("\n".join(map(json.dumps, rows)))
    done = run("kb", "evaluate", str(cases))
    assert "cases 3  top-1 0.667" in done.stdout
    assert "pkce-mismatch taken for redirect-uri-mismatch" in done.stdout
    assert " right of " not in done.stdout
    done = run("kb", "evaluate", str(cases), "--rules", "5", "--misses", "0")
    assert "0 right of   1, behind  1 wrong answers: code:microsoft:AADSTS50011" in done.stdout
    assert "AADSTS7000222" not in done.stdout
    scales = tmp_path / "scales.yaml"
    shipped = Path(__file__).parent.parent / "kb" / "scales.yaml"
    scales.write_text(shipped.read_text())
    assert run("kb", "tune", str(cases), "--folds", "2", "--write", str(scales)).returncode == 0
    assert scales.read_text().count("#") == shipped.read_text().count("#")
    cases.write_text("{}")
    assert_refused(run("kb", "evaluate", str(cases)), "cases.jsonl:1")
