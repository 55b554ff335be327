"""Batch jobs: many incidents, diagnosed in the background."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import Response, StreamingResponse

from ..jobs import Job
from ..repeats import RepeatedError
from .access import Allow, Caller
from .answers import NDJSON, IdempotencyKey, check_same, errors, json_of, repeatable
from .context import Context, context
from .contract import MOST_INCIDENTS
from .problems import Problem, invalid

router = APIRouter(tags=["jobs"])
May = Annotated[Caller, Depends(Allow("diagnose"))]
JobId = Annotated[str, Path(pattern=r"^[a-z0-9]{10}$", description="Id of the job.")]
_LINKS = {
    one: {"operationId": one, "parameters": {"job_id": "$response.body#/id"}}
    for one in ("getJob", "getResults", "deleteJob")
}


class JobList(BaseModel):
    """Batch jobs, latest first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    jobs: list[Job]


@router.post(
    "/jobs",
    operation_id="createJob",
    summary="Diagnose many incidents in the background",
    status_code=202,
    response_class=Response,
    responses={
        202: {
            "model": Job, "description": "The job; it begins at once.", "links": _LINKS,
            "headers": {"Location": {"description": "Where the job is.", "schema": {"type": "string"}}},
        },
        **errors(409, 415),
    },
)  # fmt: skip
async def create_job(request: Request, caller: May, idempotency_key: IdempotencyKey = None) -> Response:
    """As JSON, or as NDJSON with an incident a line. Kept without secrets, and finished also after a restart."""
    known = context(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind == NDJSON:
        incidents, steps = await known.run(_of_lines, known, body), True
    elif kind == "application/json":
        wanted: Any = known.contract.job.__pydantic_validator__.validate_json(body)
        incidents, steps = wanted.incidents, wanted.steps
    else:
        raise Problem(415, f"expected application/json or {NDJSON}")
    plain = [{"id": one.id, "text": one.text, "facts": known.contract.read_facts(one.facts)} for one in incidents]
    job = await _once(known, request, caller, idempotency_key, plain, steps)
    known.work_waits()
    return json_of(job, 202, {"Location": f"{request.scope.get('root_path', '')}/jobs/{job.id}"})


async def _once(
    known: Context, request: Request, caller: Caller, key: str | None, incidents: list[dict[str, Any]], steps: bool
) -> Job:
    wanted = await repeatable(request, caller, key)

    def once() -> Job:
        done = None if wanted is None else wanted.done(known.store)
        if done is None:
            try:
                return known.jobs.create(caller.owner, incidents, steps=steps, repeat=wanted)
            except RepeatedError:
                done = None if wanted is None else wanted.done(known.store)
        if wanted is None or done is None:
            raise Problem(409, "this Idempotency-Key is being used by another request")
        check_same(wanted, done.fingerprint)
        return _found(known, caller, done.target)

    return await known.run(once)


@router.get(
    "/jobs",
    operation_id="listJobs",
    summary="Your jobs",
    response_class=Response,
    responses={200: {"model": JobList, "description": "Latest first."}, **errors()},
)
async def list_jobs(request: Request, caller: May, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Response:
    """The jobs that were made with this key (all of them for one with the scope `admin`)."""
    known = context(request)
    return json_of(JobList(jobs=await known.run(known.jobs.jobs, _owner(caller), limit)))


@router.get(
    "/jobs/{job_id}",
    operation_id="getJob",
    summary="How far a job is",
    response_class=Response,
    responses={200: {"model": Job, "description": "The job."}, **errors(404)},
)
async def get_job(request: Request, job_id: JobId, caller: May) -> Response:
    """`done` of `total` incidents have a result."""
    known = context(request)
    return json_of(await known.run(_found, known, caller, job_id))


@router.get(
    "/jobs/{job_id}/results",
    operation_id="getResults",
    summary="What a job found",
    response_class=Response,
    responses={
        200: {"content": {NDJSON: {}}, "description": "A diagnosis or an error a line, in order."},
        **errors(404),
    },
)
async def get_results(request: Request, job_id: JobId, caller: May) -> Response:
    """The results that are there, in the order of the incidents, one a line; also while the job runs."""
    known = context(request)
    await known.run(_found, known, caller, job_id)

    def lines() -> Iterator[str]:
        for result in known.jobs.results(job_id):
            yield result + "\n"

    return StreamingResponse(lines(), media_type=NDJSON)


@router.delete(
    "/jobs/{job_id}",
    operation_id="deleteJob",
    summary="Delete a job for good",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is gone."}, **errors(404)},
)
async def delete_job(request: Request, job_id: JobId, caller: May) -> Response:
    """With its results. A job that runs ends."""
    known = context(request)
    await known.run(_found, known, caller, job_id)
    await known.run(known.jobs.delete, job_id)
    return Response(None, 204)


def _owner(caller: Caller) -> str | None:
    return None if caller.key is not None and "admin" in caller.key.scopes else caller.owner


def _found(known: Context, caller: Caller, job_id: str) -> Job:
    job = known.jobs.load(_owner(caller), job_id)
    if job is None:
        raise Problem(404, "there is no such job", kind="no-such-job")
    return job


def _of_lines(known: Context, body: bytes) -> list[Any]:
    incidents: list[Any] = []
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        if len(incidents) == MOST_INCIDENTS:
            raise Problem(422, f"more than {MOST_INCIDENTS:,} incidents; send several jobs", kind="invalid-request")
        try:
            incidents.append(known.contract.incident.__pydantic_validator__.validate_json(line))
        except ValidationError as error:
            raise invalid(error, within=f"line {number}: ") from None
    if not incidents:
        raise Problem(422, "expected at least one incident a line", kind="invalid-request")
    return incidents
