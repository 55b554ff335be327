"""What a started server shows of planted texts: its API and pages, what it sends to a helpdesk and to Slack, log and database."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from outputs import write

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from service_fixtures import Started, serving
from vendor_servers import Answer, Asked, Vendor, vendor

HOOK_SECRET, SLACK_SECRET, SLACK_TOKEN = "hook-secret-1", "slack-secret-1", "xoxb-1-test"
_LONGEST = 8_000  # characters of one text in a request of a person: a ticket, a command
_IN_A_TEXT = 40
_JSON = {"Content-Type": "application/json"}
_PATIENCE = 120.0  # seconds for what is done in the background

Door = Callable[["Served", str], Iterator[str]]


class Served:
    """A server with a helpdesk and a Slack of its own, and everything that it wrote."""

    def __init__(self, server: Started, vendors: Vendor, folder: Path) -> None:
        self.server = server
        self.http = server.client()
        self._vendors = vendors
        self._folder = folder
        self._seen = 0

    def sent(self, last: str) -> str:
        """What was sent to the vendors since the last time, up to the request whose path ends like that."""
        end = time.monotonic() + _PATIENCE
        while not any(asked.path.endswith(last) for asked in self._vendors.taken()[self._seen :]):
            if time.monotonic() > end:
                raise AssertionError(f"no request came for {last}")
            time.sleep(0.02)
        taken = self._vendors.taken()
        new, self._seen = taken[self._seen :], len(taken)
        return "\n".join(json.dumps([asked.path, asked.headers, asked.body]) for asked in new)

    def left_behind(self) -> Iterator[str]:
        """Log and database, as the bytes on disk say it."""
        yield self.server.log.read_text(encoding="utf-8", errors="replace")
        for file in sorted(self._folder.glob("cases.db*")):
            yield file.read_bytes().decode("utf-8", "replace")


@contextmanager
def started(folder: Path) -> Iterator[Served]:
    """Start it, and stop it at the end."""
    with vendor(_answer) as vendors:
        (folder / "helpdesk.yaml").write_text(
            f"senders:\n  zendesk:\n    mapping: zendesk\n    secret: env:B_HOOK\n"
            f"    variables: {{base: '{vendors.url}', user: bot@example.com, own_user: 777}}\n"
            f"    secrets: {{api_token: env:B_HOOK}}\n"
            f"slack:\n  signing_secret: env:B_SLACK\n  bot_token: env:B_TOKEN\n  api: '{vendors.url}/api/'\n"
        )
        told = {"B_HOOK": HOOK_SECRET, "B_SLACK": SLACK_SECRET, "B_TOKEN": SLACK_TOKEN}
        os.environ.update(told)
        try:
            arguments = ("--verbose", "--helpdesk", str(folder / "helpdesk.yaml"))
            with serving(folder, f"sqlite:///{folder}/cases.db", *arguments) as server:
                yield Served(server, vendors, folder)
        finally:
            for name in told:
                del os.environ[name]


def _answer(asked: Asked) -> Answer:
    if asked.path.endswith("auth.test"):
        return 200, {}, {"ok": True, "team_id": "T1", "user_id": "U0BOT", "bot_id": "B0BOT"}
    return 200, {}, {"ok": True, "channel": "C1", "ts": f"1764061921.{time.monotonic_ns() % 10**6:06d}"}


def served(texts: Sequence[str], folder: Path) -> Iterator[tuple[str, str]]:
    """Every door gets its part of the texts: the door, and what came out of it. At the end what is left behind."""
    with started(folder) as one:
        size = -(-len(texts) // len(DOORS))
        for number, (name, door) in enumerate(DOORS.items()):
            part = texts[number * size : (number + 1) * size]
            for at in range(0, len(part), _IN_A_TEXT):
                for output in door(one, write(part[at : at + _IN_A_TEXT], "incidents")):
                    yield name, output
        for output in one.left_behind():
            yield "log and database", output


def _good(response: httpx.Response, *expected: int) -> str:
    if response.status_code not in (expected or (200, 201, 202)):
        raise AssertionError(f"{response.request.url}: {response.status_code} {response.text[:300]}")
    return "\n".join([*map(str, response.headers.items()), response.text])


def _diagnose(one: Served, text: str) -> Iterator[str]:
    facts = {"error_description": _beginning(text, 500), "client_id": _beginning(text, 200)}
    yield _good(one.http.post("/v1/diagnose", json={"text": text, "facts": facts, "id": "1"}))
    yield _good(one.http.post("/v1/diagnose", content=text.encode(), headers={"Content-Type": "text/plain"}))
    yield _good(one.http.post("/v1/diagnose", files={"file": ("a.log", text.encode())}))


def _stream(one: Served, text: str) -> Iterator[str]:
    lines = "".join(json.dumps({"id": str(n), "text": part}) + "\n" for n, part in enumerate(_parts(text)))
    kind = {"Content-Type": "application/x-ndjson"}
    yield _good(one.http.post("/v1/diagnose/stream", content=lines.encode(), headers=kind))


def _job(one: Served, text: str) -> Iterator[str]:
    incidents = [{"id": str(number), "text": part} for number, part in enumerate(_parts(text))]
    job = one.http.post("/v1/jobs", json={"incidents": incidents})
    yield _good(job)
    where = job.headers["Location"]
    end = time.monotonic() + _PATIENCE
    while (state := one.http.get(where)).json()["status"] in ("waiting", "running") and time.monotonic() < end:
        time.sleep(0.05)
    yield _good(state)
    yield _good(one.http.get(f"{where}/results"))


def _redact(one: Served, text: str) -> Iterator[str]:
    yield _good(one.http.post("/v1/redact", json={"text": text}))
    yield _good(one.http.post("/v1/redact", content=text.encode(), headers={"Content-Type": "text/plain"}))


def _case(one: Served, text: str) -> Iterator[str]:
    entries = [
        {"kind": "pasted", "text": text, "by": _beginning(text, 100)},
        {"kind": "answered", "fact": "error_description", "value": _beginning(text, 500)},
    ]
    made = one.http.post("/v1/cases", json={"title": _beginning(text, 90), "entries": entries})
    yield _good(made)
    case = made.json()["id"]
    yield _good(one.http.post(f"/v1/cases/{case}/entries", json={"kind": "pasted", "text": text}))
    for path in (f"/v1/cases/{case}", f"/v1/cases/{case}/dialogue", "/v1/cases?limit=3"):
        yield _good(one.http.get(path))


def _page(one: Served, text: str) -> Iterator[str]:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', one.http.get("/").text)
    assert found
    form = {"csrf": found[1], "text": text, "title": _beginning(text, 90), "start": "text"}
    made = one.http.post("/cases", data=form)
    yield _good(made, 303)
    where = made.headers["Location"]
    file = {"file": ("a.log", text.encode())}
    yield _good(one.http.post(f"{where}/text", data={"csrf": found[1], "revision": "1"}, files=file), 200, 303)
    answer = {"csrf": found[1], "fact": "error_description", "value": _beginning(text, 500), "revision": "1"}
    yield _good(one.http.post(f"{where}/answers", data=answer), 200, 303, 409, 422)
    for path in (where, f"{where}/text", f"{where}/export", "/cases", "/overview", "/"):
        yield _good(one.http.get(path))


def _mistakes(one: Served, text: str) -> Iterator[str]:
    """What is wrong is named, but not shown."""
    short = _beginning(text, 1500)
    calls = (
        one.http.post("/v1/diagnose", json={"facts": {"phase": text}}),
        one.http.post("/v1/diagnose", json={"facts": {short: "x"}}),
        one.http.post("/v1/diagnose", json={short: text}),
        one.http.post("/v1/diagnose", content=text.encode(), headers=_JSON),
        one.http.post("/v1/diagnose", json={"text": ["x", text]}),
        one.http.post("/v1/cases", json={"entries": [{"kind": short, "text": text}]}),
        one.http.post("/v1/cases", json={"id": short}),
        one.http.get(f"/v1/cases/{quote(short, safe='')}"),
        one.http.get("/v1/cases", params={"before": _beginning(short, 190)}),
        one.http.get("/v1/cases", params={"limit": short}),
        one.http.get(f"/v1/codes/{quote(short, safe='')}"),
        one.http.get(f"/{quote(short, safe='')}"),
        one.http.get(f"/cases/{quote(short, safe='')}"),
        one.http.get("/cases", params={"q": short}),
    )
    for response in calls:
        if response.status_code >= 500:
            raise AssertionError(f"{response.status_code} {response.text[:300]}")
        # The search field shows what was typed into it to the one who typed it.
        yield "" if response.request.url.params.get("q") else _good(response, response.status_code)


def _zendesk(one: Served, text: str) -> Iterator[str]:
    number = str(time.monotonic_ns())
    detail = {
        "id": number, "subject": _beginning(text, 90), "description": _beginning(text, _LONGEST), "requester_id": "1", "status": "NEW",
        "tags": [], "via": {"channel": "web_service"},
    }  # fmt: skip
    event = {
        "account_id": 1, "detail": detail, "event": {}, "id": number, "subject": f"zen:ticket:{number}",
        "time": "2026-11-25T09:12:31.120331Z", "type": "zen:event-type:ticket.created",
        "zendesk_event_version": "2022-11-06",
    }  # fmt: skip
    from oauth_doctor.service.helpdesk.signatures import headers_for, schemes

    body = json.dumps(event).encode()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    headers = headers_for(schemes()["zendesk"], HOOK_SECRET, now, body, number)
    yield _good(httpx.post(f"{one.server.url}/hooks/zendesk", content=body, headers=headers, timeout=60))
    yield one.sent("/tags.json")


def _slack(one: Served, text: str) -> Iterator[str]:
    body = urlencode(
        {
            "command": "/oauth-doctor", "text": _beginning(text, _LONGEST), "team_id": "T1", "channel_id": "C1", "user_id": "U1",
            "user_name": "maria", "trigger_id": str(time.monotonic_ns()), "response_url": "http://127.0.0.1:9/none",
        }
    ).encode()  # fmt: skip
    now = str(int(time.time()))
    mark = hmac.new(SLACK_SECRET.encode(), b"v0:" + now.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Signature": f"v0={mark}", "X-Slack-Request-Timestamp": now,
    }  # fmt: skip
    yield _good(httpx.post(f"{one.server.url}/hooks/slack", content=body, headers=headers, timeout=60))
    yield one.sent("/chat.update")


def _beginning(text: str, most: int) -> str:
    """Whole lines, as long as there is room: nobody can recognise a secret that was cut in two."""
    return text[: most + 1].rpartition("\n")[0]


def _parts(text: str) -> list[str]:
    size = max(len(text) // 4, 1)
    lines, parts = text.split("\n"), [""]
    for line in lines:
        if len(parts[-1]) > size and "ERROR" in line:
            parts.append("")
        parts[-1] += line + "\n"
    return parts


DOORS: dict[str, Door] = {
    "POST /v1/diagnose": _diagnose,
    "POST /v1/diagnose/stream": _stream,
    "POST /v1/jobs": _job,
    "POST /v1/redact": _redact,
    "POST /v1/cases": _case,
    "pages": _page,
    "mistakes": _mistakes,
    "Zendesk": _zendesk,
    "Slack": _slack,
}
"""Each is measured as soon as it stands here."""


def model_tools(texts: Sequence[str], folder: Path) -> Iterator[str]:
    """What the tools of the Model Context Protocol answer, over standard input and output."""
    import asyncio

    from mcp.client.client import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client

    found: list[str] = []

    async def use() -> None:
        arguments = ["-m", "oauth_doctor.cli.main", "mcp", "--database", f"sqlite:///{folder}/mcp.db"]
        command = StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))
        async with Client(stdio_client(command)) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            for at in range(0, len(texts), _IN_A_TEXT):
                text = write(texts[at : at + _IN_A_TEXT], "incidents")
                found.extend([await _called(client, tool, text) for tool in tools.values()])

    asyncio.run(use())
    yield from found


async def _called(client: Any, tool: Any, text: str) -> str:
    """A tool with the text wherever it takes one: a right call, or a mistake that must not show it."""
    given = {
        name: text if name == "text" else _beginning(text, 1000)
        for name, kind in tool.input_schema.get("properties", {}).items()
        if "string" in json.dumps(kind)
    }
    try:
        result = await client.call_tool(tool.name, given)
    except Exception as error:  # noqa: BLE001 - whatever is raised is shown
        return f"{tool.name}: {error}"
    return f"{tool.name}: {result.content} {result.structured_content}"
