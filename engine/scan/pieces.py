"""Files to pieces of work: a large file is split at line borders, so that all cores have something to do."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from ..logs.lines import Tally
from ..logs.opening import OpeningError, is_compressed, open_blocks
from .shapes import SAMPLES, Repeats, Shapes
from .source import open_source
from .windows import CONTEXT, Tools, Window, cut_windows

PIECE = 128 << 20
"""Bytes of a piece of a large file."""

_BLOCK = 1 << 20
_MOST_TO_READ = 16 << 20
_SPOTS = 8
_SPOT = 12 << 10  # bytes read at each spot of a sample
_SAMPLES_LATER = 2  # in each piece but a file's first
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a file: from the line that begins at or behind `start` to the one that does at or behind `end`.

    A file that can only be read from its beginning (compressed, UTF-16, a pipe) is one piece with `end` None.
    """

    path: str
    start: int = 0
    end: int | None = None

    @property
    def size(self) -> int:
        """Bytes on disk, where they are known."""
        return 0 if self.end is None else self.end - self.start


@dataclass(slots=True)
class PieceFound:
    """What a piece holds that is worth reading, and what was odd about it.

    Attributes:
        left_out: lines with an anchor that were not read, because there were too many different ones.
        problem: why it could not be read, or not to its end.
    """

    windows: list[Window]
    repeats: list[Repeats]
    tally: Tally
    left_out: int = 0
    problem: str | None = None

    @property
    def size(self) -> int:
        """Bytes of the lines to read."""
        return sum(window.size for window in self.windows)


def split_files(paths: Iterable[Path], *, size: int = PIECE) -> Iterator[Piece]:
    """The pieces of files, in order. A file that cannot be opened is one piece, whose search tells why."""
    for path in paths:
        try:
            whole = path.stat().st_size if path.is_file() else 0
            with path.open("rb") as file:
                head = file.read(6) if whole else b""
        except OSError:
            whole, head = 0, b""
        if whole == 0 or is_compressed(head) or head.startswith(_UTF16):
            yield Piece(str(path))
            continue
        number = max(-(-whole // size), 1)
        share = -(-whole // number)
        for start in range(0, whole, share):
            yield Piece(str(path), start, min(start + share, whole))


def search_piece(piece: Piece, tools: Tools) -> PieceFound:
    """Search one piece; what cannot be read is told in `problem`.

    What is found depends on the piece alone, not on what the same process searched before: the same logs give the same
    report, however many processes there are.
    """
    tools.given = cache(lambda: _says_what_it_is_about(piece.path, tools.form))
    tools.shapes = Shapes(SAMPLES if piece.start == 0 else _SAMPLES_LATER)
    tally = Tally()
    windows: list[Window] = []
    problem = None
    room = _MOST_TO_READ
    shapes = tools.shapes
    try:
        for window in _windows(piece, tools, tally):
            windows.append(window)
            room -= window.size
            shapes.closed = room <= 0
    except OpeningError as error:
        problem = str(error)
    except OSError as error:
        problem = f"{piece.path}: cannot be read: {error.strerror or error}"
    if problem is not None:
        tally.unreadable = 1
    return PieceFound(windows, shapes.take_repeats(), tally, shapes.left_out, problem)


def _says_what_it_is_about(path: str, form: str | None) -> bool:
    """Whether the format of a file is a whole document, which is read as such, or an export that states facts."""
    reader = open_source(path, form=form).reader
    return reader.documents or reader.states_facts


def _windows(piece: Piece, tools: Tools, tally: Tally) -> Iterator[Window]:
    if piece.end is None:
        yield from cut_windows(open_blocks(piece.path, tally, size=_BLOCK), tools, tally)
        return
    with Path(piece.path).open("rb", buffering=0) as file:
        begin, end = _line_border(file, piece.start), _line_border(file, piece.end)
        tally.files = piece.start == 0
        above = max(begin - CONTEXT, 0)
        history = _read_at(file, above, begin - above)
        if above:
            history = history[history.find(b"\n") + 1 :]
        tail = _read_at(file, end, CONTEXT)
        yield from cut_windows(_blocks(file, begin, end), tools, tally, history=history, tail=tail)


def _blocks(file: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
    while begin < end:
        block = _read_at(file, begin, min(_BLOCK, end - begin))
        if not block:  # was cut off meanwhile
            return
        begin += len(block)
        yield block


def sample_of(pieces: Iterable[Piece]) -> bytes:
    """Bytes from some places that are spread evenly over these pieces, as far as they can be read there."""
    known = [piece for piece in pieces if piece.end is not None]
    ends = list(accumulate(piece.size for piece in known))
    whole = ends[-1] if ends else 0
    step = max(whole // _SPOTS, 1)
    sample = []
    for spot in range(step // 2, whole, step):
        place = bisect_right(ends, spot)
        piece = known[place]
        with suppress(OSError), Path(piece.path).open("rb", buffering=0) as file:
            sample.append(_read_at(file, piece.start + spot - (ends[place] - piece.size), _SPOT))
    return b"\n".join(sample)


def _line_border(file: BinaryIO, offset: int) -> int:
    """Where the first line begins that begins at or behind an offset."""
    if offset == 0:
        return 0
    at = offset - 1
    while block := _read_at(file, at, _BLOCK):
        found = block.find(b"\n")
        if found >= 0:
            return at + found + 1
        at += len(block)
    return at


def _read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    return os.pread(file.fileno(), size, offset) if hasattr(os, "pread") else _seek_and_read(file, offset, size)


def _seek_and_read(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)
