"""Webhooks in: believed or refused, done once, answered to local servers that speak the vendors' API."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_fixtures import Started, run_cli, serving
from vendor_servers import Vendor, freshdesk, intercom, jira, vendor, zendesk

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.cases.store import CaseStore
from oauth_doctor.service.helpdesk.config import ConfigError, read_config, read_mapping, shipped
from oauth_doctor.service.helpdesk.mapping import Mapping, fill, plain
from oauth_doctor.service.helpdesk.signatures import SignatureError, headers_for, schemes, verify

EXAMPLES = Path(__file__).parent.parent / "examples" / "webhooks"
SECRETS = {
    "zendesk": "zd-signing-secret", "freshdesk": "fd-shared-secret", "intercom": "ic-client-secret",
    "jira": "ji-webhook-secret", "forms": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}  # fmt: skip
SCHEMES = {
    "zendesk": "zendesk",
    "freshdesk": "token",
    "intercom": "hub-sha1",
    "jira": "hub-sha256",
    "forms": "standard-webhooks",
}
NOW = 1_764_061_921.0


# Signatures ---------------------------------------------------------------------------------------------------------


def stamp(scheme: str, at: float) -> str:
    return (
        datetime.fromtimestamp(int(at), UTC).isoformat().replace("+00:00", "Z") if scheme == "zendesk" else str(int(at))
    )


def test_signatures_are_what_the_vendors_document() -> None:
    """Computed apart from our code; the first is the worked example of Slack's documentation."""
    body = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    headers = {
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        "x-slack-request-timestamp": "1531420618",
    }
    assert verify(schemes()["slack"], ["8f742231b10e8888abcd99yyyzzz85a5"], headers, body, 1531420618).timed
    github = {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
    assert not verify(schemes()["github"], ["It's a Secret to Everybody"], github, b"Hello, World!", 0).timed


@given(
    name=st.sampled_from(sorted(schemes())), body=st.binary(max_size=200), place=st.integers(0, 10**6),
    off=st.integers(301, 10**7), what=st.sampled_from(["signature", "body", "time", "missing", "secret", "old", "future"]),
)  # fmt: skip
def test_nothing_wrong_passes_and_everything_right_does(
    name: str, body: bytes, place: int, off: int, what: str
) -> None:
    scheme = schemes()[name]
    secret = SECRETS["forms"] if scheme.key == "base64" else "a-secret"
    headers = headers_for(scheme, secret, stamp(name, NOW), body, "msg_1")
    assert verify(scheme, ["", secret][1:], headers, body, NOW + 300)
    bad, sent, now = dict(headers), body, NOW
    if what == "signature":
        given_ = headers[scheme.header]
        at = place % len(given_)
        bad[scheme.header] = given_[:at] + ("A" if given_[at] != "A" else "B") + given_[at + 1 :]
    elif what == "missing":
        del bad[sorted(bad)[place % len(bad)]]
    elif what == "secret":
        secret = SECRETS["forms"].replace("MDE", "MDI") if scheme.key == "base64" else "another"
        bad = headers_for(scheme, secret, stamp(name, NOW), body, "msg_1")
        secret = SECRETS["forms"] if scheme.key == "base64" else "a-secret"
    elif not scheme.signed:
        return  # a token proves nothing about the body
    elif what == "body":
        sent = body + b" "
    elif scheme.timestamp is None:
        return
    elif what == "time":
        bad[scheme.timestamp] = stamp(name, NOW + 1)
    else:
        now = NOW + off if what == "old" else NOW - off
    with pytest.raises(SignatureError):
        verify(scheme, [secret], bad, sent, now)


# Mappings and configuration -----------------------------------------------------------------------------------------


def test_every_shipped_mapping_names_its_sources() -> None:
    for name in shipped():
        mapping = read_mapping(EXAMPLES.parent.parent / "service" / "helpdesk" / "mappings" / f"{name}.yaml")
        assert all(page.startswith("https://") for page in mapping.documentation)
        assert mapping.documentation
        assert mapping.checked


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_is_put_in_is_never_looked_at_again(first: str, second: str) -> None:
    answer = {"note": first + "{base}{$.secret}", "secret": second, "list": ["a"]}
    assert fill("{$.note}", {"base": "x"}, answer) == answer["note"]
    assert fill({"a": ["<{$.note}>"]}, {"base": "x"}, answer) == {"a": [f"<{answer['note']}>"]}
    assert fill("{$.list}", {}, answer) == ["a"]
    address = fill("{base}/t/{$.secret}", {"base": "https://h"}, answer, url=True)
    assert address.count("/") == 4
    assert "?" not in address
    assert "#" not in address


def test_html_becomes_text() -> None:
    assert plain("<p>a &amp; b<br>c</p>") == "a & b\nc"
    assert plain("if a < b and c > d") == "if a < b and c > d"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: expected a mapping"),
        ("senders: {}", "nothing is configured"),
        ("senders:\n  zendesk:\n    mapping: zendesk\n    secret: abc\n", "line 4: senders.zendesk.secret.0: expected env:NAME"),
        ("senders:\n  z:\n    mapping: nope\n    secret: env:SET\n", "line 3: no mapping 'nope'; expected freshdesk"),
        ("senders:\n  z:\n    mapping: zendesk\n    secret: env:SET\n", "line 3: variables lack 'base'; expected all of base, user"),
        ("senders:\n  z:\n    mapping: zendesk\n    secret: env:NOT_SET\n    variables: {base: 'https://a.example', user: u}\n    secrets: {api_token: env:SET}\n", "line 4: env:NOT_SET has no secret"),
        ("senders:\n  z:\n    mapping: zendesk\n    secret: env:SET\n    variables: {base: 'http://a.example', user: u}\n    secrets: {api_token: env:SET}\n", "line 5: base; expected https://HOST"),
        ("senders:\n  z:\n    mapping: bad.yaml\n    secret: env:SET\n", "bad.yaml: line 2: ticket.0: "),
        ("senders:\n  z:\n    mapping: facts.yaml\n    secret: env:SET\n", "line 3: its answers name 'colour'"),
        ("senders:\n  z:\n    mapping: unknown.yaml\n    secret: env:SET\n", "unknown.yaml: line 3: {who} is not known"),
        ("senders:\n  z: [\n", "not valid YAML"),
        ("sender: {}\n", "line 1: sender: is not known here"),
    ],
)  # fmt: skip
def test_mistakes_are_named_in_one_line(
    text: str, said: str, tmp_path: Path, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SET", "s3cret-value")
    (tmp_path / "bad.yaml").write_text("signature: github\nticket: '$.a['\n")
    (tmp_path / "facts.yaml").write_text("signature: github\nticket: $.a\nanswers: {colour: $.b}\n")
    (tmp_path / "unknown.yaml").write_text("signature: github\nticket: $.a\nrespond: {a: '{who}'}\n")
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_config(file, doctor.knowledge)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "s3cret-value" not in str(caught.value)


def test_serve_says_what_is_wrong_with_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("senders: 1\n")
    said = run_cli("serve", "--helpdesk", str(tmp_path / "c.yaml"), "--database", f"sqlite:///{tmp_path}/c.db", code=2)
    assert said.count("\n") == 1
    assert "line 1: senders" in said


# The whole way ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vendors() -> Iterator[dict[str, Vendor]]:
    with ExitStack() as stack:
        speak = {"zendesk": zendesk, "freshdesk": freshdesk, "intercom": intercom, "jira": jira}
        yield {name: stack.enter_context(vendor(answer)) for name, answer in speak.items()}


@pytest.fixture(scope="module")
def server(vendors: dict[str, Vendor], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("hooks")
    (folder / "forms.yaml").write_text((EXAMPLES / "forms.yaml").read_text())
    (folder / "zd.token").write_text("zd-token-1\n")
    (folder / "c.yaml").write_text(f"""
senders:
  zendesk:
    mapping: zendesk
    secret: env:T_ZENDESK
    variables: {{base: '{vendors["zendesk"].url}', user: bot@example.com, own_user: 777}}
    secrets: {{api_token: 'file:zd.token'}}
  freshdesk:
    mapping: freshdesk
    secret: env:T_FRESHDESK
    variables: {{base: '{vendors["freshdesk"].url}'}}
    secrets: {{api_key: env:T_FRESHDESK_KEY}}
  intercom:
    mapping: intercom
    secret: env:T_INTERCOM
    variables: {{base: '{vendors["intercom"].url}', admin_id: 12}}
    secrets: {{access_token: env:T_INTERCOM_TOKEN}}
  jira:
    mapping: jira-service-management
    secret: [env:T_JIRA_OLD, env:T_JIRA]
    variables: {{base: '{vendors["jira"].url}', user: bot@example.com}}
    secrets: {{api_token: env:T_JIRA_TOKEN}}
  forms:
    mapping: forms.yaml
    secret: env:T_FORMS
""")
    told = {f"T_{name.upper()}": secret for name, secret in SECRETS.items()} | {
        "T_FRESHDESK_KEY": "fd-key-1", "T_INTERCOM_TOKEN": "ic-token-1", "T_JIRA_TOKEN": "ji-token-1", "T_JIRA_OLD": "old",
    }  # fmt: skip
    os.environ.update(told)
    try:
        with serving(
            folder, f"sqlite:///{folder}/cases.db", "--verbose", "--helpdesk", str(folder / "c.yaml")
        ) as started:
            yield started
    finally:
        for name in told:
            del os.environ[name]


def example(name: str) -> dict[str, Any]:
    """An example of a payload, sent now."""
    payload: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())
    if "created_at" in payload:
        payload["created_at"] = int(time.time())
    if "timestamp" in payload:
        payload["timestamp"] = int(time.time() * 1000)
    return payload


def signed(sender: str, payload: Any, at: float | None = None) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(payload).encode()
    scheme = SCHEMES[sender]
    when = stamp(scheme, time.time() if at is None else at)
    return body, headers_for(schemes()[scheme], SECRETS[sender], when, body, f"msg_{time.monotonic_ns()}")


def hook(server: Started, sender: str, payload: Any, at: float | None = None) -> httpx.Response:
    body, headers = signed(sender, payload, at)
    return httpx.post(f"{server.url}/hooks/{sender}", content=body, headers=headers, timeout=60)


def wait_for(found: Any, seconds: float = 40) -> Any:
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
    return value


def test_zendesk_gets_a_note_with_the_reply_and_tags(server: Started, vendors: dict[str, Vendor]) -> None:
    zd = vendors["zendesk"]
    # A rate limit and an outage first.
    zd.failures += [(429, {"Retry-After": "1"}, {"error": "RateLimited"}), (503, {}, {})]
    response = hook(server, "zendesk", example("zendesk-ticket-created"))
    assert (response.status_code, response.json()) == (202, {"said": "taken", "case": "zendesk-35436"})
    wait_for(lambda: len(zd.taken()) >= 2)
    sent = {asked.path: asked.body for asked in zd.taken()}
    assert set(sent) == {"/api/v2/tickets/35436.json", "/api/v2/tickets/35436/tags.json"}
    comment = sent["/api/v2/tickets/35436.json"]["ticket"]["comment"]
    assert comment["public"] is False
    assert "The redirect URI is not registered at the provider" in comment["body"]
    assert "Reply to the customer, ready to send:\n\nHello,\n" in comment["body"]
    assert comment["body"].endswith("oauth-doctor case zendesk-35436, revision 1")
    assert sent["/api/v2/tickets/35436/tags.json"]["tags"] == [
        "oauth-doctor", "oauth-diagnosed", "oauth-cause-redirect-uri-mismatch",
    ]  # fmt: skip
    case = server.client().get("/v1/cases/zendesk-35436").json()
    assert case["title"] == "Cannot add a mailbox"

    # A later comment continues the case; the description that comes along is not taken twice, the secret never.
    second = hook(server, "zendesk", example("zendesk-comment-added"))
    assert second.status_code == 202
    wait_for(lambda: len(zd.taken()) >= 4)
    case = server.client().get("/v1/cases/zendesk-35436").json()
    texts = [entry["text"] for entry in case["entries"]]
    assert len(texts) == 2
    assert "redirect_uri_mismatch" not in texts[1]
    assert case["entries"][1]["by"] == "Maria Sample"
    everything = json.dumps([case, [asked.body for asked in zd.taken()]]) + server.log.read_text()
    assert "Zq8wLk2vNx91TtPsrUvbY77dKJh3" not in everything
    assert "zd-token-1" not in everything

    # Our own note comes back as an event: ignored, by its author or by its last line.
    ours = example("zendesk-comment-added")
    ours["id"], ours["event"]["comment"]["author"]["id"] = "own-1", "777"
    by_mark = example("zendesk-comment-added")
    by_mark["id"], by_mark["event"]["comment"]["body"] = "own-2", comment["body"]
    # Thanks change nothing: no further note.
    thanks = example("zendesk-comment-added")
    thanks["id"], thanks["event"]["comment"]["body"] = "thanks", "Thank you!"
    status = example("zendesk-ticket-created")
    status["id"], status["type"] = "status", "zen:event-type:ticket.status_changed"
    said = [hook(server, "zendesk", one).json()["said"] for one in (ours, by_mark, status, thanks)]
    assert said == ["ignored: told to ignore it", "ignored: our own note", "ignored: told to ignore it", "taken"]
    time.sleep(1.5)
    assert len(zd.taken()) == 4


def test_a_trigger_with_its_own_json_is_understood_too(server: Started, vendors: dict[str, Vendor]) -> None:
    before = len(vendors["zendesk"].taken())
    page = (Path(__file__).parent.parent / "docs" / "zendesk.md").read_text()
    body = page.partition("```json\n")[2].partition("```")[0]
    values = {
        "ticket.id": "99", "ticket.title": "Login", "ticket.description": "AADSTS50011: The redirect URI does not match",
        "ticket.latest_comment": "", "current_user.id": "5", "current_user.name": "Jo", "ticket.updated_at_with_timestamp": "2026-11-25T10:00:00Z",
    }  # fmt: skip
    for name, value in values.items():
        body = body.replace("{{" + name + "}}", value)
    assert "{{" not in body
    assert hook(server, "zendesk", json.loads(body)).json()["case"] == "zendesk-99"
    wait_for(lambda: len(vendors["zendesk"].taken()) >= before + 2)


@pytest.mark.parametrize(
    ("sender", "file", "case", "cause"),
    [
        ("freshdesk", "freshdesk", "freshdesk-1502", "client-secret"),
        ("intercom", "intercom", "intercom-215468", ""),
        ("jira", "jira-service-management", "jira-HELP-17", ""),
    ],
)
def test_the_documented_payloads_of_other_helpdesks(
    sender: str, file: str, case: str, cause: str, server: Started, vendors: dict[str, Vendor]
) -> None:
    vendors[sender].failures += [(500, {}, {})]
    response = hook(server, sender, example(file))
    assert (response.status_code, response.json()["case"]) == (202, case), response.text
    sent = wait_for(vendors[sender].taken)[0]
    note = sent.body["body"]
    assert "OAuth diagnosis" in note
    assert f"oauth-doctor case {case}" in note
    view = server.client().get(f"/v1/cases/{case}").json()
    best = view["view"]["diagnosis"]["causes"][0]
    assert cause in best["id"]
    assert best["title"].split()[0] in note
    if sender == "freshdesk":
        assert {"fact": "platform", "value": "creatio"}.items() <= view["entries"][2].items()
        assert "<div>" not in view["entries"][0]["text"]


def test_a_mapping_of_ones_own_is_answered_at_once(server: Started) -> None:
    response = hook(server, "forms", example("forms"))
    assert response.status_code == 200
    answer = response.json()
    assert (answer["verdict"], answer["cause"]) == ("diagnosed", "redirect-uri-mismatch")
    assert answer["show"].startswith("Hello,")
    assert answer["next"][0]["role"] == "summary"


@pytest.mark.parametrize("sender", sorted(SECRETS))
def test_what_is_replayed_wrong_or_old_is_refused(sender: str, server: Started) -> None:
    client = httpx.Client(base_url=server.url, timeout=60)
    payload = {
        "zendesk": example("zendesk-ticket-created"), "freshdesk": example("freshdesk"), "intercom": example("intercom"),
        "jira": example("jira-service-management"), "forms": example("forms"),
    }[sender]  # fmt: skip
    marker = f"unique-{sender}"
    text = json.dumps(payload).replace("35436", "555").replace("b0a5c6d1", marker).replace("1502", "555")
    text = text.replace("notif_a1b2c3d4", marker).replace("20077", marker).replace("F-2026-118", "F-555")
    body, headers = signed(sender, json.loads(text))
    url = f"/hooks/{sender}"
    assert client.post(url, content=body, headers=headers).status_code in (200, 202)
    again = client.post(url, content=body, headers=headers)
    assert (again.status_code, again.json()["case"]) == (403, None)
    assert client.post(url, content=body).status_code == 401
    if sender != "freshdesk":
        assert client.post(url, content=body + b" ", headers=headers).status_code == 401
    if sender == "forms":  # the sender's own retry: signed anew under the same id
        later = headers_for(
            schemes()["standard-webhooks"], SECRETS[sender], str(int(time.time()) + 1), body, headers["webhook-id"]
        )
        retried = client.post(url, content=body, headers=later)
        assert (retried.status_code, retried.json()["said"]) == (200, "taken before; nothing is done twice")
    if sender in ("zendesk", "forms"):
        body, headers = signed(sender, json.loads(text), time.time() - 301)
        assert client.post(url, content=body, headers=headers).status_code == 401
    if sender in ("intercom", "jira"):
        old = json.loads(text)
        for name in ("created_at", "timestamp"):
            if name in old:
                old[name] = old[name] // 2
        body, headers = signed(sender, old)
        assert client.post(url, content=body, headers=headers).status_code == 422


def test_what_cannot_be_read_is_refused_in_one_line(server: Started) -> None:
    client = httpx.Client(base_url=server.url, timeout=60)
    assert client.get("/hooks/zendesk").status_code == 405
    assert client.post("/hooks/nobody", content=b"{}").status_code == 404
    assert client.post("/hooks/zendesk", content=b"x" * ((1 << 20) + 1)).status_code == 413
    for body in (
        b"\xff",
        b"[" * 100_000,
        b"{}",
        b'{"detail": {"id": {"a": 1}}}',
        b'{"detail": {"id": "' + b"9" * 300 + b'"}}',
    ):
        headers = headers_for(schemes()["zendesk"], SECRETS["zendesk"], stamp("zendesk", time.time()), body)
        response = client.post("/hooks/zendesk", content=body, headers=headers)
        assert response.status_code == 422, body[:40]


def test_a_failed_write_is_heard_when_it_is_sent_again(tmp_path: Path, doctor: Doctor) -> None:
    """What was seen is noted in the transaction that does it: a failure leaves nothing behind."""
    from oauth_doctor.engine.guide import Guide
    from oauth_doctor.service.helpdesk.config import Config, Sender
    from oauth_doctor.service.helpdesk.receive import Receiver

    store = CaseStore(f"sqlite:///{tmp_path}/c.db")
    mapping = Mapping.model_validate({"signature": "github", "ticket": "$.t", "text": "$.x", "event": "$.e"})
    sender = Sender(name="gh", mapping=mapping, scheme=schemes()["github"], keys=("k",), variables={}, values={})
    guide = Guide(doctor)
    receiver = Receiver(Config(senders={"gh": sender}), doctor, store, lambda state: (guide.look(state), []))
    body = b'{"t": 1, "x": "invalid_grant", "e": 5}'
    headers = headers_for(schemes()["github"], "k", "", body)
    append, create = store.append, store.create

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError

    store.create = broken  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        receiver.receive("gh", headers, body)
    store.create, store.append = create, append  # type: ignore[method-assign]
    assert receiver.receive("gh", headers, body).status == 202
    assert receiver.receive("gh", headers, body).status == 403
    assert store.load("gh-1").revision == 1
    store.close()
