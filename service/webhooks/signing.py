"""Signatures of webhooks, as the Standard Webhooks conventions have them (standardwebhooks.com, specification 1.0).

The signed content is `ID.TIMESTAMP.BODY`; the header `webhook-signature` has `v1,BASE64` once for each secret that is in
force, so that a receiver may change over while a secret is rotated.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

PREFIX = "whsec_"
_BYTES = 32
TOLERANCE = 300  # seconds that a timestamp may be off


class SignatureError(ValueError):
    """A webhook is not to be believed; the message says why."""


def new_secret() -> str:
    """A secret, as it is given to the receiver."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def sign(secret: str, identifier: str, timestamp: int, body: bytes) -> str:
    """One signature: `v1,BASE64`."""
    content = f"{identifier}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(_key(secret), content, hashlib.sha256).digest()).decode()


def headers_for(in_force: Iterable[str], identifier: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a webhook."""
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, identifier, timestamp, body) for secret in in_force),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str:
    """For receivers: check a webhook and return its id, by which a repeated one is known.

    Args:
        headers: names in lower case; now: seconds since 1970.

    Raises:
        SignatureError: a header is missing, the time is off, or no signature is right.
    """
    identifier, stamp, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not identifier or not given:
        raise SignatureError("webhook-id or webhook-signature is missing")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12 and abs(now - int(stamp)) <= TOLERANCE):
        raise SignatureError(f"webhook-timestamp is missing, or more than {TOLERANCE} s off")
    expected = sign(secret, identifier, int(stamp), body).encode()
    for one in given.split(" "):
        if hmac.compare_digest(one.encode("utf-8", "replace"), expected):
            return identifier
    raise SignatureError("no signature is right")


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise SignatureError("the secret is not base64") from None
