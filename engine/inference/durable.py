"""Rules in durable_rules: the inference engine where it installs (CPython below 3.13).

How it is used follows from what holds and what breaks in version 2.0.28 (measured; see docs/inference.md): one fact
object a case in one fixed session, asserted, its activations collected, retracted; no `$nex`; absence is an explicit
value. A ruleset with several hundred distinct attributes hangs while it is compiled and one with several hundred
rules slows down, so conditions are dealt over several small rulesets, and only those that a case can touch are asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from durable import engine as durable_engine  # type: ignore[import-not-found,import-untyped,unused-ignore]

from .evaluator import Condition, InferenceError, atoms_of, triggers

_MOST_RULES = 180
_MOST_ATTRIBUTES = 180
_SESSION = "case"
# Its C core is one for the process: two rulesets of two evaluators must not run at the same time either.
_LOCK = threading.Lock()


class _Host(durable_engine.Host):  # type: ignore[misc,unused-ignore]
    """A host without the two timer threads, which would enter the C core beside the caller's thread."""

    def _run(self) -> None:
        return


class DurableEvaluator:
    """Compiles conditions to rulesets and asks them, under a process-wide lock."""

    _made = 0

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._fired: set[int] = set()
        self._host = _Host()
        self._parts: list[_Part] = []
        self._always: list[int] = []
        self._parts_by_atom: dict[int, list[int]] = {}
        with _LOCK:
            DurableEvaluator._made += 1
            prefix = f"oauth_doctor_{DurableEvaluator._made}"
            for number, numbers in enumerate(_deal(conditions)):
                part = _Part(f"{prefix}_{number}", {n: conditions[n] for n in numbers})
                self._parts.append(part)
                if part.always:
                    self._always.append(number)
                for atom in part.triggers:
                    self._parts_by_atom.setdefault(atom, []).append(number)

    def fired(self, atoms: set[int]) -> set[int]:
        """Numbers of the conditions that hold.

        Raises:
            InferenceError: durable_rules reported an error.
        """
        touched = set(self._always)
        for atom in atoms:
            touched.update(self._parts_by_atom.get(atom, ()))
        result: set[int] = set()
        for number in sorted(touched):
            result |= self._ask(self._parts[number], atoms)
        return result

    def _collector(self, number: int) -> Callable[[Any], None]:
        def collect(_: Any) -> None:
            self._fired.add(number)

        return collect

    def _ask(self, part: _Part, atoms: set[int]) -> set[int]:
        fact = part.fact(atoms)
        with _LOCK:
            if not part.compiled:  # a run of one case never needs most of them
                self._host.set_rulesets({part.name: part.definition(self._collector)})
                part.compiled = True
            self._fired = set()
            try:
                self._send(self._host.assert_fact, part.name, fact)
            finally:
                self._send(self._host.retract_fact, part.name, fact)
            return self._fired

    @staticmethod
    def _send(verb: Callable[[str, dict[str, Any]], Any], ruleset: str, fact: dict[str, Any]) -> None:
        try:
            verb(ruleset, fact)
        except durable_engine.MessageNotHandledException:
            return  # only says that no rule matched
        except Exception as error:
            raise InferenceError(f"durable_rules: {error}") from error


class _Part:
    """One ruleset: its conditions, the attributes they need, and the atoms that make it worth asking."""

    def __init__(self, name: str, conditions: dict[int, Condition]) -> None:
        self.name = name
        self.compiled = False
        self._conditions = conditions
        self._negated = sorted({atom for c in conditions.values() for atom in _negated(c)})
        self._atoms = {atom for c in conditions.values() for atom in atoms_of(c)}
        self.triggers: set[int] = set()
        self.always = False
        for condition in conditions.values():
            needed = triggers(condition)
            self.always |= needed is None
            self.triggers |= needed or set()

    def definition(self, collector: Callable[[int], Callable[[Any], None]]) -> dict[str, Any]:
        """The ruleset as durable_rules takes it."""
        return {
            f"r{number}": {"all": [{"m": _expression(condition)}], "run": collector(number)}
            for number, condition in self._conditions.items()
        }

    def fact(self, atoms: set[int]) -> dict[str, Any]:
        """The case as one fact object: true atoms, and an explicit false for absent ones that a rule denies."""
        fact: dict[str, Any] = {"id": _SESSION, "sid": _SESSION, "case": True}
        for atom in self._negated:
            fact[f"a{atom}"] = False
        for atom in atoms & self._atoms:
            fact[f"a{atom}"] = True
        return fact


def _deal(conditions: Sequence[Condition]) -> list[list[int]]:
    """Deal conditions into parts within the limits, neighbours together: rules of one file share their atoms."""
    parts: list[list[int]] = []
    attributes: set[int] = set()
    for number, condition in enumerate(conditions):
        own = set(atoms_of(condition))
        if not parts or len(parts[-1]) >= _MOST_RULES or len(attributes | own) > _MOST_ATTRIBUTES:
            parts.append([])
            attributes = set()
        parts[-1].append(number)
        attributes |= own
    return parts


def _expression(condition: Condition) -> dict[str, Any]:
    match condition[0]:
        case "atom":
            return {f"a{condition[1]}": True}
        case "not":
            return {f"a{condition[1]}": False}
        case "all" if not condition[1]:
            return {"case": True}
        case "any" if not condition[1]:
            return {"case": False}
        case "all" | "any" if len(condition[1]) == 1:
            return _expression(condition[1][0])
        case "all":
            return {"$and": [_expression(part) for part in condition[1]]}
        case _:
            return {"$or": [_expression(part) for part in condition[1]]}


def _negated(condition: Condition) -> list[int]:
    if condition[0] == "not":
        return [condition[1]]
    return [] if condition[0] == "atom" else [atom for part in condition[1] for atom in _negated(part)]
