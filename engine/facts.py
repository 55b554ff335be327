"""The facts of one case: what was answered, what the text showed, and where each came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .knowledge import Fact, Value, Vocabulary


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact comes from: `kind` is answer, text or derived; line (1-based) and rule where there are any."""

    kind: str
    line: int | None = None
    rule: str | None = None
    excerpt: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One value of one fact."""

    name: str
    value: Value
    origin: Origin


class Facts:
    """Facts by name. An answer beats what a text shows; the first finding of a single-valued fact stands."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._findings: dict[str, dict[Value, Finding]] = {}
        self._answered: set[str] = set()
        self._overruled: dict[str, Finding] = {}
        self._confirmed: dict[str, set[Value]] = {}

    def answer(self, name: str, raw: Any) -> None:
        """Take an answer. None means that it is not known.

        Raises:
            FactError: unknown fact, or a value outside the vocabulary; the nearest valid ones are named.
        """
        fact = self._vocabulary[name]
        values = fact.read(raw)
        if values:
            self._answered.add(name)
            self._findings[name] = {value: Finding(name, value, Origin("answer")) for value in values}

    def take(self, name: str, findings: Mapping[Value, Finding]) -> None:
        """Take an answer that was read before: what `findings` gave then."""
        self._answered.add(name)
        self._findings[name] = dict(findings)

    def find(self, name: str, raw: Any, origin: Origin) -> bool:
        """Take what a text shows; values outside the vocabulary are left out (a text may say anything)."""
        fact, values = self._vocabulary.read(name, raw)
        return fact is not None and self.add(fact, values, origin)

    def add(self, fact: Fact, values: Sequence[Value], origin: Origin) -> bool:
        """Take values of a fact that a text shows."""
        name = fact.id
        if name in self._answered and origin.kind == "text":
            self._confirmed.setdefault(name, set()).update(values)
        if name in self._answered and not _adds(fact):
            for value in values:
                if value not in self._findings[name]:
                    self._overruled.setdefault(name, Finding(name, value, origin))
            return False
        known = self._findings.setdefault(name, {})
        added = False
        for value in values:
            if value not in known and (fact.several or not known):
                known[value] = Finding(name, value, origin)
                added = True
        return added

    def values(self, name: str) -> tuple[Value, ...]:
        """All values of a fact, in the order in which they were found; empty when it is not known."""
        return tuple(self._findings.get(name, ()))

    def first(self, name: str) -> Value | None:
        """The value of a single-valued fact, or None."""
        return next(iter(self._findings.get(name, ())), None)

    def finding(self, name: str, value: Value) -> Finding | None:
        """Where a value came from."""
        return self._findings.get(name, {}).get(value)

    @property
    def held(self) -> Mapping[str, Mapping[Value, Finding]]:
        """By fact its values, and where each came from."""
        return self._findings

    def __contains__(self, name: object) -> bool:
        return bool(self._findings.get(name)) if isinstance(name, str) else False

    def __iter__(self) -> Iterator[Finding]:
        for known in self._findings.values():
            yield from known.values()

    def names(self) -> Iterator[str]:
        """Names of the facts that are known."""
        return (name for name, known in self._findings.items() if known)

    def copy(self) -> Facts:
        """An independent copy."""
        other = Facts(self._vocabulary)
        other._findings = {name: dict(known) for name, known in self._findings.items()}
        other._answered = set(self._answered)
        other._overruled = dict(self._overruled)
        other._confirmed = {name: set(values) for name, values in self._confirmed.items()}
        return other

    @property
    def overruled(self) -> Mapping[str, Finding]:
        """What a text shows otherwise than it was answered: the first such finding of each fact."""
        return self._overruled

    @property
    def confirmed(self) -> Mapping[str, set[Value]]:
        """All values that a text shows of the facts that were answered."""
        return self._confirmed

    @property
    def answered(self) -> frozenset[str]:
        """Names of the facts that were answered."""
        return frozenset(self._answered)

    def by_name(self) -> Mapping[str, tuple[Value, ...]]:
        """Values by fact."""
        return {name: tuple(known) for name, known in self._findings.items() if known}


def _adds(fact: Fact) -> bool:
    """A text may add to an answered list (further codes, statuses); it never replaces a single answer."""
    return fact.several
