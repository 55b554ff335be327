"""What assistants can read without asking: resources, and prompts to begin with."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from ...engine import Doctor
from ...engine.articles import find_articles
from ...engine.knowledge import Knowledge
from .articles import article_of


def add_resources(server: MCPServer[Any], doctor: Doctor) -> None:
    """Causes, facts and codes."""
    knowledge = doctor.knowledge
    json_kind = "application/json"

    def listed(uri: str, name: str, description: str, make: Callable[[], Any]) -> None:
        def read() -> str:
            return _json(make())

        server.resource(uri, name=name, description=description, mime_type=json_kind)(read)

    listed("oauth-doctor://causes", "causes", "Every cause: id, title, summary.", lambda: _causes(knowledge))
    listed("oauth-doctor://facts", "facts", "Every fact: its question, kind and values.", lambda: _facts(knowledge))
    listed(
        "oauth-doctor://codes",
        "providers and libraries with codes",
        "How many error codes are known of each provider and library.",
        lambda: {slug: len(knowledge.codes(slug)) for slug in knowledge.code_owners},
    )

    def cause(id: str) -> str:  # noqa: A002 - the name in the address
        if id not in knowledge.causes:
            raise ResourceNotFoundError("no such cause; see oauth-doctor://causes")
        return _json(article_of(find_articles(doctor, id)[0], knowledge).model_dump(mode="json"))

    def codes(provider: str) -> str:
        if provider not in knowledge.code_owners:
            raise ResourceNotFoundError("no such provider; see oauth-doctor://codes")
        found = knowledge.codes(provider).values()
        return _json([{"code": one["code"], "title": one.get("title", "")} for one in found])

    def code(provider: str, code: str) -> str:
        found = [one for one in knowledge.find_code(code, provider) if one.owner == provider]
        if not found:
            raise ResourceNotFoundError("no such code; see oauth-doctor://codes/{provider}")
        return _json([article_of(one, knowledge).model_dump(mode="json") for one in found])

    for uri, name, description, call in (
        ("oauth-doctor://causes/{id}", "cause", "The article of a cause: when it appears, steps, references.", cause),
        ("oauth-doctor://codes/{provider}", "codes of a provider", "The error codes known of a provider.", codes),
        ("oauth-doctor://codes/{provider}/{code}", "code", "What a provider's code means, and the remedy.", code),
    ):
        server.resource(uri, name=name, description=description, mime_type=json_kind)(_as_resource(call))


def _as_resource(call: Callable[..., str]) -> Callable[..., str]:
    @functools.wraps(call)
    def read(*args: Any, **kwargs: Any) -> str:
        try:
            return call(*args, **kwargs)
        except ResourceError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug
            raise ResourceError(f"this went wrong in oauth-doctor itself ({type(error).__name__})") from None

    return read


def add_prompts(server: MCPServer[Any]) -> None:
    """Ways to begin."""

    @server.prompt(title="Diagnose an incident")
    def diagnose_incident(material: str, provider: str = "", platform: str = "") -> str:
        """Diagnose pasted material and report to an engineer."""
        known = ", ".join(f"{key}={value}" for key, value in (("provider", provider), ("platform", platform)) if value)
        return (
            "Diagnose this with the tool `diagnose`, passing the material unshortened"
            f"{f' and the facts {known}' if known else ''}. Report the verdict, the likeliest cause with its probability and"
            " the line that speaks for it, and the steps in order with who does them. If it is inconclusive, ask me the"
            f" next question instead.\n\nMaterial:\n{material}"
        )

    @server.prompt(title="Guide a customer")
    def guide_customer(problem: str = "") -> str:
        """Go through a guided diagnosis with a customer, one question at a time."""
        return (
            "Guide me through this with `start_case`. Ask one question at a time in plain words, with its answers and where"
            " to look; `I don't know` is always fine. When no question is left, go through the steps one at a time, tell"
            f" the risk before each, and ask what it did. Never ask for secrets.\n\nProblem: {problem or 'ask me'}"
        )

    @server.prompt(title="Write a reply to a customer")
    def customer_reply(case: str) -> str:
        """Write the reply to a customer about a case."""
        return (
            f"Read the case {case} with `show_case` and write a short, friendly reply to the customer: what it is and how sure"
            " that is, then the steps that the customer can do, or the next question if it is inconclusive. No internal"
            " ids, no jargon without an explanation, and ask for no secrets."
        )


def _causes(knowledge: Knowledge) -> list[dict[str, str]]:
    return [{"id": one.id, "title": one.title, "summary": one.summary} for one in knowledge.causes.values()]


def _facts(knowledge: Knowledge) -> list[dict[str, Any]]:
    return [
        {
            "fact": one.id,
            "question": one.question,
            "kind": one.kind.value,
            "several": one.several,
            "values": dict(one.values),
        }
        for one in knowledge.vocabulary
        if one.question
    ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
