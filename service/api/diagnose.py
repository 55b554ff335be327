"""Diagnose: one incident (JSON, text, file), or a stream of them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ...engine import Diagnosis, FactError, InputError
from ...engine.doctor import LARGEST_TEXT
from . import metrics
from .access import Allow
from .answers import JSON, NDJSON, errors
from .context import Context, context
from .direct import DirectRoute
from .problems import Problem, as_problem, invalid

router = APIRouter(tags=["diagnose"], route_class=DirectRoute)
_LONGEST_LINE = 10 << 20  # bytes
_SHORT = 2_000  # bytes of a body; answers to longer ones are not kept
_SOON = 30.0  # seconds to wait for more of a stream
_KINDS = "application/json, text/plain, multipart/form-data"


@router.post(
    "/diagnose",
    operation_id="diagnose",
    summary="Diagnose one incident",
    dependencies=[Depends(Allow("diagnose"))],
    responses={200: {"model": Diagnosis, "description": "What it is, and what to do."}, **errors(415)},
    response_class=Response,
)
async def diagnose(request: Request) -> Response:
    """From a text, from answers, or from both to ranked causes with fix steps and the next question.

    As JSON: `text`, `facts`, `id`. As `text/plain`: the text as it is, facts as query parameters. As a form with a
    `file`, facts as further fields.
    """
    known = context(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    digest = b""
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        body = await request.body()
        if len(body) <= _SHORT:
            digest = hashlib.sha256(body).digest()
            remembered = known.answered.get(digest)
            if remembered is not None:
                metrics.count_diagnosis(remembered[0])
                return Response(remembered[1], media_type=JSON)
        incident: Any = known.contract.incident.__pydantic_validator__.validate_json(body)
    elif kind == "text/plain":
        incident = _incident(known, _text(await request.body()), dict(_several(request.query_params.multi_items())))
    elif kind == "multipart/form-data":
        incident = await _form(request, known)
    else:
        raise Problem(415, f"expected one of {_KINDS}", headers={"Accept-Post": _KINDS})
    facts = known.contract.read_facts(incident.facts)
    if incident.text.strip():
        call = known.doctor.diagnose_json
        verdict, found = await known.run(call, incident.text, facts, id=incident.id, steps=incident.steps)
    else:
        # Answers alone take about a millisecond: less than a thread would cost.
        verdict, found = known.doctor.diagnose_json("", facts, id=incident.id, steps=incident.steps)
    metrics.count_diagnosis(verdict)
    if digest:
        # The same question has the same answer, and bots ask the same few questions. Only a hash of it is kept.
        known.answered.keep(digest, (verdict, found))
    return Response(found, media_type=JSON)


@router.post(
    "/diagnose/stream",
    operation_id="diagnoseStream",
    summary="Diagnose many incidents, one a line",
    dependencies=[Depends(Allow("diagnose"))],
    responses={
        200: {"content": {NDJSON: {}}, "description": "A diagnosis or an error a line, in order."},
        **errors(415),
    },
    response_class=Response,
)
async def stream(request: Request) -> Response:
    """NDJSON in, NDJSON out, while it is being sent: an object with `id`, `text`, `facts` a line.

    A line that cannot be diagnosed is answered by `{"line": n, "id": ..., "error": {...}}`; the others go on.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (NDJSON, "application/jsonl", "application/ndjson"):
        raise Problem(415, f"expected {NDJSON}", headers={"Accept-Post": NDJSON})
    return _Streamed(_answers(request, context(request)))


