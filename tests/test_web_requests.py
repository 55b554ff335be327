"""The web pages without a browser: headers, forms, files, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from web_fixtures import ERROR, NOW

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.cases import Answered
from oauth_doctor.engine.cases.store import StoreError
from oauth_doctor.service.app import create_app
from oauth_doctor.service.pages.logview import lines_of
from oauth_doctor.service.services import Services
from oauth_doctor.service.settings import Settings


@pytest.fixture
def services(doctor: Doctor, tmp_path: Path) -> Iterator[Services]:
    made = Services(Settings(database=f"sqlite:///{tmp_path / 'cases.db'}"), doctor)
    yield made
    made.close()


@pytest.fixture
def client(services: Services) -> TestClient:
    return TestClient(create_app(services.settings, services), base_url="http://localhost")


def token(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get("/").text)
    assert found
    return found[1]


def new_case(client: TestClient, text: str = ERROR) -> str:
    answer = client.post("/cases", data={"csrf": token(client), "text": text, "start": "text"}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_headers_and_cookie(client: TestClient) -> None:
    for path in ("/", "/cases", "/nowhere", "/static/app.js", "/static/nothing"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers
    answer = TestClient(client.app, base_url="http://localhost").get("/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert answer.headers["cache-control"] == "no-store"
    assert client.get("/static/app.js").headers["cache-control"].endswith("immutable")


def test_pages_have_no_inline_script_or_style_and_load_nothing_from_outside(client: TestClient) -> None:
    case = new_case(client)
    for path in ("/", case, "/cases", "/overview", "/knowledge", "/knowledge/codes?provider=google"):
        html = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", html)
        for found in re.findall(r'<(?:script|link|img|iframe|source)[^>]*(?:src|href)="([^"]+)"', html):
            assert found.startswith("/static/")
    for name in ("app.js", "style.css"):
        assert not re.search(r"https?://", client.get(f"/static/{name}").text)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8350", "localhost.evil.example", "", "127.0.0.1.nip.io", "[::2]"]
)
def test_other_host_names_are_refused(client: TestClient, host: str) -> None:
    assert client.get("/cases", headers={"host": host}).status_code == 421
    assert client.post("/cases", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8350", "127.0.0.1:1", "[::1]:8350", "localhost."])
def test_own_host_names_are_served(client: TestClient, host: str) -> None:
    assert client.get("/cases", headers={"host": host}).status_code == 200


def test_forms_of_other_sites_are_refused(client: TestClient, services: Services) -> None:
    ours = token(client)
    fields = {"csrf": ours, "text": ERROR}
    foreign = TestClient(client.app, base_url="http://localhost")
    other = token(foreign)
    tries: list[tuple[dict[str, str], dict[str, str]]] = [
        ({"text": ERROR}, {}),
        ({"csrf": "", "text": ERROR}, {}),
        ({"csrf": "0" * 48, "text": ERROR}, {}),
        ({"csrf": other, "text": ERROR}, {}),
        ({"csrf": "ü", "text": ERROR}, {}),
        (fields, {"origin": "https://evil.example"}),
        (fields, {"origin": "null"}),
        (fields, {"sec-fetch-site": "cross-site"}),
        (fields, {"sec-fetch-site": "same-site"}),
    ]
    for data, headers in tries:
        assert client.post("/cases", data=data, headers=headers).status_code == 403
    assert TestClient(client.app, base_url="http://localhost").post("/cases", data=fields).status_code == 403
    assert services.store.count() == 0
    assert client.post("/cases", data=fields, headers={"origin": "http://localhost"}).status_code == 200
    assert services.store.count() == 1


def test_no_address_changes_anything_on_get(client: TestClient, services: Services) -> None:
    case = new_case(client)
    before = services.store.load(case.rpartition("/")[2])
    for action in ("text", "answers", "steps", "close", "reopen", "title", "delete"):
        assert client.get(f"{case}/{action}").status_code in (200, 405)
    assert services.store.load(before.id) == before


def test_files(client: TestClient) -> None:
    binary = {"file": ("<b>x.log", b"\x00\x01\x02\xff" * 50)}
    answer = client.post("/cases", data={"csrf": token(client)}, files=binary)
    assert answer.status_code == 422
    assert "&lt;b&gt;x.log is binary" in answer.text
    assert client.post("/cases", data={"csrf": token(client)}, files={"file": ("x", b"")}).status_code == 422
    for data in (
        ERROR.encode("utf-16"),
        b"\xef\xbb\xbf" + ERROR.encode(),
        ERROR.replace("\n", "\r\n").encode(),
        b"caf\xe9 " + ERROR.encode(),
    ):
        answer = client.post("/cases", data={"csrf": token(client)}, files={"file": ("x.log", data)})
        assert answer.status_code == 200
        assert "not registered at the provider" in answer.text


def test_a_recording_of_a_browser(client: TestClient, services: Services) -> None:
    def exchange(url: str, status: int, kind: str, body: str) -> dict[str, Any]:
        answer = {"status": status, "headers": [], "content": {"mimeType": kind, "text": body}}
        return {
            "startedDateTime": "2026-11-25T12:00:00Z",
            "request": {"method": "GET", "url": url, "headers": []},
            "response": answer,
        }

    entries = [
        exchange("https://app.example/bundle.js", 200, "text/javascript", "x" * 9_000_000),
        exchange("https://accounts.google.com/o/oauth2/auth", 400, "text/html", "Error 400: redirect_uri_mismatch"),
    ]
    har = json.dumps({"log": {"version": "1.2", "creator": {"name": "browser"}, "entries": entries}}).encode()
    answer = client.post("/cases", data={"csrf": token(client)}, files={"file": ("login.har", har)})
    assert answer.status_code == 200
    assert "not registered at the provider" in answer.text
    text = services.store.load(answer.url.path.rpartition("/")[2]).state.text
    assert "GET https://accounts.google.com/o/oauth2/auth" in text
    assert len(text) < 1000


def test_too_large(client: TestClient, services: Services) -> None:
    answer = client.post("/cases", data={"csrf": token(client), "text": "x" * (33 << 20)})
    assert answer.status_code == 413
    assert "At most 32 MiB" in answer.text
    text = "line of text\n" * 700_000
    answer = client.post("/cases", data={"csrf": token(client), "text": text})
    assert answer.status_code == 422
    assert "at most 8,388,608" in answer.text
    fields = {"csrf": token(client), **{f"field{number}": "x" for number in range(500)}}
    assert client.post("/cases", data=fields).status_code == 400
    assert services.store.count() == 0


def test_forms_made_by_hand(client: TestClient, services: Services) -> None:
    case = new_case(client)
    csrf = token(client)
    tries: list[tuple[str, dict[str, Any], int]] = [
        ("answers", {"revision": 1}, 422),
        ("answers", {"revision": 1, "fact": "nothing", "value": "x"}, 422),
        ("answers", {"revision": 1, "fact": "phase", "value": "x" * 100_000}, 422),
        ("answers", {"revision": "x", "fact": "phase", "value": "callback"}, 400),
        ("answers", {"fact": "phase", "value": "callback"}, 400),
        ("answers", {"revision": 1, "fact": "phase", "value": ["callback", "setup"]}, 422),
        ("steps", {"revision": 1, "outcome": "solved/no/step"}, 422),
        ("steps", {"revision": 1, "outcome": "perhaps/redirect-uri-mismatch/compare-uris"}, 422),
        ("steps", {"revision": 1}, 422),
        ("close", {"revision": 1, "cause": "<script>"}, 422),
        ("close", {"revision": 1, "cause": "unsolved", "note": "x" * 100_000}, 422),
        ("text", {"revision": 1, "text": "  \n"}, 422),
        ("delete", {}, 422),
        ("nothing", {}, 404),
    ]
    for action, data, status in tries:
        answer = client.post(f"{case}/{action}", data={"csrf": csrf, **data})
        assert answer.status_code == status, (action, data)
        assert "Traceback" not in answer.text
    assert services.store.load(case.rpartition("/")[2]).revision == 1
    assert (
        client.post(
            "/cases/nothing/answers", data={"csrf": csrf, "revision": 0, "fact": "phase", "value": "setup"}
        ).status_code
        == 404
    )


def test_a_double_click_is_no_conflict(client: TestClient, services: Services) -> None:
    case = new_case(client)
    data = {"csrf": token(client), "revision": 1, "fact": "phase", "value": "authorize"}
    for _ in range(2):
        assert client.post(f"{case}/answers", data=data, follow_redirects=False).status_code == 303
    assert services.store.load(case.rpartition("/")[2]).revision == 2
    answer = client.post(f"{case}/answers", data={**data, "value": "callback"})
    assert answer.status_code == 409
    assert 'name="revision" value="2"' in answer.text
    assert 'name="value" value="callback"' in answer.text


def test_what_was_typed_survives_a_database_that_fails(
    client: TestClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = new_case(client)

    def fail(*_: Any, **__: Any) -> None:
        raise StoreError("database cases.db: the disk is full; nothing of this was stored")

    monkeypatch.setattr(services.store, "append", fail)
    answer = client.post(
        f"{case}/text", data={"csrf": token(client), "revision": 1, "text": "\nprecious </textarea> text"}
    )
    assert answer.status_code == 503
    assert "the disk is full" in answer.text
    assert "precious &lt;/textarea&gt; text" in answer.text
    assert 'name="revision" value="1"' in answer.text


def test_a_stored_answer_that_the_knowledge_forgot(client: TestClient, services: Services) -> None:
    case = services.store.create(
        entries=[Answered(at=NOW, fact="phase", value="forgotten"), Answered(at=NOW, fact="gone", value=1)]
    )
    answer = client.get(f"/cases/{case.id}")
    assert answer.status_code == 200
    assert "were left out: phase, gone" in answer.text


def test_export_and_whole_text(client: TestClient, services: Services) -> None:
    case = new_case(client)
    exported = json.loads(client.get(f"{case}/export").text)
    assert exported == services.store.load(exported["id"]).model_dump(mode="json")
    answer = client.get(f"{case}/text")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "<refresh_token:1>" in answer.text


def test_numbers_of_lines_are_those_of_the_joined_texts() -> None:
    lines = lines_of(["a\nb", "c"], {3: "for"})
    assert [(line.number, str(line.html), line.mark) for line in lines] == [(1, "a", ""), (2, "b", ""), (3, "c", "for")]
    many = lines_of(["\n".join(map(str, range(1000)))], {700: "against"})
    assert [line.number for line in many if not line.skipped] == [*range(1, 31), *range(697, 704)]
    assert sum(line.skipped for line in many) == 1000 - 37
