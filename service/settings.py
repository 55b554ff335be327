"""What the server is told at its start."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


class Settings(BaseModel):
    """Settings of one server.

    Attributes:
        database: see `CaseStore`; None for the default place.
        knowledge: further knowledge folders.
        host: address to listen on; port: 0 takes a free one.
        allowed_hosts: host names under which a reverse proxy publishes the pages, besides the loopback names. A request
            with another Host header is refused (DNS rebinding).
        largest_body: bytes of one request.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    database: str | None = None
    knowledge: tuple[Path, ...] = ()
    host: str = "127.0.0.1"
    port: int = Field(default=8350, ge=0, le=65535)
    allowed_hosts: tuple[str, ...] = ()
    largest_body: int = Field(default=32 << 20, gt=0)

    @property
    def hosts(self) -> frozenset[str]:
        """Host names (lower case, without port) that a request may name."""
        own = () if self.host in ("0.0.0.0", "::") else (self.host,)  # noqa: S104 - compared, not bound
        return frozenset(name.lower() for name in (*LOOPBACK_HOSTS, *own, *self.allowed_hosts))


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
