"""JSON: an object a line, pretty-printed objects, arrays of records, and lines of text between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from ..blocks import BlockParser
from ..event import Event, Line
from ..reader import Parser, Reader
from ..times import time_at
from .objects import Found, ObjectScanner
from .records import event_of, load, records_in
from .text import head_of_text

RecordTo: TypeAlias = Callable[[Mapping[str, Any], str, int, int, datetime | None], Event | None]
"""Makes an event of a record; None when the record is of another kind."""

_BEGINS = re.compile(rb"[ \t]{0,40}(?:\{|\[[ \t]{0,8}(?:\{|\[|\"|$))")
_MEMBER = re.compile(rb"[ \t]{0,200}\"[^\"\\]{1,100}\"[ \t]?:")
_CAN_GO_ON = re.compile(rb"[ \t]*(?:[{}\[\],\"]|-?\d|true|false|null|$)")


class JsonParser(Parser):
    """Finds records between lines of text.

    Args:
        source, reference: as for every parser.
        record_to: is tried first on every record; `event_of` takes what it leaves.
    """

    __slots__ = ("_line", "_object_lines", "_record_to", "_reference", "_scanner", "_source", "_text")

    def __init__(self, source: str, reference: datetime | None = None, record_to: RecordTo | None = None) -> None:
        self._source = source
        self._reference = reference
        self._record_to = record_to
        self._text = BlockParser(source, head_of_text(reference))
        self._scanner = ObjectScanner()
        self._object_lines: list[Line] = []  # the lines of an object that may turn out to be text
        self._line = 0

    def feed(self, line: Line) -> list[Event]:
        """As `Parser.feed`."""
        number, data = line
        goes_on, self._line = number == self._line, number
        if self._scanner.is_open:
            if goes_on or self._can_go_on(data):
                return self._scan(line)
            return [*self._give_up(), *self._feed_text(line)]
        if goes_on:
            return self._scan(line) if data[:1] in b"{[" else []
        if _BEGINS.match(data):
            value = load(data) if data.rstrip().endswith(b"}") else None
            if isinstance(value, dict):
                return [*self._text.flush(), *self._events(value, Found(data, number, number))]
            return [*self._text.flush(), *self._scan(line)]
        if _MEMBER.match(data):
            done = self._text.flush()
            self._scanner.begin_inside(number)
            return [*done, *self._scan(line)]
        return self._feed_text(line)

    def flush(self) -> list[Event]:
        """As `Parser.flush`."""
        done = self._text.flush()
        if self._scanner.is_open:
            found = self._scanner.flush()
            events = [event for one in found for event in self._events(load(one.data), one)]
            done += events or self._replay()
        self._object_lines = []
        return done

    def _scan(self, line: Line) -> list[Event]:
        number, data = line
        found = self._scanner.feed(number, data)
        if self._scanner.too_deep:
            self._object_lines.append((number, data[:4096]))
            return self._give_up()
        done: list[Event] = []
        for one in found:
            value = load(one.data)
            if value is None and one.first == one.last == number and len(found) == 1:
                done += self._feed_text(line)  # braces, but no JSON
            else:
                done += self._events(value, one)
        if not self._scanner.is_open or found:
            self._object_lines = []
        if self._scanner.is_open and len(self._object_lines) < _MOST_KEPT:
            self._object_lines.append((number, data[:4096]))
        return done

    def _events(self, value: Any, found: Found) -> list[Event]:
        if not isinstance(value, (dict, list)):
            text = found.data.decode("utf-8", "replace")
            return [*self._text.feed((found.first, text.encode())), *self._text.flush()] if text.strip() else []
        records = records_in(value)
        places = found.elements if len(found.elements) == len(records) else [(found.first, found.last)] * len(records)
        result = []
        for record, (first, last) in zip(records, places, strict=True):
            event = (
                self._record_to(record, self._source, first, last - first + 1, self._reference)
                if self._record_to
                else None
            )
            result.append(event or event_of(record, self._source, first, last - first + 1, self._reference))
        return result

    def _can_go_on(self, data: bytes) -> bool:
        return _CAN_GO_ON.match(data) is not None and time_at(data[:64].decode("utf-8", "replace")) is None

    def _give_up(self) -> list[Event]:
        """What looked like an object is text."""
        self._scanner.reset()
        return self._replay()

    def _replay(self) -> list[Event]:
        lines, self._object_lines = self._object_lines, []
        return [event for line in lines for event in self._text.feed(line)]

    def _feed_text(self, line: Line) -> list[Event]:
        return self._text.feed(line)


_MOST_KEPT = 200


def is_record(line: str) -> bool:
    """Whether a line is a JSON object."""
    return line.startswith("{") and line.rstrip().endswith("}") and isinstance(load(line.encode()), dict)


class JsonReader(Reader):
    """Any structured log in JSON."""

    name = "json"
    title = "JSON: an object a line, pretty-printed, or a list of records"

    def sniff(self, sample: Sequence[str], name: str) -> float:
        """As `Reader.sniff`."""
        lines = [line.strip() for line in sample if line.strip()]
        if not lines:
            return 0.0
        records = sum(is_record(line) for line in lines[:200]) / min(len(lines), 200)
        if records >= 0.2:
            return 0.3 + 0.5 * records
        document = lines[0] in ("{", "[", "[{") or lines[0].startswith(("[{", '{"')) or lines[0] == "{}"
        inside = sum(line[0] in '{}[]"' for line in lines) / len(lines)
        return 0.3 + 0.4 * inside if document or inside > 0.8 else 0.4 * (inside > 0.5)

    def parser(self, source: str, *, reference: datetime | None = None) -> Parser:
        """As `Reader.parser`."""
        return JsonParser(source, reference)
