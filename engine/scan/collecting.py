"""What was found in the pieces of logs becomes one report: read, judged and counted in the order of the logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from ..diagnosis import Diagnosis
from ..logs.grouping import Grouper
from ..logs.lines import Tally, split_lines
from ..logs.opening import OpeningError, read_blocks
from ..logs.report import ScanReport, make_report
from .anchors import Anchors
from .judge import Judge
from .pieces import Piece, PieceFound
from .reading import OnGroup, Reading
from .source import Source, open_source, reader_of
from .windows import Tools, cut_windows

if TYPE_CHECKING:
    from ..doctor import Doctor

_NAME_OF_INPUT = "standard input"


class Collector:
    """Reads what was found.

    Args:
        anchors: what was looked for.
        doctor: is asked for when the first incident was found, or by `prepare`.
        tools: search what can only be read as a stream or as a whole.
        form: name of the format of all logs; found out for each when None.
        on_problem: hears at once of what cannot be read.
        on_group: hears of every incident that was read in full.
    """

    def __init__(
        self,
        anchors: Anchors,
        doctor: Callable[[], Doctor],
        tools: Tools,
        *,
        form: str | None = None,
        on_problem: Callable[[str], None] | None = None,
        on_group: OnGroup | None = None,
    ) -> None:
        self._anchors = anchors
        self._doctor = doctor
        self._judge: Judge | None = None
        self._tools = tools
        self._form = form
        self._on_problem = on_problem
        self._reading = Reading(Grouper(self._diagnose, elsewhere=anchors.elsewhere), tools.search, on_group)
        self._tally = Tally()
        self._problems: list[str] = []
        self._left_out = 0
        self._path = ""
        self._source: Source | None = None
        self._lines_before = 0

    def prepare(self) -> Judge:
        """Make what judges now."""
        if self._judge is None:
            self._judge = Judge(self._doctor(), self._anchors)
        return self._judge

    def take(self, piece: Piece, found: PieceFound) -> None:
        """Read what was found in a piece. The pieces of a log come one after the other."""
        if piece.path != self._path:
            self._path, self._source, self._lines_before = piece.path, None, 0
        if found.problem:
            self._problem(found.problem)
        self._tally.add(found.tally)
        self._left_out += found.left_out
        if found.windows or found.repeats:
            source = self._source = self._source or open_source(piece.path, form=self._form)
            source.lines_before = self._lines_before
            for window in found.windows:
                self._reading.take(source, window)
            self._reading.take_repeats(source, found.repeats)
        self._lines_before += found.tally.lines

    def take_stream(self, stream: BinaryIO) -> None:
        """Search and read standard input."""
        try:
            self._read_stream(stream)
        except OpeningError as error:
            self._problem(str(error))

    def report(self) -> ScanReport:
        """What all of it comes to."""
        self._reading.flush()
        self._reading.count_repeats()
        if self._left_out:
            self._problem(f"{self._left_out:,} line(s) that may be incidents were not read: too many different ones")
        return make_report(self._reading.grouper, self._tally, self._problems)

    def _read_stream(self, stream: BinaryIO) -> None:
        own, tools = Tally(), self._tools
        blocks = read_blocks(stream, _NAME_OF_INPUT, own)
        first = next(blocks, b"")
        source = Source(_NAME_OF_INPUT, reader_of(first, form=self._form))
        tools.given = lambda: source.reader.states_facts
        if source.reader.documents:
            self._reading.take_document(source, split_lines(chain([first], blocks), own, pieces=True))
        else:
            for window in cut_windows(chain([first], blocks), tools, own):
                self._reading.take(source, window)
        self._reading.take_repeats(source, tools.shapes.take_repeats())
        self._tally.add(own)

    def _diagnose(self, text: str, facts: Mapping[str, str]) -> Diagnosis:
        return self.prepare()(text, facts)

    def _problem(self, message: str) -> None:
        self._problems.append(message)
        if self._on_problem:
            self._on_problem(message)
