"""Timestamps as programs write them, at the beginning of a line or as a value.

Every pattern is anchored and its parts are bounded, so that a look at a line costs the same however long it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_CLOCK = r"(?P<H>\d\d?):(?P<M>\d\d)(?::(?P<S>\d\d)(?:[.,:](?P<f>\d{1,9}))?)?"
_ZONE = r"(?: ?(?P<z>Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)(?![\w:]))?"
_MONTH = r"(?P<b>[A-Z][a-z]{2})[a-z]{0,6}"
_DAY = r"(?:[A-Z][a-z]{2,8},? {1,2})?"

# Every way of writing, the commonest first.
_FORMS = tuple(
    re.compile(form, re.ASCII)
    for form in (
        rf"(?P<Y>\d{{4}})-(?P<m>\d\d)-(?P<d>\d\d)[T _]{{1,2}}{_CLOCK}{_ZONE}",
        rf"(?P<Y>\d{{4}})[/.](?P<m>\d\d)[/.](?P<d>\d\d)[T ]{{1,2}}{_CLOCK}{_ZONE}",
        rf"(?P<d>\d\d?)/{_MONTH}/(?P<Y>\d{{4}})[: ]{_CLOCK}{_ZONE}",
        rf"{_DAY}{_MONTH} {{1,2}}(?P<d>\d\d?),? (?P<Y>\d{{4}}),? {_CLOCK}(?P<p> ?[AaPp][Mm])?{_ZONE}",
        rf"{_DAY}{_MONTH} {{1,2}}(?P<d>\d\d?) {_CLOCK}{_ZONE}(?: (?P<Y>\d{{4}})\b)?",
        rf"{_DAY}(?P<d>\d\d?)[ \-]{_MONTH}[ \-](?P<Y>\d{{4}}) {_CLOCK}{_ZONE}",
        rf"(?P<m>\d\d?)/(?P<d>\d\d?)/(?P<Y>\d{{4}}),? {_CLOCK}(?P<p> ?[AaPp][Mm])?{_ZONE}",
        rf"(?P<d>\d\d?)[.\-](?P<m>\d\d?)[.\-](?P<Y>\d{{4}}),? {_CLOCK}{_ZONE}",
        rf"(?P<y>\d\d)/(?P<m>\d\d)/(?P<d>\d\d) {_CLOCK}{_ZONE}",
        r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d) (?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)(?= )",
        rf"[IWEFD](?P<m>\d\d)(?P<d>\d\d) {_CLOCK}(?= )",
        rf"(?P<m>\d\d)-(?P<d>\d\d) {_CLOCK}(?= )",
        r"(?P<Y>\d{4})(?P<m>\d\d)(?P<d>\d\d)[T\-]?(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)(?:\.(?P<f>\d{1,9}))?(?P<z>Z)?\b",
    )
)
_EPOCH = re.compile(r"(?P<s>1\d{9})(?P<f>\d{9}|\d{6}|\d{3})?(?:\.(?P<g>\d{1,9}))?(?![\d\w])", re.ASCII)
_TIME_ONLY = re.compile(rf"{_CLOCK}(?![\d:])", re.ASCII)
_LEAD = re.compile(r"[\[(<\"' ]{0,3}")
_COULD_BEGIN = frozenset("0123456789ADEFIJMNOSTW")
Reading = tuple[datetime | None, int]


def time_at(text: str, at: int = 0, reference: datetime | None = None) -> Reading | None:
    """Read a timestamp that stands at a place in a text, perhaps after an opening bracket or quote.

    Args:
        reference: the latest possible moment; gives the year to forms without one. Without it their time is None.

    Returns:
        The time and the place after it, or None when there is no timestamp. A time of day without a date is recognised,
        but its time is None.
    """
    lead = _LEAD.match(text, at)
    at = lead.end() if lead else at
    if at >= len(text) or text[at] not in _COULD_BEGIN:
        return None
    for form in _FORMS:
        match = form.match(text, at)
        if match is not None:
            time = _time(match, reference)
            if time is not False:
                return time, match.end()
    match = _EPOCH.match(text, at)
    if match is not None:
        return _epoch(match), match.end()
    match = _TIME_ONLY.match(text, at)
    if match is not None and match["S"]:
        return None, match.end()
    return None


def time_of(value: object, reference: datetime | None = None) -> datetime | None:
    """The time that a value of a structured log states: text in any form, or seconds to nanoseconds since 1970."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _since_1970(float(value))
    if isinstance(value, str):
        text = value.strip()[:64]
        found = time_at(text, 0, reference)
        return found[0] if found else None
    return None


def _time(match: re.Match[str], reference: datetime | None) -> datetime | Literal[False] | None:
    """The time, None when its year is unknown, or False when the numbers are no date."""
    part: Callable[[str], str | None] = match.groupdict().get
    month_name = part("b")
    month = _MONTHS.get(month_name[:3].lower(), 0) if month_name else int(part("m") or 0)
    day, hour = int(part("d") or 0), int(part("H") or 0)
    if part("Y") and month > 12 >= day and "/" in match[0][:6]:
        month, day = day, month  # day first, as most of the world writes it
    half = part("p")
    if half:
        hour = hour % 12 + (12 if half.strip().lower() == "pm" else 0)
    year = int(part("Y") or 0) or (2000 + int(part("y") or 0) if part("y") else 0)
    micro = int(((part("f") or "") + "000000")[:6])
    zone = _zone(part("z"))
    guess = year or (reference.year if reference else 2000)
    try:
        time = datetime(guess, month, day, hour, int(part("M") or 0), min(int(part("S") or 0), 59), micro, zone)
        if year:
            return time
        if reference is None:
            return None
        limit = reference if time.tzinfo else reference.replace(tzinfo=None)
        return time.replace(year=guess - 1) if time > limit + timedelta(days=1) else time
    except (ValueError, OverflowError):
        return False


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in ("Z", "UTC", "GMT"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    try:
        return timezone(-offset if text[0] == "-" else offset)
    except ValueError:
        return None


def _epoch(match: re.Match[str]) -> datetime | None:
    fraction = (match["f"] or match["g"] or "0")[:6].ljust(6, "0")
    return _since_1970(int(match["s"]) + int(fraction) / 1e6)


def _since_1970(value: float) -> datetime | None:
    for unit in (1.0, 1e3, 1e6, 1e9):
        if 1e8 <= value / unit < 1e10:
            return datetime.fromtimestamp(round(value / unit, 6), UTC)
    return None
