"""The OpenAPI 3.1 document: what the routes say, with the models that are made from the knowledge."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ...engine.cases.outbox import WebhookEvent
from . import redaction
from .answers import NDJSON
from .contract import MOST_INCIDENTS, Contract
from .diagnose import request_body
from .problems import ProblemDocument

_REF = "#/components/schemas/{model}"
_OPEN = frozenset({"/livez", "/readyz"})


def install(app: FastAPI, contract: Contract) -> None:
    """Make `app.openapi()`, and the address /openapi.json, give the whole document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, contract)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI, contract: Contract) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        summary=app.summary,
        routes=app.routes,
        servers=[{"url": "/v1"}],
    )
    inputs: list[type[BaseModel]] = [
        contract.incident, contract.facts, contract.entry, contract.opening, contract.job,
        redaction.TextToRedact, ProblemDocument, WebhookEvent,
    ]  # fmt: skip
    _, schemas = models_json_schema([(model, "validation") for model in inputs], ref_template=_REF)
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(schemas["$defs"])
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key, see `oauth-doctor keys create`."}
    }
    _plain_discriminators(components["schemas"])
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _without_null(operation.get("parameters", []))
            operation["responses"].pop("422", None) if path in _OPEN else None
            operation["security"] = [] if path in _OPEN else [{"key": []}]
    _bodies(document, contract)
    document["webhooks"] = {
        "case": {
            "post": {
                "summary": "What happened to a case; signed, see docs/webhooks.md.",
                "requestBody": {
                    "content": {"application/json": {"schema": _reference(WebhookEvent)}},
                    "required": True,
                },
                "responses": {"2XX": {"description": "Received."}},
            }
        }
    }
    return document


def _bodies(document: dict[str, Any], contract: Contract) -> None:
    """Bodies that the routes read by themselves, because there are several forms of them."""
    paths = document["paths"]
    fields = _form_fields(contract)
    paths["/diagnose"]["post"]["requestBody"] = request_body(contract.incident, fields)
    # Lines that are wrong are answered one by one, so that here anything goes.
    anything = {"schema": {"description": "An Incident as JSON a line."}}
    paths["/diagnose/stream"]["post"]["requestBody"] = {"content": {NDJSON: anything}, "required": True}
    items = {"type": "array", "items": _reference(contract.incident), "minItems": 1, "maxItems": MOST_INCIDENTS}
    lines = {"schema": {**items, "description": "An Incident as JSON a line."}}
    paths["/jobs"]["post"]["requestBody"] = {
        "content": {"application/json": {"schema": _reference(contract.job)}, NDJSON: lines},
        "required": True,
    }
    for path, model in (("/cases", contract.opening), ("/cases/{case_id}/entries", contract.entry)):
        paths[path]["post"]["requestBody"] = {
            "content": {"application/json": {"schema": _reference(model)}},
            "required": True,
        }
    paths["/redact"]["post"]["requestBody"] = {
        "content": {
            "application/json": {"schema": _reference(redaction.TextToRedact)},
            "text/plain": {"schema": {"type": "string"}},
        },
        "required": True,
    }


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _without_null(parameters: list[dict[str, Any]]) -> None:
    """A parameter that need not be there is not therefore null."""
    for parameter in parameters:
        forms = parameter["schema"].pop("anyOf", None)
        if forms is not None:
            parameter["schema"].update(next(one for one in forms if one.get("type") != "null"))


def _plain_discriminators(found: Any) -> None:
    """OpenAPI's discriminators map to schemas; pydantic's nested ones map to further discriminators: those go."""
    if isinstance(found, dict):
        mapping = (
            found.get("discriminator", {}).get("mapping", {}) if isinstance(found.get("discriminator"), dict) else {}
        )
        if any(not isinstance(target, str) for target in mapping.values()):
            del found["discriminator"]
        for value in found.values():
            _plain_discriminators(value)
    elif isinstance(found, list):
        for value in found:
            _plain_discriminators(value)


def _form_fields(contract: Contract) -> dict[str, Any]:
    """A form has strings only: each fact as it is written there."""
    fields: dict[str, Any] = {}
    for name, schema in contract.facts.model_json_schema()["properties"].items():
        forms = [one for one in schema.get("anyOf", [schema]) if one.get("type") == "string" or "enum" in one]
        if forms:
            fields[name] = forms[0]
    return fields
