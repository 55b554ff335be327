"""The knowledge as the running program sees it: immutable, made from the compiled form."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .vocabulary import Fact, FactKind, Value, Vocabulary

COMPILED_FORMAT = f"compiled-14/python-{sys.version_info.major}.{sys.version_info.minor}"

Condition = list[Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """A source, and the day (ISO 8601) on which somebody last looked at it."""

    title: str
    url: str
    checked: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition over facts and what it says about causes.

    Attributes:
        condition: nested `["all"|"any", [...]]`, `["atom", n]`, `["not", n]`; n counts in `Knowledge.atoms`.
        evidence: (cause, logarithm of the likelihood ratio - negative when against -, its name).
        group: rules of one group say the same thing and count once.
    """

    id: str
    condition: Condition
    evidence: tuple[tuple[str, float, str], ...]
    group: str
    why: str
    references: tuple[int, ...]
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Signature:
    """What a match of one of the signature's patterns gives.

    Attributes:
        facts: (fact, template over the pattern's groups or a plain value).
        compare: (group expected, group got, fact that receives their difference).
    """

    id: str
    facts: tuple[tuple[str, Any], ...]
    compare: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """How the patterns of all signatures are searched without trying each.

    Attributes:
        patterns: [number of the signature, RE2 source, further lists of literals of each of which one must occur].
        by_literal: literal to the patterns that are worth a look when it occurs.
        always: patterns that require no literal.
        files: the literals by their rarest piece (see text/literals.py).
    """

    patterns: list[list[Any]]
    by_literal: Mapping[str, list[int]]
    always: list[int]
    files: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Step:
    """One fix step; `text` and `verify` are templates. `minutes` is the usual effort."""

    id: str
    who: str
    minutes: int
    risk: str
    when: Condition
    text: str
    verify: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an integration fails.

    Attributes:
        prior: relative number of cases, before anything is known.
        priors: (condition, prior) where another one holds.
        profile: fact to value to probability that a case of this cause shows the value.
    """

    id: str
    title: str
    summary: str
    appears: tuple[str, ...]
    prior: float
    priors: tuple[tuple[Condition, float], ...]
    profile: Mapping[str, Mapping[str, float]]
    look_alikes: Mapping[str, str]
    references: tuple[int, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A provider's own error code and its documented meaning (cause, log likelihood ratio, name of the strength)."""

    provider: str
    code: str
    title: str
    means: tuple[tuple[str, float, str], ...]
    remedy: str
    references: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Provider:
    """A service that issues tokens. `console` maps a place to (noun phrase, address or empty)."""

    id: str
    name: str
    aliases: tuple[str, ...]
    hosts: tuple[str, ...]
    documentation: str
    console: Mapping[str, tuple[str, str]]
    policies: Mapping[str, str]
    references: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Platform:
    """A client application, with its words for the terms of `kb/terms.yaml`."""

    id: str
    name: str
    terms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Library:
    """A client library or server; `marks` are literals that show it in traces and logs."""

    id: str
    name: str
    aliases: tuple[str, ...]
    language: str
    documentation: str
    marks: tuple[str, ...]
    notes: str
    references: tuple[int, ...]


