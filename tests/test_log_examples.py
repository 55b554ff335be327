"""Every example in examples/logs: its reader is found out, and its incident is diagnosed to the cause that it shows."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oauth_doctor.engine import Diagnosis, Doctor
from oauth_doctor.engine.logs import Event, Incident, Joiner, Tally, detect, open_blocks, readers, split_lines

EXAMPLES = Path(__file__).parent.parent / "examples" / "logs"
WRITTEN = datetime(2026, 5, 4, 23, 0, tzinfo=UTC)

# file: reader, cause, line of the telling event
EXPECTED = {
    "access.log": ("access", "consent-denied", 2),
    "apache-error.log": ("apache-error", "nonce-mismatch", 2),
    "app-dotnet.log": ("text", "state-cookie-lost", 3),
    "app-go.log": ("text", "client-secret-invalid", 2),
    "app-java.log": ("text", "code-expired-or-reused", 2),
    "app-node.log": ("text", "pkce-mismatch", 2),
    "app-php.log": ("text", "client-secret-invalid", 1),
    "app-python.log": ("text", "refresh-token-expired", 2),
    "app-ruby.log": ("text", "state-cookie-lost", 2),
    "audit.csv": ("csv", "client-secret-invalid", 3),
    "auth0-logs.csv": ("auth0", "code-expired-or-reused", 3),
    "auth0-logs.json": ("auth0", "redirect-uri-mismatch", 2),
    "browser.har": ("har", "redirect-uri-proxy", 12),
    "cri.log": ("cri", "grant-type-not-enabled", 3),
    "curl.txt": ("curl", "grant-type-not-enabled", 1),
    "dialogue.http": ("http", "refresh-token-reused", 1),
    "docker.json.log": ("docker", "state-cookie-lost", 2),
    "entra-signins.csv": ("entra", "redirect-uri-mismatch", 3),
    "entra-signins.json": ("entra", "admin-consent-required", 5),
    "envoy.log": ("envoy", "scope-invalid", 2),
    "fluent-bit.jsonl": ("collector", "refresh-token-expired", 2),
    "gateway.cef": ("cef", "redirect-uri-mismatch", 2),
    "haproxy.log": ("syslog", "login-interaction-required", 2),
    "journald.json": ("journald", "code-expired-or-reused", 2),
    "keycloak-events.csv": ("keycloak", "client-secret-invalid", 3),
    "keycloak-events.json": ("keycloak", "redirect-uri-mismatch", 3),
    "nginx-error.log": ("nginx-error", "token-too-large", 2),
    "notes.txt": ("text", "pkce-required", 4),
    "okta-system-log.csv": ("okta", "client-secret-invalid", 3),
    "okta-system-log.json": ("okta", "redirect-uri-mismatch", 3),
    "pods.log": ("kubernetes", "rate-limited", 1),
    "pretty.json": ("json", "scope-invalid", 1),
    "service.jsonl": ("json", "client-secret-expired", 3),
    "service.logfmt": ("logfmt", "tls-untrusted", 2),
    "syslog-3164.log": ("syslog", "client-secret-invalid", 2),
    "syslog-5424.log": ("syslog", "scopes-not-requested", 2),
    "vector.jsonl": ("collector", "issuer-mismatch", 2),
    "ticket.eml": ("email", "app-not-verified", 1),
}


def events_of(path: Path) -> list[Event]:
    data = path.read_bytes()
    reader = detect(data, path.name)
    return list(reader.events(split_lines([data], pieces=reader.documents), path.name, reference=WRITTEN))


def incidents_of(doctor: Doctor, events: list[Event]) -> list[Incident]:
    """Every event that shows something by itself is a hit, as the search for signatures would say."""
    joiner = Joiner()
    done: list[Incident] = []
    for event in events:
        seen = doctor.diagnose(event.text, event.facts, steps=False)
        done += joiner.add(event, hit=seen.verdict != "no-oauth-problem" or bool(seen.facts))
    return done + joiner.flush()


def diagnose(doctor: Doctor, incident: Incident) -> Diagnosis:
    return doctor.diagnose(incident.text, incident.facts, steps=False)


def test_every_example_is_expected_and_every_format_has_one() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == set(EXPECTED)
    assert {reader for reader, _, _ in EXPECTED.values()} | {"haproxy"} == set(readers())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_example(doctor: Doctor, name: str) -> None:
    reader, cause, line = EXPECTED[name]
    path = EXAMPLES / name
    assert detect(path.read_bytes(), name).name == reader
    assert detect(path.read_bytes()).name == reader, "the name of the file is not needed"
    incidents = incidents_of(doctor, events_of(path))
    found = [(diagnosis, one) for one in incidents if (diagnosis := diagnose(doctor, one)).verdict == "diagnosed"]
    assert {diagnosis.causes[0].id for diagnosis, _ in found} == {cause}
    assert line in {event.line for _, incident in found for event in incident.hits}
    assert all(incident.first is not None for _, incident in found) or name in ("app-dotnet.log", "notes.txt")


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_window_of_an_example_gives_the_same_cause(doctor: Doctor, name: str) -> None:
    """Only the neighbourhood of the telling event is parsed, as a scan of a large file does it."""
    _, cause, line = EXPECTED[name]
    data = (EXAMPLES / name).read_bytes()
    reader = detect(data, name)
    lines = list(split_lines([data], pieces=reader.documents))
    if not reader.documents:
        reader = reader.with_header(lines[0][1])
        lines = [one for one in lines if line - 1 <= one[0] <= line + 60 or (name == "cri.log" and one[0] >= 2)]
    incidents = incidents_of(doctor, list(reader.events(lines, name, reference=WRITTEN)))
    found = [diagnose(doctor, incident) for incident in incidents]
    assert cause in {one.causes[0].id for one in found if one.verdict == "diagnosed"}


def test_the_readers_do_not_say_more_than_the_file_compressed(tmp_path: Path) -> None:
    for name in EXPECTED:
        data = (EXAMPLES / name).read_bytes()
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(data))
        tally = Tally()
        reader = detect(data, name)
        lines = split_lines(open_blocks(tmp_path / f"{name}.gz", tally), tally, pieces=reader.documents)
        assert list(reader.events(lines, name, reference=WRITTEN)) == events_of(EXAMPLES / name)
        assert tally == Tally(files=1, bytes=len(data), lines=data.count(b"\n"))
