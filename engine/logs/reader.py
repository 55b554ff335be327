"""What every format's reader has: a name, a feeling for samples of its format, and a parser that is fed lines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from .event import Event, Line

LONGEST_EVENT = 64 << 10
"""Characters of one event; what is longer is cut (`Event.cut`)."""


class Parser(ABC):
    """Turns the lines of one source into events. Its memory is bounded, whatever it is fed."""

    @abstractmethod
    def feed(self, line: Line) -> list[Event]:
        """Take the next line; give back the events that are complete now."""

    @abstractmethod
    def flush(self) -> list[Event]:
        """Take what is pending as complete: the input ended, or has been quiet for a while."""


class Reader(ABC):
    """One format.

    Attributes:
        name: for `--format`.
        title: in one phrase.
        documents: whether the format is a whole document, of which a window may not make sense; such a file is fed from
            its beginning, long lines in pieces.
        states_facts: whether the format itself says what each event is about (an export of a provider's events).
    """

    name: str
    title: str
    documents: bool = False
    states_facts: bool = False

    @abstractmethod
    def sniff(self, sample: Sequence[str], name: str) -> float:
        """How well the lines of a sample fit, from 0 to 1. `name` is the file's name, which may be empty."""

    @abstractmethod
    def parser(self, source: str, *, reference: datetime | None = None) -> Parser:
        """A parser for one source.

        Args:
            source: name of the file or stream, for `Event.source`.
            reference: when the log was written at the latest (the file's modification time); completes times without a
                year or date. Without it they stay unknown.
        """

    def with_header(self, line: bytes) -> Reader:
        """A reader that also understands windows of a file with this first line (CSV); others are their own."""
        return self

    def events(self, lines: Iterable[Line], source: str = "", *, reference: datetime | None = None) -> Iterator[Event]:
        """The events of a file or of a window of it."""
        parser = self.parser(source, reference=reference)
        for line in lines:
            yield from parser.feed(line)
        yield from parser.flush()


def decode(line: bytes) -> str:
    """A line as text; bytes that are no UTF-8 are replaced, control characters other than tab and line feed taken out."""
    text = line.decode("utf-8", "replace")
    if text.isprintable():
        return text
    return text.rstrip("\r").translate(_CONTROL)


_CONTROL = {number: None if number == 0x1B else " " for number in [*range(9), *range(11, 32), 0x7F]}
