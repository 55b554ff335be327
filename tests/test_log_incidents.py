"""Events to incidents, incidents to groups, groups to a report: joined rightly, counted rightly, nothing secret in it."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from oauth_doctor.cli.scan_terminal import print_scan
from oauth_doctor.engine import Diagnosis, Doctor
from oauth_doctor.engine.logs import (
    Event,
    Grouper,
    Incident,
    Joiner,
    ScanReport,
    Tally,
    Timeline,
    detect,
    make_report,
    split_lines,
    template_of,
)
from oauth_doctor.engine.logs.rendering import FORMS, render_scan
from oauth_doctor.engine.logs.vocabulary import vocabulary

BEGIN = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def event(
    text: str,
    second: float | None = 0.0,
    line: int = 1,
    *,
    stream: str = "",
    source: str = "a.log",
    level: str = "error",
) -> Event:
    time = None if second is None else BEGIN + timedelta(seconds=second)
    return Event(time, level, text, source, line, 1, vocabulary().ids_in(text), stream)


def join(*events: tuple[Event, bool] | Event) -> list[list[int]]:
    """The lines of each incident's events."""
    joiner = Joiner()
    done: list[Incident] = []
    for one in events:
        item, hit = one if isinstance(one, tuple) else (one, True)
        done += joiner.add(item, hit=hit)
    return sorted([found.line for found in incident.events] for incident in done + joiner.flush())


# Joining ----------------------------------------------------------------------------------------------------------------------


def test_the_flows_state_joins_across_threads_and_time() -> None:
    authorize = event("GET /authorize?client_id=crm-app-1&state=Zk3vQ0pT7sWcYb1N", 0, 1, stream="exec-1")
    other = event("invalid_grant for somebody else, state=Qq9999xyzAbC", 1, 2, stream="exec-2")
    token = event("callback state=Zk3vQ0pT7sWcYb1N failed: invalid_grant", 45, 30, stream="exec-3")
    assert join(authorize, other, token) == [[1, 30], [2]]


def test_what_is_no_hit_joins_by_its_id_and_is_no_incident_alone() -> None:
    before = event("request_id=abc12345 POST /token", 0, 1)
    nothing = event("request_id=zzz98765 POST /orders", 0, 2)
    hit = event("request_id=abc12345 invalid_client", 1, 3)
    after = event("request_id=abc12345 answered 500", 2, 4)
    assert join((before, False), (nothing, False), hit, (after, False)) == [[1, 2, 3, 4]] or join(
        (before, False), hit, (after, False)
    ) == [[1, 3, 4]]
    assert join((before, False), (nothing, False)) == []


def test_a_thread_joins_what_is_close_in_time_only() -> None:
    assert join(
        event("token request failed", 0, 1, stream="t1"), event("caused by invalid_client", 2, 40, stream="t1")
    ) == [[1, 40]]
    assert join(
        event("token request failed", 0, 1, stream="t1"), event("caused by invalid_client", 20, 40, stream="t1")
    ) == [[1], [40]]
    assert join(
        event("token request failed", 0, 1, stream="t1"), event("caused by invalid_client", 2, 40, stream="t2")
    ) == [[1], [40]]


def test_different_ids_of_one_kind_keep_apart_what_one_thread_says() -> None:
    assert join(
        event("trace_id=aaa111bbb failed", 0, 1, stream="t"), event("trace_id=ccc222ddd refused", 0.1, 2, stream="t")
    ) == [[1], [2]]


def test_one_clients_users_are_kept_apart() -> None:
    one = event("client_id=crm-app user=anna invalid_grant", 0, 1, stream="t1")
    two = event("client_id=crm-app user=bernd access_denied", 1, 2, stream="t2")
    assert join(one, two) == [[1], [2]]


def test_the_same_message_again_is_the_next_incident() -> None:
    assert join(*(event(f"attempt {number}: invalid_client", number, number + 1) for number in range(4))) == [
        [1],
        [2],
        [3],
        [4],
    ]


def test_without_times_lines_must_be_near() -> None:
    assert join(event("Error: invalid_request", None, 3), event("code_challenge is missing", None, 4)) == [[3, 4]]
    assert join(event("Error: invalid_request", None, 3), event("code_challenge is missing", None, 400)) == [[3], [400]]


