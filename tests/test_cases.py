"""Stored cases: the database says what was confirmed and nothing else, whatever happens to it or to its writers."""

from __future__ import annotations

import json
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy
from case_fixtures import NOW, answered, run
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.cases import (
    Answered,
    Case,
    Closed,
    Entry,
    Pasted,
    Reopened,
    StepTried,
    Unknown,
    Withdrawn,
    replay,
)
from oauth_doctor.engine.cases.clean import clean_entries
from oauth_doctor.engine.cases.store import (
    CaseConflictError,
    CaseNotFoundError,
    CaseStore,
    EntryError,
    StoreError,
)

SECRET = "refresh_token=1//0gAbCdEf9hIjKlMnOpQr-stuv"


def test_what_was_confirmed_comes_back(store: CaseStore) -> None:
    entries: list[Entry] = [
        Pasted(at=NOW, text="Error 400: redirect_uri_mismatch\n", by="anna"),
        Answered(at=NOW, fact="error", value=["invalid_grant", "invalid_client"]),
        Answered(at=NOW, fact="http_status", value=400),
        answered("worked_before", False),
        Unknown(at=NOW, fact="frequency"),
        Withdrawn(at=NOW, fact="frequency"),
        StepTried(at=NOW, cause="redirect-uri-mismatch", step="register-uri", result="failed"),
        Closed(at=NOW, cause="redirect-uri-proxy", note="behind nginx"),
        Reopened(at=NOW),
    ]
    case = store.create("Login ends in an error page")
    for place, entry in enumerate(entries):
        case = store.append(case.id, [entry], revision=place)
    assert case.entries == tuple(entries)
    assert store.load(case.id) == case
    assert store.load(case.id).state == replay(entries)
    assert store.append(case.id, [], revision=len(entries)) == case


def test_a_stale_writer_is_refused_and_nothing_is_lost(store: CaseStore) -> None:
    case = store.create()
    store.append(case.id, [answered("behind_proxy")], revision=0)
    with pytest.raises(CaseConflictError) as refused:
        store.append(case.id, [answered("worked_before"), Closed(at=NOW)], revision=0)
    assert (refused.value.expected, refused.value.actual) == (0, 1)
    assert store.load(case.id).entries == (answered("behind_proxy"),)
    with pytest.raises(CaseConflictError):
        store.append(case.id, [answered("worked_before")], revision=2)
    with pytest.raises(CaseConflictError, match="exists already"):
        store.create(case_id=case.id)


@pytest.mark.parametrize("name", ["gone", "", "x" * 500, "'; DROP TABLE cases; --", "\x00", "../../etc/passwd"])
def test_unknown_cases(store: CaseStore, name: str) -> None:
    for call in (store.load, store.delete, lambda one: store.append(one, [answered("phase")], revision=0)):
        with pytest.raises(CaseNotFoundError) as refused:
            call(name)
        assert len(str(refused.value).splitlines()) == 1


def test_many_writers_of_one_case_take_turns(store: CaseStore) -> None:
    case = store.create()
    won: list[str] = []
    conflicts: list[int] = []

    def write(worker: int) -> None:
        done = 0
        while done < 15:
            revision = store.load(case.id).revision
            try:
                store.append(case.id, [answered(f"fact_{worker}_{done}", done)], revision=revision)
            except CaseConflictError as error:
                conflicts.append(error.actual)
                continue
            won.append(f"fact_{worker}_{done}")
            done += 1

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = [entry.fact for entry in store.load(case.id).entries if isinstance(entry, Answered)]
    assert sorted(stored) == sorted(won)
    assert len(stored) == 60
    for worker in range(4):
        assert [name for name in stored if name.startswith(f"fact_{worker}_")] == [
            f"fact_{worker}_{i}" for i in range(15)
        ]


# Only redacted text is stored ---------------------------------------------------------------------------------------


def test_no_secret_reaches_the_database(tmp_path: Path) -> None:
    file = tmp_path / "cases.db"
    store = CaseStore(f"sqlite:///{file}")
    secret, mail = "1//0gAbCdEf9hIjKlMnOpQr-stuv", "bob.builder@customer.example"
    case = store.create(f"{mail}: {SECRET}")
    store.append(
        case.id,
        [
            Pasted(at=NOW, text=f"{SECRET}\nuser {mail}", by=mail),
            Answered(at=NOW, fact="error_description", value=f"bad {SECRET}"),
            Answered(at=NOW, fact="error", value=[f"x {SECRET}", "invalid_grant"]),
            Closed(at=NOW, note=f"told {mail} to use {SECRET}", by=mail),
        ],
        revision=0,
    )
    store.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"invalid_grant" in content
    assert secret.encode() not in content
    assert mail.encode() not in content


