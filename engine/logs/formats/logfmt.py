"""logfmt: `time=... level=error msg="..." key=value`."""

from __future__ import annotations

import re
from datetime import datetime

from ..blocks import Head
from ..levels import level_of
from ..times import time_at, time_of
from ..vocabulary import fold, vocabulary
from .lines import LineReader

_PAIR = re.compile(r"([A-Za-z_@][\w.\-/@]{0,80})=(?:\"((?:[^\"\\]|\\.){0,8000})\"?|([^\s\"]{0,4000}))(?:\s|$)")
_FEWEST = 3
_MOST = 200


def head_of_logfmt(line: str, reference: datetime | None = None) -> Head | None:
    """A line that consists of pairs, perhaps after a timestamp."""
    at, time = 0, None
    if "=" not in line:
        return None
    reading = time_at(line, 0, reference)
    if reading is not None:
        time, at = reading
        at += len(line[at:]) - len(line[at:].lstrip(" ]"))
    roles: dict[str, tuple[int, str]] = {}
    ids: dict[str, str] = {}
    words = vocabulary()
    count = 0
    trace = ""
    while count < _MOST:
        pair = _PAIR.match(line, at)
        if pair is None:
            break
        count += 1
        at = pair.end()
        name, value = fold(pair[1]), _unquoted(pair[2]) if pair[2] is not None else pair[3]
        role = words.roles.get(name)
        if role is not None and (role[0] not in roles or role[1] < roles[role[0]][0]):
            roles[role[0]] = (role[1], value)
            if role[0] == "trace" and "\n" in value:
                trace = value
        kind = words.id_names.get(name)
        if kind and kind not in ids and words.usable(kind, value):
            ids[kind] = value
    if count < _FEWEST or (at < len(line) and count < 4):
        return None
    if not ({"level", "message", "time"} & roles.keys() or time):
        return None
    if "time" in roles:
        time = time_of(_number(roles["time"][1]), reference) or time
    stream = roles["stream"][1] if "stream" in roles else ""
    level = level_of(roles["level"][1]) if "level" in roles else ""
    return Head(f"{line}\n{trace}" if trace else line, time, level, ids, stream)


def _unquoted(value: str) -> str:
    return value.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\") if "\\" in value else value


def _number(value: str) -> str | float:
    try:
        return float(value)
    except ValueError:
        return value


LOGFMT = LineReader("logfmt", "logfmt (key=value pairs)", head_of_logfmt, weight=0.92)
