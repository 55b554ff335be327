"""Cases: questionnaire sessions, kept between requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from ...engine.cases.errors import CaseConflictError
from ...engine.cases.model import Answered, Case, Entry, Reopened, StepTried, Unknown, Withdrawn
from ...engine.cases.store import CaseSummary
from ...engine.guide import Dialogue, View, dialogue
from ..repeats import Done, Repeatable, RepeatedError
from . import metrics
from .access import Allow, Caller
from .answers import (
    IdempotencyKey,
    IfMatch,
    IfNoneMatch,
    check_same,
    errors,
    hashed,
    json_of,
    repeatable,
    revision_of,
    tagged,
)
from .context import Context, context
from .contract import CASE_ID, stamped
from .problems import Problem

router = APIRouter(tags=["cases"])
CaseIdPath = Annotated[str, Path(pattern=CASE_ID, description="Id of the case.")]
May = Annotated[Caller, Depends(Allow("cases"))]
_TRIES = 5


class CaseShown(BaseModel):
    """A case as it stands: what is known follows from `entries`; `view` is what to ask and what to try next."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Literal["oauth-doctor/case/1"] = Field(default="oauth-doctor/case/1", alias="schema")
    id: str
    title: str
    created: datetime
    revision: int
    closed: bool
    cause: str | None = None
    entries: list[Entry]
    view: View


