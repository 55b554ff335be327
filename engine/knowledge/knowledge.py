"""The knowledge as the running program sees it: immutable, made from the compiled form."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import groupby
from typing import Any, Generic, TypeVar

from .likeness import LikenessTable
from .sheets import Sheets
from .vocabulary import Fact, FactKind, Value, Vocabulary

COMPILED_FORMAT = f"compiled-36/python-{sys.version_info.major}.{sys.version_info.minor}"

Condition = list[Any]
T = TypeVar("T")


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
        everyday: messages of other software fire it as well.
    """

    id: str
    condition: Condition
    evidence: tuple[tuple[str, float, str], ...]
    group: str
    why: str
    everyday: bool
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

    A clause is a list of literals (see text/literals.py), of which one stands in a text; a way is a list of clauses, all of
    which hold where a pattern matches (see text/ways.py). Clauses are known by their number here.

    Attributes:
        patterns: [number of the signature, number of the pattern as its author wrote it, RE2 source of one of its
            alternatives, ways in which that matches].
        files: the literals, filed by a key of theirs, each with its clauses.
        leads: of each of the first clauses the ways that are worth a look when it holds: [row of `patterns`, further clauses].
        always: rows of `patterns` that require no literal.
        marks: [text as it is written, library].
        mark_clauses: [clause, marks that it leads to]; all other marks are `always_marks`.
    """

    patterns: Sequence[list[Any]]
    files: Mapping[str, list[list[Any]]]
    leads: Sequence[list[list[Any]]]
    always: list[int]
    marks: list[list[str]]
    mark_clauses: list[tuple[int, list[int]]]
    always_marks: list[int]

    def as_written(self) -> Iterator[tuple[int, str, list[list[list[str]]]]]:
        """Of each pattern its signature, its source with all alternatives, and the ways in which it matches, with literals; no
        way where one of them needs nothing."""
        literals: dict[int, list[str]] = {}
        for filed in self.files.values():
            for literal, _, clauses in filed:
                for clause in clauses:
                    literals.setdefault(clause, []).append(literal)
        for (signature, _), rows in groupby(self.patterns, key=lambda row: row[:2]):
            sources, ways = zip(*((source, some) for *_, source, some in rows), strict=True)
            needed = [[literals[clause] for clause in way] for some in ways for way in some] if all(ways) else []
            yield signature, "|".join(sources), needed


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
        everyday: other software has it as well.
    """

    id: str
    title: str
    summary: str
    appears: tuple[str, ...]
    prior: float
    priors: tuple[tuple[Condition, float], ...]
    profile: Mapping[str, Mapping[str, float]]
    everyday: bool
    look_alikes: Mapping[str, str]
    references: tuple[int, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A provider's or library's own error code and its documented meaning (cause, log likelihood ratio, name of the strength)."""

    owner: str
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


class _Entries(Mapping[str, T], Generic[T]):
    """Entries by id, each built from its row when it is first asked for."""

    def __init__(self, rows: Mapping[str, Any], build: Callable[[str, Any], T]) -> None:
        self._rows = rows
        self._build = build
        self._built: dict[str, T] = {}

    def __getitem__(self, key: str) -> T:
        if key not in self._built:
            self._built[key] = self._build(key, self._rows[key])
        return self._built[key]

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class _Conditions(Sequence[Condition]):
    """The conditions of the rules, without the rest of them."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows

    def __getitem__(self, number: Any) -> Any:
        return self._rows[number]["if"]

    def __len__(self) -> int:
        return len(self._rows)


class Knowledge:
    """Everything loaded, by id. Parts that a run does not touch are not even built."""

    def __init__(self, compiled: Mapping[str, Any], key: str) -> None:
        self._compiled = compiled
        self._rules: dict[int, Rule] = {}
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

    @cached_property
    def conditions(self) -> Sequence[Condition]:
        """The conditions of the rules, by number."""
        return _Conditions(self._compiled["rules"])

    @property
    def network(self) -> Mapping[str, Any]:
        """The index over the conditions (see inference/network.py)."""
        network: Mapping[str, Any] = self._compiled["network"]
        return network

    @property
    def rules_on_recognised(self) -> list[int]:
        """Numbers of the rules that ask whether anything was recognised: known only when the others have been run."""
        numbers: list[int] = self._compiled["rules_on_recognised"]
        return numbers

    def rule(self, number: int) -> Rule:
        """One rule. An entry of several conditions makes several rules of the same id."""
        if number not in self._rules:
            self._rules[number] = self._build_rule(number)
        return self._rules[number]

    def _build_rule(self, number: int) -> Rule:
        row = self._compiled["rules"][number]
        return Rule(
            row["id"],
            row["if"],
            tuple(map(tuple, row["evidence"])),
            row["group"],
            row["why"],
            row["everyday"],
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

    @cached_property
    def search_plan(self) -> SearchPlan:
        """Patterns and literals of all signatures."""
        c = self._compiled
        return SearchPlan(**{part.name: c[f"search/{part.name}"] for part in fields(SearchPlan)})

    @cached_property
    def sheets(self) -> Sheets:
        """The counted answer sheets."""
        return Sheets(self._compiled)

    @cached_property
    def likeness(self) -> LikenessTable:
        """What words and circumstances say of each cause."""
        return LikenessTable(**{part.name: self._compiled[f"likeness/{part.name}"] for part in fields(LikenessTable)})

    @cached_property
    def profiles(self) -> Mapping[str, Mapping[str, Any]]:
        """What the ranking needs of every cause: `prior`, `priors` and `profile` (see `Cause`)."""
        usual = self._compiled["profile"]
        rows: Mapping[str, Mapping[str, Any]] = self._compiled["profiles"]
        return {key: {**row, "profile": {**usual, **row["profile"]}} for key, row in rows.items()}

    @cached_property
    def causes(self) -> Mapping[str, Cause]:
        """All causes by id."""
        return _Entries(self._compiled["causes"], self._build_cause)

    def _build_cause(self, key: str, row: Any) -> Cause:
        ranking = self.profiles[key]
        return Cause(
            key,
            row["title"],
            row["summary"],
            tuple(row["appears"]),
            ranking["prior"],
            tuple((condition, prior) for condition, prior in ranking["priors"]),
            ranking["profile"],
            row["everyday"],
            row["look_alikes"],
            tuple(row["references"]),
            tuple(Step(**step) for step in row["steps"]),
        )

    @cached_property
    def providers(self) -> Mapping[str, Provider]:
        """All providers by slug; `generic` stands for an unknown one."""
        return _Entries(self._compiled["providers"], _provider)

    @cached_property
    def platforms(self) -> Mapping[str, Platform]:
        """All platforms by slug; `generic` has the neutral words."""
        return _Entries(self._compiled["platforms"], lambda key, row: Platform(key, row["name"], row["terms"]))

    @cached_property
    def libraries(self) -> Mapping[str, Library]:
        """All client libraries and servers by slug."""
        return _Entries(self._compiled["libraries"], _library)

    @property
    def hosts(self) -> Mapping[str, str]:
        """Host name to the provider that it shows; sub-domains belong to it too."""
        hosts: Mapping[str, str] = self._compiled["hosts"]
        return hosts

    @property
    def code_owners(self) -> list[str]:
        """The providers and libraries that have codes of their own."""
        owners: list[str] = self._compiled["code_owners"]
        return owners

    @cached_property
    def shared_codes(self) -> frozenset[str]:
        """In upper case, the codes that are not one owner's alone: what they mean depends on more than whose they are."""
        return frozenset(self._compiled["shared_codes"])

    def owner_name(self, owner: str) -> str:
        """What people call the provider or library that has codes."""
        return self.providers[owner].name if owner in self.providers else self.libraries[owner].name

    def codes(self, owner: str) -> Mapping[str, Mapping[str, Any]]:
        """The raw code table of one provider or library, keyed in upper case."""
        table: Mapping[str, Mapping[str, Any]] = self._compiled.get(f"codes/{owner}", {})
        return table

    def find_code(self, code: str, provider: str | None = None, libraries: Iterable[str] = ()) -> list[Code]:
        """What a code means: at the provider, else to the libraries in use, else to any library.

        Where nothing is known of the provider's codes, at every provider and library that has it.
        """
        owners = self.code_owners
        if provider not in owners:
            return self._codes_of([one for one in libraries if one in owners], code) or self._codes_of(owners, code)
        others = [one for one in owners if one not in self.providers]
        return self._codes_of([provider], code) or self._codes_of(libraries, code) or self._codes_of(others, code)

    def _codes_of(self, owners: Iterable[str], code: str) -> list[Code]:
        wanted = code.strip().upper()
        found = []
        for owner in owners:
            row = self.codes(owner).get(wanted)
            if row is not None:
                means = tuple((cause, weight, word) for cause, weight, word in row["means"])
                found.append(Code(owner, row["code"], row["title"], means, row["remedy"], tuple(row["references"])))
        return found

    @property
    def code_count(self) -> int:
        """How many codes are explained."""
        return sum(len(self.codes(owner)) for owner in self.code_owners)

    def references(self, numbers: tuple[int, ...]) -> list[Reference]:
        """The references behind the numbers that entries carry."""
        rows = self._compiled["references"]
        return [Reference(*rows[number]) for number in numbers]


def _provider(key: str, row: Any) -> Provider:
    return Provider(
        key,
        row["name"],
        tuple(row["aliases"]),
        tuple(row["hosts"]),
        row["documentation"],
        {place: (name, url) for place, (name, url) in row["console"].items()},
        row["policies"],
        tuple(row["references"]),
    )


def _library(key: str, row: Any) -> Library:
    return Library(
        key,
        row["name"],
        tuple(row["aliases"]),
        row["language"],
        row["documentation"],
        tuple(row["marks"]),
        row["notes"],
        tuple(row["references"]),
    )
