"""A log that still grows: the lines of an incident are let settle for a moment, then it is diagnosed."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime

from ..doctor import Doctor
from ..logs.grouping import Grouper
from ..logs.lines import Tally
from ..logs.opening import SAMPLE
from ..logs.report import ScanReport, make_report
from .anchors import Anchors
from .following import FileFollower, Follower
from .judge import Judge
from .reading import OnGroup, Reading
from .search import Choice
from .source import Source, reader_of
from .windows import Buffer, Tools, cut_buffer

SETTLE = 0.008
"""Seconds without a further line after which an incident is taken as complete."""

_LONGEST_SETTLE = 0.05
_IDLE = 0.25
_MUCH = 256 << 10  # bytes that are read at once, without waiting for what belongs to them
_ENOUGH_TO_DETECT = 16 << 10
_LONGEST_LINE = 4 << 20


class Watcher:
    """Takes what is appended to a log, and tells of incidents.

    Args:
        name: of the log, in reports.
        anchors: what to look for.
        doctor: diagnoses.
        on_group: is told of every incident that was read, and whether it is the first of its kind.
        form: name of the format; found out when None.
        search: which search.
        clock: seconds, for tests.

    Raises:
        ValueError: there is no such format.
        ImportError: the search that was asked for is not installed.
    """

    def __init__(
        self,
        name: str,
        anchors: Anchors,
        doctor: Doctor,
        on_group: OnGroup,
        *,
        form: str | None = None,
        search: Choice = "auto",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tally = Tally(files=1)
        self._name = name
        self._form = form
        self._clock = clock
        self._tools = Tools(anchors, search)
        self._judge = judge = Judge(doctor, anchors)
        judge("", {})  # what the first diagnosis needs is loaded before the first incident
        self._cold = [*doctor.knowledge.causes.values()]
        self._reading = Reading(Grouper(judge, elsewhere=anchors.elsewhere), self._tools.search, on_group)
        self._sample = b""
        self._source = self._detected()
        self._tools.given = lambda: self._source.reader.states_facts
        self._buffer = Buffer()
        self._looked_at = 0  # of the buffer, by the search
        self._hit_since: float | None = None
        self._latest = 0.0

    def sample(self, head: bytes) -> None:
        """Show the beginning of the log, when only its end is read."""
        self._sample = head[:SAMPLE]
        self._source = self._detected()

    def feed(self, data: bytes) -> None:
        """Take what was appended, cut anywhere."""
        self.tally.bytes += len(data)
        if len(self._sample) < _ENOUGH_TO_DETECT:
            self._sample += data[: SAMPLE - len(self._sample)]
            self._source = self._detected(self._source)
        self._buffer.append(data)
        self._latest = self._clock()
        self._look()
        self.settle()

    def warm(self) -> bool:
        """Prepare for another cause: what its typical messages need is compiled. False when that was done for all.

        A diagnosis whose patterns and templates are compiled takes a third of the time of one that compiles them.
        """
        if not self._cold:
            return False
        cause = self._cold.pop()
        self._judge("\n".join(cause.appears), {})
        return True

    def due(self) -> float:
        """Seconds until `settle` has something to do."""
        if self._hit_since is None:
            return _IDLE
        now = self._clock()
        return max(min(self._latest + SETTLE, self._hit_since + _LONGEST_SETTLE) - now, 0.0)

    def settle(self) -> None:
        """Diagnose what is complete by now."""
        stop = self._complete()
        if self._hit_since is not None and (self.due() <= 0 or stop - self._buffer.start > _MUCH):
            self._read(stop)

    def finish(self) -> ScanReport:
        """Nothing more comes: diagnose what is left, also a last line without a line break, and sum up."""
        stop = len(self._buffer.data)
        if stop > self._buffer.start:
            self._read(stop)
        self.tally.lines = self._buffer.line - 1 + self._buffer.unfinished
        return self.report()

    def report(self) -> ScanReport:
        """What was found so far."""
        self._reading.take_repeats(self._source, self._tools.shapes.take_repeats())
        self._reading.count_repeats()
        return make_report(self._reading.grouper, self.tally)

    def _detected(self, before: Source | None = None) -> Source:
        reader = reader_of(self._sample, self._name, self._form)
        if before is not None and before.reader.name == reader.name:
            return before
        return Source(self._name, reader, datetime.now(UTC), growing=True)

    def _complete(self) -> int:
        """Where the last whole line ends; a line that does not end for too long is taken as it is."""
        data = self._buffer.data
        stop = data.rfind(b"\n", self._buffer.start) + 1
        return stop or (len(data) if len(data) - self._buffer.start > _LONGEST_LINE else self._buffer.start)

    def _look(self) -> None:
        stop = self._complete()
        begin = max(self._looked_at, self._buffer.start)
        if stop > begin:
            if self._tools.search.lines(self._buffer.data[begin:stop]):
                self._hit_since = self._hit_since or self._latest
            self._looked_at = stop
        if self._hit_since is None and stop > self._buffer.start:
            self._advance(stop)

    def _read(self, stop: int) -> None:
        self._hit_since = None
        for window in cut_buffer(self._buffer, stop, self._tools):
            self._reading.take(self._source, window)
        self._reading.flush()
        self._advance(stop)

    def _advance(self, stop: int) -> None:
        self._buffer.advance(stop)
        self._looked_at = self._buffer.start


def watch_log(follower: Follower, watcher: Watcher, stopped: Callable[[], bool]) -> ScanReport:
    """Feed a watcher until the log ends or somebody says stop; what was read by then is diagnosed.

    Raises:
        OpeningError: the log cannot be read any more.
    """
    if isinstance(follower, FileFollower):
        watcher.sample(follower.head(SAMPLE))
    warming = True
    try:
        while not stopped() and not follower.ended:
            data = follower.read(0.0 if warming and watcher.due() >= _IDLE else watcher.due())
            if data:
                watcher.feed(data)
            else:
                watcher.settle()
                if warming and not watcher.warm():
                    warming = False
                    gc.collect()
                    gc.freeze()  # the knowledge is not looked through again in the middle of an incident
    finally:
        follower.close()
    return watcher.finish()
