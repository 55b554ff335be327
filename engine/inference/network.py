"""The index over conditions: which of them a case can fulfil at all, and which are asked together.

Worked out while knowledge is compiled and kept in JSON, because a run of one case could not wait for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Condition = list[Any]

# durable_rules compiles a ruleset in more than linear time, and never one of several hundred attributes. It takes 35 kB a
# rule, and a case needs few rules of thousands: small rulesets leave most of them uncompiled.
_MOST_RULES = 8
_MOST_ATTRIBUTES = 180
_COMMON = 4


def atoms_of(condition: Condition) -> list[int]:
    """Every atom of a condition, denied ones included."""
    if condition[0] in ("atom", "not"):
        return [condition[1]]
    return [atom for part in condition[1] for atom in atoms_of(part)]


def triggers(condition: Condition, uses: Mapping[int, int] | None = None) -> frozenset[int] | None:
    """Atoms of which at least one must hold for the condition to hold; None when it can hold without any.

    Args:
        uses: how many conditions use an atom. Of several answers the one whose atoms are used least is given: what few
            conditions ask for is what few cases show.
    """
    match condition[0]:
        case "atom":
            return frozenset({condition[1]})
        case "not":
            return None
        case "all":
            candidates = [found for part in condition[1] if (found := triggers(part, uses)) is not None]
            return min(candidates, key=lambda found: _cost(found, uses), default=None)
        case _:
            parts = [triggers(part, uses) for part in condition[1]]
            return None if None in parts or not parts else frozenset().union(*(part for part in parts if part))


def necessary(condition: Condition) -> frozenset[int]:
    """Atoms all of which must hold for the condition to hold."""
    match condition[0]:
        case "atom":
            return frozenset({condition[1]})
        case "not":
            return frozenset()
        case "all":
            return frozenset().union(*map(necessary, condition[1]))
        case _:
            parts = [necessary(part) for part in condition[1]]
            return parts[0].intersection(*parts[1:]) if parts else frozenset()


def make_network(conditions: Sequence[Condition]) -> dict[str, Any]:
    """The index as JSON can hold it: `by_atom` (atom to the conditions that it triggers), `always` (conditions without a
    trigger), `parts` (conditions in groups that are asked together)."""
    uses = Counter(atom for condition in conditions for atom in set(atoms_of(condition)))
    by_atom: list[list[int]] = [[] for _ in range(max(uses, default=-1) + 1)]
    always = []
    for number, condition in enumerate(conditions):
        needed = triggers(condition, uses)
        if needed is None:
            always.append(number)
        for atom in sorted(needed or ()):
            by_atom[atom].append(number)
    return {"by_atom": by_atom, "always": always, "parts": _deal(conditions, by_atom)}


class Network:
    """The index, ready to be asked."""

    def __init__(self, conditions: Sequence[Condition], made: Mapping[str, Any] | None = None) -> None:
        made = made or make_network(conditions)
        self._always: list[int] = made["always"]
        self._triggered = _Triggered(conditions, made["by_atom"])
        self.parts: list[list[int]] = made["parts"]

    def candidates(self, atoms: set[int]) -> set[int]:
        """Conditions that may hold for the atoms: a superset of those that do."""
        triggered = self._triggered
        found = {number for atom in atoms for number, needed in triggered[atom] if needed <= atoms}
        found.update(self._always)
        return found


class _Triggered(dict[int, list[tuple[int, frozenset[int]]]]):
    """By atom the conditions that it triggers, each with all atoms that it needs; made when they are first asked for."""

    def __init__(self, conditions: Sequence[Condition], by_atom: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self._conditions = conditions
        self._by_atom = by_atom

    def __missing__(self, atom: int) -> list[tuple[int, frozenset[int]]]:
        numbers = self._by_atom[atom] if atom < len(self._by_atom) else ()
        found = self[atom] = [(number, necessary(self._conditions[number])) for number in numbers]
        return found


def _cost(atoms: frozenset[int], uses: Mapping[int, int] | None) -> tuple[int, int]:
    return (sum(uses[atom] for atom in atoms) if uses else len(atoms), min(atoms, default=0))


def _deal(conditions: Sequence[Condition], by_atom: Sequence[Sequence[int]]) -> list[list[int]]:
    """Deal conditions into parts: first those that common atoms trigger, by atom, then the others as they are written.

    What one case needs should lie in few parts: the rules of one common atom, or of one file.
    """
    common = [number for numbers in by_atom if len(numbers) >= _COMMON for number in numbers]
    parts: list[list[int]] = []
    attributes: set[int] = set()
    for number in dict.fromkeys([*common, *range(len(conditions))]):
        own = set(atoms_of(conditions[number]))
        if not parts or len(parts[-1]) >= _MOST_RULES or len(attributes | own) > _MOST_ATTRIBUTES:
            parts.append([])
            attributes = set()
        parts[-1].append(number)
        attributes |= own
    return parts
