"""`schema`: one JSON Schema document (2020-12) of everything that this program writes and reads as JSON."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from .common import UsageError

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One of them, for example diagnosis.")] = None,
) -> None:
    """Print the JSON Schema of the contracts: all of them, or one."""
    document = contracts()
    if name is not None:
        names = document["properties"]
        if name not in names:
            raise UsageError(f"schema {name!r}: expected one of {', '.join(names)}")
        chosen = names[name]
        document = {"$schema": DIALECT, **chosen, "$defs": _used(chosen, document["$defs"])}
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def contracts() -> dict[str, Any]:
    """The document: `properties` has a member a contract, `$defs` what they are made of.

    Raises:
        UsageError: what the contracts of stored cases need is not installed.
    """
    from pydantic import TypeAdapter

    adapters: list[tuple[str, Any, TypeAdapter[Any]]] = [
        (name, "serialization", TypeAdapter(kind)) for name, kind in _kinds().items()
    ]
    schemas, shared = TypeAdapter.json_schemas(adapters, ref_template="#/$defs/{model}")
    return {
        "$schema": DIALECT,
        "title": "oauth-doctor",
        "description": "What oauth-doctor writes and reads as JSON. Each member is a document of its own.",
        "type": "object",
        "properties": {name: schemas[name, "serialization"] for name in _kinds()},
        "$defs": shared["$defs"],
    }


def _kinds() -> dict[str, Any]:
    from ..engine import Diagnosis
    from ..engine.cases.model import Case, Entry
    from ..engine.guide import Dialogue, View
    from ..engine.logs.report import ScanReport

    kinds: dict[str, Any] = {"diagnosis": Diagnosis, "scan": ScanReport, "view": View, "dialogue": Dialogue}
    kinds |= {"case": Case, "entry": Entry}
    try:
        from ..engine.cases.outbox import WebhookEvent
    except ImportError:
        raise UsageError('the schema of webhooks needs the extra "cases": sh install.sh cases') from None
    kinds["webhook"] = WebhookEvent
    return kinds


def _used(found: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The definitions that a schema refers to, also through others."""
    used: dict[str, Any] = {}
    waiting = [found]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            name = str(item.get("$ref", "")).removeprefix("#/$defs/")
            if name in definitions and name not in used:
                used[name] = definitions[name]
                waiting.append(definitions[name])
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return dict(sorted(used.items()))
