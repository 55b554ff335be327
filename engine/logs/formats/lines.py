"""Readers of formats that write one event a line: they know their lines, everything else is read as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from ..blocks import BlockParser, Head, HeadOf
from ..reader import Parser, Reader
from .text import head_of_text

LineHead: TypeAlias = Callable[[str, datetime | None], Head | None]
"""Reads a line of one format; None when it is none."""


class LineReader(Reader):
    """A format with one event a line.

    Args:
        name, title: as for every reader.
        head_of: reads a line.
        weight: how sure a fitting line makes; more for formats that cannot be mistaken.
    """

    def __init__(self, name: str, title: str, head_of: LineHead, weight: float = 0.9) -> None:
        self.name = name
        self.title = title
        self._head_of = head_of
        self._weight = weight

    def sniff(self, sample: Sequence[str], name: str) -> float:
        """As `Reader.sniff`."""
        lines = [line for line in sample if line.strip() and not line[0].isspace()][:100]
        fitting = sum(self._head_of(line, None) is not None for line in lines)
        return self._weight * fitting / len(lines) if lines and fitting * 4 >= len(lines) else 0.0

    def parser(self, source: str, *, reference: datetime | None = None) -> Parser:
        """As `Reader.parser`."""
        return BlockParser(source, self._or_text(reference))

    def _or_text(self, reference: datetime | None) -> HeadOf:
        as_text = head_of_text(reference)

        def head_of(line: str) -> Head | None:
            return self._head_of(line, reference) or as_text(line)

        return head_of
