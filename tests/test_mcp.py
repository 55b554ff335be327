"""The Model Context Protocol with the package's own client, over standard input and output and over streamable HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from service_fixtures import run_cli

from oauth_doctor.engine import Diagnosis, Doctor
from oauth_doctor.service.mcp.tools import CaseProgress, Explanation, Redacted

SECRET = "Zq8wLk2vNx91TtPsrUvbY77dKJh3"
Use = Callable[[Client], Awaitable[None]]


@contextmanager
def http_server(folder: Path, *options: str) -> Iterator[str]:
    command = [sys.executable, "-m", "oauth_doctor.cli.main", "mcp", "--http", "--port", "0"]
    log = folder / "mcp.log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, "--database", f"sqlite:///{folder}/c.db", *options], stdout=subprocess.PIPE, stderr=stderr
        )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        assert url.startswith("http://"), log.read_text()
        yield url
        assert SECRET not in log.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def over_stdio(folder: Path, use: Use) -> None:
    arguments = ["-m", "oauth_doctor.cli.main", "mcp", "--database", f"sqlite:///{folder}/c.db"]

    async def run() -> None:
        server = StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))
        async with Client(stdio_client(server)) as client:
            await use(client)

    asyncio.run(run())


def over_http(url: str, use: Use, key: str = "") -> None:
    async def run() -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            await use(client)

    asyncio.run(run())


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    text = json.loads(result.content[0].text)
    assert text == result.structured_content
    return result.structured_content


async def a_whole_conversation(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {
        "diagnose", "explain", "redact", "show_case", "start_case", "answer", "add_text", "step_result", "close_case",
    }  # fmt: skip
    for tool in tools.values():
        assert len(tool.description or "") > 60, tool.name
        assert tool.output_schema
        assert tool.annotations is not None
        assert all(member.get("description") for member in tool.input_schema["properties"].values()), tool.name
    assert tools["diagnose"].annotations.read_only_hint
    assert not tools["answer"].annotations.read_only_hint

    text = f"Error 400: redirect_uri_mismatch client_secret={SECRET}"
    found = Diagnosis.model_validate(await call(client, "diagnose", text=text, facts={"provider": "google"}))
    assert (found.verdict, found.causes[0].id) == ("diagnosed", "redirect-uri-mismatch")
    assert len(found.causes) <= 3
    assert SECRET not in found.to_json()

    begun = CaseProgress.model_validate(await call(client, "start_case", text="invalid_grant", title=SECRET))
    asked = begun.view.question
    assert asked is not None
    unknown = CaseProgress.model_validate(await call(client, "answer", case=begun.case, fact=asked.fact, unknown=True))
    assert unknown.view.question is None or unknown.view.question.fact != asked.fact
    known = CaseProgress.model_validate(
        await call(client, "answer", case=begun.case, fact="provider", value="salesforce")
    )
    assert known.entries == 3
    more = CaseProgress.model_validate(await call(client, "add_text", case=begun.case, text=f"token={SECRET} expired"))
    step = more.view.plan.steps[0]
    solved = CaseProgress.model_validate(
        await call(client, "step_result", case=begun.case, cause=step.cause, step=step.step, result="solved")
    )
    assert (solved.view.solved, solved.view.cause) == (True, step.cause)
    closed = await call(client, "close_case", case=begun.case, cause=step.cause)
    assert closed["closed"]
    assert await call(client, "show_case", case=begun.case) == closed
    assert SECRET not in json.dumps(closed)

    explained = Explanation.model_validate(await call(client, "explain", name="AADSTS50011"))
    assert explained.found[0].kind == "code"
    assert explained.found[0].means
    assert Explanation.model_validate(await call(client, "explain", name="redirect-uri-mismach")).did_you_mean
    for name in ("invalid_grant", "google", "spring-security", "redirect-uri-mismatch"):
        assert Explanation.model_validate(await call(client, "explain", name=name)).found
    redacted = Redacted.model_validate(await call(client, "redact", text=f"client_secret={SECRET}"))
    assert SECRET not in redacted.text
    assert redacted.secrets[0].line == 1

    for tool, arguments, said in (
        ("diagnose", {}, "nothing to diagnose"),
        ("diagnose", {"facts": {"phase": "nowhere"}}, "phase"),
        ("answer", {"case": begun.case, "fact": "provider"}, "expected value, or unknown=true"),
        ("answer", {"case": begun.case, "fact": "colour", "value": "red"}, "unknown fact"),
        ("show_case", {"case": "none"}, "none"),
        ("step_result", {"case": begun.case, "cause": "x", "step": "y", "result": "failed"}, "no such step"),
        ("close_case", {"case": begun.case, "cause": "x"}, "unknown cause"),
    ):
        refused = await client.call_tool(tool, arguments)
        assert refused.is_error
        assert said in refused.content[0].text
        assert "\n" not in refused.content[0].text

    resources = {str(one.uri) for one in (await client.list_resources()).resources}
    assert resources == {"oauth-doctor://causes", "oauth-doctor://facts", "oauth-doctor://codes"}
    assert len((await client.list_resource_templates()).resource_templates) == 3

    async def read(uri: str) -> Any:
        return json.loads((await client.read_resource(uri)).contents[0].text)

    causes = await read("oauth-doctor://causes")
    assert len(causes) > 30
    assert (await read(f"oauth-doctor://causes/{causes[0]['id']}"))["steps"]
    assert {one["fact"] for one in await read("oauth-doctor://facts")} >= {"provider", "phase"}
    assert (await read("oauth-doctor://codes"))["microsoft"] == len(await read("oauth-doctor://codes/microsoft"))
    assert (await read("oauth-doctor://codes/microsoft/AADSTS50011"))[0]["means"]
    with pytest.raises(MCPError, match="no such cause"):
        await read("oauth-doctor://causes/none")

    prompts = {one.name: one for one in (await client.list_prompts()).prompts}
    assert set(prompts) == {"diagnose_incident", "guide_customer", "customer_reply"}
    prompt = await client.get_prompt("diagnose_incident", {"material": "invalid_grant", "provider": "google"})
    assert "provider=google" in prompt.messages[0].content.text


def test_the_whole_conversation_over_stdio(tmp_path: Path) -> None:
    over_stdio(tmp_path, a_whole_conversation)


def test_the_whole_conversation_over_http_with_and_without_keys(tmp_path: Path) -> None:
    with http_server(tmp_path) as url:
        over_http(url, a_whole_conversation)
        # Pages of other origins, and names that lead here, do not get in.
        hello = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        accept = {"Accept": "application/json, text/event-stream"}
        for headers, status in (
            ({"Origin": "https://evil.example"}, 403),
            ({"Host": "evil.example"}, 421),
            ({"Origin": "http://localhost.evil.example:80"}, 403),
        ):
            assert httpx2.post(url, json=hello, headers=accept | headers).status_code == status
        # As soon as there is a key, everybody needs one.
        database = f"sqlite:///{tmp_path}/c.db"
        key = run_cli(
            "keys", "create", "assistant", "--scope", "diagnose", "--scope", "cases", "--database", database
        ).strip()
        narrow = run_cli("keys", "create", "narrow", "--scope", "diagnose", "--database", database).strip()
    with http_server(tmp_path) as url:
        over_http(url, a_whole_conversation, key)
        for headers, status in (
            ({}, 401),
            ({"Authorization": f"Bearer {key}x"}, 401),
            ({"Authorization": f"Basic {key}"}, 401),
            ({"Authorization": f"Bearer {narrow}"}, 403),
        ):
            assert httpx2.post(url, json=hello, headers=accept | headers).status_code == status


def test_it_listens_elsewhere_only_with_keys(tmp_path: Path) -> None:
    said = run_cli("mcp", "--http", "--host", "0.0.0.0", "--database", f"sqlite:///{tmp_path}/c.db", code=2)
    assert "there is no API key" in said
    assert said.count("\n") == 1


def test_tools_say_what_the_library_says(tmp_path: Path, doctor: Doctor) -> None:
    text = (Path(__file__).parent.parent / "examples" / "redirect-uri-mismatch.txt").read_text()

    async def use(client: Client) -> None:
        told = await call(client, "diagnose", text=text, most_causes=50)
        assert told == json.loads(doctor.diagnose(text).to_json())

    over_stdio(tmp_path, use)