def test_two_incidents_become_one_when_an_event_belongs_to_both() -> None:
    first = event("trace_id=aaa111bbb authorize", 0, 1, stream="t1")
    second = event("state=Zk3vQ0pT7sWcYb1N lost", 1, 2, stream="t2")
    both = event("trace_id=aaa111bbb state=Zk3vQ0pT7sWcYb1N invalid_grant", 2, 3, stream="t3")
    assert join(first, second, both) == [[1, 2, 3]]


def test_an_incident_is_complete_after_the_gap_and_memory_is_bounded() -> None:
    joiner = Joiner(gap=timedelta(seconds=10))
    assert joiner.add(event("one invalid_grant", 0, 1, stream="a")) == []
    assert [one.line for one in joiner.add(event("two invalid_client", 60, 2, stream="b"))] == [1]
    assert [one.line for one in joiner.expire(BEGIN + timedelta(seconds=120))] == [2]
    done = []
    for number in range(12_000):
        done += joiner.add(event(f"request_id=id{number:06} failed", 200, number + 1, stream=f"s{number}"))
        done += joiner.add(event(f"request_id=ctx{number:06} fine", 200, number + 1, stream=f"c{number}"), hit=False)
    assert len(done) >= 7_000 - 1
    assert len(done) + len(joiner.flush()) == 12_000
    assert len(joiner._context) <= 2_000


@given(st.lists(st.tuples(st.sampled_from(["state=Zk3vQ0pT7sW1", "trace_id=abc123456", "client_id=crm-1", "user=anna", ""]), st.integers(0, 200),
                          st.sampled_from(["", "t1", "t2"]), st.booleans()), max_size=60))  # fmt: skip
def test_no_hit_is_lost_or_counted_twice(parts: list[tuple[str, int, str, bool]]) -> None:
    joiner = Joiner()
    hits: list[Event] = []
    done: list[Incident] = []
    for line, (ids, second, stream, hit) in enumerate(parts, 1):
        one = event(f"message {ids}", second, line, stream=stream)
        hits += [one] if hit else []
        done += joiner.add(one, hit=hit)
    done += joiner.flush()
    found = [one.line for incident in done for one in incident.hits]
    assert len(found) == len(set(found))
    assert set(found) <= {one.line for one in hits}
    assert (len(hits) <= 40 and set(found) == {one.line for one in hits}) or len(hits) > 40


# Templates and groups ---------------------------------------------------------------------------------------------------------


def test_a_template_keeps_what_it_is_about_and_drops_who_and_when() -> None:
    one = template_of(
        "2026-05-04 09:12:31,123 [exec-1] user=anna@shop.example state=Zk3vQ0pT7sWcYb1N AADSTS50011 401 https://a.example/cb"
    )
    two = template_of(
        "2026-05-05 23:59:59,001 [exec-9] user=ben@other.example state=aaaBBB111222333 AADSTS50011 401 https://b.example:8443/cb"
    )
    assert one == two
    assert "AADSTS50011" in one
    assert "401" in one
    assert "anna" not in one
    assert template_of("x 400 invalid_grant") != template_of("x 401 invalid_grant")
    assert template_of("AADSTS50011") != template_of("AADSTS65001")
    assert template_of("[00001eef] failed") == template_of("[a1b2c3d4] failed")
    assert template_of('{"code":190}') != template_of('{"code":200}')
    assert (
        template_of("errcode=40029 after 17 ms")
        == template_of("errcode=40029 after 18 ms")
        != template_of("errcode=40030 after 17 ms")
    )


@given(st.text(max_size=300))
def test_a_template_is_short_and_stable(text: str) -> None:
    once = template_of(text)
    assert len(once) <= 4096
    assert template_of(text) == once


@given(st.lists(st.tuples(st.integers(0, 400_000), st.integers(1, 50)), max_size=50))
def test_a_timeline_counts_everything_in_few_steps(items: list[tuple[int, int]]) -> None:
    whole, left, right = Timeline(), Timeline(), Timeline()
    for place, (second, count) in enumerate(items):
        whole.add(BEGIN + timedelta(seconds=second), count)
        (left if place % 2 else right).add(BEGIN + timedelta(seconds=second), count)
    left.merge(right)
    total = sum(count for _, count in items)
    assert sum(whole.counts.values()) == sum(left.counts.values()) == total
    assert len(whole.counts) <= 120
    assert max(left.counts, default=0) - min(left.counts, default=0) < 120


