"""Ordinary logs of other software hold no failure of this kind. The lines are made by benchmarks/ordinary.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.logs import detect
from oauth_doctor.engine.scan.anchors import Anchors
from oauth_doctor.engine.scan.judge import Judge

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
import ordinary

FORMATS = {
    "system": "syslog", "ssh": "syslog", "mail": "syslog", "web": "access", "nginx_error": "nginx-error", "json_app": "json", "go_app": "logfmt",
    "java_app": "text", "postgres": "text", "kubernetes": "text", "android": "text", "hdfs": "text", "spark": "text", "windows": "text",
}  # fmt: skip


@pytest.fixture(scope="module")
def judge(doctor: Doctor, anchors: Anchors) -> Judge:
    return Judge(doctor, anchors)


@pytest.mark.parametrize("kind", sorted(ordinary.KINDS))
def test_no_event_is_taken_for_a_failure(judge: Judge, kind: str) -> None:
    assert list(ordinary.false_diagnoses(judge, kind, 24, seed=7)) == []


def test_no_message_of_an_application_is_taken_for_one(judge: Judge) -> None:
    count = len(ordinary.MESSAGES)
    assert list(ordinary.false_diagnoses(judge, "applications", count, seed=7)) == []


def test_a_success_that_names_members_of_the_response_is_none_either(judge: Judge) -> None:
    said = '{"level":"debug","msg":"access token refreshed","expires_in":300,"user":63681}'
    assert judge(said, {}).verdict == "no-oauth-problem"
    assert judge('{"level":"error","msg":"token request failed","error":"invalid_grant"}', {}).verdict == "inconclusive"


def test_scan_reports_nothing() -> None:
    assert list(ordinary.false_groups(300, seed=7)) == []


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_the_format_is_found_out(kind: str) -> None:
    assert detect("\n".join(ordinary.lines(kind, 60)).encode()).name == FORMATS[kind]


@pytest.mark.parametrize(
    "kind", ["postgres", "java_app", "hdfs", "spark", "kubernetes", "system", "web", "kafka", "redis"]
)
def test_every_kind_has_times_and_levels_where_the_format_has_them(kind: str) -> None:
    from datetime import UTC, datetime

    data = "\n".join(ordinary.lines(kind, 60)).encode()
    reader = detect(data)
    events = list(reader.events(enumerate(data.split(b"\n"), 1), reference=datetime(2026, 5, 5, tzinfo=UTC)))
    assert sum(event.time is not None for event in events) >= 0.95 * len(events)
    if kind in ("java_app", "hdfs", "spark", "kubernetes", "web", "kafka"):
        assert sum(bool(event.level) for event in events) >= 0.7 * len(events)
