"""The text of a case as its page shows it: lines that are evidence are marked, long stretches without any are left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from ...engine import Diagnosis
from ...engine.text.views import SHAPES

_AROUND = 3
_FIRST = 30
_MOST_LINES = 300
_LONGEST_LINE = 2_000
_PLACEHOLDER = re.compile(r"(&lt;[a-z][a-z_]{1,23}:[0-9]{1,9}&gt;)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line, or a gap of `skipped` lines. `mark` is for, against, fact, note (not from the text) or empty."""

    number: int
    html: Markup
    mark: str = ""
    skipped: int = 0


def marks_of(diagnosis: Diagnosis) -> Mapping[int, str]:
    """Line to mark: evidence for or against the causes that are shown, and lines that facts were read from."""
    marks: dict[int, str] = {}
    for fact in diagnosis.facts:
        if fact.source.kind == "text" and fact.source.line:
            marks[fact.source.line] = "fact"
    for cause in reversed(diagnosis.causes):
        for item in cause.evidence:
            if item.line and item.weight:
                marks[item.line] = item.direction
    return marks


def lines_of(texts: Sequence[str], marks: Mapping[int, str]) -> list[Line]:
    """The lines to show, numbered as the diagnosis numbers them: through all texts of the case."""
    lines: list[tuple[str, str]] = []
    for text in texts:
        note = False
        for line in text.split("\n"):
            note = note or line == SHAPES
            lines.append((line, "note" if note else ""))
    shown = _shown(len(lines), marks)
    result: list[Line] = []
    last = 0
    for number in shown:
        if number > last + 1:
            result.append(Line(number - 1, Markup(""), skipped=number - last - 1))
        text, kind = lines[number - 1]
        result.append(Line(number, highlight(text), marks.get(number, kind)))
        last = number
    if last < len(lines):
        result.append(Line(len(lines), Markup(""), skipped=len(lines) - last))
    return result


def highlight(line: str) -> Markup:
    """A line, escaped and cut, with the placeholders of secrets set apart."""
    cut = line[:_LONGEST_LINE] + (" ..." if len(line) > _LONGEST_LINE else "")
    return Markup(_PLACEHOLDER.sub(r'<span class="secret">\1</span>', str(escape(cut))))  # noqa: S704 - just escaped


def _shown(count: int, marks: Mapping[int, str]) -> list[int]:
    """Line numbers worth showing: all of a short text; else its beginning and what is near a mark."""
    if count <= _MOST_LINES:
        return list(range(1, count + 1))
    wanted = set(range(1, _FIRST + 1))
    # Evidence before lines that facts were read from, where there is no room for all.
    for line in sorted(marks, key=lambda one: (marks[one] == "fact", one)):
        if len(wanted) < _MOST_LINES:
            wanted.update(range(max(1, line - _AROUND), min(count, line + _AROUND) + 1))
    return sorted(number for number in wanted if number <= count)
