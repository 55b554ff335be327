"""Fixtures shared by the tests. One doctor serves them all: it is immutable and thread-safe."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from components import Postgres, running_postgres
from hypothesis import HealthCheck, settings

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.cases.store import CaseStore
from oauth_doctor.engine.scan import Anchors, derive_anchors

# On a build server the same examples every time: a rare one is found at somebody's desk, not in another one's change.
settings.register_profile(
    "suite",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=100,
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("suite")

# What a shell starts in the background ignores Ctrl-C, and so would the programs that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests out of the user's cache folder."""
    before = os.environ.get("OAUTH_DOCTOR_CACHE")
    os.environ["OAUTH_DOCTOR_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["OAUTH_DOCTOR_CACHE"]
    else:
        os.environ["OAUTH_DOCTOR_CACHE"] = before


@pytest.fixture(scope="session")
def doctor() -> Doctor:
    return Doctor()


@pytest.fixture(scope="session")
def anchors(doctor: Doctor) -> Anchors:
    """What logs are searched for."""
    return derive_anchors(doctor.knowledge)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """An empty knowledge folder."""
    (tmp_path / "pack" / "rules").mkdir(parents=True)
    return tmp_path / "pack"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cases.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def store(database_url: str) -> Iterator[CaseStore]:
    opened = CaseStore(database_url)
    yield opened
    opened.close()
