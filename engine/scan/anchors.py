"""Anchors: what makes a line of a log worth reading. They are derived from the knowledge once (derivation.py) and kept on disk.

Nothing of the knowledge is loaded to read them, so that a search can begin before it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..knowledge.load import known_key
from . import cache
from .company import Needs

if TYPE_CHECKING:
    from ..knowledge import Knowledge

_FORM = "20"  # changes when the derivation does


@dataclass(frozen=True, slots=True)
class Anchors:
    """What to look for in raw bytes.

    Attributes:
        key: names knowledge and derivation; equal keys mean equal anchors.
        phrases: UTF-8, lower case, one blank for a gap; a line that contains one, in upper or lower case, is worth reading.
        patterns: of a phrase that ordinary software writes all day: one of them matches within a line that is worth reading.
            See `everyday.py`.
        vocabulary: ids of the signatures that show that a text is about the knowledge's subject at all.
        subject: patterns of which one occurs in what is about the subject: those of the vocabulary, hosts of providers, and phrases
            of their codes.
        needs: what the signatures need beside a phrase that does not suffice alone; see `Company`.
        least: natural log of the likelihood ratio of the weakest evidence that makes an anchor.
        speaking: the same of evidence that shows by itself that a text is about the subject.
        elsewhere: causes and rules of which no evidence shows that: other software has them as well (`everyday: true`).
        spoken: the phrases of signatures whose match may show it.
    """

    key: str
    phrases: tuple[bytes, ...]
    vocabulary: frozenset[str]
    subject: tuple[str, ...]
    patterns: Mapping[bytes, tuple[str, ...]] = field(default_factory=dict)
    needs: Mapping[bytes, tuple[Needs, ...]] = field(default_factory=dict)
    least: float = 0.0
    speaking: float = 0.0
    elsewhere: frozenset[str] = frozenset()
    spoken: frozenset[bytes] = frozenset()

    @property
    def phrases_alone(self) -> list[bytes]:
        """The phrases for which there are no patterns."""
        return [phrase for phrase in self.phrases if phrase not in self.patterns]


def derive_anchors(knowledge: Knowledge, *, use_cache: bool = True) -> Anchors:
    """The anchors of a knowledge, from the cache when they were derived before."""
    kept = _kept(knowledge.key) if use_cache else None
    if kept is not None:
        return kept
    from .derivation import derive

    parts = derive(knowledge)
    key = f"{knowledge.key}-{_FORM}"
    if use_cache:
        cache.store(f"anchors-{key}", json.dumps(parts).encode())
    return _anchors(key, *parts)


def kept_anchors(folders: Iterable[Path] = ()) -> Anchors | None:
    """The anchors of the shipped knowledge and these folders; None when they must be derived from it first."""
    key = known_key(folders)
    return None if key is None else _kept(key)


def _kept(knowledge_key: str) -> Anchors | None:
    key = f"{knowledge_key}-{_FORM}"
    kept = cache.load(f"anchors-{key}")
    if kept is None:
        return None
    try:
        return _anchors(key, *json.loads(kept))
    except (ValueError, TypeError, AttributeError):
        return None  # damaged: as if it were not there


def _anchors(
    key: str,
    phrases: Iterable[str],
    patterns: Mapping[str, Iterable[str]],
    vocabulary: Iterable[str],
    subject: Iterable[str],
    ways: Iterable[Any],
    needs: Mapping[str, Iterable[int]],
    least: float,
    speaking: float,
    elsewhere: Iterable[str],
    spoken: Iterable[str],
) -> Anchors:
    known = [tuple(tuple(map(tuple, way)) for way in one) for one in ways]
    return Anchors(
        key,
        tuple(phrase.encode() for phrase in phrases),
        frozenset(vocabulary),
        tuple(subject),
        {phrase.encode(): tuple(some) for phrase, some in patterns.items()},
        {phrase.encode(): tuple(known[number] for number in numbers) for phrase, numbers in needs.items()},
        least,
        speaking,
        frozenset(elsewhere),
        frozenset(phrase.encode() for phrase in spoken),
    )
