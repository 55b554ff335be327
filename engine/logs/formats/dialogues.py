"""HTTP dialogues: `curl -v` and raw requests with their responses. One exchange is one event."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from ..event import Event, Line
from ..levels import level_of_status
from ..reader import LONGEST_EVENT, Parser, Reader, decode
from ..times import time_at
from ..vocabulary import vocabulary

_REQUEST = re.compile(r"[A-Z]{3,10} \S{1,8000} HTTP/\d")
_RESPONSE = re.compile(r"HTTP/[\d.]{1,3} (\d{3})\b")
_DATE = re.compile(r"(?i)date: ?(?=[A-Z][a-z]{2},)")
_CURL = re.compile(r"[*<>] |[<>]$|[{}] \[\d{1,10} bytes data\]|curl: \(\d{1,3}\) |[*] ?$")
_NEW_CONNECTION = re.compile(r"\* (?:Trying |Host \S{1,255} was resolved|Re-using existing|Hostname )")
_PART = {">": _REQUEST, "<": _RESPONSE}


class DialogueParser(Parser):
    """Cuts a stream into exchanges: a request after a response begins the next one, and so does a second final response.

    Args:
        source: for `Event.source`.
        curl: whether the lines carry the marks of `curl -v`.
    """

    __slots__ = ("_answered", "_begin", "_curl", "_cut", "_last", "_lines", "_size", "_source", "_status", "_time")
    _answered: bool
    _begin: int
    _cut: bool
    _last: int
    _lines: list[str]
    _size: int
    _status: int
    _time: datetime | None

    def __init__(self, source: str, *, curl: bool) -> None:
        self._source = source
        self._curl = curl
        self._clear()

    def feed(self, line: Line) -> list[Event]:
        """As `Parser.feed`."""
        number, data = line
        text = decode(data)
        if number == self._last:  # the rest of a long line
            self._cut = True
            return []
        said = text[2:] if self._curl and text[:2] in ("> ", "< ") else "" if self._curl and text[:2] == "* " else text
        request = _REQUEST.match(said) is not None
        response = _RESPONSE.match(said)
        done: list[Event] = []
        if self._answered and (
            request or (self._curl and _NEW_CONNECTION.match(text)) or (response and self._status >= 200)
        ):
            done = self.flush()
        if response:
            self._answered, self._status = True, int(response[1])
        self._take_date(said)
        self._append(number, text)
        return done

    def flush(self) -> list[Event]:
        """As `Parser.flush`."""
        text = "\n".join(self._lines).strip("\n")
        event = Event(
            self._time, level_of_status(self._status) if self._status else "", text, self._source, self._begin,
            max(self._last - self._begin + 1, 1), vocabulary().ids_in(text), cut=self._cut,
        )  # fmt: skip
        self._clear()
        return [event] if text.strip() else []

    def _clear(self) -> None:
        self._lines = []
        self._begin = 0
        self._last = 0
        self._size = 0
        self._status = 0
        self._answered = False
        self._cut = False
        self._time = None

    def _take_date(self, said: str) -> None:
        found = _DATE.match(said) if self._time is None else None
        if found:
            reading = time_at(said, found.end())
            self._time = reading[0] if reading else None

    def _append(self, number: int, text: str) -> None:
        if not self._lines:
            self._begin = number
        self._last = number
        room = LONGEST_EVENT - self._size
        if len(text) > room:
            self._cut = True
            text = text[:room]
        if room > 0:
            self._lines.append(text)
            self._size += len(text) + 1


class CurlReader(Reader):
    """What `curl -v` prints, body included."""

    name = "curl"
    title = "curl -v"

    def sniff(self, sample: Sequence[str], name: str) -> float:
        """As `Reader.sniff`."""
        lines = [line for line in sample if line.strip()][:200]
        marked = sum(_CURL.match(line) is not None for line in lines)
        known = any(_PART[line[0]].match(line[2:]) for line in lines if line[:2] in ("> ", "< ")) or any(
            line.startswith(("* Trying ", "* Connected to", "*   Trying", "curl: (")) for line in lines
        )
        return 0.5 + 0.5 * marked / len(lines) if known and marked >= 2 else 0.0

    def parser(self, source: str, *, reference: datetime | None = None) -> Parser:
        """As `Reader.parser`."""
        return DialogueParser(source, curl=True)


class HttpReader(Reader):
    """Requests and responses as they go over the wire."""

    name = "http"
    title = "raw HTTP requests and responses"

    def sniff(self, sample: Sequence[str], name: str) -> float:
        """As `Reader.sniff`."""
        first = next((line for line in sample if line.strip()), "")
        begins = _REQUEST.match(first) or _RESPONSE.match(first)
        parts = sum(1 for line in sample if _REQUEST.match(line) or _RESPONSE.match(line))
        headers = sum(1 for line in sample[:100] if re.match(r"[A-Z][A-Za-z\-]{1,40}: \S", line))
        return 0.85 if begins and headers else 0.6 if parts >= 2 and headers >= 2 else 0.0

    def parser(self, source: str, *, reference: datetime | None = None) -> Parser:
        """As `Reader.parser`."""
        return DialogueParser(source, curl=False)


CURL = CurlReader()
HTTP = HttpReader()