def test_placeholders_of_different_texts_stay_apart(store: CaseStore) -> None:
    case = store.create()
    case = store.append(case.id, [Pasted(at=NOW, text=SECRET)], revision=0)
    case = store.append(case.id, [Pasted(at=NOW, text=SECRET.replace("Ab", "Zz"))], revision=1)
    assert "<refresh_token:1>" in case.state.texts[0]
    assert "<refresh_token:2>" in case.state.texts[1]


def test_what_a_secret_looked_like_is_still_evidence(store: CaseStore, doctor: Doctor) -> None:
    """The secret has gone, but not that it held a space: the stored text is diagnosed as the original is."""
    text = 'POST /token client_secret=abc+def9hIjKlMnOpQr&grant_type=authorization_code\n{"error": "invalid_client"}'
    case = store.create(entries=[Pasted(at=NOW, text=text)])
    before, after = doctor.diagnose(text), doctor.diagnose(case.state.text)
    assert [(cause.id, cause.probability) for cause in after.causes] == [
        (cause.id, cause.probability) for cause in before.causes
    ]
    assert clean_entries(case.entries) == list(case.entries)


def test_what_cannot_be_stored_is_refused_whole(store: CaseStore) -> None:
    case = store.create()
    for entry in (
        Pasted(at=NOW, text="x" * ((8 << 20) + 1)),
        Answered(at=NOW, fact="phase", value="x" * 30_000),
        Closed(at=NOW, note="x" * 30_000),
        Answered(at=NOW, fact="a fact", value="x"),
        StepTried(at=NOW, cause="<b>", step="s", result="failed"),
    ):
        with pytest.raises(EntryError) as refused:
            store.append(case.id, [answered("behind_proxy"), entry], revision=0)
        assert len(str(refused.value)) < 200
    with pytest.raises(EntryError):
        store.create(case_id="no such id")
    assert store.load(case.id).entries == ()
    half = Pasted(at=NOW, text="line\n" * (1 << 20))
    store.append(case.id, [half], revision=0)
    with pytest.raises(EntryError, match="texts of a case"):
        store.append(case.id, [half], revision=1)


def test_hostile_text_is_kept_as_text(store: CaseStore) -> None:
    texts = ["'; DROP TABLE cases; --", "{{ 7*7 }}<script>", "\x00\ud800\udfff null", "\u202eabc", "%_\\", "日本語 🦆"]
    case = store.create("\n".join(texts))
    assert "\n" not in case.title
    for place, text in enumerate(texts):
        case = store.append(case.id, [Pasted(at=NOW, text=text), Closed(at=NOW, note=text)], revision=2 * place)
    stored = store.load(case.id)
    assert stored == case
    assert stored.state.texts == [
        text.replace("\x00", "\ufffd").replace("\ud800", "\ufffd").replace("\udfff", "\ufffd") for text in texts
    ]
    for query in ("DROP TABLE", "7*7", "%_\\", "日本語", "%", "_\\", "\x00", "\ud800"):
        assert [one.id for one in store.find(query)] in ([case.id], [])
    assert store.find("%_\\")
    assert not store.find("%x%")


# Lists, retention, deletion -----------------------------------------------------------------------------------------


def test_search_and_pages(store: CaseStore) -> None:
    ids = [store.create(f"case {number}").id for number in range(25)]
    store.append(
        ids[3], [Pasted(at=NOW, text="Ошибка ПРИ входе: invalid_grant"), answered("provider", "google")], revision=0
    )
    store.append(ids[7], [Closed(at=NOW, cause="clock-skew")], revision=0)
    assert [one.id for one in store.find("при INVALID_grant google")] == [ids[3]]
    assert [one.id for one in store.find("clock-skew", closed=True)] == [ids[7]]
    assert [one.id for one in store.find(ids[5].upper())] == [ids[5]]
    assert store.find("google clock-skew") == []
    assert len(store.find(closed=False)) == 24
    assert (store.count(), store.count(closed=True)) == (25, 1)
    seen: list[str] = []
    before = None
    while page := store.find(limit=4, before=before):
        seen += [one.id for one in page]
        before = page[-1].cursor
    assert seen[:2] == [ids[7], ids[3]]
    assert seen[2:] == [one for one in reversed(ids) if one not in (ids[7], ids[3])]
    with pytest.raises(StoreError, match="cursor"):
        store.find(before="yesterday")


