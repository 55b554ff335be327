"""CEF, the Common Event Format of security products, alone or inside syslog."""

from __future__ import annotations

import re
from datetime import datetime

from ..blocks import Head
from ..times import time_at, time_of
from ..vocabulary import fold, vocabulary
from .lines import LineReader

_HEADER = re.compile(r"CEF:\d\|(?:(?:[^|\\]|\\.){0,512}\|){5}((?:[^|\\]|\\.){0,64})\|")
_NAME = re.compile(r"(?<=[\s|])([A-Za-z][\w.\[\]]{0,60})=")
_SEVERITY = {"low": "info", "medium": "warning", "high": "error", "veryhigh": "critical", "unknown": ""}
_MOST = 200


def head_of_cef(line: str, reference: datetime | None = None) -> Head | None:
    """A line with the seven fields of a CEF header and an extension of pairs."""
    at = line.find("CEF:", 0, 256)
    found = _HEADER.match(line, at) if at >= 0 else None
    if found is None:
        return None
    reading = time_at(line, 0, reference)
    time = reading[0] if reading else None
    words = vocabulary()
    ids: dict[str, str] = {}
    pairs = _pairs(line, found.end())
    for name, value in pairs.items():
        label = pairs.get(f"{name}Label", name)  # cs1=... cs1Label=clientId
        kind = words.id_names.get(fold(label)) or {"suser": "user", "duser": "user"}.get(name)
        if kind and kind not in ids and words.usable(kind, value):
            ids[kind] = value
    for name in ("rt", "end", "start", "deviceReceiptTime"):
        if time is None and name in pairs:
            value = pairs[name]
            time = time_of(int(value) if value.isdecimal() and len(value) < 20 else value, reference)
    return Head(line[at:], time, _level(found[1]), ids, pairs.get("dvchost", ""))


def _pairs(line: str, at: int) -> dict[str, str]:
    """The extension. A value goes on to the next name, spaces included."""
    pairs: dict[str, str] = {}
    name, begin = "", 0
    for found in _NAME.finditer(line, at):
        if name:
            pairs[name] = line[begin : found.start()].strip()
        name, begin = found[1], found.end()
        if len(pairs) >= _MOST:
            return pairs
    if name:
        pairs[name] = line[begin:].strip()
    return pairs


def _level(severity: str) -> str:
    text = severity.strip().lower().replace("-", "").replace(" ", "")
    if text.isdecimal() and len(text) < 3:
        return ("info", "warning", "error", "critical")[sum(int(text) >= limit for limit in (4, 7, 9))]
    return _SEVERITY.get(text, "")


CEF = LineReader("cef", "CEF (Common Event Format)", head_of_cef, weight=0.98)
