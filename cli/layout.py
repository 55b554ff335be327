"""Paragraphs on a terminal: wrapped at its width, indented, coloured where that is wanted.

Small on purpose: a table or progress bar library would cost more than a whole diagnosis before it prints the first line.
"""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple, TextIO

_WORD = re.compile(r"\s*\S+\s*")
_WIDE_IN_A_PIPE = 100
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
# What a text from a log must not do: ring, move the cursor, recolour. Line breaks are ours.
_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) != "\n"}


class Span(NamedTuple):
    """A piece of text in one style: words of `_STYLES`, separated by spaces."""

    text: str
    style: str = ""


class Paragraph(NamedTuple):
    """Text that is wrapped. `marker` stands once before it, in `indent` columns to which everything is indented."""

    spans: tuple[Span, ...] = ()
    indent: int = 0
    marker: str = ""


def paragraph(*spans: Span | str, indent: int = 0, marker: str = "") -> Paragraph:
    """A paragraph of spans; plain strings have no style."""
    cleaned = (span if isinstance(span, Span) else Span(span) for span in spans)
    return Paragraph(
        tuple(Span(span.text.expandtabs().translate(_CONTROLS), span.style) for span in cleaned), indent, marker
    )


def write(paragraphs: Iterable[Paragraph], stream: TextIO) -> None:
    """Write paragraphs: at the terminal's width and in colour (see NO_COLOR), or at most 100 columns wide and plain."""
    terminal = stream.isatty()
    width = shutil.get_terminal_size((_WIDE_IN_A_PIPE, 24)).columns
    if not terminal:
        width = min(width, _WIDE_IN_A_PIPE)
    colour = terminal and _has_colour()
    for item in paragraphs:
        stream.writelines(line + "\n" for line in _lines(item, width, colour=colour))


def _has_colour() -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return os.name != "nt" or "WT_SESSION" in os.environ  # the old Windows console would show the codes


def _lines(item: Paragraph, width: int, *, colour: bool) -> Iterator[str]:
    text = "".join(span.text for span in item.spans)
    first = f"{item.marker:>{max(item.indent - 1, 0)}} " if item.marker else " " * item.indent
    if item.marker and colour:
        first = _painted(first, "bold")
    at = 0
    for line in text.split("\n"):
        edges = [0, *_breaks(line, max(width - item.indent, 10)), len(line)]
        for begin, end in pairwise(edges):
            end = begin + len(line[begin:end].rstrip())
            yield (first + _styled(item.spans, at + begin, at + end, colour=colour)).rstrip()
            first = " " * item.indent
        at += len(line) + 1


def _breaks(line: str, width: int) -> Iterator[int]:
    """Where a line is broken: before a word that does not fit, and within one that is wider than everything."""
    used = 0
    for match in _WORD.finditer(line):
        word = match[0]
        needed = _cells(word.rstrip())
        if used + needed <= width:
            used += _cells(word)
            continue
        if match.start():
            yield match.start()
        used = 0
        if needed <= width:
            used = _cells(word)
            continue
        for place, char in enumerate(word, match.start()):
            if used + _cells(char) > width and not char.isspace():
                yield place
                used = 0
            used += _cells(char)


def _styled(spans: Iterable[Span], begin: int, end: int, *, colour: bool) -> str:
    parts = []
    at = 0
    for span in spans:
        piece = span.text[max(begin - at, 0) : max(end - at, 0)]
        parts.append(_painted(piece, span.style) if colour and piece and span.style else piece)
        at += len(span.text)
    return "".join(parts)


def _painted(text: str, style: str) -> str:
    return f"\x1b[{';'.join(_STYLES[word] for word in style.split())}m{text}\x1b[0m"


def _cells(text: str) -> int:
    """Columns that a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
