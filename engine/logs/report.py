"""What a scan found: the JSON contract `oauth-doctor/scan/1`. Everything in it is safe to forward."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..diagnosis import Diagnosis, Verdict
from ..redaction import Redactor
from .grouping import Group, Grouper
from .incident import comparable
from .lines import Tally

_MOST_UNCLEAR = 50


class _Contract(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(_Contract):
    """Where: the file or stream, and a 1-based line."""

    source: str
    line: int


class Step(_Contract):
    """How many incidents began within the `width` seconds after `time`."""

    time: datetime
    width: int
    count: int


class Affected(_Contract):
    """How many different ones (users, clients); `at_least` when there were too many to tell them apart."""

    count: int
    at_least: bool = False


class GroupFound(_Contract):
    """Equal incidents.

    Attributes:
        rank: 1 is first; count: how many.
        cause, title, probability: the best cause's, when diagnosed.
        level: the most serious: debug, info, warning, error, critical, or empty.
        first, last: when the earliest and the latest happened; without a zone when the log names none.
        template: the telling event with placeholders for what varies.
        affected: by `users`, `clients`.
        places: where the first of them stand.
        diagnosis: of the first of them; its lines are lines of the first place's source.
    """

    rank: int
    count: int
    verdict: Verdict
    cause: str | None = None
    title: str
    probability: float = 0.0
    level: str = ""
    first: datetime | None = None
    last: datetime | None = None
    template: str
    affected: dict[str, Affected] = {}
    places: list[Place] = []
    timeline: list[Step] = []
    diagnosis: Diagnosis


class Totals(_Contract):
    """What was read and what was odd (see `Tally`); incidents: those with a diagnosis or unclear; ordinary: those that are
    no problem of this kind."""

    files: int = 0
    unreadable: int = 0
    bytes: int = 0
    lines: int = 0
    undecodable: int = 0
    cut: int = 0
    truncated: int = 0
    incidents: int = 0
    diagnosed: int = 0
    unclear: int = 0
    ordinary: int = 0
    further: int = 0


class ScanReport(_Contract):
    """The result of a scan: groups by cause, the most frequent first, then what stayed unclear."""

    schema_: Literal["oauth-doctor/scan/1"] = Field(default="oauth-doctor/scan/1", alias="schema")
    totals: Totals
    groups: list[GroupFound] = []
    unclear: list[GroupFound] = []
    warnings: list[str] = []

    def to_json(self, *, indent: int | None = None) -> str:
        """JSON, keys in the order of the contract."""
        return self.model_dump_json(by_alias=True, indent=indent)


def make_report(grouper: Grouper, tally: Tally | None = None, warnings: Sequence[str] = ()) -> ScanReport:
    """Rank the groups and put them into the contract."""
    tally = tally or Tally()
    redactor = Redactor()
    diagnosed = [group for group in grouper.groups.values() if group.diagnosis.verdict == "diagnosed"]
    unclear = [group for group in grouper.groups.values() if group.diagnosis.verdict == "inconclusive"]
    counts = {
        "diagnosed": sum(group.count for group in diagnosed),
        "unclear": sum(group.count for group in unclear),
        "ordinary": sum(
            group.count for group in grouper.groups.values() if group.diagnosis.verdict == "no-oauth-problem"
        ),
    }
    totals = Totals(
        files=tally.files,
        unreadable=tally.unreadable,
        bytes=tally.bytes,
        lines=tally.lines,
        undecodable=tally.undecodable,
        cut=tally.cut,
        truncated=tally.truncated,
        incidents=counts["diagnosed"] + counts["unclear"] + grouper.further,
        further=grouper.further,
        **counts,
    )
    return ScanReport(
        totals=totals,
        groups=list(_found(diagnosed, redactor)),
        unclear=list(_found(unclear, redactor))[:_MOST_UNCLEAR],
        warnings=[redactor.redact(warning).text for warning in warnings],
    )


def group_found(group: Group, rank: int, redactor: Redactor | None = None) -> GroupFound:
    """One group in the contract's form (`watch` prints them one by one)."""
    redactor = redactor or Redactor()
    diagnosis = group.diagnosis
    best = diagnosis.causes[0] if diagnosis.verdict == "diagnosed" and diagnosis.causes else None
    timeline = group.timeline
    return GroupFound(
        rank=rank,
        count=group.count,
        verdict=diagnosis.verdict,
        cause=best.id if best else None,
        title=best.title
        if best
        else "No cause is certain"
        if diagnosis.verdict == "inconclusive"
        else "Not this kind of problem",
        probability=best.probability if best else 0.0,
        level=group.level,
        first=group.first,
        last=group.last,
        template=group.template,
        affected={
            plural: Affected(count=len(hashes), at_least=plural in group.full)
            for plural, hashes in sorted(group.affected.items())
        },
        places=[Place(source=redactor.redact(source).text, line=line) for source, line in group.places],
        timeline=[
            Step(time=datetime.fromtimestamp(step * timeline.width, UTC), width=timeline.width, count=count)
            for step, count in sorted(timeline.counts.items())
        ],
        diagnosis=diagnosis,
    )


def _found(groups: Iterable[Group], redactor: Redactor) -> Iterable[GroupFound]:
    ranked = sorted(groups, key=_rank)
    return (group_found(group, rank, redactor) for rank, group in enumerate(ranked, start=1))


def _rank(group: Group) -> tuple[object, ...]:
    """The most frequent first, then the latest; the rest is for a fixed order."""
    last = -comparable(group.last).timestamp() if group.last else 0.0
    return -group.count, last, group.template, group.places
