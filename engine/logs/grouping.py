"""Incidents to groups: equal ones are counted, and the Doctor is asked once for each template."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, TypeAlias

from ..diagnosis import Diagnosis, Verdict
from ..redaction import Redactor
from .incident import Incident, comparable
from .levels import LEVELS
from .template import shape_of, template_of

Diagnose: TypeAlias = Callable[[str, Mapping[str, str]], Diagnosis]
"""Text and facts of an incident to its diagnosis."""

MOST_PLACES = 20
_MOST_SHAPES = 20_000
_MOST_AFFECTED = 10_000
_MOST_BUCKETS = 120
_SHOWN_TEMPLATE = 400
_SURE = 0.8  # probability of a cause
_TALKED_OUT = 0.25
_TELLS: Mapping[Verdict, int] = {"no-oauth-problem": 0, "inconclusive": 1, "diagnosed": 2}


@dataclass(slots=True)
class Timeline:
    """How many incidents when, in equal steps that grow with the time they span (`width`, in seconds)."""

    width: int = 1
    counts: dict[int, int] = field(default_factory=dict)

    def add(self, time: datetime, count: int = 1) -> None:
        """Count incidents at a time."""
        step = int(comparable(time).timestamp()) // self.width
        self.counts[step] = self.counts.get(step, 0) + count
        while len(self.counts) > 1 and max(self.counts) - min(self.counts) >= _MOST_BUCKETS:
            self._widen()

    def merge(self, other: Timeline) -> None:
        """Add another timeline."""
        for step, count in sorted(other.counts.items()):
            self.add(datetime.fromtimestamp(step * other.width, UTC), count)

    def _widen(self) -> None:
        self.width *= 2
        counts: dict[int, int] = {}
        for step, count in self.counts.items():
            counts[step // 2] = counts.get(step // 2, 0) + count
        self.counts = counts


@dataclass(slots=True)
class Group:
    """Equal incidents.

    Attributes:
        diagnosis: of the first of them, its lines those of the source.
        template: the first hit with placeholders for all that varies, redacted.
        count: how many; first, last: when the earliest and the latest happened, as far as known.
        level: the most serious of them.
        places: source and line of the first ones, at most `MOST_PLACES`.
        affected: who, as keyed hashes by plural; full: plurals of which there were more than can be remembered.
    """

    diagnosis: Diagnosis
    template: str
    count: int = 0
    first: datetime | None = None
    last: datetime | None = None
    level: str = ""
    places: list[tuple[str, int]] = field(default_factory=list)
    affected: dict[str, set[bytes]] = field(default_factory=dict)
    full: set[str] = field(default_factory=set)
    timeline: Timeline = field(default_factory=Timeline)

    def add(self, count: int, first: datetime | None = None, last: datetime | None = None) -> None:
        """Count further incidents of this kind between two times; where between is not known, so they are spread evenly."""
        self.count += count
        first, last = first or last, last or first
        if first is None or last is None:
            return
        self._extend(first, last)
        span = comparable(last) - comparable(first)
        parts = min(count, 10 if span else 1)
        for part in range(parts):
            share = count * (part + 1) // parts - count * part // parts
            self.timeline.add(first + span * part / max(parts - 1, 1) if span > timedelta(0) else first, share)

    def merge(self, other: Group) -> None:
        """Add the incidents of an equal group."""
        self.count += other.count
        if other.first and other.last:
            self._extend(other.first, other.last)
        self.level = max(self.level, other.level, key=_seriousness)
        self.places = sorted({*self.places, *other.places})[:MOST_PLACES]
        for plural, hashes in other.affected.items():
            self._remember(plural, hashes)
        self.full |= other.full
        self.timeline.merge(other.timeline)

    def take(self, incident: Incident, key: bytes) -> None:
        """Count an incident."""
        self.add(1, incident.first, incident.last)
        self.level = max(self.level, incident.level, key=_seriousness)
        if len(self.places) < MOST_PLACES:
            self.places.append((incident.source, incident.line))
        for plural, values in incident.affected.items():
            self._remember(plural, {_hash(value, key) for value in values})

    def _remember(self, plural: str, hashes: set[bytes]) -> None:
        known = self.affected.setdefault(plural, set())
        for one in sorted(hashes - known):
            if len(known) >= _MOST_AFFECTED:
                self.full.add(plural)
                break
            known.add(one)

    def _extend(self, first: datetime, last: datetime) -> None:
        if self.first is None or comparable(first) < comparable(self.first):
            self.first = first
        if self.last is None or comparable(last) > comparable(self.last):
            self.last = last


@dataclass(frozen=True, slots=True)
class Counted:
    """An incident that was counted.

    Attributes:
        incident: as it was counted, which may be a part of the one that was given.
        group: its group; None when there are too many kinds already.
        new: whether it is the first of its group.
    """

    incident: Incident
    group: Group | None
    new: bool = False


class Grouper:
    """Groups incidents by what they say and by what it means. Memory is bounded.

    Args:
        diagnose: is asked once for every new template, and about its parts where they may have nothing to do with each other.
        most: how many kinds are kept apart; the incidents of further ones are only counted (`further`).
        key: for hashes of who is affected; groupers that are to be merged need the same.
        elsewhere: causes that other software has as well, so that a line of it may stand there by chance.
    """

    def __init__(
        self,
        diagnose: Diagnose,
        *,
        most: int = 2_000,
        key: bytes | None = None,
        elsewhere: frozenset[str] = frozenset(),
    ) -> None:
        self.key = key or secrets.token_bytes(16)
        self.groups: dict[tuple[Any, ...], Group] = {}
        self.further = 0
        self._diagnose = diagnose
        self._most = most
        self._elsewhere = elsewhere
        self._kinds: OrderedDict[int, tuple[Any, ...]] = OrderedDict()  # by shape of an incident
        self._apart: OrderedDict[int, None] = OrderedDict()  # shapes of incidents that are told apart

    def add(self, incident: Incident) -> list[Counted]:
        """Count an incident.

        What stands close in time need not belong together: where one of its hits alone tells more than all of it does, or is
        sure of something that a failure of other software talks it out of, every hit is counted as an incident, without what
        stood beside it.
        """
        shape = shape_of_incident(incident)
        if shape in self._apart:
            self._apart.move_to_end(shape)
            return [self._count(one, shape_of_incident(one)) for one in incident.apart()]
        known = self._kinds.get(shape)
        if known is not None and known in self.groups:
            return [self._count(incident, shape)]
        diagnosis = self._diagnose(incident.text, incident.facts)
        if len(incident.events) == 1 or (diagnosis.verdict == "diagnosed" and incident.has_common_id):
            return [self._count(incident, shape, diagnosis)]
        parts = [(one, shape_of_incident(one), self._diagnose(one.text, one.facts)) for one in incident.apart()]
        if not any(self._tells_more(alone, diagnosis) for _, _, alone in parts):
            return [self._count(incident, shape, diagnosis)]
        self._apart[shape] = None
        if len(self._apart) > _MOST_SHAPES:
            self._apart.popitem(last=False)
        return [self._count(*part) for part in parts]

    def _count(self, incident: Incident, shape: int, diagnosis: Diagnosis | None = None) -> Counted:
        """Count an incident of a shape; it is diagnosed when neither that nor its kind is known."""
        kind = self._kinds.get(shape)
        group = self.groups.get(kind) if kind is not None else None
        new = False
        if group is None or kind is None:
            diagnosis = diagnosis or self._diagnose(incident.text, incident.facts)
            kind = kind_of(diagnosis, shape)
            group = self.groups.get(kind)
            if group is None:
                if len(self.groups) >= self._most:
                    self.further += 1
                    return Counted(incident, None)
                group = self.groups[kind] = Group(_in_source(diagnosis, incident), _template(incident))
                new = True
            self._kinds[shape] = kind
            if len(self._kinds) > _MOST_SHAPES:
                self._kinds.popitem(last=False)
        else:
            self._kinds.move_to_end(shape)
        group.take(incident, self.key)
        return Counted(incident, group, new)

    def _tells_more(self, part: Diagnosis, whole: Diagnosis) -> bool:
        """Whether a hit alone tells what is lost when all of the incident is judged together."""
        if part.verdict != "diagnosed" or whole.verdict != "diagnosed":
            return _TELLS[part.verdict] > _TELLS[whole.verdict]
        best = part.causes[0]
        if whole.causes[0].id not in self._elsewhere or best.id in self._elsewhere:
            return False
        left = next((cause.probability for cause in whole.causes if cause.id == best.id), 0.0)
        return best.probability >= _SURE and left <= _TALKED_OUT

    def merge(self, groups: Mapping[tuple[Any, ...], Group], further: int = 0) -> None:
        """Add the `groups` of another grouper with the same key (they can be pickled)."""
        self.further += further
        for kind, group in groups.items():
            if kind in self.groups:
                self.groups[kind].merge(group)
            elif len(self.groups) < self._most:
                self.groups[kind] = group
            else:
                self.further += group.count


def shape_of_incident(incident: Incident) -> int:
    """A number that is the same for incidents whose hits have the same templates."""
    shapes = sorted({shape_of(event.text) for event in incident.hits})
    data = repr((shapes, sorted(incident.facts.items()))).encode()
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")


def kind_of(diagnosis: Diagnosis, shape: int) -> tuple[Any, ...]:
    """What makes diagnosed incidents equal: the cause, the rules that speak for it, and the facts that have closed values."""
    if diagnosis.verdict != "diagnosed" or not diagnosis.causes:
        return (diagnosis.verdict, shape)
    cause = diagnosis.causes[0]
    rules = tuple(
        sorted({item.rule for item in cause.evidence if item.weight > 0 and not item.rule.startswith("profile:")})
    )
    provider = tuple(sorted({str(fact.value) for fact in diagnosis.facts if fact.name == "provider"}))
    return (diagnosis.verdict, cause.id, rules, provider)


def _in_source(diagnosis: Diagnosis, incident: Incident) -> Diagnosis:
    """The diagnosis with the source's line numbers in place of the text's."""

    def placed(line: int | None) -> int | None:
        return None if line is None else incident.place_of(line)[1]

    facts = [
        fact.model_copy(update={"source": fact.source.model_copy(update={"line": placed(fact.source.line)})})
        for fact in diagnosis.facts
    ]
    causes = [
        cause.model_copy(
            update={"evidence": [item.model_copy(update={"line": placed(item.line)}) for item in cause.evidence]}
        )
        for cause in diagnosis.causes
    ]
    none = diagnosis.none_of_these
    none = none.model_copy(
        update={"evidence": [item.model_copy(update={"line": placed(item.line)}) for item in none.evidence]}
    )
    return diagnosis.model_copy(update={"facts": facts, "causes": causes, "none_of_these": none})


def _template(incident: Incident) -> str:
    text = Redactor().redact(incident.hits[-1].text).text
    line = next((line.strip() for line in text.split("\n") if line.strip()), "")
    return template_of(line)[:_SHOWN_TEMPLATE]


def _hash(value: str, key: bytes) -> bytes:
    return blake2b(value.encode("utf-8", "replace"), key=key, digest_size=8).digest()


def _seriousness(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else -1
