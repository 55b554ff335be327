"""Private keys in PEM (RFC 7468) and OpenPGP armour, also inside JSON strings, environment variables and base64.

The BEGIN and END lines stay: which kind of key was configured is a frequent cause. Certificates and public keys are
no secrets.
"""

from __future__ import annotations

from collections.abc import Iterator

from .model import Finder, Finding, Part
from .patterns import compile_pattern
from .values import shape

_SPACE = r"(?: |\+|%20)"
_BEGIN = compile_pattern(
    rf"-----BEGIN{_SPACE}(?:[A-Z0-9]{{1,20}}{_SPACE}){{0,4}}PRIVATE{_SPACE}KEY(?:{_SPACE}BLOCK)?-----"
)
_TRIGGER = r"-----BEGIN(?: |\+|%20)[A-Z0-9 +%]{0,60}PRIVATE"
_BREAK = r"(?:[ \t]|\\{1,8}[nr]|%0[AaDd]|&#(?:10|13|x[aAdD]);|\+)*"
_RUN = r"(?:[A-Za-z0-9+/=]|\\{1,8}/|%2[bBfF]|%3[dD]|\\{1,8}u00(?:2[bBfF]|3[dD]))"
_HEADER = compile_pattern(rf"{_BREAK}(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash): ?[^\n\\]*")
_BODY_LINE = compile_pattern(rf"{_BREAK}({_RUN}+(?:{_BREAK}{_RUN}{{16,}})*(?:{_BREAK}{_RUN}{{0,15}}=)?)")
_END = compile_pattern(
    r"(?:[ \t]|\\{1,8}[nr]|%0[AaDd]|&#(?:10|13|x[aAdD]);|\+|\r?\n)*"
    r"(?:(?:[^\n]{0,200}[ \t|:>]{1,4})?-----END|\\{0,8}[\"']|\.{3}|\xe2\x80\xa6|\z)"  # or it was cut off
)
_NEXT = compile_pattern(r"(?:[ \t]*\r?\n)+")
_SHORT = 16
_LONGEST_PREFIX = 200
_MOST_LINES = 4_000


def _find(data: bytes, start: int, end: int) -> Iterator[Finding]:
    at = start
    while found := _BEGIN.search(data, at, end):
        at = found.end()
        parts = tuple(_body(data, found.start(), found.end()))
        if parts:
            at = parts[-1][1]
            yield Finding(parts, "private_key", 4)


def _body(data: bytes, begin: int, at: int) -> Iterator[Part]:
    """The key's lines. A log may repeat what stands before the BEGIN line on each of them, with other times."""
    line_start = data.rfind(b"\n", max(begin - _LONGEST_PREFIX, 0), begin) + 1
    prefix = data[line_start:begin] if begin - line_start < _LONGEST_PREFIX else b""
    for _ in range(_MOST_LINES):
        line_break = _NEXT.match(data, at)
        if line_break is not None:
            at = line_break.end()
            if prefix.strip() and shape(data[at : at + len(prefix)]) == shape(prefix):
                at += len(prefix)
        header = _HEADER.match(data, at)
        if header is not None:
            at = header.end()
            continue
        found = _BODY_LINE.match(data, at)
        if found is None:
            return
        first, at = found.span(1)
        if at - first < _SHORT and data[at - 1 : at] != b"=" and _END.match(data, at) is None:
            return
        yield first, at


FINDER = Finder(_TRIGGER, _find)
