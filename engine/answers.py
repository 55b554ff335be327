"""What people answer: scrubbed, in the words of the vocabulary, and what the signatures say of it.

The same few answers are given again and again, so what was made of a short one is remembered. Nothing is that holds a secret,
nor what was said beside one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from .facts import Facts, Finding, Origin
from .knowledge import Fact, FactKind, Value, Vocabulary
from .knowledge.names import NAMES, SAW
from .redaction import Redactor
from .remembered import Remembered
from .scrubbing import SHORT, scrub
from .text.signatures import Match, SignatureMatcher
from .text.views import read_document

_PLAIN = (str, int, bool)
_MOST_REMEMBERED = 5_000


class _Read(NamedTuple):
    """What signatures say of some answers: the matches, and the facts that follow."""

    matches: Sequence[Match]
    found: Sequence[tuple[Fact, list[Value], Origin]]


class Answers:
    """Takes and reads answers. Thread-safe.

    Args:
        matcher: gives the signatures; asked only when some answer is to be searched.
    """

    def __init__(self, vocabulary: Vocabulary, matcher: Callable[[], SignatureMatcher]) -> None:
        self._vocabulary = vocabulary
        self._matcher = matcher
        kinds = {fact.id: fact.kind for fact in vocabulary}
        self._messages = [
            name
            for name, kind in sorted(kinds.items())
            if kind is FactKind.TEXT or (kind is FactKind.SLUG and name not in NAMES)
        ]
        self._taken: Remembered[Mapping[Value, Finding]] = Remembered(_MOST_REMEMBERED)
        self._read: Remembered[_Read] = Remembered(_MOST_REMEMBERED)

    def take(self, given: Mapping[str, Any], case: Facts, redactor: Redactor) -> None:
        """Answer the case's facts; None means that a fact is not known.

        Raises:
            FactError: an unknown fact or value; the nearest valid ones are named.
        """
        for name, value in given.items():
            key = (name, value, value.__class__) if value.__class__ in _PLAIN else None  # True and 1 are equal
            taken = self._taken.get(key) if key and not redactor.knows_secrets else None
            if taken is not None:
                case.take(name, taken)
                continue
            scrubbed = scrub(value, redactor)
            case.answer(name, scrubbed)
            if key and scrubbed == value and not redactor.knows_secrets and len(str(value)) <= SHORT:
                self._taken.keep(key, dict(case.held.get(name, {})))

    def read(self, case: Facts, redactor: Redactor) -> list[Match]:
        """What the signatures say of codes and messages that somebody read out, which no line of a text shows."""
        answered = case.answered
        said = "\n".join(
            [f"{name}: {value}" for name in self._messages if name in answered for value in case.held[name]]
        )
        if not said:
            return []
        read = None if redactor.knows_secrets else self._read.get(said)
        if read is None:
            read = self._search(said, redactor)
        for fact, values, origin in read.found:
            case.add(fact, values, origin)
        return list(read.matches)

    def _search(self, said: str, redactor: Redactor) -> _Read:
        redacted = redactor.redact(said)
        found = self._matcher().search(read_document(redacted, redactor)).matches
        matches = [replace(match, line=None) for match in found]
        shown = []
        for match in matches:
            origin = Origin("answer", None, match.signature)
            for name, raw in ((SAW, match.signature), *match.facts):
                fact, values = self._vocabulary.read(name, raw)
                if fact is not None:
                    shown.append((fact, values, origin))
        read = _Read(matches, shown)
        return self._read.keep(said, read) if len(said) <= SHORT and not redactor.knows_secrets else read
