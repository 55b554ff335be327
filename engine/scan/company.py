"""What must stand beside a phrase: most signatures are found by one of their phrases, but match only where others stand too.

`Authentication failed.{0,60}role .{1,60}could not be found` is looked for by "authentication failed ", which every mail server
writes. A line with that phrase is read only when the rest of some signature can stand in what belongs to the line. No match
is lost by that: all that is asked for is contained in every match, in whatever encoding it stands.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from ..text.literals import without_borders

Clause: TypeAlias = tuple[str, ...]
"""Phrases of which one stands in every match."""

Needs: TypeAlias = tuple[tuple[Clause, ...], ...]
"""Ways to match, of each of which every clause is needed."""

LONGEST = 28
"""Characters of a phrase that are looked at."""

_ESCAPE = re.compile(rb"\\u([0-9a-fA-F]{4})")
_MOST_LAYERS = 3


class Company:
    """Tells whether a signature that was found by a phrase can match at all.

    Args:
        needs: of each phrase that does not suffice alone, what the signatures that it stands for need.
    """

    def __init__(self, needs: Mapping[bytes, Sequence[Needs]]) -> None:
        self._needs = needs

    def suffices(self, phrases: Collection[bytes], lines: Iterable[bytes]) -> bool:
        """Whether one of the phrases, which stand in these lines, can be part of a match in them."""
        if any(phrase not in self._needs for phrase in phrases):
            return True
        texts = list(_readings(b" ".join(lines)))
        text = b"\n".join(texts).decode("utf-8", "replace")
        known: dict[Clause, bool] = {}

        def stands(clause: Clause) -> bool:
            found = known.get(clause)
            if found is None:
                found = known[clause] = any(phrase in text for phrase in clause)
            return found

        return any(all(map(stands, way)) for phrase in phrases for needs in self._needs[phrase] for way in needs)


def _readings(text: bytes) -> Iterator[bytes]:
    """The text, and what it says when each layer of encoding is taken off."""
    for _ in range(_MOST_LAYERS):
        yield b" ".join(text.lower().split())
        plain = text
        if b"%" in plain or b"+" in plain:
            plain = unquote_to_bytes(plain.replace(b"+", b" "))
        if b"\\" in plain:
            plain = _ESCAPE.sub(_character, plain)
            plain = plain.replace(b"\\n", b" ").replace(b"\\t", b" ").replace(b"\\r", b" ").replace(b"\\", b"")
        if b"&" in plain:
            plain = html.unescape(plain.decode("utf-8", "replace")).replace("\xa0", " ").encode("utf-8", "replace")
        if plain == text:
            return
        text = plain


def _character(escape: re.Match[bytes]) -> bytes:
    return chr(int(escape[1], 16)).encode("utf-8", "replace")


def needs_of(ways: Iterable[Iterable[Collection[str]]]) -> Needs:
    """What a signature needs, from the ways in which its pattern matches."""
    return tuple(
        tuple(tuple(sorted({without_borders(phrase)[:LONGEST] for phrase in clause})) for clause in clauses)
        for clauses in ways
    )


def alone(phrase: str, needs: Needs) -> bool:
    """Whether nothing is needed beside the phrase."""
    return not needs or any(all(is_given(clause, phrase) for clause in way) for way in needs)


def is_given(clause: Clause, phrase: str) -> bool:
    """Whether the phrase itself fulfils a clause."""
    return any(one in phrase for one in clause)
