"""Redaction: a copy of a text that is safe to attach to a ticket."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from ...engine.redaction import Redactor
from .access import Allow
from .answers import errors, json_of
from .context import context
from .contract import Text
from .problems import Problem

router = APIRouter(tags=["redaction"])


class TextToRedact(BaseModel):
    """A text as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: Text


class SecretFound(BaseModel):
    """One sighting of a secret: its kind, what stands in its place, its line (1-based), length and form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    placeholder: str
    line: int
    length: int
    form: list[str]


class TextRedacted(BaseModel):
    """The text without its secrets, line by line the same."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    secrets: list[SecretFound]


@router.post(
    "/redact",
    operation_id="redact",
    summary="Replace the secrets of a text",
    dependencies=[Depends(Allow("diagnose"))],
    response_class=Response,
    responses={
        200: {
            "model": TextRedacted, "description": "JSON for JSON, text for text.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **errors(415),
    },
)  # fmt: skip
async def redact(request: Request) -> Response:
    """Tokens, codes, keys, cookies, passwords, e-mail addresses: the same secret gets the same placeholder."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind == "text/plain":
        redacted = await context(request).run(Redactor().redact, body.decode("utf-8", "replace"))
        return Response(redacted.text.encode("utf-8", "replace"), media_type="text/plain")
    if kind != "application/json":
        raise Problem(415, "expected application/json or text/plain")
    text = TextToRedact.__pydantic_validator__.validate_json(body).text
    redacted = await context(request).run(Redactor().redact, text)
    secrets = [
        SecretFound(kind=one.kind, placeholder=one.placeholder, line=one.line, length=one.length, form=list(one.form))
        for one in redacted.secrets
    ]
    return json_of(TextRedacted(text=redacted.text, secrets=secrets))
