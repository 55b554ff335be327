"""Access logs: Apache and nginx (common, combined and what people append), Envoy, HAProxy."""

from __future__ import annotations

import re
from datetime import datetime

from ..blocks import Head
from ..levels import level_of_status
from ..times import time_at
from .lines import LineReader

_COMMON = re.compile(
    r"(?:[\w.\-]{1,255}(?::\d{1,5})? )?([\w.:\-,\[\]]{1,255}) (\S{1,255}) (\S{1,255}) \[(\d\d?/[A-Z][a-z]{2}/\d{4}:[^\]]{8,20})\] \""
)
_STATUS = re.compile(r"\" (\d{3}) (\d{1,20}|-)")
_ENVOY = re.compile(r"\[(\d{4}-\d\d-\d\dT[\d:.]{8,18}Z)\] \"[A-Z\-]{1,20} ")
_ENVOY_STATUS = re.compile(r"\" (\d{1,3}) ([A-Za-z,]{1,40}|-) ")
_ENVOY_ID = re.compile(r"\"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\"")
_HAPROXY = re.compile(
    r"(?:[\w\-]{1,40}\[\d{1,10}\]: )?[\w.:\[\]]{2,60}:\d{1,5} \[(\d\d?/[A-Z][a-z]{2}/\d{4}:[\d:.]{8,12})\] (\S{1,120}) (\S{1,120})"
    r" [\d/+\-]{3,60} (\d{3}|-1) \d{1,20} "
)


def head_of_common(line: str, reference: datetime | None = None) -> Head | None:
    """Apache's common or combined format, perhaps with the virtual host in front."""
    found = _COMMON.match(line)
    if found is None:
        return None
    reading = time_at(found[4])
    status = _STATUS.search(line, found.end())
    user = found[3].strip('"')
    ids = {"user": user} if len(user) >= 2 else {}
    level = level_of_status(int(status[1])) if status else ""
    return Head(line, reading[0] if reading else None, level, ids, whole=True)


def head_of_envoy(line: str, reference: datetime | None = None) -> Head | None:
    """Envoy's and Istio's default format."""
    found = _ENVOY.match(line)
    if found is None:
        return None
    reading = time_at(found[1])
    status = _ENVOY_STATUS.search(line, found.end())
    request = _ENVOY_ID.search(line, found.end())
    level = level_of_status(int(status[1]) or 503) if status else ""  # 0: the client or the upstream went away
    return Head(line, reading[0] if reading else None, level, {"request": request[1]} if request else {}, whole=True)


def head_of_haproxy(line: str, reference: datetime | None = None) -> Head | None:
    """HAProxy's HTTP format. Its status stands apart from the request, so it is repeated in words."""
    found = _HAPROXY.match(line)
    if found is None:
        return None
    reading = time_at(found[1])
    status = found[4]
    text = line if status == "-1" else f"{line}\nHTTP status {status}"
    level = level_of_status(int(status)) if status != "-1" else "error"
    return Head(text, reading[0] if reading else None, level, whole=True)


ACCESS = LineReader("access", "nginx and Apache access logs (common, combined)", head_of_common, weight=0.96)
ENVOY = LineReader("envoy", "Envoy and Istio access logs", head_of_envoy, weight=0.96)
HAPROXY = LineReader("haproxy", "HAProxy HTTP logs", head_of_haproxy, weight=0.96)
