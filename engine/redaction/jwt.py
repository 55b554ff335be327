"""JSON Web Tokens wherever they stand (RFC 7519, RFC 7515 signed, RFC 7516 encrypted), and what may be told of them.

A token is replaced whole: its payload names people, its signature proves. Its header and those claims that identify
nobody are decoded - never verified - because `aud`, `iss`, `exp` and `alg` are causes.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Iterator
from typing import Any

from .forms import is_joined
from .model import NO_CLAIMS, Claims, Finder, Finding, Scalar
from .patterns import compile_pattern
from .values import continued

_DOT = r"(?:\.|%(?:25){0,2}2[eE])"
_SEGMENT = r"[A-Za-z0-9_\-+/=]"
# Every JWT begins with the base64 of '{"'. Three segments (signed) or five (encrypted); the signature may be empty.
_TOKEN = compile_pattern(rf"eyJ{_SEGMENT}{{4,}}(?:{_DOT}{_SEGMENT}*){{0,5}}")
_TRIGGER = rf"eyJ{_SEGMENT}{{4}}"
_SHORTEST_BARE = 24
_WHOLE = compile_pattern(r"eyJ[A-Za-z0-9_\-+/=]{4,}(?:\.[A-Za-z0-9_\-+/=]*){2,4}")
_LARGEST = 256 * 1024
"""Bytes of a segment that are decoded at most. Headers of real servers allow no more than a few kilobytes."""
_LONGEST = 1_024
_MOST_ITEMS = 100

_HEADER = frozenset(
    [
        "alg",
        "typ",
        "kid",
        "x5t",
        "x5t#S256",
        "cty",
        "enc",
        "zip",
        "crit",
        "jku",
        "b64",
        "epk",
        "apv",
        "apu",
        "p2c",
        "ver",
    ]
)
_CLAIMS = frozenset(
    [
        "iss",
        "aud",
        "azp",
        "appid",
        "client_id",
        "cid",
        "exp",
        "iat",
        "nbf",
        "auth_time",
        "tid",
        "ver",
        "typ",
        "token_use",
        "scp",
        "scope",
        "scopes",
        "roles",
        "acr",
        "amr",
        "azpacr",
        "appidacr",
        "idtyp",
        "app_displayname",
        "gty",
        "email_verified",
        "phone_number_verified",
        "updated_at",
        "allowed-origins",
        "appid_acr",
        "token_type",
        "tokenType",
        "aal",
        "htm",
        "ath",
        "htu",
        "crv",
        "alg",
        "xms_cc",
        "events_supported",
        "firebase_sign_in_provider",
    ]
) - {"app_displayname"}
_PRESENT = frozenset(
    [
        "nonce",
        "email",
        "sub",
        "preferred_username",
        "upn",
        "unique_name",
        "name",
        "oid",
        "sid",
        "jti",
        "at_hash",
        "c_hash",
        "s_hash",
        "azp_sid",
        "groups",
        "hasgroups",
        "cnf",
        "act",
        "may_act",
        "events",
        "session_state",
        "realm_access",
        "resource_access",
        "permissions",
        "authorities",
        "wids",
        "hd",
        "idp",
        "org_id",
        "phone_number",
        "username",
        "cognito:username",
        "cognito:groups",
        "uid",
        "uti",
        "rh",
    ]
)


def _find(data: bytes, start: int, end: int) -> Iterator[Finding]:
    at = start
    while found := _TOKEN.search(data, at, end):
        begin, stop = found.span()
        # The pattern stops at the region's end, a token does at its own.
        while stop > begin and data[stop - 1 : stop] in (b"/", b"+"):
            stop -= 1
        if data[stop - 1 : stop] == b"." and data.count(b".", begin, stop) in (1, 3, 5):
            stop -= 1  # the end of a sentence; two and four dots with nothing behind are an empty signature
        at = found.end()
        raw = data[begin:stop]
        dots = raw.count(b".") + raw.upper().count(b"2E")
        if (not dots and stop - begin < _SHORTEST_BARE) or is_joined(data, stop):
            continue
        parts = ((begin, stop), *continued(data, begin, stop))
        if not dots and len(parts) == 1:
            continue  # base64 of some JSON: encoded.py looks into it
        if len(raw) <= _LONGEST and not _begins_like_token(raw):
            continue
        at = max(at, parts[-1][1])
        yield Finding(parts, "jwt", 1)


def _begins_like_token(raw: bytes) -> bool:
    head = raw.replace(b"%", b".").partition(b".")[0]
    decoded = _base64(head[: len(head) // 4 * 4])
    return decoded is not None and decoded.startswith(b'{"') and all(byte >= 0x20 for byte in decoded[:8])


def is_token(value: bytes) -> bool:
    """Whether a decoded value is a JWT in compact form: three segments, or five when it is encrypted."""
    return value.startswith(b"eyJ") and value.count(b".") in (2, 4) and _WHOLE.fullmatch(value) is not None


def is_encrypted(value: bytes) -> bool:
    """Whether a JWT has the five segments of an encrypted one."""
    return value.count(b".") == 4


def read_header(value: bytes) -> Claims:
    """The harmless members of a JWT's header; empty when it cannot be decoded."""
    members = _members(value.split(b".", 1)[0])
    header = _harmless(members, _HEADER)
    if "nonce" in members:
        header["nonce"] = True
    return header or NO_CLAIMS


def read_claims(value: bytes) -> Claims:
    """The harmless claims of a signed JWT; empty when it is encrypted or cannot be decoded."""
    segments = value.split(b".", 2)
    if is_encrypted(value) or len(segments) < 2:
        return NO_CLAIMS
    members = _members(segments[1])
    claims = _harmless(members, _CLAIMS)
    claims.update({name: True for name in sorted(_PRESENT & members.keys()) if members[name] not in (None, "", [], {})})
    return claims or NO_CLAIMS


def _members(segment: bytes) -> dict[str, Any]:
    decoded = _base64(segment) if len(segment) <= _LARGEST else None
    if decoded is None:
        return {}
    try:
        members = json.loads(decoded)
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}


def _base64(segment: bytes) -> bytes | None:
    text = segment.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _harmless(members: dict[str, Any], names: frozenset[str]) -> dict[str, Scalar | tuple[Scalar, ...]]:
    result: dict[str, Scalar | tuple[Scalar, ...]] = {}
    for name in members:
        if name not in names:
            continue
        value = members[name]
        if isinstance(value, list):
            result[name] = tuple(item for item in value[:_MOST_ITEMS] if _is_short_scalar(item))
        elif _is_short_scalar(value):
            result[name] = value
    return result


def _is_short_scalar(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (bool, int))


FINDER = Finder(_TRIGGER, _find)
