"""The HTTP API over real HTTP: what it answers, what it refuses, and that repeated requests happen once."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from components import running_postgres
from service_fixtures import Started, run_cli, serving

from oauth_doctor.engine import Doctor

SECRET = "client_secret=Zq8wLk2vNx91TtPsrUvbY77dKJh3"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """One worker on SQLite, two on PostgreSQL."""
    folder = tmp_path_factory.mktemp("server")
    if request.param == "sqlite":
        with serving(folder, f"sqlite:///{folder}/cases.db", "--verbose") as started:
            yield started
    else:
        with (
            running_postgres() as postgres,
            serving(folder, postgres.new_database(), "--verbose", "--workers", "2") as started,
        ):
            yield started


@pytest.fixture
def api(server: Started) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def assert_problem(response: httpx.Response, status: int, kind: str = "") -> dict[str, object]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, object] = response.json()
    assert document["status"] == status
    assert document["type"] == (f"urn:oauth-doctor:problem:{kind}" if kind else "about:blank")
    assert document["request_id"] == response.headers["x-request-id"]
    return document


# Diagnose -----------------------------------------------------------------------------------------------------------


def test_it_answers_what_the_library_answers(api: httpx.Client, doctor: Doctor) -> None:
    facts = {"provider": "google", "phase": "callback", "http_status": 400, "worked_before": True}
    response = api.post("/v1/diagnose", json={"id": "t-1", "text": "Error 400: redirect_uri_mismatch", "facts": facts})
    assert response.status_code == 200
    assert response.json() == json.loads(doctor.diagnose("Error 400: redirect_uri_mismatch", facts, id="t-1").to_json())
    only_facts = api.post("/v1/diagnose", json={"facts": facts, "steps": False})
    assert only_facts.json() == json.loads(doctor.diagnose("", facts, steps=False).to_json())


def test_text_and_file_are_taken_with_facts_beside_them(api: httpx.Client) -> None:
    text = b"Error 400: redirect_uri_mismatch"
    plain = api.post(
        "/v1/diagnose?provider=google&http_status=400", content=text, headers={"Content-Type": "text/plain"}
    )
    form = api.post("/v1/diagnose", files={"file": ("app.log", text)}, data={"provider": "google", "id": "x"})
    for response in (plain, form):
        assert response.status_code == 200, response.text
        assert response.json()["causes"][0]["id"] == "redirect-uri-mismatch"
        assert {"name": "provider", "value": "google"}.items() <= response.json()["facts"][0].items()
    assert form.json()["id"] == "x"
    wide = api.post(
        "/v1/diagnose", content="redirect_uri_mismatch".encode("utf-16"), headers={"Content-Type": "text/plain"}
    )
    assert wide.json()["causes"][0]["id"] == "redirect-uri-mismatch"


def test_a_stream_is_answered_line_by_line_while_it_is_sent(server: Started) -> None:
    place = urlsplit(server.url)
    with socket.create_connection((place.hostname, place.port), 60) as connection:
        head = "POST /v1/diagnose/stream HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: application/x-ndjson\r\n\r\n"
        connection.sendall(head.encode())
        answers = connection.makefile("rb")
        for number, line in enumerate(
            [b'{"id":"a","text":"redirect_uri_mismatch"}\n', b'{"id":"b","tex":1}\n', b'{"id":"c"}\n']
        ):
            connection.sendall(b"%x\r\n%s\r\n" % (len(line), line))
            if number == 0:
                while answers.readline().strip():
                    pass
            size = int(answers.readline(), 16)  # the answer is there before the next line is sent
            answer = json.loads(answers.read(size))
            answers.readline()
            if number == 1:
                assert answer["error"]["status"] == 422
                assert (answer["line"], answer["id"]) == (2, "b")
            else:
                assert answer["id"] == "ac"[number // 2]
        connection.sendall(b"0\r\n\r\n")
        assert answers.readline() == b"0\r\n"


def test_secrets_appear_neither_in_answers_nor_in_logs_nor_in_the_database(server: Started, api: httpx.Client) -> None:
    secret = SECRET.partition("=")[2]
    opened = api.post("/v1/cases", json={"title": SECRET, "entries": [{"kind": "pasted", "text": SECRET}]})
    case = opened.json()["id"]
    job = api.post("/v1/jobs", json={"incidents": [{"id": "1", "text": SECRET, "facts": {"client_id": SECRET}}]}).json()
    answers = [
        opened,
        api.post("/v1/diagnose", json={"text": SECRET, "facts": {"error_description": SECRET}}),
        api.post("/v1/redact", json={"text": SECRET}),
        api.post("/v1/redact", content=SECRET, headers={"Content-Type": "text/plain"}),
        api.get(f"/v1/cases/{case}"),
        api.get("/v1/cases", params={"query": case}),
        # Mistakes of a caller are not repeated to him, as whoever reads along could be somebody else.
        api.post("/v1/diagnose", json={"text": 1, "facts": {"phase": SECRET}}),
        api.post(f"/v1/cases/{case}/entries", json={"kind": "answered", "fact": "phase", "value": SECRET}),
        api.get(f"/v1/cases/{SECRET}"),
        api.post("/v1/diagnose", content=f'{{"text": "{SECRET}', headers={"Content-Type": "application/json"}),
        wait_for(api, job["id"]),
    ]
    for response in answers:
        assert secret not in response.text, response.request.url
    assert secret not in server.log.read_text()
    if server.database.startswith("sqlite"):
        for file in Path(server.database.removeprefix("sqlite:///")).parent.glob("cases.db*"):
            assert secret.encode() not in file.read_bytes()


def wait_for(api: httpx.Client, job: str) -> httpx.Response:
    for _ in range(600):
        response = api.get(f"/v1/jobs/{job}")
        if response.json()["status"] == "finished":
            return api.get(f"/v1/jobs/{job}/results")
        time.sleep(0.05)
    raise AssertionError(response.text)


# Errors and limits --------------------------------------------------------------------------------------------------


def test_every_error_is_a_problem(api: httpx.Client) -> None:
    assert_problem(api.get("/v1/nothing"), 404)
    assert_problem(api.put("/v1/diagnose"), 405)
    assert_problem(api.post("/v1/diagnose", content=b"x", headers={"Content-Type": "image/png"}), 415)
    assert_problem(api.get("/v1/cases/none"), 404, "no-such-case")
    assert_problem(api.get("/v1/jobs/aaaaaaaaaa"), 404, "no-such-job")
    assert_problem(api.get("/v1/causes/none"), 404, "no-such-cause")
    wrong = assert_problem(
        api.post("/v1/diagnose", json={"facts": {"phase": "nowhere", "colour": 1}}), 422, "invalid-request"
    )
    assert [one["pointer"] for one in wrong["errors"]] == ["/facts/phase", "/facts/colour"]  # type: ignore[attr-defined]
    unknown = assert_problem(api.get("/v1/explain", params={"name": "invalid_gran"}), 404, "no-such-article")
    assert "invalid_grant" in str(unknown["detail"])
    assert_problem(api.get("/v1/cases", params={"limit": "many"}), 422, "invalid-request")


def test_a_body_that_is_too_large_is_refused_before_it_is_read(server: Started) -> None:
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    connection.putrequest("POST", "/v1/diagnose")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(1 << 40))
    connection.endheaders(b"{")
    response = connection.getresponse()
    assert response.status == 413
    assert json.loads(response.read())["status"] == 413


def test_without_keys_only_this_machine_is_let_in(api: httpx.Client) -> None:
    assert_problem(api.get("/v1/facts", headers={"Host": "doctor.example.com"}), 403)
    assert_problem(api.post("/v1/cases", json={}, headers={"Origin": "https://evil.example"}), 403)
    assert "access-control-allow-origin" not in api.get("/v1/facts").headers


def test_request_ids_are_kept_and_strange_ones_replaced(server: Started, api: httpx.Client) -> None:
    assert api.get("/v1/livez", headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert re.fullmatch(r"[0-9a-f]{16}", api.get("/v1/livez", headers={"X-Request-ID": "a b"}).headers["x-request-id"])
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    assert any(
        line.get("request_id") == "abc-1" and line["route"] == "/v1/livez" and line["status"] == 200 for line in lines
    )


def test_answers_are_compressed_and_can_be_kept(api: httpx.Client) -> None:
    first = api.get("/v1/causes", headers={"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    again = api.get("/v1/causes", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    case = api.post("/v1/cases", json={}).json()["id"]
    tag = api.get(f"/v1/cases/{case}").headers["etag"]
    assert api.get(f"/v1/cases/{case}", headers={"If-None-Match": tag}).status_code == 304
    api.post(f"/v1/cases/{case}/entries", json={"kind": "unknown", "fact": "phase"})
    assert api.get(f"/v1/cases/{case}", headers={"If-None-Match": tag}).status_code == 200


# Cases --------------------------------------------------------------------------------------------------------------


def test_a_case_from_first_answer_to_closing(api: httpx.Client) -> None:
    opened = api.post(
        "/v1/cases",
        json={"title": "Calendar", "entries": [{"kind": "answered", "fact": "provider", "value": "google"}]},
    )
    assert opened.status_code == 201
    assert opened.headers["etag"].startswith('"1-')
    case = opened.headers["location"]
    asked = 0
    while (view := api.get(case).json()["view"])["question"] and asked < 40:
        question = view["question"]
        sent = {"kind": "unknown", "fact": question["fact"]}
        if question["kind"] in ("one", "boolean", "set"):
            sent = {"kind": "answered", "fact": question["fact"], "value": question["answers"][0]["value"]}
        added = api.post(f"{case}/entries", json=sent, headers={"If-Match": f'"{asked + 1}"'})
        assert added.status_code == 201, added.text
        asked += 1
    assert asked
    step = view["plan"]["steps"][0]
    tried = api.post(
        f"{case}/entries", json={"kind": "step", "cause": step["cause"], "step": step["step"], "result": "solved"}
    )
    assert tried.json()["view"]["solved"]
    closed = api.post(f"{case}/entries", json={"kind": "closed", "cause": step["cause"], "note": "done"})
    assert (closed.json()["closed"], closed.json()["cause"]) == (True, step["cause"])
    assert closed.json()["view"]["finished"] == "closed"
    assert case.rpartition("/")[2] in [
        one["id"] for one in api.get("/v1/cases", params={"closed": "true"}).json()["cases"]
    ]
    assert api.post(f"{case}/undo").json()["closed"] is False
    assert api.delete(case).status_code == 204
    assert_problem(api.get(case), 404, "no-such-case")


def test_undo_takes_answers_back_one_by_one(api: httpx.Client) -> None:
    entries = [
        {"kind": "answered", "fact": "phase", "value": "callback"},
        {"kind": "unknown", "fact": "flow"},
        {"kind": "pasted", "text": "invalid_grant"},
    ]
    case = api.post("/v1/cases", json={"entries": entries}).headers["location"]
    assert api.post(f"{case}/undo").json()["entries"][-1]["fact"] == "flow"
    assert api.post(f"{case}/undo").json()["entries"][-1]["fact"] == "phase"
    assert_problem(api.post(f"{case}/undo"), 409, "nothing-to-undo")


def test_what_a_dialogue_offers_can_be_sent_back_as_it_is(api: httpx.Client) -> None:
    case = api.post("/v1/cases", json={"entries": [{"kind": "pasted", "text": "redirect_uri_mismatch"}]}).headers[
        "location"
    ]
    blocks = api.get(f"{case}/dialogue").json()["blocks"]
    options = [option for block in blocks for option in block["options"]]
    assert options
    for option in options:
        assert api.post(f"{case}/entries", json=option["send"]).status_code == 201, option


def test_a_stale_writer_is_told_and_nothing_is_lost(api: httpx.Client) -> None:
    case = api.post("/v1/cases", json={}).headers["location"]
    entry = {"kind": "answered", "fact": "phase", "value": "callback"}
    assert api.post(f"{case}/entries", json=entry, headers={"If-Match": '"0"'}).status_code == 201
    assert_problem(api.post(f"{case}/entries", json=entry, headers={"If-Match": '"0"'}), 412, "changed")
    assert_problem(api.post(f"{case}/entries", json=entry, headers={"If-Match": "0"}), 412, "changed")
    assert_problem(api.post(f"{case}/entries", json=entry, headers={"If-Match": "latest"}), 422, "invalid-request")
    with ThreadPoolExecutor(4) as pool:  # without If-Match everybody gets in, one after the other
        done = list(pool.map(lambda _: api.post(f"{case}/entries", json=entry).status_code, range(4)))
    written = sum(status == 201 for status in done)
    assert set(done) <= {201, 409}
    assert api.get(case).json()["revision"] == 1 + written


def test_a_repeated_request_happens_once(api: httpx.Client) -> None:
    name = {"Idempotency-Key": f"open-{time.monotonic_ns()}"}
    first = api.post("/v1/cases", json={"title": "a"}, headers=name)
    again = api.post("/v1/cases", json={"title": "a"}, headers=name)
    assert (again.status_code, again.json()) == (201, first.json())
    assert_problem(api.post("/v1/cases", json={"title": "b"}, headers=name), 409, "idempotency-key")
    case = first.headers["location"]
    entry = {"kind": "answered", "fact": "phase", "value": "callback"}
    key = {"Idempotency-Key": f"entry-{time.monotonic_ns()}", "If-Match": '"0"'}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: api.post(f"{case}/entries", json=entry, headers=key), range(6)))
    assert {one.status_code for one in answers} == {201}
    assert {one.json()["revision"] for one in answers} == {1}
    assert api.get(case).json()["revision"] == 1
    api.post(f"{case}/entries", json={"kind": "unknown", "fact": "flow"})
    then = api.post(f"{case}/entries", json=entry, headers=key)  # also later, and with the answer of then
    assert (then.status_code, then.json()["revision"]) == (201, 1)
    job = {"Idempotency-Key": f"job-{time.monotonic_ns()}"}
    made = [api.post("/v1/jobs", json={"incidents": [{"text": "x"}]}, headers=job).json()["id"] for _ in range(2)]
    assert made[0] == made[1]


def test_own_ids_are_taken_once(api: httpx.Client) -> None:
    name = f"ticket-{time.monotonic_ns()}"
    assert api.post("/v1/cases", json={"id": name}).json()["id"] == name
    assert_problem(api.post("/v1/cases", json={"id": name}), 409, "conflict")
    unknown = {"kind": "step", "cause": "redirect-uri-mismatch", "step": "nothing", "result": "solved"}
    assert_problem(api.post(f"/v1/cases/{name}/entries", json=unknown), 404, "no-such-step")


def test_pages_of_cases_hold_each_case_once(api: httpx.Client) -> None:
    mark = f"page{time.monotonic_ns()}"
    made = [api.post("/v1/cases", json={"title": mark}).json()["id"] for _ in range(5)]
    found: list[str] = []
    before = None
    while True:
        page = api.get("/v1/cases", params={"query": mark, "limit": 2, **({"before": before} if before else {})}).json()
        found += [one["id"] for one in page["cases"]]
        before = page["next"]
        if before is None:
            break
    assert found == made[::-1]


# Jobs, catalogue, operation -----------------------------------------------------------------------------------------


def test_a_job_gives_what_single_requests_give(api: httpx.Client, doctor: Doctor) -> None:
    texts = [
        "redirect_uri_mismatch",
        "AADSTS50011",
        "invalid_grant",
        "x509: certificate signed by unknown authority",
    ] * 8
    lines = "".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(texts))
    made = api.post("/v1/jobs", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert made.status_code == 202
    assert made.json()["total"] == len(texts)
    results = [json.loads(line) for line in wait_for(api, made.json()["id"]).text.splitlines()]
    assert results == [json.loads(doctor.diagnose(text, id=str(n)).to_json()) for n, text in enumerate(texts)]
    assert made.json()["id"] in [one["id"] for one in api.get("/v1/jobs").json()["jobs"]]
    assert api.delete(made.headers["location"]).status_code == 204
    assert_problem(api.get(made.headers["location"]), 404, "no-such-job")


def test_a_job_goes_on_after_a_restart(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/cases.db"
    incidents = [{"id": str(n), "text": f"invalid_grant in run {n}"} for n in range(400)]
    with serving(tmp_path, database) as first, first.client() as client:
        job = client.post("/v1/jobs", json={"incidents": incidents, "steps": False}).json()["id"]
        while not client.get(f"/v1/jobs/{job}").json()["done"] > 0:
            time.sleep(0.02)
        first.process.kill()
    from sqlalchemy import update

    from oauth_doctor.engine.cases.connect import writing
    from oauth_doctor.engine.cases.store import CaseStore
    from oauth_doctor.service.tables import JOBS

    store = CaseStore(database)
    with writing(store.engine) as connection:  # instead of waiting until the lease of the dead is out
        connection.execute(update(JOBS).values(leased_until=None, status="waiting"))
    store.close()
    with serving(tmp_path, database) as second, second.client() as client:
        results = [json.loads(line) for line in wait_for(client, job).text.splitlines()]
    assert [one["id"] for one in results] == [str(n) for n in range(400)]
    assert all(one["schema"] == "oauth-doctor/diagnosis/1" for one in results)


def test_the_catalogue_is_what_the_knowledge_holds(api: httpx.Client, doctor: Doctor) -> None:
    causes = api.get("/v1/causes").json()["causes"]
    assert [one["id"] for one in causes] == list(doctor.knowledge.causes)
    facts = {one["name"]: one for one in api.get("/v1/facts").json()["facts"]}
    assert set(facts["phase"]["values"][0]) == {"value", "label"}
    assert "saw" not in facts
    google = api.get("/v1/causes/redirect-uri-mismatch", params={"provider": "google"}).json()
    assert "Google" in json.dumps(google["steps"])
    for name in ("AADSTS50011", "invalid_grant", "google", "oauthlib", "redirect-uri-mismatch"):
        assert api.get("/v1/explain", params={"name": name}).json()["articles"], name


def test_health_and_figures(server: Started, api: httpx.Client) -> None:
    for place in ("/livez", "/readyz", "/v1/livez", "/v1/readyz"):
        assert api.get(place).status_code == 200
    api.get(f"/v1/cases/{SECRET}")
    api.post("/v1/diagnose", json={"text": SECRET, "facts": {"provider": "private-provider"}})
    text = api.get("/metrics").text
    assert re.search(r'oauth_doctor_requests_total\{method="POST",route="/v1/diagnose",status="200"\} [1-9]', text)
    assert "private-provider" not in text
    assert SECRET not in text
    before = total(text)
    for _ in range(20):  # spread over all workers, counted together
        httpx.get(f"{server.url}/v1/livez")
    assert total(api.get("/metrics").text) >= before + 20


def total(text: str) -> float:
    return sum(
        float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith("oauth_doctor_requests_total{")
    )


def test_the_document_says_3_1_and_every_operation_has_an_id(api: httpx.Client) -> None:
    document = api.get("/v1/openapi.json").json()
    number = document["components"]["schemas"]["Facts"]["properties"]["http_status"]["anyOf"][0]
    assert number == {"type": "integer", "minimum": -(10**15) + 1, "maximum": 10**15 - 1}
    assert document["openapi"].startswith("3.1")
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all(one["security"] or one["operationId"] in ("live", "ready") for one in operations)


def test_a_worker_that_dies_is_replaced(server: Started, api: httpx.Client) -> None:
    workers = server.worker_pids()
    if not workers:
        pytest.skip("one process")
    import os
    import signal

    os.kill(workers[0], signal.SIGKILL)
    stop = threading.Event()
    for _ in range(600):
        # One look for both: between two looks the killed one goes, and would count in the first alone.
        now = server.worker_pids()
        if len(now) == len(workers) and workers[0] not in now:
            break
        stop.wait(0.05)
    assert workers[0] not in now
    assert len(now) == len(workers)


def test_another_address_needs_a_key_first(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/cases.db"
    said = run_cli("serve", "--host", "0.0.0.0", "--api-only", "--database", database, code=2)
    assert "no API key" in said
    assert "one worker" in run_cli("serve", "--workers", "2", "--database", database, code=2)
    run_cli("keys", "create", "somebody", "--database", database)
    with serving(tmp_path, database, "--host", "0.0.0.0", "--api-only") as started:
        port = urlsplit(started.url).port
        assert httpx.get(f"http://127.0.0.1:{port}/v1/facts").status_code == 401
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 404  # no pages there
