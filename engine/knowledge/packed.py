"""Compiled knowledge as bytes, of which only the parts that are asked for are decoded.

The form is one line of JSON, the table of contents, and then the sections. A section is JSON; a large list or dictionary
is packed by row, so that a run that needs five rules of thousands decodes five. It is data only: reading it can decode
JSON and nothing else, whoever wrote the file.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, overload

# Of these a run looks at few entries; everything else is decoded whole.
_BY_ROW = (
    "causes",
    "codes/",
    "libraries",
    "likeness/circumstances",
    "likeness/words",
    "providers",
    "references",
    "rules",
    "search/files",
    "search/leads",
    "search/patterns",
    "sheets/counts",
    "signatures",
)


class Rows(Sequence[Any]):
    """A list whose entries are decoded when they are first asked for."""

    def __init__(self, data: bytes, begin: int, offsets: array[int]) -> None:
        self._data = data
        self._begin = begin
        self._offsets = offsets
        self._decoded: dict[int, Any] = {}

    @overload
    def __getitem__(self, number: int) -> Any: ...
    @overload
    def __getitem__(self, number: slice) -> list[Any]: ...
    def __getitem__(self, number: int | slice) -> Any:
        """One entry, or those of a slice."""
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        try:
            return self._decoded[number]
        except KeyError:
            if not 0 <= number < len(self):
                raise IndexError(number) from None
            begin, end = self._offsets[number], self._offsets[number + 1]
            row = self._decoded[number] = json.loads(self._data[self._begin + begin : self._begin + end])
            return row

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def several(self, numbers: Iterable[int]) -> list[Any]:
        """The entries with these numbers."""
        known = self._decoded.get
        return [known(number) or self[number] for number in numbers]

    def in_passing(self) -> Iterator[Any]:
        """All entries, of which none is kept decoded."""
        for begin, end in pairwise(self._offsets):
            yield json.loads(self._data[self._begin + begin : self._begin + end])
        self._decoded.clear()


class Table(Mapping[str, Any]):
    """A dictionary whose values are decoded when they are first asked for."""

    def __init__(self, keys: list[str], rows: Rows) -> None:
        self._numbers = dict(zip(keys, range(len(keys)), strict=True))
        self._rows = rows

    def __getitem__(self, key: str) -> Any:
        return self._rows[self._numbers[key]]

    def __contains__(self, key: object) -> bool:
        return key in self._numbers

    def entries(self, keys: Iterable[str]) -> dict[str, Any]:
        """See `entries`."""
        numbers = self._numbers
        found = [key for key in keys if key in numbers]
        return dict(zip(found, self._rows.several([numbers[key] for key in found]), strict=True))

    def values_in_passing(self) -> Iterator[Any]:
        """See `values_in_passing`."""
        return self._rows.in_passing()

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def entries(table: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """The entries of a table that have one of these keys. For many keys it is faster than to ask for each."""
    if isinstance(table, Table):
        return table.entries(keys)
    return {key: table[key] for key in keys if key in table}


def values_in_passing(table: Mapping[str, Any]) -> Iterator[Any]:
    """The values of a table, for those who keep them in another form: it keeps none of them decoded."""
    return table.values_in_passing() if isinstance(table, Table) else iter(table.values())


def pack(compiled: Mapping[str, Any]) -> bytes:
    """Pack the sections of compiled knowledge."""
    contents: dict[str, list[Any]] = {}
    body = bytearray()
    for name, value in compiled.items():
        if name.startswith(_BY_ROW):
            rows = [_encode(row) for row in (value.values() if isinstance(value, Mapping) else value)]
            keys = _encode(list(value)) if isinstance(value, Mapping) else b""
            offsets = array("I", [0])
            for row in rows:
                offsets.append(offsets[-1] + len(row))
            parts = [keys, _little_endian(offsets).tobytes(), b"".join(rows)]
        else:
            parts = [_encode(value)]
        contents[name] = [len(body), *map(len, parts)]
        body += b"".join(parts)
    return _encode(contents) + b"\n" + body


class Packed(Mapping[str, Any]):
    """The sections of packed knowledge, each decoded when it is first asked for.

    Raises:
        ValueError: not what `pack` made.
    """

    def __init__(self, data: bytes) -> None:
        end = data.index(b"\n")
        self._data = data
        self._begin = end + 1
        self._contents: dict[str, list[int]] = json.loads(data[:end])
        self._decoded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._decoded:
            self._decoded[name] = self._section(*self._contents[name])
        return self._decoded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._contents)

    def __len__(self) -> int:
        return len(self._contents)

    def _section(self, begin: int, first: int, *more: int) -> Any:
        begin += self._begin
        if not more:
            return json.loads(self._data[begin : begin + first])
        offsets = array("I")
        offsets.frombytes(self._data[begin + first : begin + first + more[0]])
        rows = Rows(self._data, begin + first + more[0], _little_endian(offsets))
        return Table(json.loads(self._data[begin : begin + first]), rows) if first else rows


def _encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _little_endian(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
