"""Going back by one: the entry after which a case stands as it did before its last answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..cases.model import Answered, Entry, Unknown, Withdrawn, replay


def taken_back(entries: Sequence[Entry], fact: str, at: datetime, by: str = "") -> Entry | None:
    """The entry that undoes the latest word about a fact: what held before it, or nothing.

    None when nothing is known about the fact.
    """
    places = [n for n, entry in enumerate(entries) if isinstance(entry, (Answered, Unknown)) and entry.fact == fact]
    state = replay(entries)
    if not places or (fact not in state.answers and fact not in state.unknown):
        return None
    before = replay(entries[: places[-1]])
    if fact in before.answers:
        return Answered(at=at, by=by, fact=fact, value=before.answers[fact])
    if fact in before.unknown:
        return Unknown(at=at, by=by, fact=fact)
    return Withdrawn(at=at, by=by, fact=fact)
