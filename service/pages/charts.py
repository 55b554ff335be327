"""Charts as inline SVG, drawn from figures only: sizes are attributes, colours come from the style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_ROW, _BAR = 34, 12
_WIDTH = 640
_HEIGHT, _FOOT, _HEAD = 200, 24, 18


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a ranking."""

    key: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Column:
    """One month: cases closed with a cause, and without."""

    month: str
    solved: int
    unsolved: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle with the text that belongs to it, in the units of the chart."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What a template draws."""

    width: int
    height: int
    shapes: Sequence[Shape]


def bars(rows: Sequence[Bar]) -> Chart:
    """Horizontal bars, longest first."""
    most = max((row.count for row in rows), default=1)
    shapes = [
        Shape(
            0, place * _ROW + 18, round(row.count / most * (_WIDTH - 50), 1), _BAR, "solved", row.label, str(row.count)
        )
        for place, row in enumerate(rows)
    ]
    return Chart(_WIDTH, len(rows) * _ROW, shapes)


def columns(rows: Sequence[Column]) -> Chart:
    """Columns side by side, solved below and unsolved on top."""
    most = max((row.solved + row.unsolved for row in rows), default=1) or 1
    room = _HEIGHT - _FOOT - _HEAD
    slot = _WIDTH / max(len(rows), 6)
    shapes = []
    for place, row in enumerate(rows):
        x = round(place * slot + slot * 0.15, 1)
        width = round(slot * 0.7, 1)
        low = round(row.solved / most * room, 1)
        high = round(row.unsolved / most * room, 1)
        base = _HEIGHT - _FOOT
        total = str(row.solved + row.unsolved)
        shapes.append(Shape(x, base - low, width, low, "solved", row.month, "" if row.unsolved else total))
        if row.unsolved:
            shapes.append(Shape(x, base - low - high, width, high, "unsolved", row.month, total))
    return Chart(_WIDTH, _HEIGHT, shapes)
