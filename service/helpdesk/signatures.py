"""Signatures of webhooks that come in. How each sender signs is data (schemes.yaml); here is only the checking.

What is compared is the header as a whole, in constant time, so that no other spelling of a right signature passes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

TOLERANCE = 300  # seconds that a signed time may be off
_LONGEST = 1000  # characters of a header
_MOST_SIGNATURES = 8


class SignatureError(ValueError):
    """A webhook is not to be believed; the message says why, in words that hold nothing of it."""


class Scheme(BaseModel):
    """How a sender signs.

    Attributes:
        header: has the signature (lower case), in the `form` with `{hex}`, `{base64}` or, unsigned, `{secret}`.
        several: the header may hold several signatures, separated by spaces.
        signed: what is signed, of `{id}`, `{timestamp}` and `{body}`.
        timestamp: header with the time of sending; clock: how it is written.
        id: header with the sender's name for the message.
        key: how the secret becomes the key of the HMAC.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    header: str
    form: str
    several: bool = False
    signed: str = ""
    algorithm: Literal["sha256", "sha1"] = "sha256"
    timestamp: str | None = None
    clock: Literal["unix", "iso8601"] = "unix"
    id: str | None = None
    key: Literal["text", "base64"] = "text"
    documentation: str = Field(default="", pattern=r"^(https://.*)?$")


@dataclass(frozen=True, slots=True)
class Verified:
    """A webhook that may be believed.

    Attributes:
        identity: the same for the same signed content, whatever else came with it: what is seen twice is a replay.
        id: the sender's name for the message, if it is signed.
        timed: the time of sending is signed and was checked.
    """

    identity: str
    id: str | None
    timed: bool


@cache
def schemes() -> Mapping[str, Scheme]:
    """The schemes by name."""
    data = yaml.safe_load((Path(__file__).parent / "schemes.yaml").read_text(encoding="utf-8"))
    return {name: Scheme(**members) for name, members in data.items()}


def verify(
    scheme: Scheme,
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    now: float,
    tolerance: float = TOLERANCE,
) -> Verified:
    """Check a webhook.

    Args:
        secrets: those in force; more than one while they are changed over.
        headers: names in lower case; now: seconds since 1970; tolerance: seconds.

    Raises:
        SignatureError: a header is missing, the time is off, or the signature is not right.
    """
    given = headers.get(scheme.header, "")
    if not given:
        raise SignatureError(f"the header {scheme.header} is missing")
    timestamp = _timestamp(scheme, headers, now, tolerance)
    identifier = None
    if scheme.id is not None:
        identifier = headers.get(scheme.id, "")
        if not 0 < len(identifier) <= _LONGEST or "." in identifier:
            raise SignatureError(f"the header {scheme.id} is missing or cannot be read")
    content = _content(scheme, identifier or "", timestamp or "", body)
    offered = given.split(" ")[:_MOST_SIGNATURES] if scheme.several else [given]
    right = False
    for secret in secrets:
        expected = sign(scheme, secret, content).encode()
        for one in offered:
            right |= len(one) <= _LONGEST and hmac.compare_digest(one.encode("utf-8", "replace"), expected)
    if not right:
        raise SignatureError("the signature is not right" if scheme.signed else "the token is not right")
    return Verified(hashlib.sha256(content).hexdigest(), identifier, timestamp is not None)


def sign(scheme: Scheme, secret: str, content: bytes) -> str:
    """What the header holds for a signed content.

    Raises:
        SignatureError: the secret is empty, or no base64 where that is expected.
    """
    if not secret:
        raise SignatureError("there is no secret")
    if "{secret}" in scheme.form:
        return scheme.form.replace("{secret}", secret)
    digest = hmac.new(_key(scheme, secret), content, scheme.algorithm).digest()
    return scheme.form.replace("{hex}", digest.hex()).replace("{base64}", base64.b64encode(digest).decode())


def headers_for(scheme: Scheme, secret: str, timestamp: str, body: bytes, identifier: str = "") -> dict[str, str]:
    """The headers of a webhook as the sender would make them: for tests and for trying things out."""
    headers = {scheme.header: sign(scheme, secret, _content(scheme, identifier, timestamp, body))}
    if scheme.timestamp:
        headers[scheme.timestamp] = timestamp
    if scheme.id:
        headers[scheme.id] = identifier
    return headers


def _content(scheme: Scheme, identifier: str, timestamp: str, body: bytes) -> bytes:
    return b"".join(_parts(scheme.signed or "{body}", identifier, timestamp, body))


def _parts(template: str, identifier: str, timestamp: str, body: bytes) -> Iterator[bytes]:
    # Not by replacing one after the other: an id could look like a placeholder.
    known = {"id": identifier.encode(), "timestamp": timestamp.encode(), "body": body}
    while template:
        text, opened, rest = template.partition("{")
        yield text.encode()
        if opened:
            name, _, template = rest.partition("}")
            yield known[name]
        else:
            template = ""


def _timestamp(scheme: Scheme, headers: Mapping[str, str], now: float, tolerance: float) -> str | None:
    if scheme.timestamp is None:
        return None
    text = headers.get(scheme.timestamp, "")
    at = read_time(text, scheme.clock)
    if at is None:
        raise SignatureError(f"the header {scheme.timestamp} is missing or cannot be read")
    if not abs(now - at) <= tolerance:
        raise SignatureError(f"the header {scheme.timestamp} is more than {tolerance:g} s off")
    return text


def read_time(text: str, clock: str) -> float | None:
    """Seconds since 1970 of a time as `unix` (seconds), `unix_ms` or `iso8601` (with zone); None if it is none."""
    if clock in ("unix", "unix_ms"):
        if not (text.isascii() and text.isdecimal() and len(text) <= 15):
            return None
        return int(text) / (1000 if clock == "unix_ms" else 1)
    if len(text) > 40 or not text.isascii():
        return None
    try:
        at = datetime.fromisoformat(text)
        return None if at.tzinfo is None else at.timestamp()
    except (ValueError, OverflowError):
        return None


def _key(scheme: Scheme, secret: str) -> bytes:
    if scheme.key == "text":
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise SignatureError("the secret is not base64") from None
