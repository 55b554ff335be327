"""Base64 (RFC 4648) around secrets: a JWT or JSON with tokens encoded as a whole, SAML messages, keys, SASL strings.

What a blob begins with shows what it holds ("eyJ" is '{"'); text is looked at whatever it begins with. It is decoded
and searched; a blob without secrets stays, since some carry the very explanation (Gmail's SASL error is base64 JSON).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator

from .forms import is_joined
from .harmless import is_dummy
from .model import Finder, Finding
from .patterns import compile_pattern
from .values import continued

_PREFIXES = "|".join(
    (
        "eyJ",
        "eyIn",
        "eyAi",
        "ewo",
        "ew0K",
        "W3si",
        "WwogI",  # {"  { "  {\n  [{"
        "ZXlK",  # eyJ
        "LS0tLS1CRUdJTi",  # -----BEGIN
        "PHNhbW",
        "PD94bWwg",
        "PFJlc3BvbnNl",
        "PEF1dGhuUmVx",  # <sam  <?xml  <Response  <AuthnReq
        "YWNjZXNzX3",
        "YWNjZXNzVG",
        "cmVmcmVzaF",
        "Y2xpZW50X",
        "Y2xpZW50U2",
        "Z3JhbnRf",
        "Y29kZT",
        "aWRfdG9r",  # parameters
        "dXNlcj",
        "bixhPX",
        "QmVhcmVyI",
        "QmFzaWMg",
        "cGFzc3dv",
        "Ynxhd",
        "eWEyOS",  # user=  n,a=  Bearer  Basic  passwo  ya29.
    )
)
_ALPHABET = r"(?:[A-Za-z0-9+/_\-]|%2[bBfF]|\\{1,8}/)"
_BLOB = compile_pattern(rf"\b(?:{_PREFIXES}){_ALPHABET}{{20,}}(?:={{1,2}}|(?:%3[dD]){{1,2}})?")
# SASL: AUTHENTICATE XOAUTH2 <base64>, AUTH PLAIN <base64> (RFC 4954, RFC 7628); server challenges look different.
_SASL = compile_pattern(
    r"(?i)\bAUTH(?:ENTICATE)?[ ]+\"?(?:XOAUTH2|OAUTHBEARER|PLAIN|LOGIN|CRAM-MD5|NTLM)\"?[ ]+([A-Za-z0-9+/=]{8,})"
)
_TRIGGER = rf"\b(?:{_PREFIXES}){_ALPHABET}{{8}}|(?i:\bAUTH(?:ENTICATE)?[ ]+\"?(?:XOAUTH2|OAUTHBEARER|PLAIN|LOGIN|CRAM-MD5|NTLM))"
_LARGEST = 1 << 20
# Any other base64 of some length: worth decoding when it begins with text.
_ANY = compile_pattern(r"[A-Za-z0-9+/]{40,}={0,2}")
# What four characters of it look like when they encode ASCII text: three bytes, none above 0x7e, few below 0x20; and
# eight that encode such text in UTF-16.
_QUAD = r"[CDI-Za-f][ACDE-HQS-Xgi-nwyz0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/]"
_WIDE_OCTET = r"[CDI-Za-f][AQgw][AB][A-Za-z0-9+/]A[A-H][A-Za-z0-9+/]A"
_ANY_TRIGGER = f"(?:{_QUAD}){{6}}|(?:{_WIDE_OCTET}){{3}}"
_SHORTEST_TEXT = 24
_NO_TEXT = bytes(range(9)) + b"\x0b\x0c" + bytes(range(14, 32)) + b"\x7f" + bytes(range(0x80, 0x100))


def make_finder(has_secret: Callable[[bytes], bool]) -> Finder:
    """The finder of encoded secrets.

    Args:
        has_secret: tells whether a decoded text holds a secret.
    """

    def find(data: bytes, start: int, end: int) -> Iterator[Finding]:
        for given in _SASL.finditer(data, start, end):
            begin, stop = given.span(1)
            if not is_dummy(data[begin:stop]):
                yield Finding(((begin, stop),), "credential", 2)
        at = start
        while found := _BLOB.search(data, at, end):
            begin, stop = found.span()
            at = stop
            if data[stop : stop + 1] == b"." or data[begin - 1 : begin] == b"." or is_joined(data, stop):
                continue  # a segment of a JWT
            parts = ((begin, stop), *continued(data, begin, stop))
            at = parts[-1][1]
            decoded = _decode(b"".join([data[first:last] for first, last in parts]))
            kind = _kind(decoded, has_secret)
            if kind is not None:
                yield Finding(parts, kind, 1)
        at = start
        while found := _ANY.search(data, at, end):
            begin, stop = found.span()
            at = stop
            if not _begins_with_text(data[begin : begin + 64]) or is_joined(data, stop):
                continue
            parts = ((begin, stop), *continued(data, begin, stop))
            at = parts[-1][1]
            decoded = _decode(b"".join([data[first:last] for first, last in parts]))
            if decoded is not None and has_secret(decoded.replace(b"\x00", b"")):
                yield Finding(parts, "credential", 1)

    return Finder(f"{_TRIGGER}|{_ANY_TRIGGER}", find)


def _begins_with_text(blob: bytes) -> bool:
    decoded = _decode(blob)
    if decoded is None or len(decoded) < _SHORTEST_TEXT:
        return False
    if decoded[1::2].count(b"\x00") * 2 == len(decoded) // 2 * 2:
        decoded = decoded[::2]  # UTF-16
    return len(decoded.translate(None, _NO_TEXT)) >= 0.9 * len(decoded)


def _kind(decoded: bytes | None, has_secret: Callable[[bytes], bool]) -> str | None:
    if decoded is None:
        return None
    if decoded.startswith(b"-----BEGIN"):
        return "private_key" if b"PRIVATE KEY" in decoded[:80] else None
    if decoded.startswith((b"<saml", b"<Response", b"<AuthnReq")) or (
        decoded.startswith(b"<?xml") and b"saml" in decoded.lower()
    ):
        return "saml"
    if decoded.startswith(b"eyJ") and decoded.count(b".") >= 2:
        return "jwt"
    return "credential" if has_secret(decoded) else None


def _decode(blob: bytes) -> bytes | None:
    text = blob[:_LARGEST].replace(b"%2B", b"+").replace(b"%2b", b"+").replace(b"%2F", b"/").replace(b"%2f", b"/")
    text = text.translate(bytes.maketrans(b"-_", b"+/"), b"\\").partition(b"=")[0].partition(b"%")[0]
    try:
        return base64.b64decode(text[: len(text) // 4 * 4] + _rest(text[len(text) // 4 * 4 :]), validate=True)
    except (binascii.Error, ValueError):
        return None


def _rest(tail: bytes) -> bytes:
    return tail + b"=" * (4 - len(tail)) if len(tail) > 1 else b""
