"""Formats that wrap others: each line is unwrapped, and what is inside goes to a parser of its own for every stream.

So a trace that a container wrote line by line comes together again, also when several pods write into one file.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from .blocks import goes_on
from .event import NOTHING, Event, Line
from .reader import LONGEST_EVENT, Parser, Reader, decode

_MOST_STREAMS = 256
_SAMPLE_LINES = 20
_SAMPLE_BYTES = 16 << 10
_TOGETHER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Inside:
    """What one line wraps.

    Attributes:
        text: the line inside; stream: which parser it goes to.
        partial: the line inside goes on in the next line of this stream.
        time, level, ids: what the wrapping says, for events that do not say it themselves.
    """

    text: str
    stream: str = ""
    time: datetime | None = None
    level: str = ""
    ids: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    partial: bool = False


Unwrap: TypeAlias = Callable[[str], Inside | None]
"""Takes the wrapping off; None when a line is not wrapped."""
Detect: TypeAlias = Callable[[bytes, str], Reader]


class AdaptiveParser(Parser):
    """Finds the format out from the first lines, then is a parser of that format."""

    __slots__ = ("_detect", "_ends", "_held", "_parser", "_reference", "_size", "_source")

    def __init__(self, source: str, detect: Detect, reference: datetime | None) -> None:
        self._source = source
        self._detect = detect
        self._reference = reference
        self._held: list[Line] = []
        self._ends: set[int] = set()  # before which of them something else begins
        self._size = 0
        self._parser: Parser | None = None

    def feed(self, line: Line) -> list[Event]:
        """As `Parser.feed`."""
        if self._parser is not None:
            return self._parser.feed(line)
        self._held.append(line)
        self._size += len(line[1])
        return self._decide() if len(self._held) >= _SAMPLE_LINES or self._size >= _SAMPLE_BYTES else []

    def boundary(self) -> list[Event]:
        """What was fed so far is complete: the next line begins something else."""
        if self._parser is not None:
            return self._parser.flush()
        self._ends.add(len(self._held))
        return []

    def flush(self) -> list[Event]:
        """As `Parser.flush`."""
        done = self._decide() if self._parser is None and self._held else []
        return [*done, *self._parser.flush()] if self._parser is not None else done

    def _decide(self) -> list[Event]:
        sample = b"\n".join(data for _, data in self._held)
        self._parser = self._detect(sample, "").parser(self._source, reference=self._reference)
        held, self._held = self._held, []
        done: list[Event] = []
        for place, line in enumerate(held):
            if place in self._ends:
                done += self._parser.flush()
            done += self._parser.feed(line)
        return done


class _Stream:
    """One stream's parser, what the wrapping said about its recent lines, and a line that is not complete yet."""

    __slots__ = ("parser", "partial", "said", "size")

    def __init__(self, parser: AdaptiveParser) -> None:
        self.parser = parser
        self.said: deque[tuple[int, Inside]] = deque(maxlen=1000)
        self.partial: list[str] = []
        self.size = 0


class WrappedParser(Parser):
    """Unwraps lines and keeps streams apart; the stream that was silent longest ends when there are too many.

    Args:
        unwrap: takes the wrapping off.
        inner: makes a stream's parser.
        messages: whether each line is a message of its own (syslog), unless it is visibly the next line of a trace;
            otherwise lines that are not written at about the same time are.
    """

    __slots__ = ("_fed", "_inner", "_messages", "_streams", "_unwrap")

    def __init__(self, unwrap: Unwrap, inner: Callable[[], AdaptiveParser], *, messages: bool = False) -> None:
        self._unwrap = unwrap
        self._messages = messages
        self._inner = inner
        self._streams: OrderedDict[str, _Stream] = OrderedDict()
        self._fed: dict[str, None] = {}  # the streams that may have something pending

    def feed(self, line: Line) -> list[Event]:
        """As `Parser.feed`."""
        number, data = line
        text = decode(data)
        inside = self._unwrap(text) or Inside(text)
        done: list[Event] = []
        stream = self._streams.get(inside.stream)
        if stream is None:
            if len(self._streams) >= _MOST_STREAMS:
                name, oldest = self._streams.popitem(last=False)
                done += self._end(name, oldest)
                self._fed.pop(name, None)
            stream = self._streams[inside.stream] = _Stream(self._inner())
        self._streams.move_to_end(inside.stream)
        self._fed[inside.stream] = None
        text = inside.text
        if inside.partial or stream.partial:
            if stream.size < LONGEST_EVENT:
                stream.partial.append(text[: LONGEST_EVENT - stream.size])
                stream.size += len(text)
            if inside.partial:
                return done
            text = "".join(stream.partial)
            stream.partial, stream.size = [], 0
        if stream.said and self._begins(text, inside, stream.said[-1][1]):
            done += self._finish(inside.stream, stream, stream.parser.boundary())
        stream.said.append((number, inside))
        done += self._finish(inside.stream, stream, stream.parser.feed((number, text.encode("utf-8", "replace"))))
        return done

    def _begins(self, text: str, inside: Inside, before: Inside) -> bool:
        """Whether a line cannot belong to the one before it in its stream."""
        if self._messages and not goes_on(text):
            return True
        if inside.time is None or before.time is None or (inside.time.tzinfo is None) != (before.time.tzinfo is None):
            return False
        return abs(inside.time - before.time) > _TOGETHER

    def flush(self) -> list[Event]:
        """As `Parser.flush`."""
        fed, self._fed = self._fed, {}
        return [event for name in fed for event in self._end(name, self._streams[name])]

    def _end(self, name: str, stream: _Stream) -> list[Event]:
        events = []
        if stream.partial:
            number = stream.said[-1][0] + 1 if stream.said else 1
            events = stream.parser.feed((number, "".join(stream.partial).encode("utf-8", "replace")))
            stream.partial, stream.size = [], 0
        return self._finish(name, stream, [*events, *stream.parser.flush()])

    def _finish(self, name: str, stream: _Stream, events: list[Event]) -> list[Event]:
        result = []
        for event in events:
            while stream.said and stream.said[0][0] < event.line:
                stream.said.popleft()
            said = stream.said[0][1] if stream.said and stream.said[0][0] == event.line else None
            inner = f"{name}/{event.stream}" if name and event.stream else name or event.stream
            if said is None:
                result.append(replace(event, stream=inner))
                continue
            result.append(
                replace(
                    event,
                    time=said.time or event.time,
                    level=event.level or said.level,
                    ids={**said.ids, **event.ids},
                    stream=inner,
                )
            )
        return result
