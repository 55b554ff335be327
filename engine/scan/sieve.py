"""A coarse search ahead of the search for all phrases: for fewer and shorter fragments of them.

Thousands of long phrases make Hyperscan slow. Nearly every phrase holds a short fragment that no ordinary line of the log has,
and many phrases share such a fragment; only lines with a fragment are searched for the phrases themselves. Which fragments are rare
is learnt from a sample of the log. No line is lost, whatever the sample: where a phrase stands, its fragment does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from .search import HyperscanSearch, LineSearch, Span, make_database, spans_of

_LENGTH = 8  # bytes of a fragment: what Hyperscan looks at of a literal in its first stage
_SURE, _PERHAPS = 0, 1
_TRIED = 4 << 20  # bytes searched before it is judged whether it pays
_MOST_IN_VAIN = 8 << 10
"""A line in vain for so many bytes searched, and the sieve costs more than it saves."""


def sieved(search: LineSearch, sample: bytes) -> LineSearch:
    """The same search behind a sieve; unchanged where it gains nothing by that.

    Args:
        search: finds the phrases.
        sample: lines of the log from several places.
    """
    return SievedSearch(search, sample) if isinstance(search, HyperscanSearch) else search


class SievedSearch:
    """Finds the lines that another search finds."""

    name = "hyperscan"

    def __init__(self, search: HyperscanSearch, sample: bytes) -> None:
        self._search = search
        whole, fragments = rare_fragments(search.all_phrases, sample)
        self._database: Any = make_database([*whole, *fragments], [_SURE] * len(whole) + [_PERHAPS] * len(fragments))
        self._searched = self._in_vain = 0

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
    """The phrases that have no fragment that is rare in the sample, and rare fragments of all others, as few as possible."""
    text = sample.lower()
    ordinary = set(_fragments(text))
    counts = Counter(fragment for phrase in phrases for fragment in set(_fragments(phrase)))
    whole: list[bytes] = []
    fragments: set[bytes] = set()
    for phrase in phrases:
        rare = [fragment for fragment in _fragments(phrase) if fragment not in ordinary]
        if rare:
            fragments.add(max(rare, key=lambda fragment: (counts[fragment], fragment)))
        else:
            whole.append(phrase)
    return whole, sorted(fragments)


def _fragments(text: bytes) -> Iterator[bytes]:
    return (text[at : at + _LENGTH] for at in range(len(text) - _LENGTH + 1))