def incidents(
    count: int, text: str = "user=user{0} client_id=crm-app-1 state=Zk3vQ0pT7s{0:04} redirect_uri_mismatch"
) -> list[Incident]:
    joiner = Joiner()
    done: list[Incident] = []
    for number in range(count):
        done += joiner.add(event(text.format(number), number * 90.0, number + 1))
    return done + joiner.flush()


def grouper(doctor: Doctor, calls: list[str] | None = None) -> Grouper:
    def diagnose(text: str, facts: Mapping[str, str]) -> Diagnosis:
        if calls is not None:
            calls.append(text)
        return doctor.diagnose(text, facts)

    return Grouper(diagnose, key=b"0123456789abcdef")


def test_equal_incidents_are_counted_and_diagnosed_once(doctor: Doctor) -> None:
    calls: list[str] = []
    groups = grouper(doctor, calls)
    results = [counted for one in incidents(30) for counted in groups.add(one)]
    assert [counted.new for counted in results] == [True] + [False] * 29
    assert len(calls) == 1
    report = make_report(groups, Tally(files=1, lines=30))
    assert len(report.groups) == 1
    found = report.groups[0]
    assert (found.count, found.cause) == (30, "redirect-uri-mismatch")
    assert (found.first, found.last) == (BEGIN, BEGIN + timedelta(seconds=29 * 90))
    assert {name: one.count for name, one in found.affected.items()} == {"users": 30, "clients": 1}
    assert [place.line for place in found.places] == list(range(1, 21))
    assert sum(step.count for step in found.timeline) == 30


def test_hits_that_tell_more_alone_are_counted_one_by_one(doctor: Doctor) -> None:
    def diagnose(text: str, facts: Mapping[str, str]) -> Diagnosis:
        calls.append(text)
        found = doctor.diagnose(text, facts)
        return found if "\n" not in text else found.model_copy(update={"verdict": "no-oauth-problem"})

    calls: list[str] = []
    groups = Grouper(diagnose)
    for number in range(3):
        joiner = Joiner()
        joiner.add(event("redirect_uri_mismatch at the provider", number * 90.0, number * 9 + 1))
        joiner.add(event("the second that stands beside it", number * 90.0 + 1, number * 9 + 2), hit=False)
        joiner.add(event("PKCE verification failed", number * 90.0 + 2, number * 9 + 3))
        (joint,) = joiner.flush()
        counted = groups.add(joint)
        assert [one.incident.line for one in counted] == [number * 9 + 1, number * 9 + 3]
        assert [one.new for one in counted] == [number == 0] * 2
    assert len(calls) == 3
    found = make_report(groups)
    assert {group.cause: group.count for group in found.groups} == {"redirect-uri-mismatch": 3, "pkce-mismatch": 3}
    assert found.totals.ordinary == 0


def test_groups_of_several_processes_are_one(doctor: Doctor) -> None:
    every = incidents(20)
    whole, left, right = grouper(doctor), grouper(doctor), grouper(doctor)
    for place, one in enumerate(every):
        whole.add(one)
        (left if place % 2 else right).add(one)
    parent = grouper(doctor)
    for part in (right, left):
        parent.merge(pickle.loads(pickle.dumps(part.groups)), part.further)
    together, alone = make_report(parent), make_report(whole)
    assert together.groups[0].model_dump(exclude={"timeline", "places"}) == alone.groups[0].model_dump(
        exclude={"timeline", "places"}
    )
    assert sum(step.count for step in together.groups[0].timeline) == 20


def test_more_of_the_same_can_be_counted_without_an_incident(doctor: Doctor) -> None:
    groups = grouper(doctor)
    (counted,) = groups.add(incidents(1)[0])
    group = counted.group
    assert group is not None
    group.add(1000, BEGIN, BEGIN + timedelta(hours=1))
    found = make_report(groups).groups[0]
    assert found.count == 1001
    assert sum(step.count for step in found.timeline) == 1001
    assert found.last == BEGIN + timedelta(hours=1)


def test_kinds_beyond_the_limit_are_only_counted(doctor: Doctor) -> None:
    groups = Grouper(lambda text, facts: doctor.diagnose(text, facts, steps=False), most=2)
    for number, text in enumerate(
        ["invalid_client: Invalid client secret", "redirect_uri_mismatch", "PKCE verification failed", "AADSTS65001"]
    ):
        groups.add(incidents(1, text)[0])
        assert len(groups.groups) <= 2, number
    report = make_report(groups)
    assert (report.totals.further, report.totals.incidents) == (2, 4)


