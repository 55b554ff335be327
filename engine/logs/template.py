"""What is left of a text when everything is taken out that differs from one occurrence to the next.

Two texts with the same template say the same thing about different users, hosts and moments.
"""

from __future__ import annotations

import re
from hashlib import blake2b

import re2

from .vocabulary import vocabulary

LONGEST_TEMPLATE = 4 << 10
_MOST_LINES = 12

# One pass, the longest reading first: times, addresses, ids, hosts, numbers, placeholders of ours.
_VARYING = re2.compile(
    r"(?P<placeholder><[a-z_]+:[0-9]+>)"
    r"|(?P<time>\d{4}[-/]\d\d[-/]\d\d[T ]?\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?"
    r"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d,? (?:\d{4},? )?"
    r"\d\d:\d\d:\d\d(?:\.\d+)?(?: \d{4})?"
    r"|\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)"
    r"|(?P<email>[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,100}\.[A-Za-z]{2,20})"
    r"|(?P<id>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)"
    r"|(?P<address>\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b|\b(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{0,4}\b)"
    r"|(?P<url>\b[a-z][a-z0-9+.\-]{1,20}://[A-Za-z0-9.\-]{1,200}(?::\d{1,5})?)"
    r"|(?P<token>[A-Za-z0-9_\-]*[0-9][A-Za-z0-9_\-]*={0,2})"
)
_CODE = re.compile(r"[A-Z]{2,12}[-_]?\d{3,7}\Z")
_STATUS = re.compile(r"[1-5]\d\d\Z")
_MIXED = re.compile(r"[0-9]+[A-Za-z]+[0-9]|[A-Za-z]+[0-9]+[A-Za-z]+[0-9]")
_HEX = re.compile(r"(?=(?:[a-f]*[0-9]){2})[0-9a-f]{8,}\Z")
_DIGITS = re.compile(r"[0-9]+")
_LONGEST_WORD = 32
_CODE_BEFORE = re.compile(r"(?i)(?:code|error|status|errno|reason)[\"'\\]{0,3}\s{0,2}[:=#(]?\s{0,2}[\"'\\]{0,3}\Z")
_LONGEST_CODE = 7


def template_of(text: str) -> str:
    """A text with placeholders for what varies. Linear in its length; at most `LONGEST_TEMPLATE` characters.

    Words, names and error codes stay (`AADSTS50011`, `401`), so that different failures keep different templates.
    """
    lines = text[: LONGEST_TEMPLATE * 4].split("\n")[:_MOST_LINES]
    masked = vocabulary().mask_ids("\n".join(lines))
    return "\n".join(_VARYING.sub(_placeholder, line) for line in masked.split("\n"))[:LONGEST_TEMPLATE]


def shape_of(text: str) -> int:
    """A number that is the same for texts with the same template (and, once in 2^64, for others)."""
    return int.from_bytes(blake2b(template_of(text).encode("utf-8", "replace"), digest_size=8).digest(), "big")


def _placeholder(match: re.Match[str]) -> str:
    found = match[0]
    if match["token"]:
        if _CODE.match(found) or _STATUS.match(found):
            return found  # error codes and HTTP statuses are what it is about
        if found.isdigit():
            before = match.string[max(match.start() - 16, 0) : match.start()]
            return found if len(found) <= _LONGEST_CODE and _CODE_BEFORE.search(before) else "<n>"
        if len(found) > _LONGEST_WORD or _MIXED.search(found) or _HEX.match(found):
            return "<id>"
        return _DIGITS.sub("<n>", found)
    if match["placeholder"]:
        return found.partition(":")[0] + ">"
    if match["url"]:
        return found.partition("://")[0] + "://<host>"
    return next(f"<{name}>" for name in ("time", "email", "id", "address") if match[name])
