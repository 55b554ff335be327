"""The contract of an evaluator, and the project's own one: an index from atoms to the rules that need them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

Condition = list[Any]


class Evaluator(Protocol):
    """Tells which conditions hold for a set of true atoms. Implementations are thread-safe."""

    def fired(self, atoms: set[int]) -> set[int]:
        """Numbers of the conditions that hold.

        Raises:
            InferenceError: the engine failed; never swallowed, as a missing rule would look like a healthy answer.
        """


class InferenceError(RuntimeError):
    """The inference engine reported an error of its own."""


def holds(condition: Condition, atoms: set[int]) -> bool:
    """Whether a condition (in negation normal form) holds for the atoms."""
    match condition[0]:
        case "atom":
            return condition[1] in atoms
        case "not":
            return condition[1] not in atoms
        case "all":
            return all(holds(part, atoms) for part in condition[1])
        case _:
            return any(holds(part, atoms) for part in condition[1])


def atoms_of(condition: Condition) -> list[int]:
    """Every atom of a condition, denied ones included."""
    if condition[0] in ("atom", "not"):
        return [condition[1]]
    return [atom for part in condition[1] for atom in atoms_of(part)]


def triggers(condition: Condition) -> frozenset[int] | None:
    """Atoms of which at least one must hold for the condition to hold; None when it can hold without any."""
    match condition[0]:
        case "atom":
            return frozenset({condition[1]})
        case "not":
            return None
        case "all":
            candidates = [found for part in condition[1] if (found := triggers(part)) is not None]
            return min(candidates, key=len, default=None)
        case _:
            parts = [triggers(part) for part in condition[1]]
            return None if None in parts or not parts else frozenset().union(*(part for part in parts if part))


class OwnEvaluator:
    """Tests only conditions one of whose necessary atoms holds."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._conditions = list(conditions)
        self._by_atom: dict[int, list[int]] = {}
        self._always: list[int] = []
        for number, condition in enumerate(self._conditions):
            needed = triggers(condition)
            if needed is None:
                self._always.append(number)
            for atom in needed or ():
                self._by_atom.setdefault(atom, []).append(number)

    def fired(self, atoms: set[int]) -> set[int]:
        """Numbers of the conditions that hold."""
        candidates = set(self._always)
        for atom in atoms:
            candidates.update(self._by_atom.get(atom, ()))
        return {number for number in candidates if holds(self._conditions[number], atoms)}
