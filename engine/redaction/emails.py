"""E-mail addresses (RFC 5321), also percent-encoded, in HTML entities and in JSON escapes.

Much looks like one and is none: packages (`next-auth@4.22.1`), stack frames (`onLoad@main.js:10`), units
(`user@1000.service`), images (`logo@2x.png`). They stay.
"""

from __future__ import annotations

from collections.abc import Iterator

from .model import Finder, Finding
from .patterns import compile_pattern

KIND = "email"

_AT = r"(?:@|%(?:25){0,3}40|\\{1,8}u0040|&#64;|&#x40;|&commat;)"
_DOT = r"(?:\.|%(?:25){0,2}2[eE])"
_ADDRESS = compile_pattern(
    rf"([A-Za-z0-9_\-+'](?:[A-Za-z0-9._+'!$*\-]|%(?:25){{0,3}}2[bB]|\\u002[bB]){{0,63}}|\"[^\"@\n]{{1,40}}\")({_AT})"
    rf"([A-Za-z0-9](?:[A-Za-z0-9\-]{{0,62}}{_DOT})+([A-Za-z]{{2,24}}))"
)
_TRIGGER = rf"[A-Za-z0-9_.+'!$*\-\"]{_AT}[A-Za-z0-9](?:[A-Za-z0-9\-]{{0,62}}{_DOT})[A-Za-z0-9]"
_NO_DOMAINS = frozenset(
    b"""js mjs cjs ts tsx jsx vue map css scss html htm php py rb rs java kt jar war class go cs dll exe so dylib vb swift
    png jpg jpeg gif svg webp ico avif zip tgz gz xz tar whl deb rpm json yaml yml xml toml lock md txt log conf cfg ini
    service socket timer target slice scope mount device path swap local_ final release snapshot rc beta alpha""".split()
)
_ROBOTS = b".gserviceaccount.com"
"""What shows that a program and no person has the address stays: that alone is a cause."""
_VERSION = compile_pattern(r"v?[0-9]{1,5}\.[0-9x]{1,5}(?:\..*)?")


_AT_SIGN = compile_pattern(_AT)


def at_sign(data: bytes, start: int) -> bool:
    """Whether an at sign, in any escaping, stands at an offset."""
    return _AT_SIGN.match(data, start) is not None


def _find(data: bytes, start: int, end: int) -> Iterator[Finding]:
    at = start
    while found := _ADDRESS.search(data, at, end):
        at = found.end()
        begin, stop = found.start(1), found.end()
        begin = _behind_escape(data, begin, found.end(1))
        domain = found[3] or b""
        suffix = (found[4] or b"").lower()
        following = data[stop : stop + 2]
        if (
            begin >= found.end(1)
            or suffix in _NO_DOMAINS
            or _VERSION.fullmatch(domain)
            or following[:1] == b"("
            or following[:1].isalnum()
            or found[1] == b"git"
            or (found[2] == b"@" and data.startswith(b"://", begin - 3))
            or (following[:1] == b"/" and found[2] == b"@" and data[begin - 1 : begin] in (b"/", b"@", b"+"))
            or (following[:1] == b"@" and data[begin - 1 : begin] == b"/")
        ):
            at = max(found.end(2), found.start() + 1)
            continue
        while begin < found.end(1) - 1 and data[begin] in b"'-":
            begin += 1
        if domain.lower().endswith(_ROBOTS):
            stop -= len(_ROBOTS) if not domain.lower().endswith(b".iam" + _ROBOTS) else len(b".iam" + _ROBOTS)
        yield Finding(((begin, stop),), KIND, 0, echo=False)


def _behind_escape(data: bytes, begin: int, end: int) -> int:
    """Move past the tail of an escape sequence that the pattern took for the local part's beginning: %3Duser, \\nuser."""
    before = data[max(begin - 7, 0) : begin]
    if before.endswith(b"\\") and data[begin] in b"nrtbf":
        return begin + 1
    if before.endswith(b"\\") and data[begin : begin + 3] == b"u00":
        return begin + 5
    if data[begin - 1 : begin] == b"%":
        at = begin
        while data[at : at + 2] == b"25" and at + 2 < end:
            at += 2
        return at + 2
    return begin


FINDER = Finder(_TRIGGER, _find)
