"""Elementary tests over facts, numbered. A case is, for the rules, the set of atoms that hold for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

Values = Mapping[str, tuple[Any, ...]]


class AtomIndex:
    """Finds the atoms that hold for a case without testing each one."""

    def __init__(self, atoms: Iterable[list[Any]]) -> None:
        self._equal: dict[tuple[str, Any], list[int]] = {}
        self._present: dict[str, list[int]] = {}
        self._compared: dict[str, list[tuple[str, Any, int]]] = {}
        self._known: dict[tuple[str, tuple[Any, ...]], Collection[int]] = {}
        for number, (form, fact, *rest) in enumerate(atoms):
            if form == "is":
                self._equal.setdefault((fact, rest[0]), []).append(number)
            elif form == "present":
                self._present.setdefault(fact, []).append(number)
            else:
                self._compared.setdefault(fact, []).append((form, rest[0], number))

    def true_atoms(self, values: Values) -> set[int]:
        """The atoms that hold. A fact that is not known (absent, or without a value) fulfils none."""
        return set().union(*[self._of(fact, known) for fact, known in values.items() if known])

    def _of(self, fact: str, known: tuple[Any, ...]) -> Collection[int]:
        """The atoms that hold for one fact; remembered for values that the rules ask for, of which there are so many."""
        found = self._known.get((fact, known))
        if found is None:
            equal = [number for value in known for number in self._equal.get((fact, value), ())]
            compared = [one for form, operand, one in self._compared.get(fact, ()) if _compare(form, operand, known)]
            found = (*self._present.get(fact, ()), *equal, *compared)
            if len(known) == 1 and equal:
                self._known[fact, known] = found
        return found


def _compare(form: str, operand: Any, known: tuple[Any, ...]) -> bool:
    if form == "at_least":
        return any(value >= operand for value in known)
    if form == "below":
        return any(value < operand for value in known)
    return operand not in known  # lacks
