"""The contract of an evaluator, and the project's own one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from .network import Condition, Network

REMEMBERED = 100_000  # answers of durable_rules that are kept by default: whether a rule fired for certain facts


class Evaluator(Protocol):
    """Tells which conditions hold for a set of true atoms. Implementations are thread-safe."""

    def fired(self, atoms: set[int]) -> set[int]:
        """Numbers of the conditions that hold.

        Raises:
            InferenceError: the engine failed; never swallowed, as a missing rule would look like a healthy answer.
        """

    def warm_up(self) -> None:
        """Make now what the first cases would wait for."""


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


class OwnEvaluator:
    """Tests only the conditions that the index leaves."""

    def __init__(self, conditions: Sequence[Condition], network: Mapping[str, Any] | None = None) -> None:
        self._conditions = conditions
        self._network = Network(conditions, network)

    def fired(self, atoms: set[int]) -> set[int]:
        """Numbers of the conditions that hold."""
        return {number for number in self._network.candidates(atoms) if holds(self._conditions[number], atoms)}

    def warm_up(self) -> None:
        """There is nothing to make."""
