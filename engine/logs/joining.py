"""Events to incidents: what has a trace, request, session or flow in common belongs together, and so does what one
thread or stream says at about the same time - unless it says by itself that it does not.

Memory is bounded: an incident that nothing came to for a while is complete, and so is the oldest one when there are too
many. No step looks at more than a fixed number of open incidents.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterable
from datetime import datetime, timedelta
from typing import TypeAlias

from .event import Event
from .incident import Incident, comparable, make_incident
from .template import shape_of
from .vocabulary import vocabulary

_MOST_OPEN = 5_000
_MOST_EVENTS = 40
_MOST_CHARACTERS = 48 << 10
_MOST_KEYS = 60
_MOST_CONTEXT = 2_000
_Key: TypeAlias = Hashable


class _Open:
    """An incident that may still grow."""

    __slots__ = ("events", "hits", "ids", "keys", "last", "line", "shapes", "size")

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.hits: list[Event] = []
        self.ids: dict[str, set[str]] = {}
        self.keys: list[_Key] = []
        self.shapes: set[int] = set()
        self.last: datetime | None = None  # the latest time of its events
        self.line = 0
        self.size = 0


class Joiner:
    """Joins events that arrive in about the order of their time.

    Args:
        gap: how long an incident waits for further events.
        close: how near in time events of one stream have to be, to be joined without an id in common.
        lines: how near in the file, where there is no time, or no stream either.
    """

    def __init__(
        self, *, gap: timedelta = timedelta(seconds=60), close: timedelta = timedelta(seconds=5), lines: int = 25
    ) -> None:
        self._gap = gap
        self._close = close
        self._lines = lines
        self._open: OrderedDict[int, _Open] = OrderedDict()  # the least recently touched first
        self._by_key: dict[_Key, int] = {}
        self._context: OrderedDict[_Key, deque[Event]] = OrderedDict()
        self._number = 0
        self._joins = {kind.kind: kind.joins for kind in vocabulary().ids}

    def add(self, event: Event, *, hit: bool = True) -> list[Incident]:
        """Take an event; give back the incidents that are complete now.

        Args:
            hit: whether the event makes an incident. Others are context: they join an incident with which they share an
                id, earlier or later.
        """
        strong = [(kind, value) for kind, value in event.ids.items() if self._joins.get(kind) == "always"]
        weak = self._weak_keys(event)
        shape = shape_of(event.text) if hit else None
        targets = self._targets(event, strong, weak, shape)
        if not targets and not hit:
            for key in (*strong, weak[-1]):
                self._remember(key, event)
            return []
        number = self._merge(targets) if targets else self._begin()
        incident = self._open[number]
        if hit:
            for key in (*strong, weak[-1]):
                self._take_context(incident, key, event, same_stream=key is weak[-1])
        self._put(incident, event, shape)
        for key in (*strong, *weak):
            if hit or key in strong:
                self._claim(incident, number, key)
        self._open.move_to_end(number)
        return self._complete(event.time)

    def expire(self, now: datetime) -> list[Incident]:
        """The incidents that nothing came to for longer than the gap (aware `now`)."""
        return self._complete(now)

    def flush(self) -> list[Incident]:
        """All that are open: the input ended, or has been quiet."""
        done = [self._close_one(number) for number in list(self._open)]
        self._context.clear()
        return _sorted(filter(None, done))

    def _weak_keys(self, event: Event) -> list[_Key]:
        """Keys that join only what is close; the last is the stream itself."""
        keys: list[_Key] = [
            ("near", kind, value) for kind, value in event.ids.items() if self._joins.get(kind) == "close"
        ]
        return [*keys, ("stream", event.source, event.stream)]

    def _targets(self, event: Event, strong: list[tuple[str, str]], weak: list[_Key], shape: int | None) -> list[int]:
        found = dict.fromkeys(self._by_key[key] for key in strong if key in self._by_key)
        if not found and shape is not None:
            for key in weak:
                number = self._by_key.get(key)
                if number is not None and self._is_close(event, shape, self._open[number], anonymous=key is weak[-1]):
                    found[number] = None
                    break
        return list(found)

    def _is_close(self, event: Event, shape: int, other: _Open, *, anonymous: bool) -> bool:
        """Whether nothing contradicts: no other id of the same kind, not the same message once more, not long ago."""
        if shape in other.shapes:
            return False  # the same again is the next incident
        for kind, value in event.ids.items():
            if value not in other.ids.get(kind, (value,)):
                return False
        near_lines = other.hits[-1].source == event.source and 0 <= event.line - other.line <= self._lines
        if event.time is None or other.last is None:
            return near_lines
        apart = abs(comparable(event.time) - comparable(other.last))
        if anonymous and not event.stream:
            return apart <= self._close and near_lines
        return apart <= self._close

    def _merge(self, numbers: list[int]) -> int:
        first, *others = numbers
        incident = self._open[first]
        for number in others:
            other = self._open.pop(number)
            for event in other.events:
                self._put(incident, event, 0 if any(event is one for one in other.hits) else None)
            incident.shapes |= other.shapes
            for key in other.keys:
                if self._by_key.get(key) == number:
                    del self._by_key[key]
                    self._claim(incident, first, key)
        return first

    def _begin(self) -> int:
        self._number += 1
        self._open[self._number] = _Open()
        return self._number

    def _put(self, incident: _Open, event: Event, shape: int | None) -> None:
        """Add an event; `shape` is None for context."""
        hit = shape is not None
        if shape is not None:
            incident.shapes.add(shape)
            incident.line = max(incident.line, event.last_line)
        for kind, value in event.ids.items():
            values = incident.ids.setdefault(kind, set())
            if len(values) < _MOST_KEYS:
                values.add(value)
        if event.time is not None and (incident.last is None or comparable(event.time) > comparable(incident.last)):
            incident.last = event.time
        room = len(incident.events) < _MOST_EVENTS and incident.size + len(event.text) <= _MOST_CHARACTERS
        if room or (hit and not incident.hits):
            incident.events.append(event)
            incident.size += len(event.text)
            if hit:
                incident.hits.append(event)

    def _claim(self, incident: _Open, number: int, key: _Key) -> None:
        if self._by_key.get(key) != number and len(incident.keys) < _MOST_KEYS:
            incident.keys.append(key)
            self._by_key[key] = number

    def _remember(self, key: _Key, event: Event) -> None:
        held = self._context.get(key)
        if held is None:
            if len(self._context) >= _MOST_CONTEXT:
                self._context.popitem(last=False)
            held = self._context[key] = deque(maxlen=3)
        held.append(event)
        self._context.move_to_end(key)

    def _take_context(self, incident: _Open, key: _Key, hit: Event, *, same_stream: bool) -> None:
        for event in self._context.pop(key, ()):
            if same_stream and not (0 <= hit.line - event.last_line <= 3 and event.source == hit.source):
                continue
            if all(event is not one for one in incident.events):
                self._put(incident, event, None)

    def _complete(self, now: datetime | None) -> list[Incident]:
        done: list[Incident | None] = []
        while self._open:
            number, oldest = next(iter(self._open.items()))
            late = now is not None and oldest.last is not None and comparable(now) - comparable(oldest.last) > self._gap
            if not late and len(self._open) <= _MOST_OPEN:
                break
            done.append(self._close_one(number))
        return _sorted(filter(None, done))

    def _close_one(self, number: int) -> Incident | None:
        incident = self._open.pop(number)
        for key in incident.keys:
            if self._by_key.get(key) == number:
                del self._by_key[key]
        if not incident.hits:
            return None
        events = sorted(incident.events, key=_place)
        return make_incident(events, sorted(incident.hits, key=_place))


def _place(event: Event) -> tuple[bool, datetime, str, int]:
    """In the order of time where all have one zone's time, else as they stand."""
    return event.time is None, comparable(event.time) if event.time else _NEVER, event.source, event.line


def _sorted(incidents: Iterable[Incident]) -> list[Incident]:
    return sorted(incidents, key=lambda incident: _place(incident.hits[0]))


_NEVER = comparable(datetime(1, 1, 2))
