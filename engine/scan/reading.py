"""Windows to incidents: readers, joining, and counting of what was only counted. One thread, in the order of the logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ..logs.event import Event, Line
from ..logs.grouping import Counted, Group, Grouper
from ..logs.incident import Incident, comparable
from ..logs.joining import Joiner
from ..logs.lines import Tally, split_lines
from ..logs.opening import open_blocks
from .search import LineSearch
from .shapes import Repeats
from .source import Source
from .windows import Window

_MOST_PENDING = 50_000
_MOST_UNREAD = 4 << 20
_MOST_READ = 32  # lines of one shape
_ENOUGH_AGREEING = 6  # of which all decided for the same group, or all stood beside another line

OnGroup = Callable[[Group, bool], None]
"""Is told of every incident's group, and whether it is the first of it."""


@dataclass(slots=True)
class _Shape:
    """What became of the lines of one shape that were read, and those that were only counted.

    Attributes:
        groups: how often a line of it decided to which group an incident belongs.
        minor: how often it stood beside another line that decided.
        read: how many lines of it were read; repeats: how many were not, first and last: between which times.
        unread: some of those, whose times are not known yet.
    """

    groups: Counter[int] = field(default_factory=Counter)
    minor: int = 0
    read: int = 0
    repeats: int = 0
    first: datetime | None = None
    last: datetime | None = None
    unread: list[tuple[Source, bytes]] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        """Whether it is known what becomes of its lines."""
        return self.groups.total() + self.minor >= _ENOUGH_AGREEING and len(self.groups) + (self.minor > 0) == 1

    def read_times(self) -> int:
        """Find out when the lines that were only counted were written; how many bytes these were."""
        size = sum(len(line) for _, line in self.unread)
        for source, line in self.unread:
            time = source.time_of(line)
            if time is not None:
                self.first = min(self.first or time, time, key=comparable)
                self.last = max(self.last or time, time, key=comparable)
        self.unread.clear()
        return size

    def forget_repeats(self) -> None:
        """They have been taken notice of."""
        self.repeats, self.first, self.last = 0, None, None
        self.unread.clear()