# Reports ----------------------------------------------------------------------------------------------------------------------

SECRETS = ("1//0gAbCdEf9hIjKlMnOpQr-stuv", "Zk3vQ0pT7sWcYb1N", "anna@shop.example", "s3cr3t-Vq81LmZx0pTt")
HOSTILE = """2026-05-04 09:12:31,123 ERROR [exec-1] token failed <script>alert(1)</script> refresh_token=1//0gAbCdEf9hIjKlMnOpQr-stuv
client_secret=s3cr3t-Vq81LmZx0pTt user=anna@shop.example state=Zk3vQ0pT7sWcYb1N {"error":"invalid_client","error_description":"Invalid client secret </style><img src=x onerror=alert(1)>"}
2026-05-04 09:15:00,001 ERROR [exec-2] <b>redirect_uri_mismatch</b> | `x` {{ 7*7 }} {% raw %}
"""


@pytest.fixture
def report(doctor: Doctor) -> ScanReport:
    groups = grouper(doctor)
    data = HOSTILE.encode()
    joiner = Joiner()
    done: list[Incident] = []
    for one in detect(data).events(split_lines([data]), "logs/anna@shop.example <i>.log"):
        done += joiner.add(one)
    for incident in done + joiner.flush():
        groups.add(incident)
    return make_report(groups, Tally(files=1, bytes=len(data), lines=3), ["anna@shop.example: <u>cannot be read</u>"])


def test_the_report_can_be_read_back(report: ScanReport) -> None:
    assert ScanReport.model_validate_json(report.to_json()) == report
    assert json.loads(report.to_json())["schema"] == "oauth-doctor/scan/1"
    assert {group.cause for group in report.groups} == {"client-secret-invalid", "redirect-uri-mismatch"}


def test_nothing_secret_is_in_any_form(doctor: Doctor, report: ScanReport) -> None:
    console = Console(width=80, record=True, file=StringIO())
    print_scan(report, console)
    for text in [*(render_scan(doctor.knowledge, report, form) for form in FORMS), console.export_text()]:
        for secret in SECRETS:
            assert secret not in text


def test_every_form_is_the_same_twice(doctor: Doctor, report: ScanReport) -> None:
    for form in FORMS:
        assert render_scan(doctor.knowledge, report, form) == render_scan(doctor.knowledge, report, form)


