"""Complete JSON objects out of a stream of lines: one a line, pretty-printed, or in documents larger than memory.

Only brackets and quotes are looked at here. Memory is bounded: very long strings are shortened, and when an object
becomes too large, it is given up as a whole and its complete members are handed out instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LARGEST_OBJECT = 1 << 20
_LONGEST_STRING = 16 << 10
_DEEPEST = 200
_SIGNS = re.compile(rb"[{}\[\]\"]")
_HALF_ESCAPE = re.compile(rb"\\u[0-9a-fA-F]{0,3}\Z")
_ELEMENTS_DEPTH = 4
_MOST_INSIDE = 10_000


@dataclass(slots=True)
class Found:
    """A complete value.

    Attributes:
        data: its bytes; first, last: its lines, 1-based.
        elements: first and last line of every object in its longest array (a container of records), if it has one.
    """

    data: bytes
    first: int
    last: int
    elements: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Frame:
    start: int
    line: int
    array: bool
    inside: list[tuple[int, int, int, int]] = field(
        default_factory=list
    )  # complete objects: start, end, first, last line
    elements: list[tuple[int, int]] = field(default_factory=list)


class ObjectScanner:
    """Finds complete objects. Work is linear in what is fed."""

    __slots__ = (
        "_base",
        "_buffer",
        "_escaped",
        "_in_string",
        "_line",
        "_stack",
        "_string_size",
        "shortened",
        "too_deep",
    )

    def __init__(self) -> None:
        self.shortened = 0  # strings that were shortened
        self.reset()

    def reset(self) -> None:
        """Forget what is open."""
        self._buffer = bytearray()
        self._stack: list[_Frame] = []
        self._base = 0  # so many frames at the bottom were given up; what is complete inside them is handed out
        self._in_string = False
        self._escaped = False  # the piece before ended with a backslash
        self._string_size = 0
        self._line = 0
        self.too_deep = False

    @property
    def is_open(self) -> bool:
        """Whether something began that is not complete."""
        return bool(self._stack)

    def feed(self, number: int, data: bytes) -> list[Found]:
        """Take a line, or a further piece of the same line."""
        found: list[Found] = []
        if number != self._line:
            self._in_string = self._escaped = False  # strings end with their line
            if self._stack and len(self._stack) > self._base:
                self._buffer += b"\n"
            self._line = number
        at = 0
        while at < len(data):
            if self._in_string:
                at = self._string(data, at)
                continue
            sign = _SIGNS.search(data, at)
            end = sign.end() if sign else len(data)
            keep = len(self._stack) > self._base
            if sign is None:
                if keep:
                    self._buffer += data[at:]
                break
            if keep:
                self._buffer += data[at : end - 1]
            self._sign(data[end - 1], number, found)
            at = end
            if len(self._buffer) > LARGEST_OBJECT:
                self._give_up(found)
        return found

    def begin_inside(self, number: int) -> None:
        """The first line of a window lies inside an object: act as if its brace had been seen."""
        self.reset()
        self._line = number
        self._sign(0x7B, number, [])

    def flush(self) -> list[Found]:
        """What is complete inside of what is not; then forget."""
        found: list[Found] = []
        while len(self._stack) > self._base:
            self._dissolve(found)
        self.reset()
        return found

    def _string(self, data: bytes, at: int) -> int:
        end = at
        if self._escaped:
            self._escaped = False
            end += 1
        while True:
            quote = data.find(b'"', end)
            stop = quote if quote >= 0 else len(data)
            odd = stop > end and data[stop - 1] == 0x5C and (stop - end - len(data[end:stop].rstrip(b"\\"))) % 2 == 1
            if quote < 0 or not odd:
                break
            end = quote + 1
            self._keep(data[at:end])
            at = end
        self._keep(data[at:stop])
        if quote < 0:
            self._escaped = odd
            return len(data)
        self._in_string = False
        if len(self._stack) > self._base:
            if self._string_size > _LONGEST_STRING:
                self.shortened += 1
                self._drop_half_escape()
            self._buffer += b'"'
        return quote + 1

    def _drop_half_escape(self) -> None:
        tail = bytes(self._buffer[-6:])
        cut = _HALF_ESCAPE.search(tail)
        if cut is not None:
            del self._buffer[len(self._buffer) - len(tail) + cut.start() :]
        while self._buffer.endswith(b"\\"):
            del self._buffer[-1]

    def _keep(self, part: bytes) -> None:
        if len(self._stack) > self._base:
            room = _LONGEST_STRING - self._string_size
            if room > 0:
                self._buffer += part[:room]
            self._string_size += len(part)

    def _sign(self, sign: int, number: int, found: list[Found]) -> None:
        stack = self._stack
        if sign == 0x22:
            self._in_string = bool(stack)
            self._string_size = 0
            if len(stack) > self._base:
                self._buffer += b'"'
        elif sign in (0x7B, 0x5B):
            if len(stack) == self._base:
                self._buffer.clear()
            if len(stack) >= _DEEPEST:
                self.too_deep = True
                return
            stack.append(_Frame(len(self._buffer), number, sign == 0x5B))
            self._buffer.append(sign)
        elif stack:
            if len(stack) == self._base:  # the end of something that was given up
                stack.pop()
                self._base -= 1
                return
            frame = stack.pop()
            self._buffer.append(sign)
            self._complete(frame, number, found)

    def _complete(self, frame: _Frame, number: int, found: list[Found]) -> None:
        depth = len(self._stack)
        if depth == self._base:
            data = bytes(self._buffer[frame.start :])
            elements = [(first, last) for _, _, first, last in frame.inside] if frame.array else frame.elements
            found.append(Found(data, frame.line, number, elements))
            self._buffer.clear()
            return
        parent = self._stack[-1]
        if not frame.array:
            parent.inside.append((frame.start, len(self._buffer), frame.line, number))
            if len(parent.inside) > _MOST_INSIDE:
                while len(self._stack) > self._base and self._stack[self._base] is not parent:
                    self._dissolve(found)
                self._dissolve(found)
                return
        if depth < _ELEMENTS_DEPTH:
            elements = [(first, last) for _, _, first, last in frame.inside] if frame.array else frame.elements
            if len(elements) > len(parent.elements):
                parent.elements = elements
        frame.inside = []

    def _give_up(self, found: list[Found]) -> None:
        while len(self._stack) > self._base and len(self._buffer) > LARGEST_OBJECT // 2:
            self._dissolve(found)

    def _dissolve(self, found: list[Found]) -> None:
        """Give up the outermost object: hand out its complete members, keep what is open in it."""
        frame = self._stack[self._base]
        for start, end, first, last in frame.inside:
            found.append(Found(bytes(self._buffer[start:end]), first, last))
        self._base += 1
        if len(self._stack) == self._base:
            self._buffer.clear()
            return
        shift = self._stack[self._base].start
        del self._buffer[:shift]
        for open_frame in self._stack[self._base :]:
            open_frame.start -= shift
            open_frame.inside = [
                (start - shift, end - shift, first, last) for start, end, first, last in open_frame.inside
            ]