class Knowledge:
    """Everything loaded, by id. Parts that a run does not touch are not even built."""

    def __init__(self, compiled: Mapping[str, Any], key: str) -> None:
        self._compiled = compiled
        self.key = key

    @property
    def calibration(self) -> Mapping[str, float]:
        """Figures that turn scores into probabilities."""
        calibration: Mapping[str, float] = self._compiled["calibration"]
        return calibration

    @property
    def effort(self) -> Mapping[str, Any]:
        """What questions and steps cost, in minutes; see `schema.Effort`."""
        effort: Mapping[str, Any] = self._compiled["effort"]
        return effort

    @property
    def learning(self) -> Mapping[str, Any]:
        """How far confirmed cases change what the authors wrote; see `schema.Learning`."""
        learning: Mapping[str, Any] = self._compiled["learning"]
        return learning

    @property
    def conflicts(self) -> list[tuple[Mapping[str, list[Value]], str]]:
        """Values of facts that hardly hold together, and why."""
        return [(pairs, why) for _, pairs, why in self._compiled["conflicts"]]

    @property
    def terms(self) -> Mapping[str, Mapping[str, str]]:
        """Closed lists of template words: `platform`, `console`, `policies`."""
        terms: Mapping[str, Mapping[str, str]] = self._compiled["terms"]
        return terms

    @property
    def reports(self) -> Mapping[str, str]:
        """Report templates by name."""
        reports: Mapping[str, str] = self._compiled["reports"]
        return reports

    @property
    def atoms(self) -> list[list[Any]]:
        """Elementary tests that conditions refer to by number."""
        atoms: list[list[Any]] = self._compiled["atoms"]
        return atoms

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The facts."""
        return Vocabulary({row[0]: Fact(row[0], FactKind(row[1]), *row[2:]) for row in self._compiled["facts"]})

    @property
    def conditions(self) -> list[Condition]:
        """The conditions of the rules, by number."""
        return [row["if"] for row in self._compiled["rules"]]

    def rule(self, number: int) -> Rule:
        """One rule. An entry of several conditions makes several rules of the same id."""
        row = self._compiled["rules"][number]
        return Rule(
            row["id"],
            row["if"],
            tuple(map(tuple, row["evidence"])),
            row["group"],
            row["why"],
            tuple(row["references"]),
            row["file"],
            row["line"],
        )

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """All rules."""
        return tuple(map(self.rule, range(len(self._compiled["rules"]))))

    @property
    def signature_count(self) -> int:
        """How many signatures there are."""
        return len(self._compiled["signatures"])

    def signature(self, number: int) -> Signature:
        """One signature."""
        row = self._compiled["signatures"][number]
        return Signature(row["id"], tuple(map(tuple, row["facts"])), tuple(row["compare"]) if row["compare"] else None)

    @property
    def search_plan(self) -> SearchPlan:
        """Patterns and literals of all signatures."""
        plan = self._compiled["search"]
        return SearchPlan(plan["patterns"], plan["by_literal"], plan["always"], plan["files"])

    @cached_property
    def causes(self) -> Mapping[str, Cause]:
        """All causes by id."""
        usual = self._compiled["profile"]
        return {
            key: Cause(
                key,
                row["title"],
                row["summary"],
                tuple(row["appears"]),
                row["prior"],
                tuple((condition, prior) for condition, prior in row["priors"]),
                {**usual, **row["profile"]},
                row["look_alikes"],
                tuple(row["references"]),
                tuple(Step(**step) for step in row["steps"]),
            )
            for key, row in self._compiled["causes"].items()
        }

    @cached_property
    def providers(self) -> Mapping[str, Provider]:
        """All providers by slug; `generic` stands for an unknown one."""
        return {
            key: Provider(
                key,
                row["name"],
                tuple(row["aliases"]),
                tuple(row["hosts"]),
                row["documentation"],
                {place: (name, url) for place, (name, url) in row["console"].items()},
                row["policies"],
                tuple(row["references"]),
            )
            for key, row in self._compiled["providers"].items()
        }

    @cached_property
    def platforms(self) -> Mapping[str, Platform]:
        """All platforms by slug; `generic` has the neutral words."""
        return {key: Platform(key, row["name"], row["terms"]) for key, row in self._compiled["platforms"].items()}

    @cached_property
    def libraries(self) -> Mapping[str, Library]:
        """All client libraries and servers by slug."""
        return {
            key: Library(
                key,
                row["name"],
                tuple(row["aliases"]),
                row["language"],
                row["documentation"],
                tuple(row["marks"]),
                row["notes"],
                tuple(row["references"]),
            )
            for key, row in self._compiled["libraries"].items()
        }

    @cached_property
    def hosts(self) -> Mapping[str, str]:
        """Host name to the provider that it shows; sub-domains belong to it too."""
        return {host: provider for provider, row in self._compiled["providers"].items() for host in row["hosts"]}

    def codes(self, provider: str) -> Mapping[str, Mapping[str, Any]]:
        """The raw code table of one provider, keyed in upper case."""
        table: Mapping[str, Mapping[str, Any]] = self._compiled["codes"].get(provider, {})
        return table

    def find_code(self, code: str, provider: str | None = None) -> list[Code]:
        """What a code means at one provider or, when that is unknown, at every provider that has it."""
        wanted = code.strip().upper()
        tables = self._compiled["codes"]
        found = []
        for slug in tables if provider is None or provider not in tables else (provider,):
            row = tables[slug].get(wanted)
            if row is not None:
                means = tuple((cause, weight, word) for cause, weight, word in row["means"])
                found.append(Code(slug, row["code"], row["title"], means, row["remedy"], tuple(row["references"])))
        return found

    @property
    def code_count(self) -> int:
        """How many codes are explained."""
        return sum(map(len, self._compiled["codes"].values()))

    def references(self, numbers: tuple[int, ...]) -> list[Reference]:
        """The references behind the numbers that entries carry."""
        rows = self._compiled["references"]
        return [Reference(*rows[number]) for number in numbers]