def test_the_terminal_keeps_to_80_columns(report: ScanReport) -> None:
    console = Console(width=80, record=True, file=StringIO())
    print_scan(report, console)
    lines = console.export_text().split("\n")
    assert max(map(len, lines)) <= 80
    assert any("2 incidents of 2 kinds in 1 file" in line for line in lines)


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_one_file_without_script_and_with_everything_escaped(doctor: Doctor, report: ScanReport) -> None:
    page = Page()
    page.feed(render_scan(doctor.knowledge, report, "html"))
    assert page.open == []
    assert page.tags.count("svg") == 2
    assert page.tags.count("details") == 2
    assert not {"script", "img", "iframe", "link", "b", "i", "u", "object"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert not [value for name, value in page.attributes if name in ("src", "data")]
    assert all(
        value is None or value.startswith(("#", "https://")) for name, value in page.attributes if name == "href"
    )


def test_ndjson_is_a_line_a_group_and_the_totals(doctor: Doctor, report: ScanReport) -> None:
    lines = [json.loads(line) for line in render_scan(doctor.knowledge, report, "ndjson").splitlines()]
    assert len(lines) == len(report.groups) + len(report.unclear) + 1
    assert lines[-1]["totals"]["lines"] == 3


def test_markdown_has_a_row_for_every_group(doctor: Doctor, report: ScanReport) -> None:
    text = render_scan(doctor.knowledge, report, "markdown")
    assert sum(line.startswith("| ") and line.count("|") == 7 for line in text.splitlines()) == len(report.groups) + 1
    assert "{{" not in text.replace("{{ <n>*<n> }}", "").replace("{{ 7*7 }}", "")


TEXT = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
LOCATION = {
    "type": "object", "required": ["physicalLocation"], "additionalProperties": False,
    "properties": {"id": {"type": "integer", "minimum": -1}, "physicalLocation": {
        "type": "object", "required": ["artifactLocation", "region"], "additionalProperties": False, "properties": {
            "artifactLocation": {"type": "object", "additionalProperties": False, "properties": {"uri": {"type": "string", "pattern": r"^[A-Za-z0-9/._~!$&'()*+,;=@%-]+$"}}},
            "region": {"type": "object", "additionalProperties": False, "properties": {"startLine": {"type": "integer", "minimum": 1}}}}}},
}  # fmt: skip
LEVEL = {"enum": ["none", "note", "warning", "error"]}
# The part of the standard's schema that we use, strictly: a name that it does not know is an error there too.
SARIF = {
    "type": "object", "required": ["version", "runs"], "additionalProperties": False,
    "properties": {"$schema": {"type": "string"}, "version": {"const": "2.1.0"}, "runs": {"type": "array", "minItems": 1, "items": {
        "type": "object", "required": ["tool", "results"], "additionalProperties": False, "properties": {
            "tool": {"type": "object", "required": ["driver"], "properties": {"driver": {
                "type": "object", "required": ["name"], "additionalProperties": False, "properties": {
                    "name": {"type": "string"}, "semanticVersion": {"type": "string"}, "rules": {"type": "array", "uniqueItems": True, "items": {
                        "type": "object", "required": ["id"], "additionalProperties": False, "properties": {
                            "id": {"type": "string"}, "name": {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]+$"}, "shortDescription": TEXT, "fullDescription": TEXT,
                            "help": TEXT, "helpUri": {"type": "string", "pattern": "^https?://"},
                            "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}, "additionalProperties": False}}}}}}}},
            "invocations": {"type": "array", "items": {"type": "object", "required": ["executionSuccessful"], "additionalProperties": False, "properties": {
                "executionSuccessful": {"type": "boolean"}, "toolExecutionNotifications": {"type": "array", "items": {
                    "type": "object", "required": ["message"], "additionalProperties": False, "properties": {"level": LEVEL, "message": TEXT}}}}}},
            "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]}, "properties": {"type": "object"},
            "results": {"type": "array", "items": {"type": "object", "required": ["message"], "additionalProperties": False, "properties": {
                "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": -1}, "level": LEVEL,
                "kind": {"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]}, "message": TEXT,
                "locations": {"type": "array", "items": LOCATION}, "relatedLocations": {"type": "array", "uniqueItems": True, "items": LOCATION},
                "occurrenceCount": {"type": "integer", "minimum": 1}, "rank": {"type": "number", "minimum": -1, "maximum": 100},
                "properties": {"type": "object"}}}}}}}},
}  # fmt: skip


def test_sarif_has_the_standards_shape(doctor: Doctor, report: ScanReport) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    log: dict[str, Any] = json.loads(render_scan(doctor.knowledge, report, "sarif"))
    jsonschema.Draft7Validator(SARIF).validate(log)
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(run["results"]) == len(report.groups) == 2
    for result, group in zip(run["results"], report.groups, strict=True):
        assert rules[result["ruleIndex"]] == result["ruleId"] == group.cause
        assert result["kind"] == "fail" or result["level"] == "none"
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == group.places[0].line


def test_an_empty_report_can_be_rendered(doctor: Doctor) -> None:
    empty = make_report(grouper(doctor))
    for form in FORMS:
        assert render_scan(doctor.knowledge, empty, form)
    console = Console(width=80, record=True, file=StringIO())
    print_scan(empty, console)
    assert "No cause was found" in console.export_text()


def test_times_of_several_zones_are_compared_rightly(doctor: Doctor) -> None:
    groups = grouper(doctor)
    east = timezone(timedelta(hours=5))
    for time in (
        datetime(2026, 5, 4, 12, 0, tzinfo=east),
        datetime(2026, 5, 4, 8, 0),
        datetime(2026, 5, 4, 7, 30, tzinfo=UTC),
    ):
        joiner = Joiner()
        joiner.add(Event(time, "error", "redirect_uri_mismatch", "a", 1))
        groups.add(joiner.flush()[0])
    found = make_report(groups).groups[0]
    assert found.first == datetime(2026, 5, 4, 12, 0, tzinfo=east)
    assert found.last == datetime(2026, 5, 4, 8, 0)


def test_letters_that_only_fold_to_ascii_name_no_id() -> None:
    assert vocabulary().ids_in("\u017ftate=abc123def") == {}
    assert template_of("\u017ftate=abcxyzdef \ud800") == "\u017ftate=abcxyzdef ?"
