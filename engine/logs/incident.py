"""An incident: the events that belong together, as one text for the Doctor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from .event import Event
from .levels import LEVELS
from .vocabulary import vocabulary

LARGEST_INCIDENT = 64 << 10
"""Characters of an incident's text."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Joined events, in the order of their source.

    Attributes:
        events: all of them, context included.
        hits: those that made it an incident.
        facts: what the formats state.
        affected: who is affected, plural -> values as written (may hold secrets: count them, do not show them).
    """

    events: tuple[Event, ...]
    hits: tuple[Event, ...]
    facts: Mapping[str, str]
    affected: Mapping[str, frozenset[str]]

    @property
    def text(self) -> str:
        """The events' texts, one after the other; may hold secrets."""
        return "\n".join(text for text, _ in self._parts())

    @property
    def source(self) -> str:
        """Where the first hit stands."""
        return self.hits[0].source

    @property
    def line(self) -> int:
        """The line on which the first hit begins, 1-based."""
        return self.hits[0].line

    @property
    def first(self) -> datetime | None:
        """The earliest known time of its hits."""
        return min((event.time for event in self.hits if event.time), key=comparable, default=None)

    @property
    def last(self) -> datetime | None:
        """The latest known time of its hits."""
        return max((event.time for event in self.hits if event.time), key=comparable, default=None)

    @property
    def level(self) -> str:
        """The most serious level of its hits."""
        return max((event.level for event in self.hits), key=lambda level: LEVELS.index(level) if level else -1)

    @property
    def has_common_id(self) -> bool:
        """Whether all of its hits name the same request, user or the like."""
        return bool(set.intersection(*(set(hit.ids.items()) for hit in self.hits)))

    def apart(self) -> Iterator[Incident]:
        """Its hits, each an incident of its own without context."""
        for hit in self.hits:
            yield make_incident((hit,), (hit,))

    def place_of(self, line: int) -> tuple[str, int]:
        """Source and line behind a line (1-based) of `text`, as exactly as the format allows."""
        at = 1
        place = (self.source, self.line)
        for text, event in self._parts():
            length = text.count("\n") + 1
            if line < at + length:
                inside = line - at if length == event.lines else 0
                return event.source, event.line + max(inside, 0)
            at += length
            place = (event.source, event.line)
        return place

    def _parts(self) -> Iterator[tuple[str, Event]]:
        room = LARGEST_INCIDENT
        for event in self.events:
            text = event.text[:room]
            room -= len(text) + 1
            if text:
                yield text, event
            if room <= 0:
                return


def comparable(time: datetime) -> datetime:
    """A time that can be compared with every other: one without a zone counts as UTC."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def make_incident(events: Sequence[Event], hits: Sequence[Event]) -> Incident:
    """Join events, of which at least one is a hit."""
    facts: dict[str, str] = {}
    affected: dict[str, set[str]] = {}
    kinds = vocabulary().kinds
    for event in events:
        for name, value in event.facts.items():
            facts.setdefault(name, value)
        for kind, value in event.ids.items():
            plural = kinds[kind].affected if kind in kinds else None
            if plural:
                affected.setdefault(plural, set()).add(value)
    return Incident(tuple(events), tuple(hits), facts, {name: frozenset(values) for name, values in affected.items()})