class Reading:
    """Turns windows into incidents and incidents into groups.

    Args:
        grouper: takes the incidents.
        search: tells which events of a whole document are worth reading.
        on_group: is told of every incident.
    """

    def __init__(self, grouper: Grouper, search: LineSearch, on_group: OnGroup | None = None) -> None:
        self.grouper = grouper
        self._search = search
        self._joiner = Joiner()
        self._on_group = on_group
        self._shapes: dict[int, _Shape] = {}
        self._shapes_at: dict[tuple[str, int], tuple[int, ...]] = {}  # of events that wait in the joiner
        self._groups: dict[int, Group] = {}
        self._unread = 0  # bytes of lines whose times may still be wanted
        self._deciding: dict[int, int] = {}  # group -> shape of the line that its diagnosis rests on

    def take(self, source: Source, window: Window) -> None:
        """Read a window."""
        if source.reader.documents and not source.growing:
            if not source.read_whole:
                self.take_document(source, split_lines(open_blocks(source.name, Tally()), Tally(), pieces=True))
            return
        hits = [(number + source.lines_before, shape) for number, shape in self._worth_reading(source, window)]
        if not hits:
            return
        lines = ((number + source.lines_before, line) for number, line in window.lines)
        events = list(source.events(lines))
        # A line that a collector cut in two is an event of its last piece only.
        loose = tuple(
            shape for number, shape in hits if not any(event.line <= number <= event.last_line for event in events)
        )
        for event in events:
            shapes = tuple(shape for number, shape in hits if event.line <= number <= event.last_line)
            if not shapes and loose and self._search.lines(event.text.encode("utf-8", "replace")):
                shapes, loose = loose, ()
            if (
                shapes
                and event.lines > 1
                and len(hits) > len(shapes)
                and not self._search.lines(event.text.encode("utf-8", "replace"))
            ):
                shapes = ()  # another stream's line in between
            self._add(event, shapes)

    def take_document(self, source: Source, lines: Iterable[Line]) -> None:
        """Read a whole document, of which a window makes no sense (HAR, a dialogue, a mail)."""
        source.read_whole = True
        for event in source.events(lines):
            self._add(event, (0,) if self._search.lines(event.text.encode("utf-8", "replace")) else ())

    def _worth_reading(self, source: Source, window: Window) -> Iterator[tuple[int, int]]:
        """The hits whose shape was not read often enough; the others are only counted."""
        lines: dict[int, bytes] = {}
        for number, shape in window.hits:
            record = self._shapes.setdefault(shape, _Shape())
            if record.read < _MOST_READ and not record.settled:
                record.read += 1
                yield number, shape
            else:
                lines = lines or dict(window.lines)
                self._repeat(record, 1, source, (lines[number],))

    def take_repeats(self, source: Source, repeats: Iterable[Repeats]) -> None:
        """Take notice of lines that were only counted."""
        if source.read_whole:
            return
        for one in repeats:
            shape = self._shapes.setdefault(one.shape, _Shape())
            self._repeat(shape, one.count, source, (one.first, one.last))
            if shape.groups:  # will be wanted, and at the end everybody would wait for it
                self._unread -= shape.read_times()

    def _repeat(self, shape: _Shape, count: int, source: Source, lines: Iterable[bytes]) -> None:
        """Count lines that were not read. Their times are read later, if at all: most shapes are no incidents."""
        shape.repeats += count
        for line in lines:
            shape.unread.append((source, line))
            self._unread += len(line)
        if self._unread > _MOST_UNREAD:
            for one in self._shapes.values():
                one.read_times()
            self._unread = 0

    def flush(self) -> None:
        """What is pending is complete now."""
        for incident in self._joiner.flush():
            self._group(incident)
        self._shapes_at.clear()

    def count_repeats(self) -> None:
        """Add what was only counted to the groups, in the proportion in which its shape was found in them when it was read.

        A line decides its incident's group or stands beside the one that does; only what decides is an incident more.
        """
        for shape in self._shapes.values():
            seen = shape.groups.total() + shape.minor
            left = shape.repeats * shape.groups.total() // seen if seen else 0
            votes = shape.groups.total()
            if left:
                shape.read_times()
            for number, times in shape.groups.most_common():
                share = -(-left * times // votes)
                votes -= times
                left -= share
                if share:
                    self._groups[number].add(share, shape.first, shape.last)
            shape.forget_repeats()
        self._unread = 0

    def _add(self, event: Event, shapes: tuple[int, ...]) -> None:
        if shapes:
            if len(self._shapes_at) > _MOST_PENDING:
                self._shapes_at.clear()
            self._shapes_at[event.source, event.line] = shapes
        for incident in self._joiner.add(event, hit=bool(shapes)):
            self._group(incident)

    def _group(self, incident: Incident) -> None:
        for one in self.grouper.add(incident):
            self._take_notice(one)

    def _take_notice(self, counted: Counted) -> None:
        """Remember what became of the lines of an incident."""
        incident, group, new = counted.incident, counted.group, counted.new
        lines = {(hit.source, hit.line): hit for hit in incident.hits}
        shapes = {place: found for place in lines if (found := self._shapes_at.pop(place, ()))}
        if group is None:
            return
        number = id(group)
        self._groups[number] = group
        if new and shapes:
            self._deciding[number] = _decides(group, incident, shapes)
        present = [shape for found in shapes.values() for shape in found]
        deciding = self._deciding.get(number)
        if deciding not in present:
            deciding = present[0] if present else None
        for shape in dict.fromkeys(present):
            record = self._shapes.setdefault(shape, _Shape())
            if shape == deciding:
                record.groups[number] += 1
            else:
                record.minor += 1
        if self._on_group:
            self._on_group(group, new)


def _decides(group: Group, incident: Incident, shapes: dict[tuple[str, int], tuple[int, ...]]) -> int:
    """The shape of the line that the group's diagnosis rests on, or else of the incident's first."""
    causes = group.diagnosis.causes
    evidence = sorted(causes[0].evidence if causes else (), key=lambda item: -item.weight)
    for item in evidence:
        for hit in incident.hits:
            if item.line is not None and hit.line <= item.line <= hit.last_line and (hit.source, hit.line) in shapes:
                return shapes[hit.source, hit.line][0]
    return next(iter(shapes.values()))[0]
