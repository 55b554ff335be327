"""The fitted weights of `kb/likeness.tsv`: what words and circumstances say of each cause.

A text file, so that a change can be read: a line `causes` with their ids, a line `start` with a weight for each, and then a
line for each word (`word`, the word, how much it counts among the words of a text, its weights) and each circumstance
(`fact`, `name=value`, its weights). Weights are natural logarithms, each behind the place of its cause in `causes`. Most rows
are never looked at, so that they stay text until somebody needs them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .problems import Problem

FILE = "kb/likeness.tsv"
_EXPECTED = "as `oauth-doctor kb fit` writes it"


@dataclass(frozen=True, slots=True)
class LikenessTable:
    """Fitted weights.

    Attributes:
        causes: by number.
        start: by number, what is said before anything is known (nats).
        words: word to how much it counts among a text's words, then number, weight (nats), number, weight, ...
        circumstances: `name=value` to number, weight, ...; both as `row_text` makes them.
    """

    causes: Sequence[str] = ()
    start: Sequence[float] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    circumstances: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """The lines of the file."""
        yield "\t".join(("causes", *self.causes))
        yield "\t".join(("start", row_text(self.start)))
        for kind, table in (("word", self.words), ("fact", self.circumstances)):
            for name, row in sorted(table.items()):
                yield "\t".join((kind, name, row))


def row_text(row: Iterable[float]) -> str:
    """A row as text."""
    return ",".join(f"{value:g}" for value in row)


def row_of(text: str) -> list[Any]:
    """The numbers of a row.

    Raises:
        ValueError: not a row.
    """
    row: list[Any] = json.loads(f"[{text}]")  # several times faster than to split it
    return row


def read_likeness(lines: Iterable[str], file: str = FILE) -> tuple[LikenessTable, list[Problem]]:
    """Read the lines; those that begin with # and empty ones are passed over."""
    causes: list[str] = []
    start: list[float] = []
    tables: dict[str, dict[str, str]] = {"word": {}, "fact": {}}
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        if not line or line.startswith("#"):
            continue
        kind, *cells = line.split("\t")
        if kind == "causes":
            causes = cells
            continue
        try:
            if kind == "start":
                start = row_of(cells[0])
            else:
                name, text = cells
                row = row_of(text)[kind == "word" :]
                numbers = row[::2]
                if len(row) % 2 or min(numbers) < 0 or max(numbers) >= len(causes):
                    raise ValueError(text)
                tables[kind][name] = text
        except (LookupError, TypeError, ValueError):
            problems.append(Problem(file, number, 1, "not a line of fitted weights", _EXPECTED))
    if len(start) != len(causes):
        problems.append(Problem(file, 0, 0, f"{len(causes)} causes, but {len(start)} weights to start with", _EXPECTED))
    return LikenessTable(causes, start, tables["word"], tables["fact"]), problems
