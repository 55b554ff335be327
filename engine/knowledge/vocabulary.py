"""The facts a case may have, and how answers and text become their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .problems import expected_one_of

_SLUG_OUTSIDE = re.compile(r"[^a-z0-9_.:/+-]+")
_LONGEST = 500
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

Value = str | int | bool


class FactError(ValueError):
    """A fact or value that the vocabulary does not know. `expected` says what it knows."""

    def __init__(self, message: str, expected: str = "") -> None:
        self.message = message
        self.expected = expected
        super().__init__(f"{message}; expected {expected}" if expected else message)


class FactKind(StrEnum):
    """What values a fact takes; see kb/facts.yaml."""

    ONE = "one"
    SET = "set"
    SLUG = "slug"
    INTEGER = "integer"
    TEXT = "text"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of the vocabulary.

    Attributes:
        values: value to label, for kinds `one` and `set`; empty otherwise.
        cost: effort of finding the answer, in units of one glance.
        several: several values may hold at once.
        aliases: other spellings of a slug's values.
        known_beside_text: how often whoever is asked can still tell, where a text was pasted that does not show it.
    """

    id: str
    kind: FactKind
    several: bool = False
    question: str = ""
    where: str = ""
    cost: float = 1.0
    values: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    known_beside_text: float = 1.0

    @property
    def is_open(self) -> bool:
        """Whether any value of the kind may be given, not only listed ones."""
        return self.kind in (FactKind.SLUG, FactKind.INTEGER, FactKind.TEXT)

    def read(self, raw: Any) -> list[Value]:
        """Normalise an answer into the values it gives; None and empty lists give none.

        Raises:
            FactError: the value is outside the vocabulary; the nearest valid ones are named.
        """
        if raw is None:
            return []
        if isinstance(raw, (list, tuple, set, frozenset)):
            if not self.several and len(raw) > 1:
                raise FactError(f"fact {self.id} takes one value, not {len(raw)}", "a single value")
            return [value for item in raw for value in self.read(item)]
        if isinstance(raw, dict):
            raise FactError(f"fact {self.id} cannot be an object", "a plain value")
        if self.several and self.kind is not FactKind.TEXT and isinstance(raw, str) and "," in raw:
            return self.read([part.strip() for part in raw.split(",") if part.strip()])
        return [self._read_one(raw)]

    def _read_one(self, raw: Any) -> Value:
        text = str(raw).strip()
        match self.kind:
            case FactKind.BOOLEAN:
                if isinstance(raw, bool):
                    return raw
                if text.lower() in _BOOLEANS:
                    return _BOOLEANS[text.lower()]
                raise FactError(f"{text[:60]!r} is not a value of fact {self.id}", "true or false")
            case FactKind.INTEGER:
                if isinstance(raw, bool) or not re.fullmatch(r"-?\d{1,15}", text):
                    raise FactError(f"{text[:60]!r} is not a value of fact {self.id}", "a whole number")
                return int(text)
            case FactKind.ONE | FactKind.SET:
                value = text.lower()
                if value not in self.values:
                    raise FactError(
                        f"{text[:60]!r} is not a value of fact {self.id}", expected_one_of(value, self.values)
                    )
                return value
            case FactKind.SLUG:
                slug = _SLUG_OUTSIDE.sub("-", text.lower())[:100].strip("-")
                if not slug:
                    raise FactError(f"{text[:60]!r} is not a value of fact {self.id}", "a lower-case name")
                return self.aliases.get(slug, slug)
            case FactKind.TEXT:
                return text[:_LONGEST]


class Vocabulary:
    """All facts by name."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = dict(facts)

    def __getitem__(self, name: str) -> Fact:
        """The fact of that name.

        Raises:
            FactError: there is none; the nearest names are given.
        """
        fact = self._facts.get(name)
        if fact is None:
            raise FactError(f"unknown fact {name!r}", self.nearest(name))
        return fact

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts.values())

    def __contains__(self, name: object) -> bool:
        return name in self._facts

    def get(self, name: str) -> Fact | None:
        """The fact of that name, or None."""
        return self._facts.get(name)

    def read(self, name: str, raw: Any) -> tuple[Fact | None, list[Value]]:
        """What a text says of a fact, as the fact and its values; no fact if there is none of that name, or no such value."""
        fact = self._facts.get(name)
        if fact is not None:
            try:
                return fact, fact.read(raw)
            except FactError:
                pass
        return None, []

    def nearest(self, name: str) -> str:
        """The names that may have been meant."""
        return expected_one_of(name, self._facts)
