"""Every error as problem+json (RFC 9457), without anything that the caller sent as a value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ...engine.cases.errors import CaseConflictError, CaseNotFoundError, EntryError, StoreError
from ...engine.doctor import InputError
from ...engine.knowledge import FactError
from ...engine.redaction import Redactor

MEDIA_TYPE = "application/problem+json"
_MOST_ERRORS = 20
_KINDS = frozenset({"answered", "closed", "pasted", "reopened", "step", "unknown", "withdrawn"})  # of entries
_HARMLESS = re.compile(r"\d{0,9}|[A-Za-z_][A-Za-z_0-9]{0,24}")
_BRANCHES = frozenset({"bool", "constrained-int", "constrained-str", "function-before", "int", "str"})


class InvalidPart(BaseModel):
    """One thing that is wrong in a request: where (JSON Pointer, or the name of a parameter), and what."""

    model_config = ConfigDict(extra="forbid")

    pointer: str
    detail: str


class ProblemDocument(BaseModel):
    """An error (RFC 9457).

    Attributes:
        type: stays the same for the same kind of error; `about:blank` when the status says it all.
        request_id: as in the header `X-Request-ID`, to be found in the log.
    """

    model_config = ConfigDict(extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[InvalidPart] | None = None


class Problem(Exception):  # noqa: N818 - the standard's word
    """Ends a request with an error.

    Args:
        status: HTTP status; kind: name of the kind of error, empty when the status says it all.
        detail: what happened and what is expected, without secrets.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str = "",
        errors: Iterable[InvalidPart] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.errors = list(errors)[:_MOST_ERRORS]
        self.headers = dict(headers or {})

    def document(self, request_id: str | None) -> dict[str, Any]:
        """The body."""
        title = HTTPStatus(self.status).phrase
        document: dict[str, Any] = {
            "type": f"urn:oauth-doctor:problem:{self.kind}" if self.kind else "about:blank",
            "title": self.kind.replace("-", " ").capitalize() if self.kind else title,
            "status": self.status,
            "detail": self.detail,
        }
        if request_id:
            document["request_id"] = request_id
        if self.errors:
            document["errors"] = [one.model_dump() for one in self.errors]
        return document

    def response(self, request_id: str | None) -> Response:
        """The response."""
        body = json.dumps(self.document(request_id), ensure_ascii=False).encode("utf-8", "replace")
        return Response(body, self.status, headers=self.headers, media_type=MEDIA_TYPE)


def as_problem(error: Exception) -> Problem | None:
    """The problem that an exception of the engine, the store or the framework is; None for a bug."""
    match error:
        case Problem():
            return error
        case CaseNotFoundError():
            return Problem(404, "there is no such case", kind="no-such-case")
        case CaseConflictError():
            return Problem(409, _plain(error), kind="conflict")
        case EntryError():
            return Problem(422, _plain(error), kind="not-storable")
        case StoreError():
            return Problem(503, "the database does not answer; try again later", headers={"Retry-After": "5"})
        case FactError():
            return Problem(422, _plain(error), kind="unknown-fact")
        case InputError():
            return Problem(413, _plain(error))
        case ValidationError() | RequestValidationError():
            return invalid(error)
        case HTTPException():
            known = 400 <= error.status_code < 600
            status = error.status_code if known else 500
            return Problem(status, str(error.detail), headers=dict(error.headers or {}))
        case _:
            return None


def invalid(error: ValidationError | RequestValidationError, within: str = "") -> Problem:
    """What a validation found, by place; values are not repeated."""
    found: dict[str, list[str]] = {}
    for one in error.errors():
        reasons = found.setdefault(within + _pointer(one["loc"]), [])
        if _reason(one) not in reasons:
            reasons.append(_reason(one))
    errors = [InvalidPart(pointer=place, detail=", or: ".join(reasons)[:1000]) for place, reasons in found.items()]
    first = f"{errors[0].pointer or 'body'}: {errors[0].detail}" if errors else "the request is not as described"
    return Problem(422, first, kind="invalid-request", errors=errors)


def install(app: FastAPI) -> None:
    """Answer every exception with its problem."""

    async def answer(request: Request, error: Exception) -> Response:
        problem = as_problem(error)
        if problem is None:
            raise error
        if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
            problem.headers = {"Allow": ", ".join(_allowed(app, request))}
        return problem.response(request.scope.get("oauth_doctor.request_id"))

    for kind in (Problem, StoreError, FactError, InputError, ValidationError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer)


def _allowed(app: FastAPI, request: Request) -> list[str]:
    """The methods of all routes of a path, not only of the first that matches."""
    path: str = request.scope["path"]
    path = path.removeprefix(request.scope.get("root_path", ""))
    paths: dict[str, dict[str, Any]] = app.openapi()["paths"]
    found: set[str] = set()
    for template, operations in paths.items():
        if re.fullmatch(re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(template)), path):
            found.update(operations)
    return sorted(method.upper() for method in found) or ["GET"]


def _plain(error: Exception) -> str:
    return " ".join(str(error).split())[:500]


def _pointer(location: Iterable[Any]) -> str:
    """JSON Pointer (RFC 6901) into the body, or the parameter's name. What names a branch of a union is no place."""
    parts = [_clean(str(part))[:60] for part in location]
    if parts and parts[0] in ("query", "path", "header"):
        return ".".join(parts[:2])
    if parts and parts[0] == "body":
        parts = parts[1:]
    places: list[str] = []
    at = 0
    while at < len(parts):
        part = parts[at]
        if "[" in part or part in _BRANCHES:
            break
        if part in _KINDS and (not places or places[-1].isdecimal()):
            at += 2 if part == "answered" else 1  # an answer is told apart by its fact too
            continue
        places.append(part)
        at += 1
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in places)


def _reason(found: Any) -> str:
    """The validator's words. Those about JSON itself quote the input: they are not repeated."""
    kind, words = str(found["type"]), str(found["msg"])
    if kind in ("json_invalid", "json_type"):
        return "is not JSON"
    if kind == "union_tag_invalid":  # quotes what was sent
        context = found.get("ctx", {})
        words = f"{context.get('discriminator', 'kind')}: expected one of {context.get('expected_tags', '')}"
    return _clean(words.removeprefix("Value error, "))[:300]


def _clean(words: str) -> str:
    """Words that may quote a value. Redacted before they are cut: half a secret is not recognised."""
    return words if _HARMLESS.fullmatch(words) else Redactor().redact(words).text
