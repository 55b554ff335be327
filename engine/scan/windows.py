"""From blocks of bytes to the windows that are read: the lines around each line with an anchor. No step runs once a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from ..logs.blocks import goes_on
from ..logs.event import Line
from ..logs.lines import LONGEST_LINE, Tally, line_breaks
from ..logs.reader import decode
from .anchors import Anchors
from .company import Company
from .search import Choice, LineSearch, Span, make_search
from .shapes import Shape, Shapes
from .sieve import kept_sieve, sieved
from .subject import Subject

Hit: TypeAlias = tuple[int, Shape]

CONTEXT = 8 << 10
"""Bytes before and behind a line that are looked at for what belongs to it."""

_CONTEXT_LINES = 25
_MOST_HITS = 100
_LARGEST_WINDOW = 256 << 10
_LARGEST_BUFFER = 4 << 20  # a line that fills it is searched in pieces
_PIECE = 64 << 10
_NEIGHBOURS = 2
_LONGEST_LOOKED_AT = 8 << 10
_SHORTEST_IDENTIFIER = 5
_FEWEST_DIGITS = 3
_FEW_IDENTIFIERS = 30
_DIGITS = b"0123456789"
_WORD = _DIGITS + b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"
_WORDS = bytes(byte if byte in _WORD else 32 for byte in range(256))


class Tools:
    """What it takes to search. For one thread.

    Args:
        anchors: what to look for.
        choice: which search.
        form: name of the format of all logs, where the user knows it.

    Attributes:
        given: whether the format of what is searched already says that it is about the subject. Asked only when it matters.
        has_learnt: there is nothing to learn about the logs that would make the search faster.

    Raises:
        ImportError: the search that was asked for is not installed.
    """

    def __init__(self, anchors: Anchors, choice: Choice = "auto", form: str | None = None) -> None:
        self.search: LineSearch = make_search(anchors, choice)
        self._subject = Subject(anchors)
        self.shapes = Shapes()
        self.form = form
        self.has_learnt = False
        self.given: Callable[[], bool] = lambda: False
        self._company = Company(anchors.needs)
        self._spoken = anchors.spoken

    def learn(self, sample: bytes) -> None:
        """Search large logs like this sample in less time. What is found stays the same."""
        self.search = sieved(self.search, sample)
        self.has_learnt = True

    def recall(self, sample: bytes | None = None) -> bool:
        """As `learn`, from what was learnt before; whether there was something, and it suits the sample (if there is one)."""
        search = kept_sieve(self.search, sample)
        self.has_learnt = search is not None
        self.search = search or self.search
        return self.has_learnt

    def is_about_the_subject(self, lines: Sequence[bytes]) -> bool:
        """Whether some lines show that they are about the knowledge's subject, or may show it when they are read."""
        return self._subject.in_any(lines) or not self._spoken.isdisjoint(self.search.phrases(b"\n".join(lines)))

    def may_match(self, lines: Sequence[bytes]) -> bool:
        """Whether a signature that is an anchor can match in some lines."""
        return self._company.suffices(self.search.phrases(b"\n".join(lines)), lines)


@dataclass(frozen=True, slots=True)
class Window:
    """Lines to read.

    Attributes:
        lines: numbered; they count from 1 at the beginning of what was searched, lines before it from 0 down. Lines that
            have nothing to do with the others are left out.
        hits: number and shape of each line that made it a window.
    """

    lines: tuple[Line, ...]
    hits: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """Bytes of its lines."""
        return sum(len(line) for _, line in self.lines)


