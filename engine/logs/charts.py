"""Numbers for the pictures of a report: incidents over time, and how they are shared out among causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from .report import GroupFound, ScanReport

_MOST_COLUMNS = 60
_MOST_SERIES = 6  # further causes are one
_WIDTH, _HEIGHT = 720.0, 140.0
_MARKS = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of a chart, in the chart's units; `series` numbers the causes, the most frequent first."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


def cause_shares(report: ScanReport) -> list[dict[str, Any]]:
    """Title, count, share of the largest (0 to 1) and series of every cause, the most frequent first."""
    counts: dict[str, int] = {}
    titles: dict[str, str] = {}
    for group in report.groups:
        name = group.cause or ""
        counts[name] = counts.get(name, 0) + group.count
        titles[name] = group.title
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    most = max(counts.values(), default=1)
    return [
        {
            "cause": name,
            "title": titles[name],
            "count": counts[name],
            "share": round(counts[name] / most, 4),
            "series": min(place, _MOST_SERIES),
        }
        for place, name in enumerate(ranked)
    ]


def timeline(report: ScanReport) -> dict[str, Any] | None:
    """The columns of the chart of incidents over time, or None when no incident's time is known."""
    series = {item["cause"]: item["series"] for item in cause_shares(report)}
    steps = [(step, group) for group in report.groups for step in group.timeline]
    if not steps:
        return None
    begin = min(step.time.timestamp() for step, _ in steps)
    end = max(step.time.timestamp() + step.width for step, _ in steps)
    width = max((end - begin) / _MOST_COLUMNS, 1.0)
    columns = max(int((end - begin) / width), 1)
    counts = _counts(steps, series, begin, width, columns)
    most = max(sum(column.values()) for column in counts)
    return {
        "bars": [asdict(bar) for bar in _bars(counts, most, begin, width)],
        "width": _WIDTH,
        "height": _HEIGHT,
        "most": most,
        "marks": [_mark(begin, end, place / (_MARKS - 1)) for place in range(_MARKS)],
    }


def _counts(
    steps: Sequence[tuple[Any, GroupFound]], series: dict[str, int], begin: float, width: float, columns: int
) -> list[dict[int, int]]:
    counts: list[dict[int, int]] = [{} for _ in range(columns)]
    for step, group in steps:
        place = min(int((step.time.timestamp() - begin) / width), columns - 1)
        number = series.get(group.cause or "", _MOST_SERIES)
        counts[place][number] = counts[place].get(number, 0) + step.count
    return counts


def _bars(counts: list[dict[int, int]], most: int, begin: float, width: float) -> list[Bar]:
    bars = []
    each = _WIDTH / len(counts)
    for place, column in enumerate(counts):
        top = _HEIGHT
        time = _shown(begin + place * width)
        for number, count in sorted(column.items()):
            height = _HEIGHT * count / most
            top -= height
            bars.append(
                Bar(
                    round(place * each, 2),
                    round(top, 2),
                    round(max(each - 1, 0.5), 2),
                    round(height, 2),
                    number,
                    f"{time}: {count}",
                )
            )
    return bars


def _mark(begin: float, end: float, share: float) -> dict[str, Any]:
    return {"x": round(_WIDTH * share, 2), "text": _shown(begin + (end - begin) * share), "share": share}


def _shown(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S")
