"""What is left of a text when everything is taken out that differs from one occurrence to the next.

Two texts with the same template say the same thing about different users, hosts and moments.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b

from ..linear import Match, ascii_pattern
from .vocabulary import vocabulary

LONGEST_TEMPLATE = 4 << 10
_MOST_LINES = 12

# One pass, the longest reading first: times, addresses, ids, hosts, numbers, placeholders of ours.
_VARYING = ascii_pattern(
    r"(<[a-z_]+:[0-9]+>)"
    r"|(\d{4}[-/]\d\d[-/]\d\d[T ]?\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?"
    r"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d,? (?:\d{4},? )?"
    r"\d\d:\d\d:\d\d(?:\.\d+)?(?: \d{4})?"
    r"|\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)"
    r"|([A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,100}\.[A-Za-z]{2,20})"
    r"|(\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)"
    r"|(\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b|\b(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{0,4}\b)"
    r"|(\b[a-z][a-z0-9+.\-]{1,20}://[A-Za-z0-9.\-]{1,200}(?::\d{1,5})?)"
    r"|([A-Za-z0-9_\-]*[0-9][A-Za-z0-9_\-]*={0,2})"
)
_CODE = re.compile(rb"[A-Z]{2,12}[-_]?\d{3,7}\Z")
_STATUS = re.compile(rb"[1-5]\d\d\Z")
_MIXED = re.compile(rb"[0-9]+[A-Za-z]+[0-9]|[A-Za-z]+[0-9]+[A-Za-z]+[0-9]")
_HEX = re.compile(rb"(?=(?:[a-f]*[0-9]){2})[0-9a-f]{8,}\Z")
_DIGITS = re.compile(rb"[0-9]+")
_LONGEST_WORD = 32
_CODE_BEFORE = re.compile(r"(?i)(?:code|error|status|errno|reason)[\"'\\]{0,3}\s{0,2}[:=#(]?\s{0,2}[\"'\\]{0,3}\Z")
_LONGEST_CODE = 7
_LOOKED_AT_BEFORE = 16  # characters
_PLACEHOLDER, _TIME, _EMAIL, _ID, _ADDRESS, _URL, _TOKEN = range(1, 8)
_NAMES = {_TIME: b"<time>", _EMAIL: b"<email>", _ID: b"<id>", _ADDRESS: b"<address>"}


def template_of(text: str) -> str:
    """A text with placeholders for what varies. Linear in its length; at most `LONGEST_TEMPLATE` characters.

    Words, names and error codes stay (`AADSTS50011`, `401`), so that different failures keep different templates.
    """
    lines = text[: LONGEST_TEMPLATE * 4].split("\n")[:_MOST_LINES]
    masked = vocabulary().mask_ids("\n".join(lines).encode("utf-8", "replace"))
    return b"\n".join(map(_without_varying, masked.split(b"\n"))).decode("utf-8")[:LONGEST_TEMPLATE]


@lru_cache(maxsize=64)  # an event is asked about when it is joined, and again when it is grouped
def shape_of(text: str) -> int:
    """A number that is the same for texts with the same template (and, once in 2^64, for others)."""
    return int.from_bytes(blake2b(template_of(text).encode(), digest_size=8).digest(), "big")


def _without_varying(line: bytes) -> bytes:
    return _VARYING.sub(lambda match: _placeholder(match, line), line)


def _placeholder(match: Match, line: bytes) -> bytes:
    start, end = match.span()
    found = line[start:end]
    if match.start(_TOKEN) >= 0:
        if _CODE.match(found) or _STATUS.match(found):
            return found  # error codes and HTTP statuses are what it is about
        if found.isdigit():
            return found if len(found) <= _LONGEST_CODE and _CODE_BEFORE.search(_before(line, start)) else b"<n>"
        if len(found) > _LONGEST_WORD or _MIXED.search(found) or _HEX.match(found):
            return b"<id>"
        return _DIGITS.sub(b"<n>", found)
    if match.start(_PLACEHOLDER) >= 0:
        return found.partition(b":")[0] + b">"
    if match.start(_URL) >= 0:
        return found.partition(b"://")[0] + b"://<host>"
    return next(name for group, name in _NAMES.items() if match.start(group) >= 0)


def _before(line: bytes, place: int) -> str:
    """The last characters before a place; four bytes are at most one character."""
    return line[max(place - 4 * _LOOKED_AT_BEFORE, 0) : place].decode("utf-8", "replace")[-_LOOKED_AT_BEFORE:]
