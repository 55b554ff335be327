"""Rules in durable_rules: the inference engine where it installs (CPython below 3.13).

How it is used follows from what holds and what breaks in version 2.0.28 (measured; see docs/inference.md): one fact
object a case in one fixed session, asserted, its activations collected, retracted; no `$nex`; absence is an explicit
value. A ruleset with several hundred distinct attributes hangs while it is compiled and one with several hundred
rules slows down, so conditions are dealt over many small rulesets (see network.py), and only those are asked, and
compiled, of which a case has every fact that one of their rules cannot do without. Whether a rule fired is remembered by
the facts that it looks at, which are few: most cases meet no rule in circumstances that are new to it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from durable import engine as durable_engine  # type: ignore[import-not-found,import-untyped,unused-ignore]

from .evaluator import REMEMBERED, InferenceError
from .network import Condition, Network, atoms_of

_SESSION = "case"
# Its C core is one for the process: two rulesets of two evaluators must not run at the same time either.
_LOCK = threading.Lock()


class _Host(durable_engine.Host):  # type: ignore[misc,unused-ignore]
    """A host without the two timer threads, which would enter the C core beside the caller's thread."""

    def _run(self) -> None:
        return


class DurableEvaluator:
    """Compiles conditions to rulesets and asks them, under a process-wide lock.

    Args:
        remembered: how many answers are kept (0: every case is asserted anew).
    """

    _made = 0

    def __init__(
        self, conditions: Sequence[Condition], network: Mapping[str, Any] | None = None, *, remembered: int = REMEMBERED
    ) -> None:
        self._conditions = conditions
        self._network = Network(conditions, network)
        self._part_of = {number: part for part, numbers in enumerate(self._network.parts) for number in numbers}
        self._parts: dict[int, _Part] = {}
        self._looks_at: dict[int, frozenset[int]] = {}
        self._answers: dict[tuple[int, frozenset[int]], bool] = {}
        self._remembered = remembered
        self._fired: set[int] = set()
        self._host = _Host()
        with _LOCK:
            DurableEvaluator._made += 1
            self._name = f"oauth_doctor_{DurableEvaluator._made}"

    def fired(self, atoms: set[int]) -> set[int]:
        """Numbers of the conditions that hold.

        Raises:
            InferenceError: durable_rules reported an error.
        """
        result: set[int] = set()
        open_: dict[int, dict[int, frozenset[int]]] = {}
        answers, looks_at = self._answers, self._looks_at
        for number in self._network.candidates(atoms):
            own = looks_at.get(number)
            if own is None:
                own = looks_at[number] = frozenset(atoms_of(self._conditions[number]))
            seen = own & atoms
            answer = answers.get((number, seen))
            if answer is None:
                open_.setdefault(self._part_of[number], {})[number] = seen
            elif answer:
                result.add(number)
        for part in sorted(open_):
            result |= self._ask(part, open_[part])
        return result

    def warm_up(self) -> None:
        """Compile all rulesets."""
        for number in range(len(self._network.parts)):
            self._part(number)

    def _part(self, number: int) -> _Part:
        """One ruleset, compiled when it is first asked: a run of one case never needs most of them."""
        part = self._parts.get(number)
        if part is None:
            with _LOCK:
                part = self._parts.get(number)
                if part is None:
                    conditions = {n: self._conditions[n] for n in self._network.parts[number]}
                    part = _Part(f"{self._name}_{number}", conditions)
                    self._host.set_rulesets({part.name: part.definition(self._collector)})
                    self._parts[number] = part
        return part

    def _collector(self, number: int) -> Callable[[Any], None]:
        def collect(_: Any) -> None:
            self._fired.add(number)

        return collect

    def _ask(self, number: int, seen: Mapping[int, frozenset[int]]) -> set[int]:
        """Which of these conditions of one ruleset hold, each with the true ones of its atoms.

        The ruleset is told these atoms alone. Others of its rules may then fire or not: they aren't asked.
        """
        part = self._part(number)
        with _LOCK:
            fact = part.fact(frozenset().union(*seen.values()))
            self._fired = set()
            try:
                self._send(self._host.assert_fact, part.name, fact)
            finally:
                self._send(self._host.retract_fact, part.name, fact)
            fired = self._fired & seen.keys()
            if self._remembered:
                if len(self._answers) + len(seen) > self._remembered:
                    self._answers.clear()
                self._answers.update({(one, atoms): one in fired for one, atoms in seen.items()})
            return fired

    @staticmethod
    def _send(verb: Callable[[str, dict[str, Any]], Any], ruleset: str, fact: dict[str, Any]) -> None:
        try:
            verb(ruleset, fact)
        except durable_engine.MessageNotHandledException:
            return  # only says that no rule matched
        except Exception as error:
            raise InferenceError(f"durable_rules: {error}") from error


class _Part:
    """One ruleset: its conditions, and how a case is told to it."""

    def __init__(self, name: str, conditions: Mapping[int, Condition]) -> None:
        self.name = name
        self._conditions = conditions
        self._absent = {f"a{atom}": False for c in conditions.values() for atom in _negated(c)}

    def definition(self, collector: Callable[[int], Callable[[Any], None]]) -> dict[str, Any]:
        """The ruleset as durable_rules takes it."""
        return {
            f"r{number}": {"all": [{"m": _expression(condition)}], "run": collector(number)}
            for number, condition in self._conditions.items()
        }

    def fact(self, atoms: frozenset[int]) -> dict[str, Any]:
        """The case as one fact object: its true atoms, and an explicit false for absent ones that a rule denies."""
        fact: dict[str, Any] = {"id": _SESSION, "sid": _SESSION, "case": True, **self._absent}
        for atom in atoms:
            fact[f"a{atom}"] = True
        return fact


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
