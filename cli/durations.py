"""Durations as people write them on the command line: 30m, 24h, 90d."""

from __future__ import annotations

import re
from datetime import timedelta

from .common import UsageError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "": "seconds"}
_DURATION = re.compile(r"([0-9]{1,6})([smhd]?)")


def read_duration(text: str, option: str) -> timedelta:
    """A duration.

    Raises:
        UsageError: it is none; the message names the option.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None or (match[2] == "" and match[1].strip("0")):
        raise UsageError(f"{option} {text!r}: expected a number with s, m, h or d, for example 24h")
    return min(timedelta(**{_UNITS[match[2]]: int(match[1])}), timedelta(days=36_500))
