"""Exports of providers' sign-in events, JSON or CSV. What they look like is data: `kb/logs/exports`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ..event import Event, Line
from ..reader import LONGEST_EVENT, Parser, Reader
from ..vocabulary import exports, fold
from .jsonlines import JsonParser
from .objects import ObjectScanner
from .records import event_of, load, records_in
from .tables import TableParser, columns_of

_HOLE = re.compile(r"\{([\w.\- ()]{1,80})\}")
_DEEPEST = 5


class Export(BaseModel):
    """One kind of export.

    Attributes:
        title: in one phrase.
        facts: what every event of it states.
        inside: members that may wrap the record.
        marks: lists of members; a record that has all of one list is of this kind.
        names: other names of a member (columns of the CSV form).
        success: values by member; a record with all of them went well.
        lines: what an event says; `{member}` is filled in, a line with a member that is missing is left out. Of a list
            of lines the first is taken that can be filled in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    facts: dict[str, str]
    inside: list[str] = Field(default_factory=list)
    marks: list[list[str]]
    names: dict[str, list[str]] = Field(default_factory=dict)
    success: dict[str, list[str | int | None]]
    lines: list[str | list[str]]

    def event(
        self, record: Mapping[str, Any], source: str, line: int, lines: int, reference: datetime | None = None
    ) -> Event | None:
        """The event of a record; None when it is of another kind."""
        for wrapper in self.inside:
            if isinstance(record.get(wrapper), dict):
                record = {**record, **record[wrapper]}
                del record[wrapper]
        members = _flat(record)
        if not any(all(self._get(members, name) is not _MISSING for name in marks) for marks in self.marks):
            return None
        general = event_of(record, source, line, lines, reference)
        if all(self._get(members, name, None) in values for name, values in self.success.items()):
            return replace(
                general, level="info", text="", facts=self.facts
            )  # what went well must not look like a failure
        text = "\n".join(dict.fromkeys(self._said(members)))
        return replace(
            general, level="error", text=text[:LONGEST_EVENT], facts=self.facts, cut=len(text) > LONGEST_EVENT
        )

    def _said(self, members: Mapping[str, Any]) -> Iterator[str]:
        for choice in self.lines:
            lines = [choice] if isinstance(choice, str) else choice
            yield from islice(filter(None, (self._fill(line, members) for line in lines)), 1)

    def _get(self, members: Mapping[str, Any], name: str, default: Any = ...) -> Any:
        for one in (name, *self.names.get(name, ())):
            value = members.get(fold(one), _MISSING)
            if value is not _MISSING:
                return value
        return _MISSING if default is ... else default

    def _fill(self, line: str, members: Mapping[str, Any]) -> str:
        missing = False

        def value(hole: re.Match[str]) -> str:
            nonlocal missing
            found = self._get(members, hole[1], None)
            missing = missing or found in (None, "", [], "-")
            return str(found)[:4000]

        text = _HOLE.sub(value, line)
        return "" if missing else text


_MISSING: Any = object()


def _flat(record: Mapping[str, Any], path: str = "", depth: int = 1) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(value, dict) and depth < _DEEPEST:
            members.update(_flat(value, name, depth + 1))
        else:
            members[fold(name)] = value
    return members


class ExportReader(Reader):
    """One kind of export, in JSON or CSV."""

    states_facts = True

    def __init__(self, name: str, export: Export, header: bytes | None = None) -> None:
        self.name = name
        self.title = export.title
        self._export = export
        self._header = header

    def sniff(self, sample: Sequence[str], name: str) -> float:
        """As `Reader.sniff`."""
        first = next((line for line in sample if line.strip()), "")
        if first.lstrip()[:1] in ("{", "["):
            records = _sample_records(tuple(sample))
            fitting = sum(self._export.event(record, "", 1, 1) is not None for record in records)
            return 0.97 * fitting / len(records) if records and fitting * 2 >= len(records) else 0.0
        columns = columns_of(first)
        return 0.97 if len(columns) > 2 and self._export.event(dict.fromkeys(columns, ""), "", 1, 1) else 0.0

    def with_header(self, line: bytes) -> Reader:
        """As `Reader.with_header`."""
        text = line.decode("utf-8", "replace")
        return self if text.lstrip()[:1] in ("{", "[") else ExportReader(self.name, self._export, line)

    def parser(self, source: str, *, reference: datetime | None = None) -> Parser:
        """As `Reader.parser`."""
        return _EitherParser(source, self._export, reference, self._header)


class _EitherParser(Parser):
    """JSON or CSV, as the first line says."""

    def __init__(self, source: str, export: Export, reference: datetime | None, header: bytes | None) -> None:
        self._source, self._export, self._reference = source, export, reference
        self._parser: Parser | None = None
        if header is not None:
            self._parser = TableParser(source, reference, export.event, header=header)

    def feed(self, line: Line) -> list[Event]:
        if self._parser is None:
            if not line[1].strip():
                return []
            if (
                line[1].lstrip()[:1] in (b"{", b"[", b'"', b"}", b"]")
                and not columns_of(line[1].decode("utf-8", "replace"))[2:]
            ):
                self._parser = JsonParser(self._source, self._reference, self._export.event)
            else:
                make = JsonParser if line[1].lstrip()[:1] in (b"{", b"[") else TableParser
                self._parser = make(self._source, self._reference, self._export.event)
        return self._parser.feed(line)

    def flush(self) -> list[Event]:
        return self._parser.flush() if self._parser is not None else []


@lru_cache(maxsize=8)
def _sample_records(sample: tuple[str, ...]) -> list[Mapping[str, Any]]:
    scanner = ObjectScanner()
    found = [
        one for number, line in enumerate(sample, 1) for one in scanner.feed(number, line.encode("utf-8", "replace"))
    ]
    found += scanner.flush()
    return [record for one in found[:100] for record in records_in(load(one.data))][:200]


def export_readers() -> list[Reader]:
    """A reader for every description in `kb/logs/exports`."""
    return [ExportReader(name, Export.model_validate(data)) for name, data in exports()]