def test_retention_and_outcomes(store: CaseStore) -> None:
    old, new, unsolved = store.create("old"), store.create("new"), store.create("unsolved")
    store.append(old.id, [answered("provider", "okta"), Closed(at=NOW, cause="clock-skew")], revision=0)
    store.append(new.id, [Closed(at=NOW + timedelta(days=40), cause="not-oauth")], revision=0)
    store.append(unsolved.id, [Closed(at=NOW)], revision=0)
    assert [(one.id, one.cause) for one in store.outcomes()] == [(old.id, "clock-skew"), (new.id, "not-oauth")]
    assert next(store.outcomes()).state.answers == {"provider": "okta"}
    assert [(one.month, one.cause, one.cases) for one in store.resolved()] in (
        [("2026-11", "clock-skew", 1), ("2026-11", None, 1), ("2027-01", "not-oauth", 1)],
        [("2026-11", None, 1), ("2026-11", "clock-skew", 1), ("2027-01", "not-oauth", 1)],
    )
    assert store.delete_older_than(1) == 0
    from sqlalchemy import update

    from oauth_doctor.engine.cases.connect import writing
    from oauth_doctor.engine.cases.tables import CASES

    with writing(store.engine) as connection:
        past = datetime.now(UTC) - timedelta(days=100)
        connection.execute(update(CASES).where(CASES.c.id == old.id).values(updated=past))
    assert store.count_older_than(90) == 1
    assert store.delete_older_than(90) == 1
    assert {one.id for one in store.cases()} == {new.id, unsolved.id}
    with pytest.raises(CaseNotFoundError):
        store.load(old.id)
    for days in (-1, 10**9):
        with pytest.raises(StoreError, match="expected a number"):
            store.delete_older_than(days)
    store.rename(new.id, "renamed\nonce")
    assert store.load(new.id).title == "renamed once"


def test_deleted_is_gone_from_the_file(tmp_path: Path) -> None:
    store = CaseStore(f"sqlite:///{tmp_path / 'cases.db'}")
    case = store.create(entries=[Pasted(at=NOW, text="peculiar-marker " * 5000)])
    store.delete(case.id)
    assert b"peculiar-marker" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    store.close()


# Laws ---------------------------------------------------------------------------------------------------------------

_NAMES = st.sampled_from(["provider", "phase", "error", "http_status", "worked_before"])
_TEXTS = st.text(max_size=60).filter(lambda text: text == text.strip("\x00"))
_SCALARS = st.one_of(st.booleans(), st.integers(-(10**12), 10**12), _TEXTS)
_TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
_ENTRIES: st.SearchStrategy[Entry] = st.one_of(
    st.builds(Pasted, at=_TIMES, by=_TEXTS, text=_TEXTS),
    st.builds(Answered, at=_TIMES, fact=_NAMES, value=st.one_of(_SCALARS, st.lists(_SCALARS, max_size=3))),
    st.builds(Unknown, at=_TIMES, fact=_NAMES),
    st.builds(Withdrawn, at=_TIMES, fact=_NAMES),
    st.builds(
        StepTried,
        at=_TIMES,
        cause=st.sampled_from(["clock-skew", "pkce-required"]),
        step=st.sampled_from(["one", "two"]),
        result=st.sampled_from(["solved", "failed", "skipped"]),
    ),
    st.builds(Closed, at=_TIMES, cause=st.none() | st.sampled_from(["clock-skew", "not-oauth"]), note=_TEXTS),
    st.builds(Reopened, at=_TIMES),
)


def _machine(database_url: str) -> type[RuleBasedStateMachine]:
    class StoreEqualsModel(RuleBasedStateMachine):
        """Whatever is done, the store holds what a list in memory holds."""

        cases = Bundle("cases")

        def __init__(self) -> None:
            super().__init__()
            self.store = CaseStore(database_url)
            self.store.delete_older_than(0)
            self.model: dict[str, list[Entry]] = {}

        @rule(target=cases, title=_TEXTS)
        def create(self, title: str) -> str:
            case = self.store.create(title)
            self.model[case.id] = []
            return case.id

        @rule(case_id=cases, entries=st.lists(_ENTRIES, max_size=4), late=st.integers(-2, 2))
        def append(self, case_id: str, entries: list[Entry], late: int) -> None:
            stored = self.model[case_id]
            revision = len(stored) + late
            if late:
                with pytest.raises(CaseConflictError):
                    self.store.append(case_id, entries, revision=revision)
            else:
                stored += clean_entries(entries, stored)
                assert self.store.append(case_id, entries, revision=revision).entries == tuple(stored)

        @rule(case_id=consumes(cases))
        def delete(self, case_id: str) -> None:
            self.store.delete(case_id)
            del self.model[case_id]
            with pytest.raises(CaseNotFoundError):
                self.store.load(case_id)

        @rule()
        def open_anew(self) -> None:
            self.store.close()
            self.store = CaseStore(database_url)

        @invariant()
        def equal(self) -> None:
            assert {case.id: list(case.entries) for case in self.store.cases()} == self.model
            states = {case_id: replay(entries) for case_id, entries in self.model.items()}
            assert {one.id: (one.closed, one.cause) for one in self.store.find(limit=500)} == {
                case_id: (state.closed, state.cause) for case_id, state in states.items()
            }

        def teardown(self) -> None:
            self.store.close()

    return StoreEqualsModel


