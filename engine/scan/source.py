"""A log as its reader sees it: its name, its format, and the parser that knows what came before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from ..logs.detection import detect, reader_named
from ..logs.event import Event, Line
from ..logs.lines import Tally
from ..logs.opening import SAMPLE, open_blocks
from ..logs.reader import Reader


class Source:
    """One log: its name, its format, and the number of lines that stand before the window that comes next."""

    def __init__(self, name: str, reader: Reader, reference: datetime | None = None, *, growing: bool = False) -> None:
        self.name = name
        self.growing = growing  # so that it cannot be read as a whole
        self.reader = reader
        self.reference = reference
        self.lines_before = 0
        self.read_whole = False
        self._parser = reader.parser(name, reference=reference)
        self._single = reader.parser(name, reference=reference)  # for lines out of their order
        self._singles = 0

    def events(self, lines: Iterable[Line]) -> Iterator[Event]:
        """The events of some of its lines, which are complete with the last of them.

        The parser stays the same: it has found out what is inside of what, for each stream.
        """
        for line in lines:
            yield from self._parser.feed(line)
        yield from self._parser.flush()

    def time_of(self, line: bytes) -> datetime | None:
        """When one of its lines was written, as far as the line alone tells."""
        self._singles += 1
        events = [*self._single.feed((self._singles, line)), *self._single.flush()]
        return next((event.time for event in events if event.time), None)


def open_source(path: str, name: str | None = None, form: str | None = None) -> Source:
    """Find out the format of a file.

    Args:
        path: of the file.
        name: what it is called in reports; the path when not given.
        form: name of the format, where the user knows it.

    Raises:
        OpeningError: it cannot be read.
        ValueError: there is no such format.
    """
    blocks = open_blocks(path, Tally(), size=SAMPLE)
    sample = b""
    for block in blocks:
        sample += block
        if len(sample) >= SAMPLE:
            break
    return Source(name or path, reader_of(sample, path, form), _written(path))


def reader_of(sample: bytes, name: str = "", form: str | None = None) -> Reader:
    """The reader for a log that begins like this. Raises ValueError for an unknown format."""
    reader = reader_named(form) if form else detect(sample[:SAMPLE], Path(name).name)
    return reader.with_header(sample.partition(b"\n")[0].rstrip(b"\r"))


def _written(path: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(Path(path).stat().st_mtime, UTC)
    except OSError:
        return None