class _Streamed(Response):
    """Sends while it still receives: it must not, as other streams do, listen for the end of the connection."""

    media_type = NDJSON

    def __init__(self, parts: AsyncIterator[bytes]) -> None:
        self.status_code = 200
        self.background = None
        self.body = b""
        self.init_headers({"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the parts as they come."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for part in self._parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _answers(request: Request, known: Context) -> AsyncIterator[bytes]:
    number = 0
    async for line in _lines(request):
        number += 1
        if line.strip():
            yield (await known.run(diagnose_line, known, line, number)) + b"\n"


async def _lines(request: Request) -> AsyncIterator[bytes]:
    """The lines of a body as they arrive. One that is too long, or that never ends, ends the stream."""
    pieces: list[bytes] = []
    length = 0
    parts = request.stream().__aiter__()
    while True:
        try:
            part = await asyncio.wait_for(anext(parts), _SOON)
        except (StopAsyncIteration, TimeoutError):
            break
        *whole, rest = part.split(b"\n")
        for one in whole:
            yield b"".join([*pieces, one])
            pieces, length = [], 0
        pieces.append(rest)
        length += len(rest)
        if length > _LONGEST_LINE:
            yield b"x" * (_LONGEST_LINE + 1)
            return
    if pieces:
        yield b"".join(pieces)


def diagnose_line(known: Context, line: bytes, number: int) -> bytes:
    """One line of a stream: the diagnosis, or what is wrong with the line."""
    try:
        if len(line) > _LONGEST_LINE:
            raise Problem(413, f"a line is longer than {_LONGEST_LINE:,} bytes")
        incident: Any = known.contract.incident.__pydantic_validator__.validate_json(line)
        facts = known.contract.read_facts(incident.facts)
        verdict, found = known.doctor.diagnose_json(incident.text, facts, id=incident.id, steps=incident.steps)
    except (Problem, ValidationError, FactError, InputError) as error:
        problem = as_problem(error)
        assert problem is not None
        said = {"line": number, "id": _id_of(line), "error": problem.document(None)}
        return json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")
    metrics.count_diagnosis(verdict)
    return found


def _id_of(line: bytes) -> str | None:
    if len(line) > _LONGEST_LINE:
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    identifier = found.get("id") if isinstance(found, dict) else None
    return identifier[:200] if isinstance(identifier, str) else None


async def _form(request: Request, known: Context) -> Any:
    form = await request.form(max_files=1, max_fields=200, max_part_size=1 << 20)
    file = form.get("file")
    if isinstance(file, str):
        data = file.encode("utf-8", "replace")
    elif isinstance(file, UploadFile):
        data = await file.read()
    else:
        raise Problem(422, "/file: expected a file", kind="invalid-request")
    values = [(name, value) for name, value in form.multi_items() if name != "file" and isinstance(value, str)]
    return _incident(known, _text(data), dict(_several(values)))


def _several(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        values[name] = (
            [*values[name], value]
            if isinstance(values.get(name), list)
            else ([values[name], value] if name in values else value)
        )
    return values


def _incident(known: Context, text: str, values: dict[str, Any]) -> Any:
    """An incident whose facts came as strings, as in a form."""
    members: dict[str, Any] = {"text": text, "facts": values}
    if "id" in values:
        members["id"] = values.pop("id")
    if "steps" in values:
        steps = values.pop("steps")
        members["steps"] = {"true": True, "false": False}.get(steps if isinstance(steps, str) else "", steps)
    try:
        return known.contract.incident.model_validate(members)
    except ValidationError as error:
        raise invalid(error) from None


def _text(data: bytes) -> str:
    if len(data) > 4 * LARGEST_TEXT:
        raise Problem(413, f"at most {LARGEST_TEXT:,} characters are one incident")
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def result_of(
    known: Context, identifier: str | None, text: str, facts: dict[str, Any], steps: bool
) -> tuple[str, bool]:
    """One incident of a job: the JSON of its diagnosis or of what is wrong, and whether it is the latter."""
    try:
        return known.doctor.diagnose_json(text, facts, id=identifier, steps=steps).json.decode(), False
    except (FactError, InputError) as error:
        problem = as_problem(error)
        assert problem is not None
        return json.dumps({"id": identifier, "error": problem.document(None)}, ensure_ascii=False), True


def request_body(contract_incident: type[BaseModel], facts: dict[str, Any]) -> dict[str, Any]:
    """The three forms of the body of /diagnose, for the OpenAPI document. `facts`: schema of a form field by fact."""
    reference = {"$ref": f"#/components/schemas/{contract_incident.__name__}"}
    fields = {
        "file": {"type": "string", "format": "binary", "description": "A text file: log, response, HAR, ticket."},
        "id": {"type": "string", "maxLength": 200},
        **facts,
    }
    form = {"type": "object", "properties": fields, "required": ["file"], "additionalProperties": False}
    return {
        "required": True,
        "content": {
            "application/json": {"schema": reference},
            "text/plain": {"schema": {"type": "string"}},
            "multipart/form-data": {"schema": form},
        },
    }