def cut_windows(
    blocks: Iterable[bytes], tools: Tools, tally: Tally, *, history: bytes = b"", tail: bytes = b""
) -> Iterator[Window]:
    """The windows of a stream, in order. Memory is a few blocks, whatever the stream holds.

    Args:
        blocks: the bytes that are searched, cut anywhere.
        tools: find the lines with an anchor, and tell which of them are to be read.
        tally: bytes and lines are added.
        history: whole lines before the first block, tail: bytes behind the last; they are looked at, but not searched.
    """
    buffer = Buffer(history)
    above = bool(history)
    for block in blocks:
        tally.bytes += len(block)
        buffer.append(block)
        stop = buffer.searchable()
        if stop:
            yield from cut_buffer(buffer, stop, tools)
            buffer.advance(stop)
            above = True
    stop = len(buffer.data)
    if stop > buffer.start:
        buffer.append(tail)
        yield from cut_buffer(buffer, stop, tools, whole=not above and not tail)
        buffer.advance(stop)
    tally.lines += buffer.line - 1 + buffer.unfinished


class Buffer:
    """A piece of a stream: some lines that were searched already, and those that will be.

    Attributes:
        data: the bytes; start: where those begin that were not searched yet.
        line: number of the line that begins there; unfinished: the searched part does not end with a line break.
    """

    def __init__(self, history: bytes = b"") -> None:
        self.data = history
        self.start = len(history)
        self.line = 1
        self.unfinished = False
        self._counted = self.start
        self._lines = 0

    def append(self, block: bytes) -> None:
        """Take the next bytes."""
        self.data += block

    def searchable(self) -> int:
        """The end of the whole lines that have enough context behind them; 0 when there are none."""
        enough = len(self.data) - CONTEXT
        if enough <= self.start:
            return 0
        stop = self.data.rfind(b"\n", self.start, enough) + 1
        return stop or (enough if enough - self.start >= _LARGEST_BUFFER else 0)

    def number(self, offset: int) -> int:
        """The number of the line that begins at an offset behind the last one that was asked for."""
        self._lines += line_breaks(self.data[self._counted : offset])
        self._counted = offset
        return self.line + self._lines

    def advance(self, stop: int) -> None:
        """What stands before `stop` was searched."""
        self.line = self.number(stop)
        self.unfinished = not self.data.endswith(b"\n", 0, stop)
        begin = max(stop - CONTEXT, 0)
        if begin:
            begin = self.data.find(b"\n", begin, stop) + 1 or stop
        self.data = self.data[begin:]
        self.start = self._counted = stop - begin
        self._lines = 0


def cut_buffer(buffer: Buffer, stop: int, tools: Tools, *, whole: bool = False) -> Iterator[Window]:
    """The windows of the lines between a buffer's start and `stop`.

    `whole`: these are all the lines there are; so few of them belong together.
    """
    data, offset = buffer.data, buffer.start
    begin = end = line = 0  # of the window that may still grow
    hits: list[Hit] = []

    def window() -> Iterator[Window]:
        if hits and (found := _window(line, data[begin:end], hits, tools, whole=whole)):
            yield found
        hits.clear()

    searched = data[offset:stop]
    spans = tools.search.lines(searched)
    for place, shape in tools.shapes.sift([searched[start:finish] for start, finish in spans]):
        start, finish = spans[place][0] + offset, spans[place][1] + offset
        number = buffer.number(start)
        if finish - start > LONGEST_LINE:
            yield from window()
            yield Window(((number, _telling_piece(data[start:finish], tools.search)),), ((number, shape.number),))
            continue
        first, last = _around(data, start, finish)
        if hits and (first > end or last - begin > _LARGEST_WINDOW or len(hits) >= _MOST_HITS):
            yield from window()
            first = start if first <= end else first
        if not hits:
            begin, line = first, number - data.count(b"\n", first, start)
        end = last
        hits.append((number, shape))
    yield from window()


