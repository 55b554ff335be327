"""What every compiler of entries works with: the vocabulary, what words mean in numbers, and where problems are collected."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from .. import schema
from ..conditions import Condition, negation_normal, read_condition, tests_of
from ..names import NOT_OAUTH, RECOGNISED, SAW
from ..problems import Problem, expected_one_of
from ..read import Authored, Incident, Placed
from ..vocabulary import Fact, FactError, FactKind, Vocabulary
from ..yaml_source import Path


class Desk:
    """One compilation in progress.

    Attributes:
        problems: what is wrong so far, those of reading included.
        atom_list, reference_list, rules: what the compiled form refers to by number.
    """

    def __init__(self, authored: Authored) -> None:
        self.authored = authored
        self.problems = list(authored.problems)
        self._good_answers: set[tuple[str, str]] = set()
        self._atoms: dict[str, int] = {}
        self.atom_list: list[list[Any]] = []
        self._references: dict[tuple[str, str, str], int] = {}
        self.reference_list: list[list[str]] = []
        self.rules: list[dict[str, Any]] = []
        scales = authored.scales.entry if authored.scales else None
        self.strengths = {name: math.log(ratio) for name, ratio in scales.strengths.items()} if scales else {}
        self.frequencies = dict(scales.frequencies) if scales else {}
        self.priors = dict(scales.priors) if scales else {}
        self.calibration = scales.calibration.model_dump() if scales else {}
        self.effort = scales.effort.model_dump() if scales else {}
        self.learning = scales.learning.model_dump() if scales else {}
        self.vocabulary = self._vocabulary()
        for name, present in (("scales", authored.scales), ("terms", authored.terms)):
            if present is None:
                self.problems.append(Problem(f"kb/{name}.yaml", 0, 0, "is missing or invalid"))

    @cached_property
    def template_words(self) -> dict[str, Any] | None:
        """The names that step templates may use (see `unknown_words`); None without a list of terms."""
        if self.authored.terms is None:
            return None
        terms = self.authored.terms.entry
        return {
            "platform": {"name": None, "id": None, **dict.fromkeys(terms.platform)},
            "provider": {
                "name": None,
                "id": None,
                "documentation": None,
                "known": None,
                "console": dict.fromkeys(terms.console),
                "policies": dict.fromkeys(terms.policies),
            },
            "facts": {fact.id: None for fact in self.vocabulary},
        }

    def condition(self, raw: Any, placed: Placed[Any], path: Path) -> Condition:
        """An authored condition, read and checked."""

        def report(inner: Path, message: str, expected: str) -> None:
            self.problems.append(placed.problem(inner, message, expected))

        condition = read_condition(raw, path, self.vocabulary, report)
        for test in tests_of(condition):
            if test[1] == SAW and len(test) > 2 and test[2] not in self.authored.signatures:
                report(path, f"unknown signature {test[2]!r}", expected_one_of(test[2], self.authored.signatures))
        return condition

    def numbered(self, condition: Condition) -> Any:
        """The condition in negation normal form, with each elementary test replaced by the number of its atom."""
        return self._number(negation_normal(condition))

    def _number(self, condition: Condition) -> Any:
        match condition[0]:
            case "all" | "any":
                return [condition[0], [self._number(part) for part in condition[1]]]
            case "not":
                return ["not", self._number(condition[1])[1]]
            case _:
                key = repr(condition)
                if key not in self._atoms:
                    self._atoms[key] = len(self.atom_list)
                    self.atom_list.append(condition)
                return ["atom", self._atoms[key]]

    def references_of(self, references: Iterable[schema.Reference]) -> list[int]:
        """Numbers of the references, each of which is kept once."""
        result = []
        for reference in references:
            row = (reference.title, reference.url, reference.checked.isoformat())
            if row not in self._references:
                self._references[row] = len(self.reference_list)
                self.reference_list.append(list(row))
            result.append(self._references[row])
        return result

    def number(self, table: dict[str, float], word: str, what: str, placed: Placed[Any], path: Path) -> float:
        """The number behind an author's word; 1 for an unknown one, which is a problem."""
        if word not in table:
            self.problems.append(placed.problem(path, f"unknown {what} {word!r}", expected_one_of(word, table)))
        return table.get(word, 1.0)

    def check_cause(self, cause: str, placed: Placed[Any] | Incident, path: Path) -> None:
        """Complain of a cause that nobody describes."""
        if cause not in self.authored.causes and cause != NOT_OAUTH:
            self.problems.append(
                placed.problem(path, f"unknown cause {cause!r}", expected_one_of(cause, self.authored.causes))
            )

    def check_facts(self, facts: dict[str, Any], placed: Placed[Any] | Incident, path: Path) -> None:
        """Complain of facts or values outside the vocabulary."""
        for name, value in facts.items():
            if isinstance(value, str) and (name, value) in self._good_answers:
                continue  # thousands of examples give the same few hundred answers
            try:
                self.vocabulary[name].read(value)
            except FactError as error:
                self.problems.append(placed.problem((*path, name), error.message, error.expected))
            else:
                if isinstance(value, str):
                    self._good_answers.add((name, value))

    def _vocabulary(self) -> Vocabulary:
        """The facts, with the names by which providers, platforms and libraries are known."""
        a = self.authored
        aliases: dict[str, dict[str, str]] = {
            kind: {alias: key for key, placed in table.items() for alias in placed.entry.aliases}
            for kind, table in (("provider", a.providers), ("platform", a.platforms), ("library", a.libraries))
        }
        facts = {
            SAW: Fact(SAW, FactKind.SLUG, several=True),
            RECOGNISED: Fact(RECOGNISED, FactKind.ONE, values={"something": "", "nothing": ""}),
        }
        for key, placed in a.facts.items():
            entry = placed.entry
            kind = FactKind(entry.kind)
            listed = kind in (FactKind.ONE, FactKind.SET)
            if listed != bool(entry.values):
                self.problems.append(
                    placed.problem(("values",), f"fact {key} of kind {kind} {'needs' if listed else 'has no'} values")
                )
            known = entry.known_beside_text
            facts[key] = Fact(
                key,
                kind,
                entry.several or kind is FactKind.SET,
                entry.question,
                entry.where,
                entry.cost,
                {value: item.label for value, item in entry.values.items()},
                aliases.get(key, {}),
                1.0
                if known is None
                else self.number(self.frequencies, known, "frequency", placed, ("known_beside_text",)),
            )
        return Vocabulary(facts)
