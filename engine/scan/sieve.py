"""A coarse search ahead of the search for all phrases: for fewer and shorter fragments of them.

Thousands of long phrases make Hyperscan slow. Nearly every phrase holds a short fragment that no ordinary line of the log has,
and many phrases share such a fragment; only lines with a fragment are searched for the phrases themselves. Which fragments are rare
is learnt from a sample of the log, or was from another log like it. No line is lost, whatever the sample: where a phrase stands, its fragment does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from .cache import forget
from .search import HyperscanSearch, LineSearch, Span, keep_database, kept_database, make_database, spans_of

_LENGTH = 8  # bytes of a fragment: what Hyperscan looks at of a literal in its first stage
_SURE, _PERHAPS = 0, 1
_TRIED = 4 << 20  # bytes searched before it is judged whether it pays
_MOST_IN_VAIN = 8 << 10
"""A line in vain for so many bytes searched, and the sieve costs more than it saves."""
_MOST_OF_KEPT = 4 * _MOST_IN_VAIN  # a new one would be better


def sieved(search: LineSearch, sample: bytes) -> LineSearch:
    """The same search behind a sieve, which is kept for the next logs; unchanged where it gains nothing by that.

    Args:
        search: finds the phrases.
        sample: lines of the log from several places.
    """
    if not isinstance(search, HyperscanSearch):
        return search
    whole, fragments = rare_fragments(search.phrases_alone, sample)
    numbers = [_SURE] * len(whole) + [_PERHAPS] * len(fragments) + [_SURE] * len(search.patterns)
    database = make_database([*whole, *fragments], search.patterns, numbers)
    keep_database(_name(search), database)
    return SievedSearch(search, database)


def kept_sieve(search: LineSearch, sample: bytes | None = None) -> LineSearch | None:
    """The same search behind the sieve that was kept last; None where there is none, or it does not suit these logs.

    Logs are mostly like those of the day before, and a sieve takes a second to make.

    Args:
        search: finds the phrases.
        sample: lines of the log from several places; the sieve is known to suit when there are none.
    """
    if not isinstance(search, HyperscanSearch):
        return search
    database = kept_database(_name(search))
    if database is None:
        return None
    if sample is not None and SievedSearch(search, database).in_vain(sample) * _MOST_OF_KEPT > len(sample):
        forget(_name(search))  # another process may wait for one that does
        return None
    return SievedSearch(search, database)


def _name(search: HyperscanSearch) -> str:
    return f"sieve-{search.key}"


class SievedSearch:
    """Finds the lines that another search finds.

    Args:
        search: the other one.
        database: finds what is `_SURE` a phrase and what is `_PERHAPS` part of one.
    """

    name = "hyperscan"

    def __init__(self, search: HyperscanSearch, database: Any) -> None:
        self._search = search
        self._database = database
        self._searched = self._in_vain = 0

    def in_vain(self, sample: bytes) -> int:
        """How many lines of a sample would be searched for phrases in vain."""
        self.lines(sample)
        return self._in_vain

    def lines(self, block: bytes | memoryview) -> list[Span]:
        """The lines that hold an anchor, in their order, each once."""
        if self._searched > _TRIED and self._in_vain * _MOST_IN_VAIN > self._searched:
            return self._search.lines(block)
        data = bytes(block)
        ends: list[int] = []
        perhaps: list[int] = []
        self._database.scan(data, _note, context=(ends, perhaps))
        if perhaps:
            lines = spans_of(data, perhaps)
            found = [end for start, end in lines if self._search.lines(data[start:end])]
            self._in_vain += len(lines) - len(found)
            ends += found
        self._searched += len(data)
        return spans_of(data, ends)

    def phrases(self, text: bytes) -> set[bytes]:
        """The anchors in a text."""
        return self._search.phrases(text)


def _note(which: int, _start: int, end: int, _flags: int, found: tuple[list[int], list[int]]) -> None:
    found[which].append(end)


def rare_fragments(phrases: Sequence[bytes], sample: bytes) -> tuple[list[bytes], list[bytes]]:
    """The phrases that have no fragment that is rare in the sample, and rare fragments of all others, few of them."""
    ordinary = set(_fragments(sample.lower()))
    counts = Counter(fragment for phrase in phrases for fragment in set(_fragments(phrase)))
    rare = [[fragment for fragment in _fragments(phrase) if fragment not in ordinary] for phrase in phrases]
    fragments: set[bytes] = set()
    for some in sorted(filter(None, rare), key=len):  # those with little choice first: what they need may do for others
        if fragments.isdisjoint(some):
            fragments.add(max(some, key=lambda fragment: (counts[fragment], fragment)))
    return [phrase for phrase, some in zip(phrases, rare, strict=True) if not some], sorted(fragments)


def _fragments(text: bytes) -> Iterator[bytes]:
    return (text[at : at + _LENGTH] for at in range(len(text) - _LENGTH + 1))
