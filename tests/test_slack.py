"""Slack: a local Slack with its documented limits, the started service, real HTTP between them."""

from __future__ import annotations

import json
import os
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_fixtures import Started, serving
from slack_server import CHANNEL, SIGNING, TEAM, TOKEN, SlackApi, SlackUser, blocks_in, check
from vendor_servers import Asked, Vendor, vendor

from oauth_doctor.engine.guide import Dialogue
from oauth_doctor.engine.guide.dialogue import MOST_OPTIONS, Block, Option
from oauth_doctor.service.slack.blocks import blocks_of, text_of

SECRET = "Zq8wLk2vNx91TtPsrUvbY77dKJh3"


@pytest.fixture(scope="module")
def slack() -> Iterator[Vendor]:
    with vendor(SlackApi()) as started:
        yield started


@pytest.fixture(scope="module")
def server(slack: Vendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("slack")
    (folder / "c.yaml").write_text(
        f"slack:\n  signing_secret: [env:T_SLACK_OLD, env:T_SLACK]\n  bot_token: env:T_SLACK_BOT\n  api: '{slack.url}/api/'\n"
    )
    told = {"T_SLACK": SIGNING, "T_SLACK_OLD": "the-old-one", "T_SLACK_BOT": TOKEN}
    os.environ.update(told)
    try:
        with serving(
            folder, f"sqlite:///{folder}/cases.db", "--verbose", "--helpdesk", str(folder / "c.yaml")
        ) as started:
            yield started
            assert TOKEN not in started.log.read_text()
            assert SECRET not in started.log.read_text()
    finally:
        for name in told:
            del os.environ[name]


@pytest.fixture
def user(server: Started, slack: Vendor) -> SlackUser:
    return SlackUser(server.url, slack.url)


def calls(slack: Vendor, *methods: str) -> list[Asked]:
    return [asked for asked in slack.taken() if asked.path.removeprefix("/api/") in methods]


def next_call(slack: Vendor, before: int, *methods: str) -> Asked:
    end = time.monotonic() + 40
    while len(found := calls(slack, *methods)) <= before:
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
    return found[before]


def buttons(asked: Asked) -> list[dict[str, Any]]:
    return [one for block in blocks_in(asked.body) if block["type"] == "actions" for one in block["elements"]]


def case_of(server: Started, root: str) -> dict[str, Any]:
    response = server.client().get(f"/v1/cases/slack-{TEAM}-{CHANNEL}-{root}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def started_by_command(user: SlackUser, slack: Vendor, text: str) -> tuple[str, Asked]:
    """The thread's first message, and what it became."""
    before = len(calls(slack, "chat.update"))
    response = user.command(text)
    assert (response.status_code, response.text) == (200, "")
    shown = next_call(slack, before, "chat.update")
    return shown.body["ts"], shown


def test_a_command_becomes_a_dialogue_with_buttons(user: SlackUser, slack: Vendor, server: Started) -> None:
    root, shown = started_by_command(user, slack, f"`invalid_grant` client_secret={SECRET} &lt;x&gt;")
    case = case_of(server, root)
    assert "<x>" in case["entries"][0]["text"]
    assert SECRET not in json.dumps([case, [asked.body for asked in slack.taken()]])
    question = case["view"]["question"]
    assert any(question["text"][:40] in block.get("text", {}).get("text", "") for block in blocks_in(shown.body))

    # Answer with a button until there is no question any more; then the step solves it, and the case is closed.
    for _ in range(40):
        values = [(one, json.loads(one["value"])["send"]) for one in buttons(shown) if one["type"] == "button"]
        answers = [one for one, send in values if send["kind"] in ("answered", "unknown")]
        pressed = (answers or [one for one, send in values if send.get("result") == "solved"] or [values[0][0]])[0]
        before = len(calls(slack, "chat.update"))
        response = user.press(root, {"type": "button", "action_id": pressed["action_id"], "value": pressed["value"]})
        assert response.status_code == 200
        shown = next_call(slack, before, "chat.update")
        assert shown.body["ts"] == root
        if case_of(server, root)["closed"]:
            break
    case = case_of(server, root)
    assert case["closed"]
    assert case["cause"]
    assert {entry["by"] for entry in case["entries"]} == {"U0001"}
    assert [json.loads(one["value"])["send"]["kind"] for one in buttons(shown)] == ["reopened"]


def test_the_shortcut_answers_in_the_thread_and_the_thread_goes_on(
    user: SlackUser, slack: Vendor, server: Started
) -> None:
    root = "1764061000.000200"
    before = len(calls(slack, "chat.postMessage"))
    assert (
        user.shortcut(
            "Login fails: see <https://accounts.google.com/o/oauth2|Google>: redirect_uri_mismatch", root
        ).status_code
        == 200
    )
    posted = next_call(slack, before, "chat.postMessage")
    assert posted.body["thread_ts"] == root
    assert "The redirect URI is not registered" in posted.body["text"]
    assert "https://accounts.google.com" in case_of(server, root)["entries"][0]["text"]

    before = len(calls(slack, "chat.postMessage"))
    assert user.say("and now AADSTS7000215", root, "Ev1").status_code == 200
    assert next_call(slack, before, "chat.postMessage").body["thread_ts"] == root
    assert len(case_of(server, root)["entries"]) == 2

    # Slack's own retry, with another timestamp or the same: answered, not done twice. Other threads and bots: ignored.
    retry = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
    assert user.say("and now AADSTS7000215", root, "Ev1", retry).status_code == 200
    assert user.say("hello", "1764061000.999999", "Ev2").status_code == 200
    assert user.say("I am a bot", root, "Ev3", bot_id="B0BOT").status_code == 200
    assert user.say("", root, "Ev4", subtype="message_changed").status_code == 200
    time.sleep(1.5)
    assert len(case_of(server, root)["entries"]) == 2
    assert len(calls(slack, "chat.postMessage")) == before + 1


def test_typed_and_checked_answers_are_taken(user: SlackUser, slack: Vendor, server: Started) -> None:
    root, _ = started_by_command(user, slack, "invalid_grant")
    case_id = f"slack-{TEAM}-{CHANNEL}-{root}"

    def press(action: dict[str, Any], state: dict[str, Any] | None = None) -> dict[str, Any]:
        before = len(calls(slack, "chat.update"))
        assert user.press(root, action, state).status_code == 200
        next_call(slack, before, "chat.update")
        found: dict[str, Any] = case_of(server, root)["entries"][-1]
        return found

    typed = press(
        {
            "type": "plain_text_input",
            "action_id": "od:input",
            "block_id": f"od|{case_id}|provider|1",
            "value": " salesforce ",
        }
    )
    assert {"fact": "provider", "value": "salesforce"}.items() <= typed.items()
    together = json.dumps({"case": case_id, "send": {"kind": "answered", "fact": "token_fields", "value": []}})
    chosen = {
        "od-set-1": {
            "od-checks": {"type": "checkboxes", "selected_options": [{"value": "access_token"}, {"value": "scope"}]}
        }
    }
    checked = press({"type": "button", "action_id": "od:1-0", "value": together}, chosen)
    assert checked["value"] == ["access_token", "scope"]

    # What does not fit is said to the one who acted, and nothing is stored; nor for a case of another channel.
    revision = case_of(server, root)["revision"]
    for action, said in (
        ({"type": "plain_text_input", "action_id": "od:input", "block_id": f"od|{case_id}|http_status|1", "value": "many"}, "Not taken: "),
        ({"type": "button", "action_id": "od:1-0", "value": together}, "cannot be done"),
        ({"type": "button", "action_id": "od:1-1", "value": json.dumps({"case": "other-1", "send": {"kind": "reopened"}})}, "cannot be done"),
        ({"type": "button", "action_id": "od:1-1", "value": json.dumps({"case": case_id, "send": {"kind": "closed", "note": 5}})}, "Not taken: "),
    ):  # fmt: skip
        before = len(calls(slack, "/respond/1"))
        assert user.press(root, action).status_code == 200
        told = next_call(slack, before, "/respond/1").body
        assert said in told["text"]
        assert told["response_type"] == "ephemeral"
    assert case_of(server, root)["revision"] == revision


def test_rate_limits_are_waited_for(user: SlackUser, slack: Vendor) -> None:
    limited = (429, {"Retry-After": "1"}, {"ok": False, "error": "ratelimited"})
    slack.failures += [limited, limited]
    begin = time.monotonic()
    started_by_command(user, slack, "redirect_uri_mismatch")
    assert not slack.failures
    assert time.monotonic() - begin >= 2


def test_an_acknowledgement_does_not_wait_for_the_work(user: SlackUser, slack: Vendor) -> None:
    slack.failures += [(429, {"Retry-After": "4"}, {"ok": False, "error": "ratelimited"})]
    before = len(calls(slack, "chat.update"))
    response = user.command("invalid_scope")
    assert response.status_code == 200
    assert len(calls(slack, "chat.update")) == before  # the work is still held up
    next_call(slack, before, "chat.update")


def test_help_and_channels_without_the_bot(user: SlackUser, slack: Vendor) -> None:
    response = user.command("")
    assert response.json()["response_type"] == "ephemeral"
    assert "/oauth-doctor" in response.json()["text"]
    before = len(calls(slack, "/respond/1"))
    assert user.command("invalid_grant", "C0PRIVATE").status_code == 200
    assert "/invite" in next_call(slack, before, "/respond/1").body["text"]


def test_forged_old_and_replayed_requests_are_refused(user: SlackUser, slack: Vendor, server: Started) -> None:
    before = len(slack.taken())
    body = f"command=%2Foauth-doctor&text=invalid_grant&team_id={TEAM}&channel_id={CHANNEL}&user_id=U1".encode()
    kind = "application/x-www-form-urlencoded"
    assert user.send(body, kind, secret="wrong").status_code == 401
    assert user.send(body, kind, at=time.time() - 301).status_code == 401
    assert user.send(body, kind, at=time.time() + 400).status_code == 401
    assert httpx.post(f"{server.url}/hooks/slack", content=body, headers={"Content-Type": kind}).status_code == 401
    time.sleep(0.5)
    assert len(slack.taken()) == before
    at = time.time()
    assert user.send(body, kind, at=at, secret="the-old-one").status_code == 200  # while secrets are changed over
    assert user.send(body, kind, at=at, secret="the-old-one").status_code == 403
    assert user.send(b"", "", at=at).status_code in (404, 200)  # signed, but nothing that we know


def test_the_address_can_be_verified_when_the_app_is_set_up(user: SlackUser) -> None:
    body = json.dumps(
        {"type": "url_verification", "token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}
    )
    response = user.send(body.encode(), "application/json")
    assert response.status_code == 200
    assert "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P" in response.text


options = st.lists(
    st.builds(
        Option,
        label=st.text(min_size=0, max_size=200),
        send=st.fixed_dictionaries(
            {"kind": st.just("answered"), "fact": st.just("phase"), "value": st.text(max_size=3000)}
        ),
    ),
    max_size=MOST_OPTIONS,
    unique_by=lambda option: option.send["value"],
)
shown_blocks = st.builds(
    Block,
    role=st.sampled_from(["summary", "question", "step"]),
    kind=st.sampled_from(["text", "options", "input"]),
    text=st.one_of(
        st.text(max_size=300), st.integers(1, 60_000).map(lambda n: "<!channel> line\n" * (n // 16) + "x" * n)
    ),
    options=options,
    several=st.booleans(),
    input=st.just({"kind": "answered", "fact": "phase"}),
)


@given(st.lists(shown_blocks, max_size=30))
def test_no_dialogue_exceeds_what_slack_takes(blocks: list[Block]) -> None:
    shown = Dialogue(blocks=blocks)
    made = blocks_of(shown, "slack-T-C-1.2")
    check({"blocks": made, "text": text_of(shown)})
    # Nothing that somebody wrote can mention people or become a format.
    assert {part["text"]["type"] for part in made if part["type"] == "section"} <= {"plain_text"}
    assert "<" not in text_of(shown)


def test_the_manifest_names_what_the_program_listens_to() -> None:
    import yaml

    page = (Path(__file__).parent.parent / "docs" / "slack.md").read_text()
    block = page.partition("   display_information:")[2].partition("```")[0]
    manifest = yaml.safe_load(textwrap.dedent("   display_information:" + block))
    assert manifest["features"]["slash_commands"][0]["command"] == "/oauth-doctor"
    assert manifest["features"]["shortcuts"][0]["callback_id"] == "diagnose_this"
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == {"message.channels", "message.groups"}
