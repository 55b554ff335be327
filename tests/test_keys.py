"""API keys: hashed at rest, scopes, rotation with overlap, expiry, revocation, rates; over real HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from components import Postgres
from hypothesis import given
from hypothesis import strategies as st
from service_fixtures import Started, run_cli, serving

from oauth_doctor.engine.cases.store import CaseStore
from oauth_doctor.service.api.limits import Buckets
from oauth_doctor.service.api.problems import Problem
from oauth_doctor.service.keys import REMEMBERED, KeyProblemError, KeyStore


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One of each kind for all tests here, because a server works on it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('keys')}/cases.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture(scope="module")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    run_cli("keys", "create", "first", "--database", database_url)
    with serving(tmp_path_factory.mktemp("server"), database_url, "--verbose") as started:
        yield started


def get(server: Started, place: str, key: str | None = None) -> httpx.Response:
    with server.client(key) as client:
        return client.get(place)


def create(database_url: str, *options: str) -> str:
    return run_cli("keys", "create", "somebody", *options, "--database", database_url).strip()


def test_only_the_hash_is_stored(store: CaseStore) -> None:
    made, key = KeyStore(store).create("bot", ["diagnose"])
    with store.engine.connect() as connection:
        from sqlalchemy import select

        from oauth_doctor.service.tables import API_KEYS

        row = connection.execute(select(API_KEYS).where(API_KEYS.c.id == made.id)).one()
    assert key not in str(row)
    assert key.split("_", 2)[2] not in str(row)
    assert KeyStore(store).find(key) == made
    assert KeyStore(store).find(key[:-1] + ("a" if key[-1] != "a" else "b")) is None


def test_rotation_lets_both_in_until_the_overlap_is_over(store: CaseStore) -> None:
    keys = KeyStore(store)
    made, old = keys.create("bot", ["cases"])
    _, new = keys.rotate(made.id, timedelta(seconds=0.3))
    assert keys.find(old) is not None
    assert keys.find(new) is not None
    time.sleep(0.35)
    assert keys.find(old) is None
    assert keys.find(new) is not None
    _, third = keys.rotate(made.id, timedelta(0))
    assert keys.find(new) is None
    keys.revoke(made.id)
    assert keys.find(third) is None
    with pytest.raises(KeyProblemError, match="is revoked"):
        keys.rotate(made.id, timedelta(0))


def test_an_expired_key_is_none_also_while_it_is_remembered(store: CaseStore) -> None:
    keys = KeyStore(store)
    _, key = keys.create("bot", ["cases"], expires=datetime.now(UTC) + timedelta(seconds=0.3))
    assert keys.find(key) is not None
    assert keys.remembered(key)[0]
    time.sleep(0.35)
    assert keys.remembered(key) == (False, None)
    assert keys.find(key) is None


@given(st.text(max_size=100))
def test_nothing_else_is_a_key(text: str) -> None:
    from oauth_doctor.service import keys

    assert keys._KEY.fullmatch(text) is None


def test_once_there_are_keys_they_are_demanded(server: Started, database_url: str) -> None:
    without = get(server, "/v1/facts")
    assert without.status_code == 401
    assert without.headers["www-authenticate"].startswith("Bearer")
    assert without.json()["type"] == "urn:oauth-doctor:problem:key"
    assert get(server, "/v1/facts", "odk_aaaaaaaaaa_" + "x" * 43).status_code == 401
    assert get(server, "/v1/facts", create(database_url)).status_code == 200
    for place in ("/livez", "/readyz"):
        assert get(server, place).status_code == 200


def test_scopes_say_what_a_key_may(server: Started, database_url: str) -> None:
    diagnose, cases, metrics, admin = (
        create(database_url, "--scope", one) for one in ("diagnose", "cases", "metrics", "admin")
    )
    for place, allowed in (("/v1/facts", diagnose), ("/v1/cases", cases), ("/metrics", metrics)):
        for key in (diagnose, cases, metrics, admin):
            answer = get(server, place, key)
            assert answer.status_code == (200 if key in (allowed, admin) else 403), place
            if answer.status_code == 403:
                assert answer.json()["type"] == "urn:oauth-doctor:problem:scope"


def test_a_revoked_key_is_refused_within_seconds(server: Started, database_url: str) -> None:
    key = create(database_url)
    assert get(server, "/v1/facts", key).status_code == 200
    run_cli("keys", "revoke", key.split("_")[1], "--database", database_url)
    time.sleep(REMEMBERED + 0.2)
    assert get(server, "/v1/facts", key).status_code == 401


def test_jobs_belong_to_the_key_that_made_them(server: Started, database_url: str) -> None:
    one, other, admin = create(database_url), create(database_url), create(database_url, "--scope", "admin")
    with server.client(one) as client:
        job = client.post("/v1/jobs", json={"incidents": [{"text": "invalid_grant"}]}).headers["location"]
    assert [get(server, job, key).status_code for key in (one, other, admin)] == [200, 404, 200]


def test_a_rate_is_kept_and_told(server: Started, database_url: str) -> None:
    key = create(database_url, "--rate", "5")
    with server.client(key) as client:
        answers = [client.get("/v1/facts") for _ in range(7)]
    assert [one.status_code for one in answers] == [200] * 5 + [429] * 2
    assert answers[0].headers["ratelimit-policy"] == '"key";q=5;w=60'
    assert answers[0].headers["ratelimit"].startswith('"key";r=4;t=')
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 12
    assert answers[-1].json()["type"] == "urn:oauth-doctor:problem:rate-limit"


def test_the_log_names_keys_by_their_beginning(server: Started, database_url: str) -> None:
    key = create(database_url)
    get(server, "/v1/facts", key)
    named = '"key": "odk_' + key.split("_")[1] + '"'
    end = time.monotonic() + 20  # the line is written after the answer
    while named not in (log := server.log.read_text()) and time.monotonic() < end:
        time.sleep(0.05)
    assert named in log
    assert key not in log


def test_the_commands_list_rotate_and_explain_mistakes(tmp_path: Path) -> None:
    database_url = f"sqlite:///{tmp_path}/cases.db"
    key = run_cli(
        "keys", "create", "help desk", "--scope", "cases", "--expires", "90d", "--database", database_url
    ).strip()
    identifier = key.split("_")[1]
    listed = json.loads(run_cli("keys", "list", "-o", "ndjson", "--database", database_url))
    assert (listed["prefix"], listed["status"], listed["scopes"]) == (f"odk_{identifier}", "active", ["cases"])
    assert key not in run_cli("keys", "list", "--database", database_url)
    rotated = run_cli("keys", "rotate", identifier, "--overlap", "1h", "--database", database_url).strip()
    assert rotated != key
    assert rotated.startswith(f"odk_{identifier}_")
    assert "there is no key" in run_cli("keys", "revoke", "nobody", "--database", database_url, code=2)
    assert "expected diagnose" in run_cli("keys", "create", "x", "--scope", "all", "--database", database_url, code=2)
    assert "--expires" in run_cli("keys", "create", "x", "--expires", "soon", "--database", database_url, code=2)
    assert "--rate" not in run_cli("keys", "create", "x", "--rate", "0", "--database", database_url)


@given(rate=st.integers(1, 1000), workers=st.integers(1, 8), steps=st.lists(st.floats(0, 30), max_size=60))
def test_a_bucket_never_lets_more_through_than_its_rate(rate: int, workers: int, steps: list[float]) -> None:
    now = 0.0
    buckets = Buckets(workers, lambda: now)
    size = max(rate / workers, 1.0)
    let = 0
    for step in steps:
        now += step
        for _ in range(3):
            try:
                buckets.take("k", rate)
                let += 1
            except Problem as problem:
                wait = int(problem.headers["Retry-After"])
                assert 1 <= wait <= 60
        assert let <= size + now * size / 60 + 1e-6
