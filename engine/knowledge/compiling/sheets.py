"""Answer sheets: checked against the vocabulary, and counted for `Sheets`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..names import NOT_SHOWN, OTHER, PHASE, value_key
from ..problems import Problem, expected_one_of
from ..read import SheetTable
from ..sheets import ANY
from ..vocabulary import Fact, FactError
from .desk import Desk

_CAUSE = "cause"
_LEAST_SEEN = 2  # a name or code on fewer sheets counts as one of the others

Sheet = tuple[str, dict[str, str]]  # cause, and the keys of the known values by fact


@dataclass(frozen=True, slots=True)
class CheckedTable:
    """A table without problems, and by column the key of each cell that tells something."""

    table: SheetTable
    keys: dict[str, dict[str, str]]

    def sheets(self) -> Iterator[Sheet]:
        """The rows."""
        place = self.table.header.index(_CAUSE)
        columns = [(self.keys[name], at, name) for at, name in enumerate(self.table.header) if at != place]
        for _, cells in self.table.rows:
            yield cells[place], {name: keys[cells[at]] for keys, at, name in columns if cells[at] in keys}


def check_sheets(desk: Desk) -> list[CheckedTable]:
    """Every table that has no problem; the desk has the problems."""
    tables = []
    for table in desk.authored.sheets:
        before = len(desk.problems)
        checked = CheckedTable(table, _keys(desk, table))
        if len(desk.problems) == before:
            tables.append(checked)
    return tables


def count_sheets(sheets: Iterable[Sheet]) -> dict[str, Any]:
    """The counts, as the compiled form has them (see `Sheets`)."""
    sheets = list(sheets)
    causes = sorted({cause for cause, _ in sheets})
    phases = sorted({known[PHASE] for _, known in sheets})
    places = {
        (phase, cause): row * len(causes) + column
        for row, phase in enumerate(phases)
        for column, cause in enumerate(causes)
    }
    seen = Counter((name, key) for _, known in sheets for name, key in known.items())
    values: dict[str, Counter[str]] = defaultdict(Counter)
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for cause, known in sheets:
        place = places[known[PHASE], cause]
        for name, key in known.items():
            kept = key if seen[name, key] >= _LEAST_SEEN else OTHER
            values[name][kept] += 1
            counts[f"{name}={kept}"][place] += 1
            counts[f"{name}={ANY}"][place] += 1
    return {
        "sheets/causes": causes,
        "sheets/phases": phases,
        "sheets/values": {name: dict(sorted(found.items())) for name, found in sorted(values.items())},
        "sheets/counts": {
            key: [number for pair in sorted(found.items()) for number in pair] for key, found in sorted(counts.items())
        },
    }


def _keys(desk: Desk, table: SheetTable) -> dict[str, dict[str, str]]:
    """Every cell is looked at once, however many rows have it."""
    facts = _columns(desk, table)
    keys: dict[str, dict[str, str]] = {}
    for name, *cells in zip(table.header, *(row for _, row in table.rows), strict=True) if facts else ():
        keys[name] = {}
        for cell in sorted(set(cells)):
            try:
                if name == _CAUSE:
                    if cell not in desk.authored.causes:
                        raise FactError(f"unknown cause {cell!r}", expected_one_of(cell, desk.authored.causes))
                elif cell:
                    keys[name][cell] = _key(facts[name], cell)
                elif name == PHASE:
                    raise FactError("no phase", "where in the flow the failure appears")
            except FactError as error:
                line = table.rows[cells.index(cell)][0]
                desk.problems.append(Problem(table.file, line, 1, error.message, error.expected))
    return keys


def _columns(desk: Desk, table: SheetTable) -> dict[str, Fact]:
    """The facts of the columns; none where the header has a problem."""
    for needed in (_CAUSE, PHASE):
        if needed not in table.header:
            desk.problems.append(Problem(table.file, 1, 1, f"no column {needed!r}", "a header that has it"))
            return {}
    facts = {}
    for name in table.header:
        fact = desk.vocabulary.get(name)
        if fact is not None:
            facts[name] = fact
        elif name != _CAUSE:
            desk.problems.append(Problem(table.file, 1, 1, f"unknown fact {name!r}", desk.vocabulary.nearest(name)))
            return {}
    return facts


def _key(fact: Fact, cell: str) -> str:
    return NOT_SHOWN if fact.is_open and cell == NOT_SHOWN else value_key(fact.read(cell)[0])
