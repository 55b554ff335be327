"""What closed cases teach, kept in the database: drawn once, reversible, used by `ask` and the server, visible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")


from oauth_doctor.engine import Doctor
from oauth_doctor.engine.cases.lessons import Lessons
from oauth_doctor.engine.cases.model import Answered, CaseState, Closed, Entry, Reopened, StepTried
from oauth_doctor.engine.cases.store import CaseStore
from oauth_doctor.engine.guide import Guide
from oauth_doctor.engine.learning import Learned, Outcome

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GUIDE = Guide(Doctor(evaluator="own"))


def closed(cause: str | None = "clock-skew", provider: str = "google") -> list[Entry]:
    return [
        Answered(at=NOW, fact="provider", value=provider),
        Answered(at=NOW, fact="phase", value="token_exchange"),
        StepTried(at=NOW, cause="clock-skew", step="compare-time", result="failed"),
        Closed(at=datetime.now(UTC), cause=cause),
    ]


def test_lessons_are_what_the_outcomes_of_all_cases_teach(store: CaseStore) -> None:
    for cause in ("clock-skew", "clock-skew", "state-cookie-lost", "not-oauth", None):
        store.create(entries=closed(cause))
    store.create(entries=closed()[:-1])
    expected = Learned.from_outcomes(o for c in store.outcomes() if (o := GUIDE.outcome(c.state)))
    assert expected.cases == 4
    assert Lessons(store, GUIDE.outcome).learned() == expected


def test_a_case_is_examined_once_and_again_when_it_was_closed_anew(store: CaseStore) -> None:
    asked: list[str | None] = []

    def teach(state: CaseState) -> Outcome | None:
        asked.append(state.cause)
        return GUIDE.outcome(state)

    lessons = Lessons(store, teach)
    case = store.create(entries=closed())
    before = lessons.mark()
    assert lessons.learned().cases == lessons.learned().cases == 1
    assert asked == ["clock-skew"]
    assert lessons.mark() == before
    case = store.append(case.id, [Reopened(at=NOW)], revision=case.revision)
    assert lessons.mark() != before
    assert lessons.learned() == Learned()
    again = Closed(at=datetime.now(UTC) + timedelta(seconds=1), cause="tls-untrusted")
    store.append(case.id, [again], revision=case.revision)
    assert lessons.learned().causes == {"google": {"tls-untrusted": 1}}
    assert asked == ["clock-skew", "tls-untrusted"]
    store.delete(case.id)
    assert lessons.learned() == Learned()


def test_answers_that_the_knowledge_does_not_know_any_more_teach_nothing(store: CaseStore) -> None:
    store.create(entries=[Answered(at=NOW, fact="no_such_fact", value="x"), Closed(at=NOW, cause="clock-skew")])
    assert Lessons(store, GUIDE.outcome).learned() == Learned()


def test_reset_and_import_are_taken_back_in_turn(store: CaseStore) -> None:
    lessons = Lessons(store, GUIDE.outcome)
    store.create(entries=closed())
    own, other = lessons.learned(), Learned(causes={"okta": {"tls-untrusted": 3}})
    marks = {lessons.mark()}
    lessons.take_in(other)
    marks.add(lessons.mark())
    assert lessons.learned() == own.plus(other)
    lessons.reset()
    marks.add(lessons.mark())
    assert lessons.learned() == Learned()
    lessons.take_in(own)
    assert lessons.learned() == own
    assert [(change.kind, change.cases) for change in lessons.changes()] == [("import", 3), ("reset", 0), ("import", 1)]
    for expected in (Learned(), own.plus(other), own):
        assert lessons.undo() is not None
        assert lessons.learned() == expected
    assert lessons.undo() is None
    assert len(marks) == 3


def test_the_server_learns_when_cases_close(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi")
    from oauth_doctor.service import services as module
    from oauth_doctor.service.settings import Settings

    monkeypatch.setattr(module, "_FRESH", 0.0)
    services = module.Services(Settings(database=f"sqlite:///{tmp_path / 'cases.db'}"), Doctor(evaluator="own"))
    state = CaseState(answers={"provider": "google", "platform": "generic"})
    try:
        before = services.guide.examine(state).ranked
        first = services.guide
        for _ in range(8):
            services.store.create(entries=closed("token-too-large"))
        after = services.guide.examine(state).ranked
        assert services.guide is not first
        assert services.guide.learned.causes == {"google": {"token-too-large": 8}}
        shares = [{one.cause: one.probability for one in ranked}["token-too-large"] for ranked in (before, after)]
        assert 1.5 < shares[1] / shares[0] < 3.5  # caution: eight cases make at most three times as likely
        assert services.guide is services.guide
    finally:
        services.close()


def learn(database: Path, *arguments: str, text: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "oauth_doctor.cli.main", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "OAUTH_DOCTOR_DATABASE": f"sqlite:///{database}", **variables},
    )


def test_the_command_shows_exports_imports_resets_and_takes_back(tmp_path: Path) -> None:
    database = tmp_path / "cases.db"
    store = CaseStore(f"sqlite:///{database}")
    assert learn(database, "learn", "show").returncode == 1
    for _ in range(3):
        store.create(entries=closed())
    shown = learn(database, "learn", "show", "--provider", "google")
    assert shown.returncode == 0, shown.stderr
    assert "3 confirmed case(s)" in shown.stdout
    assert "clock-skew                           3 case(s), 1." in shown.stdout
    exported = learn(database, "learn", "export")
    assert Learned.from_json(exported.stdout).causes == {"google": {"clock-skew": 3}}
    assert learn(database, "learn", "reset").returncode == 0
    assert learn(database, "learn", "show").returncode == 1
    assert learn(database, "learn", "import", "-", text=exported.stdout).returncode == 0
    again = learn(database, "learn", "show", "--output", "json")
    assert json.loads(again.stdout) == json.loads(exported.stdout)
    assert "taken back: the import" in learn(database, "learn", "undo").stderr
    assert "taken back: the reset" in learn(database, "learn", "undo").stderr
    assert learn(database, "learn", "undo").returncode == 1
    refused = learn(database, "learn", "import", "-", text='{"schema": "oauth-doctor/learned/1", "causes": 3}')
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "causes" in refused.stderr


def test_ask_uses_what_the_database_has_learned(tmp_path: Path) -> None:
    database = tmp_path / "cases.db"
    sheet = tmp_path / "sheet.json"
    sheet.write_text('{"provider": "google", "platform": "generic", "phase": "callback"}')
    shares = []
    for number in (0, 12):
        for _ in range(number):
            CaseStore(f"sqlite:///{database}").create(entries=closed("token-too-large"))
        done = learn(database, "ask", "--evaluator", "own", "--answers", str(sheet), "--output", "json")
        causes = {one["id"]: one["probability"] for one in json.loads(done.stdout)["causes"]}
        shares.append(causes.get("token-too-large", 0.0))
    assert shares[1] > 1.5 * shares[0]


def test_ask_goes_on_without_a_database_that_cannot_be_read(tmp_path: Path) -> None:
    database = tmp_path / "cases.db"
    sheet = tmp_path / "sheet.json"
    sheet.write_text('{"provider": "google", "error": "redirect_uri_mismatch", "phase": "authorize"}')
    asked = ("ask", "--evaluator", "own", "--answers", str(sheet), "--output", "json")
    done = learn(database, *asked)
    assert not database.exists()
    database.write_text("no database " * 100)
    warned = learn(database, *asked)
    assert "going on without what was learned" in warned.stderr
    assert warned.stdout == done.stdout != ""
