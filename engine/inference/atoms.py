"""Elementary tests over facts, numbered. A case is, for the rules, the set of atoms that hold for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Values = Mapping[str, tuple[Any, ...]]


class AtomIndex:
    """Finds the atoms that hold for a case without testing each one."""

    def __init__(self, atoms: Iterable[list[Any]]) -> None:
        self._equal: dict[tuple[str, Any], list[int]] = {}
        self._present: dict[str, list[int]] = {}
        self._compared: dict[str, list[tuple[str, Any, int]]] = {}
        for number, (form, fact, *rest) in enumerate(atoms):
            if form == "is":
                self._equal.setdefault((fact, rest[0]), []).append(number)
            elif form == "present":
                self._present.setdefault(fact, []).append(number)
            else:
                self._compared.setdefault(fact, []).append((form, rest[0], number))

    def true_atoms(self, values: Values) -> set[int]:
        """The atoms that hold. A fact that is not known (absent, or without a value) fulfils none."""
        held: set[int] = set()
        for fact, known in values.items():
            if not known:
                continue
            held.update(self._present.get(fact, ()))
            for value in known:
                held.update(self._equal.get((fact, value), ()))
            for form, operand, number in self._compared.get(fact, ()):
                if _compare(form, operand, known):
                    held.add(number)
        return held


def _compare(form: str, operand: Any, known: tuple[Any, ...]) -> bool:
    if form == "at_least":
        return any(value >= operand for value in known)
    if form == "below":
        return any(value < operand for value in known)
    return operand not in known  # lacks
