"""For whoever runs the service: is it alive, is it ready, what are its figures."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from ...engine.cases.errors import StoreError
from . import metrics
from .access import Allow
from .answers import errors, json_of
from .context import context
from .problems import Problem

router = APIRouter(tags=["operation"])


class Alive(BaseModel):
    """The process answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """The knowledge is loaded and the database answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["ready"] = "ready"


@router.get(
    "/livez",
    operation_id="live",
    summary="Is the process alive",
    response_class=Response,
    responses={200: {"model": Alive, "description": "It is."}},
)
async def live() -> Response:
    """Restart the process when this does not answer. Needs no key."""
    return json_of(Alive())


@router.get(
    "/readyz",
    operation_id="ready",
    summary="Is the service ready",
    response_class=Response,
    responses={200: {"model": Ready, "description": "It is."}, 503: errors(503)[503]},
)
async def ready(request: Request) -> Response:
    """Send no requests while this fails. Needs no key."""
    known = context(request)
    try:
        await known.run(known.store.ping)
    except StoreError:
        raise Problem(503, "the database does not answer", headers={"Retry-After": "5"}) from None
    return json_of(Ready())


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Figures for Prometheus",
    dependencies=[Depends(Allow("metrics"))],
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Text format."},
        **errors(),
    },
)
async def figures(request: Request) -> Response:
    """Requests, times, diagnoses, entries, webhooks. Labels never hold what somebody sent."""
    body = await context(request).run(metrics.exposition)
    return Response(body, headers={"Content-Type": metrics.CONTENT_TYPE})
