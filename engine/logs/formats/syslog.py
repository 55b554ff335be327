"""Syslog: RFC 3164 as it is found in practice, RFC 5424 with structured data, and journald's JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from ..levels import level_of, level_of_priority
from ..reader import Parser, Reader
from ..times import time_at, time_of
from ..vocabulary import fold, vocabulary
from ..wrapping import AdaptiveParser, Detect, Inside, WrappedParser
from .containers import WrappingReader
from .records import load

_PRIORITY = re.compile(r"<(\d{1,3})>")
_MODERN = re.compile(r"1 (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) ")
_PARAMETER = re.compile(r"([^\s=\]\"]{1,32})=\"((?:[^\"\\\]]|\\.){0,256})\"")
_HEADER = re.compile(r" ([\w.\-:]{1,255}) ([\w./\-@()]{1,64})(?:\[([\w.\-]{1,32})\])?: ?")
_HEADER_WITHOUT_HOST = re.compile(r" ([\w./\-]{1,64})\[(\d{1,10})\]: ?")


def unwrap_syslog(line: str, reference: datetime | None = None) -> Inside | None:
    """The message in a syslog line of either standard."""
    found = _PRIORITY.match(line)
    level = level_of_priority(int(found[1])) if found else ""
    at = found.end() if found else 0
    modern = _MODERN.match(line, at)
    if modern is not None and (found or time_of(modern[1]) is not None):
        return _unwrap_5424(line, modern, level)
    classic = line[at : at + 3].isalpha()
    if not classic and not (line[at : at + 4].isdigit() and line[at + 10 : at + 11] == "T"):
        return None
    reading = time_at(line, at, reference)
    if reading is None:
        return None
    time, end = reading
    header = _HEADER.match(line, end)
    if header is not None and not level_of(header[1]):
        stream = f"{header[1]}/{header[2]}[{header[3]}]" if header[3] else f"{header[1]}/{header[2]}"
        return Inside(line[header.end() :], stream, time, level)
    header = _HEADER_WITHOUT_HOST.match(line, end) if found else None
    return Inside(line[header.end() :], f"{header[1]}[{header[2]}]", time, level) if header else None


def _unwrap_5424(line: str, found: re.Match[str], level: str) -> Inside:
    at = found.end()
    ids: dict[str, str] = {}
    words = vocabulary()
    end = _end_of_structured_data(line, at)
    for name, value in _PARAMETER.findall(line, at, min(end, at + 8192)):
        kind = words.id_names.get(fold(name))
        if kind and kind not in ids and words.usable(kind, value):
            ids[kind] = value
    data = line[at:end]
    text = line[end:].removeprefix(" ").removeprefix("\ufeff")
    if data not in ("-", "") and ids:
        text = f"{text} {data}"
    stream = f"{found[2]}/{found[3]}[{found[4]}]"
    return Inside(text, stream, time_of(found[1]), level, ids)


def _end_of_structured_data(line: str, at: int) -> int:
    if line[at : at + 1] == "-":
        return at + 1
    end = at
    while line[end : end + 1] == "[":
        quoted = False
        place = end + 1
        while place < len(line):
            char = line[place]
            if char == "\\":
                place += 1
            elif char == '"':
                quoted = not quoted
            elif char == "]" and not quoted:
                break
            place += 1
        else:
            return at  # never closed: all of it is message
        end = place + 1
    return end


def unwrap_journald(line: str) -> Inside | None:
    """An entry of `journalctl -o json`; a message may be a list of byte values when it is no plain text."""
    record = load(line.encode()) if line.startswith("{") and '"MESSAGE"' in line else None
    if not isinstance(record, dict) or "MESSAGE" not in record:
        return None
    message = record["MESSAGE"]
    if isinstance(message, list):
        message = bytes(byte for byte in message if isinstance(byte, int) and 0 <= byte < 256).decode(
            "utf-8", "replace"
        )
    time = record.get("_SOURCE_REALTIME_TIMESTAMP") or record.get("__REALTIME_TIMESTAMP")
    return Inside(str(message or ""), _unit(record), time_of(time), level_of(record.get("PRIORITY")))


def _unit(record: Mapping[str, Any]) -> str:
    name = record.get("_SYSTEMD_UNIT") or record.get("SYSLOG_IDENTIFIER") or record.get("_COMM") or ""
    return "/".join(str(part) for part in (record.get("_HOSTNAME"), name) if part) + (
        f"[{record['_PID']}]" if record.get("_PID") else ""
    )


class SyslogReader(Reader):
    """Both standards, with and without the priority in front."""

    name = "syslog"
    title = "syslog, RFC 3164 and RFC 5424"

    def __init__(self, detect: Detect) -> None:
        self._detect = detect

    def sniff(self, sample: Sequence[str], name: str) -> float:
        """As `Reader.sniff`."""
        lines = [line for line in sample if line.strip()][:100]
        fitting = sum(unwrap_syslog(line) is not None for line in lines)
        return 0.9 * fitting / len(lines) if lines and fitting * 2 >= len(lines) else 0.0

    def parser(self, source: str, *, reference: datetime | None = None) -> Parser:
        """As `Reader.parser`."""
        unwrap = partial(unwrap_syslog, reference=reference)
        return WrappedParser(unwrap, partial(AdaptiveParser, source, self._detect, reference), messages=True)


def syslog_readers(detect: Detect) -> list[Reader]:
    """The readers; `detect` finds out what is inside."""
    return [
        SyslogReader(detect),
        WrappingReader("journald", "journalctl -o json", unwrap_journald, detect, weight=0.97, messages=True),
    ]
