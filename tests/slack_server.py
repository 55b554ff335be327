"""A local Slack: the Web API methods that are used, with its documented limits checked, and signed requests from users."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any
from urllib.parse import urlencode

import httpx
from vendor_servers import Answer, Asked

from oauth_doctor.service.helpdesk.signatures import headers_for, schemes

TEAM, CHANNEL, USER, BOT = "T0001", "C0001", "U0001", "U0BOT"
TOKEN, SIGNING = "xoxb-1-test", "8f742231b10e8888abcd99yyyzzz85a5"


class SlackApi:
    """Answers Web API calls, and checks each against what Slack takes."""

    def __init__(self) -> None:
        self._times = (f"1764061921.{number:06d}" for number in itertools.count(100))

    def __call__(self, asked: Asked) -> Answer:
        if asked.path.startswith("/respond/"):
            return 200, {}, {"ok": True}
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return 200, {}, {"ok": False, "error": "invalid_auth"}
        body = asked.body or {}
        match asked.path.removeprefix("/api/"):
            case "auth.test":
                return 200, {}, {
                    "ok": True, "url": "https://test.slack.com/", "team": "test", "user": "doctor", "team_id": TEAM,
                    "user_id": BOT, "bot_id": "B0BOT",
                }  # fmt: skip
            case "chat.postMessage":
                if body["channel"] == "C0PRIVATE":
                    return 200, {}, {"ok": False, "error": "not_in_channel"}
                check(body)
                return 200, {}, {"ok": True, "channel": body["channel"], "ts": next(self._times)}
            case "chat.update":
                check(body)
                return 200, {}, {"ok": True, "channel": body["channel"], "ts": body["ts"]}
        return 200, {}, {"ok": False, "error": "unknown_method"}


def blocks_in(body: dict[str, Any]) -> list[dict[str, Any]]:
    blocks = body.get("blocks") or []
    return json.loads(blocks) if isinstance(blocks, str) else blocks


def check(body: dict[str, Any]) -> None:
    """The limits of Block Kit (docs.slack.dev/reference/block-kit)."""
    blocks = blocks_in(body)
    assert len(body.get("text") or "") <= 4000
    assert len(blocks) <= 50
    ids: list[str] = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(ids) == len(set(ids))
    for block in blocks:
        assert len(block.get("block_id", "")) <= 255
        match block["type"]:
            case "section":
                assert 1 <= len(block["text"]["text"]) <= 3000
            case "actions":
                assert 1 <= len(block["elements"]) <= 25
                actions = [element["action_id"] for element in block["elements"]]
                assert len(actions) == len(set(actions))
                for element in block["elements"]:
                    if element["type"] == "button":
                        assert 1 <= len(element["text"]["text"]) <= 75
                        assert len(element["value"]) <= 2000
                    else:
                        assert element["type"] == "checkboxes"
                        assert 1 <= len(element["options"]) <= 10
                        for option in element["options"]:
                            assert 1 <= len(option["text"]["text"]) <= 75
                            assert 1 <= len(option["value"]) <= 150
            case "input":
                assert len(block["label"]["text"]) <= 2000
                assert block["element"]["type"] == "plain_text_input"
            case kind:
                assert kind == "divider"


class SlackUser:
    """Sends what Slack sends when people do something."""

    def __init__(self, server: str, slack: str) -> None:
        self._url = f"{server}/hooks/slack"
        self.response_url = f"{slack}/respond/1"

    def send(
        self, body: bytes, kind: str, *, at: float | None = None, secret: str = SIGNING, **more: str
    ) -> httpx.Response:
        signed = headers_for(schemes()["slack"], secret, str(int(at or time.time())), body)
        return httpx.post(self._url, content=body, headers={"Content-Type": kind, **signed, **more}, timeout=60)

    def form(self, values: dict[str, str], **more: Any) -> httpx.Response:
        # trigger_id differs from one click to the next
        values.setdefault("trigger_id", f"1.2.{time.monotonic_ns()}")
        return self.send(urlencode(values).encode(), "application/x-www-form-urlencoded", **more)

    def command(self, text: str, channel: str = CHANNEL) -> httpx.Response:
        return self.form({
            "command": "/oauth-doctor", "text": text, "team_id": TEAM, "team_domain": "test", "channel_id": channel,
            "channel_name": "support", "user_id": USER, "user_name": "maria", "response_url": self.response_url,
            "api_app_id": "A1", "is_enterprise_install": "false",
        })  # fmt: skip

    def _interaction(self, payload: dict[str, Any]) -> httpx.Response:
        whole = {
            "team": {"id": TEAM, "domain": "test"}, "user": {"id": USER, "username": "maria", "team_id": TEAM},
            "api_app_id": "A1", "token": "x", "channel": {"id": CHANNEL, "name": "support"},
            "trigger_id": f"1.2.{time.monotonic_ns()}", "response_url": self.response_url, **payload,
        }  # fmt: skip
        return self.form({"payload": json.dumps(whole)})

    def shortcut(self, text: str, ts: str) -> httpx.Response:
        message = {"type": "message", "user": "U0002", "ts": ts, "text": text}
        return self._interaction({
            "type": "message_action", "callback_id": "diagnose_this", "message_ts": ts, "message": message,
        })  # fmt: skip

    def press(
        self, ts: str, action: dict[str, Any], state: dict[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        return self._interaction({
            "type": "block_actions", "container": {"type": "message", "message_ts": ts, "channel_id": CHANNEL},
            "message": {"ts": ts}, "state": {"values": state or {}},
            "actions": [{"action_ts": f"{time.time():.6f}", **action}], **more,
        })  # fmt: skip

    def say(
        self, text: str, thread: str, event_id: str, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        event = {
            "type": "message", "channel": CHANNEL, "user": USER, "text": text, "ts": f"{time.time():.6f}",
            "thread_ts": thread, "channel_type": "channel", **more,
        }  # fmt: skip
        body = {
            "token": "x", "team_id": TEAM, "api_app_id": "A1", "type": "event_callback", "event_id": event_id,
            "event_time": int(time.time()), "event": event,
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
        }  # fmt: skip
        return self.send(json.dumps(body).encode(), "application/json", **(headers or {}))
