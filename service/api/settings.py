"""What the API is told at its start, besides what the whole server is told."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class ApiSettings(BaseModel):
    """Settings of the HTTP API.

    Attributes:
        workers: processes that share the work; each keeps its part of a key's rate.
        open: requests without a key are taken as long as there is no key. For loopback only.
        cors_origins: origins whose pages may call the API from a browser; none by default.
        most_bytes: largest body; seconds: longest time for one request, streams excepted.
        log: one JSON line a request on standard error. Failures are always logged.
        jobs: work on batch jobs; webhooks: deliver what is in the outbox.
        helpdesk: the file that configures helpdesks and Slack.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    workers: int = Field(default=1, ge=1, le=256)
    open: bool = False
    cors_origins: tuple[str, ...] = ()
    most_bytes: int = Field(default=10 << 20, gt=0)
    seconds: float = Field(default=60, gt=0)
    log: bool = False
    jobs: bool = True
    webhooks: bool = True
    helpdesk: Path | None = None