class CaseList(BaseModel):
    """A page of cases, latest first; `next` is the value of `before` for the page after it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cases: list[CaseSummary]
    next: str | None = None


def _links(*operations: str) -> dict[str, Any]:
    return {one: {"operationId": one, "parameters": {"case_id": "$response.body#/id"}} for one in operations}


_FOLLOWING = _links("getCase", "addEntry", "undo", "getDialogue", "deleteCase")
_TAG = {"ETag": {"description": "Revision of the case, for If-Match.", "schema": {"type": "string"}}}


@router.post(
    "/cases",
    operation_id="createCase",
    summary="Open a case",
    status_code=201,
    response_class=Response,
    responses={
        201: {
            "model": CaseShown, "description": "The case.", "links": _FOLLOWING,
            "headers": {**_TAG, "Location": {"description": "Where the case is.", "schema": {"type": "string"}}},
        },
        **errors(404, 409, 415),
    },
)  # fmt: skip
async def create_case(request: Request, caller: May, idempotency_key: IdempotencyKey = None) -> Response:
    """Open a case, with entries that are known already or none."""
    known = context(request)
    opening: Any = known.contract.opening.__pydantic_validator__.validate_json(await _json(request))
    entries = [_fitting(known, one.root) for one in opening.entries]
    wanted = await repeatable(request, caller, idempotency_key)

    def carry_out() -> Case:
        return known.store.create(opening.title, case_id=opening.id, entries=entries, also=_noting(wanted))

    case = await _once(known, wanted, carry_out)
    for entry in entries:
        metrics.count_entry(entry.kind)
    return await _answer(known, case, 201, {"Location": f"{request.scope.get('root_path', '')}/cases/{case.id}"})


@router.get(
    "/cases",
    operation_id="listCases",
    summary="Find cases",
    response_class=Response,
    responses={200: {"model": CaseList, "description": "A page of cases."}, **errors(404)},
)
async def list_cases(
    request: Request,
    caller: May,
    query: Annotated[str, Query(max_length=1000, description="Words that all occur in the case.")] = "",
    closed: Annotated[Literal["true", "false"] | None, Query(description="Only closed, or only open ones.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[str | None, Query(max_length=200, description="`next` of the page before.")] = None,
) -> Response:
    """Cases by their last change, latest first."""
    known = context(request)
    wanted = None if closed is None else closed == "true"
    if before is not None and not _is_cursor(before):
        raise Problem(404, "query.before: there is no such place in the list", kind="no-such-page")
    found = await known.run(known.store.find, query, closed=wanted, limit=limit, before=before)
    return json_of(CaseList(cases=found, next=found[-1].cursor if len(found) == limit else None))


@router.get(
    "/cases/{case_id}",
    operation_id="getCase",
    summary="A case as it stands",
    response_class=Response,
    responses={
        200: {"model": CaseShown, "description": "The case.", "headers": _TAG, "links": _FOLLOWING},
        304: {"description": "It is as you know it."},
        **errors(404),
    },
)
async def get_case(request: Request, case_id: CaseIdPath, caller: May, if_none_match: IfNoneMatch = None) -> Response:
    """Everything that was confirmed, the diagnosis, the next question, and the plan of steps."""
    known = context(request)
    case = await known.run(known.store.load, case_id)
    return tagged(if_none_match, _tag(known, case), await _answer(known, case, 200))


@router.delete(
    "/cases/{case_id}",
    operation_id="deleteCase",
    summary="Delete a case for good",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is gone."}, **errors(404)},
)
async def delete_case(request: Request, case_id: CaseIdPath, caller: May) -> Response:
    """The case, its texts, and the webhooks that still were to tell of it."""
    known = context(request)
    await known.run(known.store.delete, case_id)
    return Response(None, 204)


@router.get(
    "/cases/{case_id}/dialogue",
    operation_id="getDialogue",
    summary="What to show next, in blocks",
    response_class=Response,
    responses={
        200: {"model": Dialogue, "description": "Texts, options, inputs.", "headers": _TAG},
        304: {"description": "It is as you know it."},
        **errors(404),
    },
)
async def get_dialogue(
    request: Request, case_id: CaseIdPath, caller: May, if_none_match: IfNoneMatch = None
) -> Response:
    """For bots: every option holds in `send` what to add to the case (`POST .../entries`) when it is chosen."""
    known = context(request)
    case = await known.run(known.store.load, case_id)
    blocks = dialogue(await known.run(known.look, case.state))
    return tagged(if_none_match, _tag(known, case), json_of(blocks))


@dataclass(frozen=True, slots=True)
class Change:
    """A dependency: what every request has that adds to a case."""

    request: Request
    case_id: CaseIdPath
    caller: May
    if_match: IfMatch = None
    idempotency_key: IdempotencyKey = None


_CHANGING: dict[str, Any] = {
    "status_code": 201,
    "response_class": Response,
    "responses": {
        201: {"model": CaseShown, "description": "The case after it.", "headers": _TAG},
        **errors(404, 409, 412, 415),
    },
}


@router.post(
    "/cases/{case_id}/entries",
    operation_id="addEntry",
    summary="Add to a case: an answer, a text, a step's result, closing, reopening",
    **_CHANGING,
)
async def add_entry(change: Annotated[Change, Depends()]) -> Response:
    """With `If-Match`, only if nobody else changed the case since. What is confirmed stays: later entries replace it."""
    known = context(change.request)
    body = await _json(change.request)
    entry = _fitting(known, known.contract.entry.__pydantic_validator__.validate_json(body).root)
    return await _append(change, lambda _: [entry])


@router.post(
    "/cases/{case_id}/undo",
    operation_id="undo",
    summary="Take back the last answer",
    **_CHANGING,
)
async def undo(change: Annotated[Change, Depends()]) -> Response:
    """The last answer (or "not known") that still stands is taken back; a closed case is reopened."""
    return await _append(change, taking_back)


def taking_back(case: Case) -> list[Entry]:
    """The entry that takes the last answer back, or reopens.

    Raises:
        Problem: 409, there is nothing to take back.
    """
    now = datetime.now(UTC)
    state = case.state
    if state.closed:
        return [Reopened(at=now)]
    standing = {*state.answers, *state.unknown}
    for entry in reversed(case.entries):
        if isinstance(entry, (Answered, Unknown)) and entry.fact in standing:
            return [Withdrawn(at=now, fact=entry.fact)]
    raise Problem(409, "no answer of this case still stands", kind="nothing-to-undo")


async def _append(change: Change, make: Callable[[Case], Sequence[Entry]]) -> Response:
    known, case_id = context(change.request), change.case_id
    expected = revision_of(change.if_match)
    wanted = await repeatable(change.request, change.caller, change.idempotency_key)
    added: Sequence[Entry] = ()

    def carry_out() -> Case:
        nonlocal added
        for left in reversed(range(_TRIES)):
            case = known.store.load(case_id)
            if expected is not None and case.revision != expected:
                raise Problem(
                    412, f"the case is at revision {case.revision}, not {expected}; load it again", kind="changed"
                )
            added = make(case)
            try:
                return known.store.append(case_id, added, revision=case.revision, also=_noting(wanted))
            except CaseConflictError as error:
                if expected is not None:
                    said = f"the case is at revision {error.actual}, not {expected}; load it again"
                    raise Problem(412, said, kind="changed") from None
                if not left:
                    raise
        raise AssertionError

    case = await _once(known, wanted, carry_out)
    for entry in added:
        metrics.count_entry(entry.kind)
    return await _answer(known, case, 201)


def _noting(wanted: Repeatable | None) -> Callable[[Any, Case], None] | None:
    if wanted is None:
        return None
    return lambda connection, case: wanted.note(connection, case.id, case.revision)


async def _once(known: Context, wanted: Repeatable | None, carry_out: Callable[[], Case]) -> Case:
    """Carry it out, unless that was done before: then the case as it was after that."""

    def once() -> Case:
        if wanted is None:
            return carry_out()
        done = wanted.done(known.store)
        if done is None:
            try:
                return carry_out()
            except (RepeatedError, CaseConflictError, Problem) as error:
                # Sent again while the first one was still at it: that one may be through by now.
                done = wanted.done(known.store)
                if done is None and not isinstance(error, RepeatedError):
                    raise
                if done is None:  # it was noted long ago, and is forgotten by now
                    raise Problem(409, "this Idempotency-Key is being used by another request") from None
        check_same(wanted, done.fingerprint)
        return _as_then(known, done)

    return await known.run(once)


def _as_then(known: Context, done: Done) -> Case:
    case = known.store.load(done.target)
    return case.model_copy(update={"entries": case.entries[: done.revision]})


async def _answer(known: Context, case: Case, status: int, headers: dict[str, str] | None = None) -> Response:
    view = await known.run(known.look, case.state)
    state = case.state
    shown = CaseShown(
        id=case.id,
        title=case.title,
        created=case.created,
        revision=case.revision,
        closed=state.closed,
        cause=state.cause,
        entries=list(case.entries),
        view=view,
    )
    return json_of(shown, status, {"ETag": _tag(known, case), **(headers or {})})


def _tag(known: Context, case: Case) -> str:
    """Revision first: that is what If-Match goes by. The knowledge's key follows, because the view depends on it."""
    return f'"{case.revision}-{hashed(known.doctor.knowledge.key.encode())[:8]}"'


def _fitting(known: Context, entry: Any) -> Entry:
    """The entry with its time, if the knowledge has what it names.

    Raises:
        Problem: 404, no such step.
    """
    made = stamped(entry, datetime.now(UTC))
    if isinstance(made, StepTried) and made.step not in {
        step.id for step in known.doctor.knowledge.causes[made.cause].steps
    }:
        raise Problem(404, f"the cause {made.cause} has no such step", kind="no-such-step")
    return made


async def _json(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Problem(415, "expected application/json")
    return await request.body()


def _is_cursor(text: str) -> bool:
    at, separator, _ = text.partition("~")
    try:
        datetime.fromisoformat(at)
    except ValueError:
        return False
    return bool(separator)
