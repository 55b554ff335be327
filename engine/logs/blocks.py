"""Lines joined to events: a line with a head begins one; what belongs to it - a trace, an indented rest - follows.

This is the parser of every format in which an event begins with a recognisable line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from .event import NOTHING, Event, Line
from .reader import LONGEST_EVENT, Parser, decode
from .vocabulary import vocabulary

MOST_LINES = 500
"""Lines of one event; a longer trace is cut there."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the first line of an event tells.

    Attributes:
        text: the line, or what remains of it when the format's wrapping is taken off.
        whole: whether the event is this line alone, so that nothing that follows belongs to it.
        time, level, ids, stream, facts: as in `Event`.
    """

    text: str
    time: datetime | None = None
    level: str = ""
    ids: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    stream: str = ""
    facts: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    whole: bool = False


HeadOf: TypeAlias = Callable[[str], Head | None]
"""Reads the first line of an event; None when the line is no first line."""

# How traces go on without being indented: Java, .NET, Python, Go, Node, Ruby, PHP, in this order where they differ.
_GOES_ON = re.compile(
    r"[ \t]|$|Caused by: |Suppressed: |\.{3} \d{1,4} more|at [\w$.<]{2,}|--- End of |---> |Traceback \(most recent|During handling of the"
    r"|The above exception was|goroutine \d|created by |exit status \d|\[signal |panic: |from [/\w.]{2,}:\d|PHP Stack trace:"
    r"|Stack trace:|#\d{1,4} |  thrown in |thrown in |\^|[})\]]|\+ ?[A-Z]\w+Exception|\| "
)
_TRACE_BEGINS = re.compile(
    r"Traceback \(most recent call last\)|(?:Exception in thread |Unhandled [Ee]xception|Uncaught |panic: |PHP (?:Fatal|Warning))"
    r"|(?:[A-Za-z_$][\w$]{0,60}\.){0,12}[A-Z][\w$]{0,80}(?:Error|Exception|Fault)\b"
)
_LAST_OF_PYTHON = re.compile(r"(?:[A-Za-z_]\w{0,60}\.){0,12}[A-Za-z_]\w{0,80}(?:: |$)")
_PYTHON = "Traceback (most recent call last)"


def goes_on(text: str) -> bool:
    """Whether a line looks like a further line of a trace, or of anything else that was begun before."""
    return _GOES_ON.match(text) is not None


class BlockParser(Parser):
    """Joins lines to events by their heads.

    Args:
        source: for `Event.source`.
        head_of: reads first lines.
    """

    __slots__ = ("_begin", "_cut", "_head", "_head_of", "_last", "_lines", "_seen_head", "_size", "_source", "_trace")

    def __init__(self, source: str, head_of: HeadOf) -> None:
        self._source = source
        self._head_of = head_of
        self._seen_head = False
        self._clear()

    def feed(self, line: Line) -> list[Event]:
        """As `Parser.feed`."""
        number, data = line
        if self._head is not None and number == self._last:  # the rest of a long line
            self._append(number, decode(data), same=True)
            return []
        text = decode(data)
        head = self._head_of(text)
        if head is not None:
            self._seen_head = True
            done = self.flush()
            self._start(number, head)
            return [*done, *self.flush()] if head.whole else done
        if self._head is not None and self._continues(text):
            self._append(number, text)
            return []
        done = self.flush()
        if text.strip():
            self._start(number, Head(text))
        return done

    def flush(self) -> list[Event]:
        """As `Parser.flush`."""
        head = self._head
        if head is None:
            return []
        while len(self._lines) > 1 and not self._lines[-1].strip():
            self._lines.pop()
            self._last -= 1
        text = "\n".join(self._lines)
        ids = {**vocabulary().ids_in(text), **head.ids}
        event = Event(
            head.time, head.level, text, self._source, self._begin, max(self._last - self._begin + 1, 1), ids, head.stream,
            head.facts, self._cut,
        )  # fmt: skip
        self._clear()
        return [event]

    def _clear(self) -> None:
        self._head: Head | None = None
        self._lines: list[str] = []
        self._begin = self._last = self._size = 0
        self._cut = self._trace = False

    def _start(self, number: int, head: Head) -> None:
        self._head = head
        self._begin = self._last = number
        self._cut = len(head.text) > LONGEST_EVENT
        self._lines = [head.text[:LONGEST_EVENT]]
        self._size = len(self._lines[0])
        self._trace = _TRACE_BEGINS.match(head.text) is not None

    def _append(self, number: int, text: str, *, same: bool = False) -> None:
        room = LONGEST_EVENT - self._size - 1
        self._last = number
        if len(text) > room:
            self._cut = True
            text = text[: max(room, 0)]
        if same:
            self._lines[-1] += text
        elif text or room > 0:
            self._lines.append(text)
        self._size += len(text) + 1
        self._trace = self._trace or text.startswith(_PYTHON)

    def _continues(self, text: str) -> bool:
        """Whether a line without a head belongs to the event before it."""
        if self._last - self._begin >= MOST_LINES:
            return False
        if self._seen_head:
            return True
        if _GOES_ON.match(text):
            return bool(text.strip()) or self._trace
        if self._trace and self._lines[0].startswith(_PYTHON):
            return self._lines[-1].startswith((" ", "\t")) and _LAST_OF_PYTHON.match(text) is not None
        return False
