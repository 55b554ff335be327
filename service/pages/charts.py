"""Charts as inline SVG, drawn from figures only: sizes are attributes, colours come from the style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_WIDTH, _HEIGHT = 640, 260
_FOOT, _HEAD = 52, 28
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a ranking; `share` of the longest one."""

    key: str
    label: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Column:
    """One month: cases closed with a cause, and without."""

    month: str
    solved: int
    unsolved: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle with what stands above (`value`) and below it (`label`, `year`), in the units of the chart."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    value: str
    label: str = ""
    year: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """What a template draws."""

    width: int
    height: int
    shapes: Sequence[Shape]


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
        year, month = row.month.split("-")
        label = _MONTHS[int(month) - 1]
        year = year if place == 0 or month == "01" else ""
        shapes.append(Shape(x, base - low, width, low, "solved", "" if row.unsolved else total, label, year))
        if row.unsolved:
            shapes.append(Shape(x, base - low - high, width, high, "unsolved", total))
    return Chart(_WIDTH, _HEIGHT, shapes)
