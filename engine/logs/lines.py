"""From blocks of bytes to numbered lines, with a tally of everything that was odd."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from .event import Line

LONGEST_LINE = 1 << 20
"""Bytes; a longer line is cut, or comes in pieces of this size where the format needs all of it."""


@dataclass(slots=True)
class Tally:
    """What was read. Every figure adds up over files and processes.

    Attributes:
        files: files that could be read at least in part; unreadable: those that could not.
        bytes: after decompression; lines: how many; undecodable: lines with bytes that are no UTF-8.
        cut: lines that were longer than `LONGEST_LINE`.
        truncated: compressed files that end too early or are damaged; what came before was read.
    """

    files: int = 0
    unreadable: int = 0
    bytes: int = 0
    lines: int = 0
    undecodable: int = 0
    cut: int = 0
    truncated: int = 0

    def add(self, other: Tally) -> None:
        """Add another tally's figures."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def line_breaks(data: bytes) -> int:
    """How many line breaks there are. To leave them out goes from one to the next, `count` from byte to byte: twice as long."""
    return len(data) - len(data.replace(b"\n", b""))


def split_lines(
    blocks: Iterable[bytes], tally: Tally | None = None, *, longest: int = LONGEST_LINE, pieces: bool = False
) -> Iterator[Line]:
    """Number the lines of a stream.

    Line breaks are `\\n` and `\\r\\n`. Work is linear, memory one block and one line.

    Args:
        blocks: the bytes, cut anywhere.
        tally: is added to.
        longest: bytes of a line; the rest is left out.
        pieces: hand out the rest too, as further pieces with the same number.
    """
    tally = tally if tally is not None else Tally()
    number = 1
    held: list[bytes] = []
    size = 0
    given = False  # something of the present line was handed out already
    for block in blocks:
        tally.bytes += len(block)
        begin = 0
        while True:
            end = block.find(b"\n", begin)
            stop = end if end >= 0 else len(block)
            while begin < stop and (pieces or not given):
                if size == longest:
                    tally.cut += not pieces
                    yield number, b"".join(held)
                    held, size, given = [], 0, True
                    continue
                held.append(block[begin : min(stop, begin + longest - size)])
                size += len(held[-1])
                begin += len(held[-1])
            if end < 0:
                break
            if held or not given:
                yield number, _whole(held, tally)
            held, size, given = [], 0, False
            tally.lines += 1
            number += 1
            begin = end + 1
    if held or given:
        tally.lines += 1
        if held:
            yield number, _whole(held, tally)


def _whole(held: list[bytes], tally: Tally) -> bytes:
    line = held[0] if len(held) == 1 else b"".join(held)
    if not line.isascii():
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            tally.undecodable += 1
    return line[:-1] if line.endswith(b"\r") else line