def test_the_store_equals_its_model(database_url: str) -> None:
    run_state_machine_as_test(
        _machine(database_url),
        settings=settings(
            max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


# Crashes ------------------------------------------------------------------------------------------------------------

_WRITER = """
import sys
from datetime import UTC, datetime
from oauth_doctor.engine.cases import Answered, Pasted
from oauth_doctor.engine.cases.store import CaseStore
store = CaseStore(sys.argv[1])
case = store.load(sys.argv[2])
number = case.revision
while True:
    now = datetime.now(UTC)
    entries = [Answered(at=now, fact=f"fact_{number}", value=number), Pasted(at=now, text=f"text {number + 1} " * 200)]
    case = store.append(case.id, entries, revision=case.revision)
    number += 2
    print(number, flush=True)  # confirmed
"""


def test_a_killed_writer_loses_no_confirmed_answer(database_url: str) -> None:
    store = CaseStore(database_url)
    case = store.create()
    for attempt in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, database_url, case.id], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        confirmed = int(writer.stdout.readline())
        time.sleep(0.05 + 0.037 * attempt)  # any instant
        writer.send_signal(signal.SIGKILL)
        for line in writer.stdout:
            confirmed = int(line)
        writer.wait()
        entries = store.load(case.id).entries
        assert len(entries) in (confirmed, confirmed + 2)
        assert len(entries) % 2 == 0
        for place in range(0, len(entries), 2):
            first, second = entries[place], entries[place + 1]
            assert isinstance(first, Answered)
            assert first.value == place
            assert isinstance(second, Pasted)
            assert second.text.startswith(f"text {place + 1} ")
    store.close()


def test_two_programs_start_on_an_empty_database(database_url: str) -> None:
    code = "import sys; from oauth_doctor.engine.cases.store import CaseStore; CaseStore(sys.argv[1]).create('x')"
    starts = [subprocess.Popen([sys.executable, "-c", code, database_url], stderr=subprocess.PIPE) for _ in range(3)]
    assert [(start.wait(60), start.stderr.read()) for start in starts if start.stderr] == [(0, b"")] * 3
    assert CaseStore(database_url).count() == 3


def test_a_new_file_that_another_program_writes_just_then(tmp_path: Path) -> None:
    file = tmp_path / "cases.db"
    writer = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    # In this state SQLite refuses a change of the journal at once, whatever its timeout says.
    writer.execute("BEGIN IMMEDIATE")
    leaves = threading.Timer(0.5, writer.close)
    leaves.start()
    store = CaseStore(f"sqlite:///{file}")
    leaves.join()
    assert store.create("x").title == "x"
    store.close()


# The command --------------------------------------------------------------------------------------------------------


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTH_DOCTOR_DATA", str(tmp_path / "data"))
    assert run("list").returncode == 1
    file = tmp_path / "data" / "cases.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    store = CaseStore(f"sqlite:///{file}")
    case = store.create(
        "Login fails \x1b[31m", entries=[Pasted(at=NOW, text="a\x1b]0;b\x07\nc"), Closed(at=NOW, cause="clock-skew")]
    )
    other = store.create("Another")
    listed = run("list", "login")
    assert listed.stdout.startswith(case.id)
    assert "clock-skew" in listed.stdout
    assert [json.loads(line)["id"] for line in run("list", "-o", "ndjson").stdout.splitlines()] == [
        other.id,
        case.id,
    ]
    assert run("list", "--open").stdout.split()[0] == other.id
    shown = run("show", case.id)
    assert "closed, clock-skew" in shown.stdout
    assert "\x1b" not in listed.stdout + shown.stdout
    exported = [json.loads(line) for line in run("export", "--all").stdout.splitlines()]
    assert [one.pop("state")["cause"] for one in exported] == ["clock-skew", None]
    assert Case.model_validate(exported[0]) == case
    assert run("export").returncode == 2
    assert run("show", "nothing").returncode == 2
    assert run("purge", "--older-than", "soon").returncode == 2
    assert run("purge", "--older-than", "30d").stdout == "0 case(s) deleted\n"
    assert run("purge", "--older-than", "0", "--dry-run").stdout.startswith("2 ")
    assert run("delete", case.id).returncode == 0
    assert run("delete", case.id).returncode == 2
    assert store.count() == 1
    store.close()


def test_a_database_with_other_tables_of_that_name_is_left_alone(database_url: str) -> None:
    others = sqlalchemy.create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with others.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE cases (plaintiff TEXT)"))
    with pytest.raises(StoreError, match="has other tables named `cases`; expected a database of its own"):
        CaseStore(database_url)
    assert sqlalchemy.inspect(others).get_table_names() == ["cases"]
    others.dispose()
