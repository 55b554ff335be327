"""CSV with a header line: every row is a record."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..event import Event, Line
from ..reader import Parser, Reader, decode
from ..vocabulary import fold, vocabulary
from .jsonlines import RecordTo
from .records import event_of

_DELIMITERS = (",", ";", "\t", "|")
_MOST_LINES = 100  # of one row
_LARGEST_ROW = 120_000  # the csv module's own limit for a field is little above
_MOST_COLUMNS = 500


def columns_of(line: str) -> list[str]:
    """The columns that a header line names; empty when it is none."""
    line = line.lstrip("\ufeff").rstrip("\r\n")[:16384]
    row = _row(line, delimiter_of(line))
    names = [name.strip() for name in row]
    good = 2 < len(names) <= _MOST_COLUMNS and all(
        0 < len(name) <= 80 and "=" not in name and "{" not in name for name in names
    )
    return names if good and len({name.lower() for name in names}) == len(names) else []


def delimiter_of(line: str) -> str:
    """The commonest of the usual delimiters."""
    return max(_DELIMITERS, key=line.count)


def _row(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(text.split("\n"), delimiter=delimiter), [])
    except (csv.Error, StopIteration):
        return []


class TableParser(Parser):
    """Rows to events.

    Args:
        source, reference: as for every parser.
        record_to: is tried first; `event_of` takes what it leaves.
        header: the header line, when what is fed is a window that does not begin with it.
    """

    __slots__ = (
        "_columns",
        "_delimiter",
        "_first",
        "_held",
        "_last",
        "_quotes",
        "_record_to",
        "_reference",
        "_size",
        "_source",
    )
    _first: int
    _held: list[str]
    _last: int
    _quotes: int
    _size: int

    def __init__(
        self,
        source: str,
        reference: datetime | None = None,
        record_to: RecordTo | None = None,
        *,
        header: bytes | None = None,
    ) -> None:
        self._source = source
        self._reference = reference
        self._record_to = record_to
        self._columns: list[str] = []
        self._delimiter = ","
        if header is not None:
            self._take_header(decode(header))
        self._clear()

    def feed(self, line: Line) -> list[Event]:
        """As `Parser.feed`."""
        number, data = line
        if number == self._last:
            return []  # the rest of a long line
        text = decode(data)
        if not self._columns and not self._held:
            if text.strip():
                self._take_header(text)
                self._last = number
            return []
        if not self._held:
            if not text.strip() or columns_of(text) == self._columns:
                return []
            self._first = number
        self._last = number
        text = text[: _LARGEST_ROW - self._size]
        self._held.append(text)
        self._size += len(text) + 1
        self._quotes += text.count('"')
        if self._quotes % 2 and len(self._held) < _MOST_LINES and self._size < _LARGEST_ROW:
            return []
        return self.flush()

    def flush(self) -> list[Event]:
        """As `Parser.flush`."""
        if not self._held:
            return []
        text = "\n".join(self._held)
        first, lines = self._first, self._last - self._first + 1
        self._clear()
        try:
            row = next(csv.reader([f"{line}\n" for line in text.split("\n")], delimiter=self._delimiter), [])
        except (csv.Error, StopIteration):
            row = []
        record: Mapping[str, Any] = {
            name: value for name, value in zip(self._columns, row, strict=False) if value.strip()
        }
        event = (
            self._record_to(record, self._source, first, lines, self._reference) if self._record_to and record else None
        )
        if event is None and len(record) > 1:
            event = event_of(record, self._source, first, lines, self._reference)
        if event is None:
            event = Event(None, "", text, self._source, first, lines, vocabulary().ids_in(text))
        return [event]

    def _take_header(self, text: str) -> None:
        self._delimiter = delimiter_of(text)
        self._columns = columns_of(text) or ["text"]

    def _clear(self) -> None:
        self._held = []
        self._first = 0
        self._last = 0
        self._size = 0
        self._quotes = 0


class TableReader(Reader):
    """Any CSV with a header that names a time, a message, or ids."""

    name = "csv"
    title = "CSV with a header line"

    def __init__(self, header: bytes | None = None) -> None:
        self._header = header

    def sniff(self, sample: Sequence[str], name: str) -> float:
        """As `Reader.sniff`."""
        lines = [line for line in sample if line.strip()]
        columns = columns_of(lines[0]) if lines else []
        words = vocabulary()
        known = {
            words.roles.get(fold(column), ("",))[0] or words.id_names.get(fold(column), "") for column in columns
        } - {""}
        if len(known) < 2 or len(lines) < 2 or lines[0].lstrip()[:1] in ("{", "["):
            return 0.0
        delimiter = delimiter_of(lines[0])
        fitting = sum(line.count(delimiter) >= len(columns) - 1 for line in lines[1:50]) / len(lines[1:50])
        return 0.9 if fitting > 0.5 or name.lower().endswith(".csv") else 0.0

    def with_header(self, line: bytes) -> Reader:
        """As `Reader.with_header`."""
        return TableReader(line)

    def parser(self, source: str, *, reference: datetime | None = None) -> Parser:
        """As `Reader.parser`."""
        return TableParser(source, reference, header=self._header)


CSV = TableReader()
