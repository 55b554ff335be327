"""Answers: JSON of contract models, entity tags, and requests that may be repeated."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any

from fastapi import Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from ..repeats import Repeatable
from .access import Caller
from .problems import Problem, ProblemDocument

JSON = "application/json"
NDJSON = "application/x-ndjson"

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Your name for this request: sent again with the same name, it is answered but not carried out again.",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r'^("?[0-9]{1,9}[^"]{0,80}"?|\*)$',
        description="The entity tag of the case as you know it; 412 when it is another by now.",
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", max_length=400, description="Entity tags that you have: 304 if one holds."),
]
_REVISION = re.compile(r'"?([0-9]{1,9})[^"]*"?')  # quotation marks are easily lost in a shell


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route documents, besides those that every route has."""
    return {
        status: {"content": {"application/problem+json": {"schema": _REFERENCE}}, "description": _REASONS[status]}
        for status in sorted({400, 401, 403, 413, 422, 429, 503, *statuses})
    }


_REFERENCE = {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}
_REASONS = {
    400: "The request cannot be read.",
    401: "No key, or none that is good.",
    403: "The key lacks a scope.",
    404: "There is no such thing.",
    409: "It does not fit what is stored, or the Idempotency-Key was used for another request.",
    412: "The case was changed since it was read.",
    413: "Too large.",
    415: "Another media type is expected.",
    422: "The request is not as described here.",
    429: "The key's rate is used up.",
    503: "The database does not answer, or it took too long.",
}


def json_of(model: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A contract model as JSON."""
    body = model.__pydantic_serializer__.to_json(model, by_alias=True)
    return Response(body, status, headers=headers, media_type=JSON)


def tagged(request_tags: str | None, tag: str, response: Response, *, cache: str = "no-cache") -> Response:
    """The response with its entity tag; 304 without a body when the client has it."""
    headers = {"ETag": tag, "Cache-Control": cache, "Vary": "Accept-Encoding, Authorization"}
    if request_tags is not None:
        known = [one.strip().removeprefix("W/") for one in request_tags.split(",")]
        if "*" in known or tag.removeprefix("W/") in known:
            return Response(None, 304, headers=headers)
    response.headers.update(headers)
    return response


def hashed(*parts: bytes) -> str:
    """A short hash for entity tags."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def revision_of(if_match: str | None) -> int | None:
    """The revision that If-Match names; None for none or any."""
    if if_match is None or if_match == "*":
        return None
    match = _REVISION.fullmatch(if_match)
    if match is None:
        raise Problem(422, 'header.If-Match: expected the entity tag of a case, such as "3"', kind="invalid-request")
    return int(match[1])


async def repeatable(request: Request, caller: Caller, key: str | None) -> Repeatable | None:
    """The request's name and what it asks for, when it has a name."""
    if key is None:
        return None
    asked = hashlib.sha256()
    for part in (request.method.encode(), request.url.path.encode(), await request.body()):
        asked.update(len(part).to_bytes(8, "big") + part)
    return Repeatable(caller.owner, key, asked.hexdigest())


def check_same(wanted: Repeatable, fingerprint: str) -> None:
    """The same name must ask for the same thing.

    Raises:
        Problem: 409, it asks for something else.
    """
    if fingerprint != wanted.fingerprint:
        raise Problem(409, "this Idempotency-Key was used for another request", kind="idempotency-key")