def _window(first: int, data: bytes, hits: Sequence[Hit], tools: Tools, *, whole: bool) -> Window | None:
    """Keep of the lines those that belong to a line that was hit: by an identifier, as neighbours, or as parts of a trace.

    A line that was hit is one of everyday failures, and not worth reading, when nothing that belongs to it by an identifier or
    as part of its trace is about the subject. Its shape is not fruitful, and soon left alone, when no signature can match there.
    """
    lines = [line[:-1] if line.endswith(b"\r") else line for line in data.split(b"\n")]
    neighbours = _Neighbours(lines)
    kept: set[int] = set()
    worth: list[tuple[int, int]] = []
    for number, shape in hits:
        place = number - first
        own = (
            {line for other in neighbours.of(place) for line in _trace(lines, other)}
            if not whole
            else set(range(len(lines)))
        )
        text = [lines[one] for one in sorted(own)]
        given = tools.given()
        about = given or tools.is_about_the_subject(text)
        shape.judge(fruitful=given or (about and tools.may_match(text)))
        if about:
            kept |= own
            kept.update(range(max(place - _NEIGHBOURS, 0), min(place + _NEIGHBOURS + 1, len(lines))))
            worth.append((number, shape.number))
    if not worth:
        return None
    return Window(tuple((first + place, lines[place]) for place in sorted(kept)), tuple(worth))


def _identifiers(line: bytes) -> frozenset[bytes]:
    """What may name a request, a process, a user: words with digits."""
    words = line.translate(_WORDS).split()
    return frozenset(
        word
        for word in words
        if len(word) >= _SHORTEST_IDENTIFIER and len(word) - len(word.translate(None, _DIGITS)) >= _FEWEST_DIGITS
    )


class _Neighbours:
    """The lines near a line that share an identifier with it."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = [line[:_LONGEST_LOOKED_AT] for line in lines]
        self._known: dict[int, frozenset[bytes]] = {}  # of lines

    def of(self, place: int) -> set[int]:
        """The places of those lines, and of the line itself."""
        near = range(max(place - _CONTEXT_LINES, 0), min(place + _CONTEXT_LINES + 1, len(self._lines)))
        common = max(len(near) // 5, 3)  # what stands in more lines than that identifies nothing
        own = self._identifiers(place)
        found = {place}
        if len(own) <= _FEW_IDENTIFIERS:
            for one in own:
                candidates = [other for other in near if one in self._lines[other]]
                if len(candidates) > 1:
                    places = [other for other in candidates if one in self._lines[other].translate(_WORDS).split()]
                    found.update(places if len(places) <= common else ())
            return found
        shared = {other: own & self._identifiers(other) for other in near}
        times = Counter(chain.from_iterable(shared.values()))
        return found.union(other for other, some in shared.items() if any(times[one] <= common for one in some))

    def _identifiers(self, place: int) -> frozenset[bytes]:
        known = self._known.get(place)
        if known is None:
            known = self._known[place] = _identifiers(self._lines[place])
        return known


def _trace(lines: Sequence[bytes], place: int) -> range:
    """The lines of the trace that a line belongs to, with the line above them; the line alone where there is none."""
    begin = end = place
    while begin > 0 and _goes_on(lines[begin if begin < place else begin - 1]):
        begin -= 1
    while end + 1 < len(lines) and _goes_on(lines[end + 1]):
        end += 1
    return range(begin, end + 1)


def _goes_on(line: bytes) -> bool:
    return goes_on(decode(line[:200]))


def _around(data: bytes, start: int, finish: int) -> Span:
    """Begin and end of the lines around a line."""
    first = start
    for _ in range(_CONTEXT_LINES):
        before = data.rfind(b"\n", max(start - CONTEXT, 0), max(first - 1, 0))
        if before < 0:
            if start <= CONTEXT:
                first = 0
            break
        first = before + 1
    last = finish
    for _ in range(_CONTEXT_LINES):
        behind = data.find(b"\n", last + 1, finish + CONTEXT)
        if behind < 0:
            if finish + CONTEXT >= len(data) > last and not data.endswith(b"\n"):
                last = len(data)
            break
        last = behind
    return first, last


def _telling_piece(line: bytes, search: LineSearch) -> bytes:
    """A part of an overlong line that holds an anchor."""
    for begin in range(0, len(line), _PIECE):
        piece = line[begin : begin + _PIECE + CONTEXT]
        if search.lines(piece):
            return piece
    return line[:_PIECE]
