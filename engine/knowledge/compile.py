"""Checks across files, and the compiled form: plain lists and dictionaries that JSON can hold.

The compiled form is what the program runs on and what the cache keeps. Words of the authors (strong, usual, common)
have become numbers here; conditions have become atoms; nothing in it needs pydantic or YAML to load.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from ..inference.network import atoms_of, make_network
from ..text.difference import KINDS
from ..text.patterns import PatternError, compile_pattern, loosen_spaces, required_literals
from ..text.plan import make_search_plan
from . import schema
from .conditions import Condition, contradiction, has_positive_test, negation_normal, read_condition, tests_of
from .names import NOT_OAUTH, NOT_SHOWN, OTHER, RECOGNISED, SAW, value_key
from .problems import Problem, expected_one_of
from .read import Authored, Placed
from .templates import unknown_words
from .vocabulary import Fact, FactError, FactKind, Vocabulary
from .yaml_source import Path

MOST_ATOMS_OF_A_RULE = 60
_FOUNDATIONS = ("kb/facts", "kb/terms", "kb/scales")
_GROUP_NAME = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]*)\}")
_NAMED_GROUP = re.compile(r"\(\?P?<([a-zA-Z_][a-zA-Z0-9_]*)>")

Report = Callable[[Path, str, str], None]


def compile_knowledge(
    authored: Authored, patterns: dict[str, list[list[str]]] | None = None
) -> tuple[dict[str, Any], list[Problem]]:
    """Check everything against everything and compile. The result is usable only if no problem came with it.

    Args:
        patterns: patterns that are known to be valid, with the literals that they require; new ones are added.
    """
    return _Compiler(authored, {} if patterns is None else patterns).run()


class _Compiler:
    def __init__(self, authored: Authored, patterns: dict[str, list[list[str]]]) -> None:
        self.authored = authored
        self.patterns = patterns
        self.problems = list(authored.problems)
        self.vocabulary = self._vocabulary()
        self.atoms: dict[str, int] = {}
        self.atom_list: list[list[Any]] = []
        self.references: dict[tuple[str, str, str], int] = {}
        self.reference_list: list[list[str]] = []
        self.rules: list[dict[str, Any]] = []
        scales = authored.scales.entry if authored.scales else None
        self.strengths = {name: math.log(ratio) for name, ratio in scales.strengths.items()} if scales else {}
        self.frequencies = dict(scales.frequencies) if scales else {}
        self.priors = dict(scales.priors) if scales else {}
        self.calibration = scales.calibration.model_dump() if scales else {}
        self.effort = scales.effort.model_dump() if scales else {}
        self.learning = scales.learning.model_dump() if scales else {}
        for name, present in (("scales", authored.scales), ("terms", authored.terms)):
            if present is None:
                self.problems.append(Problem(f"kb/{name}.yaml", 0, 0, "is missing or invalid"))

    def run(self) -> tuple[dict[str, Any], list[Problem]]:
        a = self.authored
        if any(problem.file.startswith(_FOUNDATIONS) for problem in self.problems):
            return {}, self.problems  # without a vocabulary every other file would seem wrong
        signatures = [self._signature(placed) for placed in a.signatures.values()]
        compiled: dict[str, Any] = {
            "calibration": self.calibration,
            "effort": self.effort,
            "learning": self.learning,
            "conflicts": [self._conflict(placed) for placed in a.conflicts.values()],
            "facts": [_fact_row(fact) for fact in self.vocabulary],
            "profile": self._usual_profile(),
            "terms": a.terms.entry.model_dump() if a.terms else {},
            "platforms": {key: self._platform(placed) for key, placed in a.platforms.items()},
            "providers": {key: self._provider(placed) for key, placed in a.providers.items()},
            "libraries": {key: self._library(placed) for key, placed in a.libraries.items()},
            "causes": {key: self._cause(placed) for key, placed in a.causes.items()},
            "signatures": signatures,
        }
        compiled["profiles"] = {
            key: {name: row.pop(name) for name in ("prior", "priors", "profile", "typical")}
            for key, row in compiled["causes"].items()
        }
        compiled["hosts"] = {host: key for key, row in compiled["providers"].items() for host in row["hosts"]}
        codes = self._codes()
        compiled["providers_with_codes"] = list(codes)
        compiled.update({f"codes/{provider}": table for provider, table in codes.items()})
        marks = [[mark, key] for key, row in compiled["libraries"].items() for mark in row["marks"] if mark]
        compiled.update({f"search/{name}": part for name, part in make_search_plan(signatures, marks).items()})
        for placed in a.rules.values():
            self._rule(placed, [])
        compiled["rules"] = self.rules
        compiled["atoms"] = self.atom_list
        conditions = [rule["if"] for rule in self.rules]
        compiled["network"] = make_network(conditions)
        on_recognised = {number for number, atom in enumerate(self.atom_list) if atom[1] == RECOGNISED}
        compiled["rules_on_recognised"] = [
            n for n, c in enumerate(conditions) if not on_recognised.isdisjoint(atoms_of(c))
        ]
        compiled["references"] = self.reference_list
        compiled["reports"] = {name: text for name, (_, text) in a.reports.items()}
        self._check_aliases("provider", a.providers)
        self._check_aliases("platform", a.platforms)
        self._check_aliases("library", a.libraries)
        for kind, table in (("provider", a.providers), ("platform", a.platforms)):
            if "generic" not in table:
                self.problems.append(Problem(f"kb/{kind}s/generic.yaml", 0, 0, "is missing"))
        for name in a.scenarios:
            self._scenario(a.scenarios[name])
        return compiled, self.problems

    # Vocabulary ---------------------------------------------------------------------------------------------------

    def _vocabulary(self) -> Vocabulary:
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
            facts[key] = Fact(
                key,
                kind,
                entry.several or kind is FactKind.SET,
                entry.question,
                entry.where,
                entry.cost,
                {value: item.label for value, item in entry.values.items()},
                aliases.get(key, {}),
            )
        return Vocabulary(facts)

    def _check_aliases(self, what: str, table: dict[str, Placed[Any]]) -> None:
        seen: dict[str, str] = {key: key for key in table}
        for key, placed in table.items():
            for index, alias in enumerate(placed.entry.aliases):
                if seen.setdefault(alias, key) != key:
                    path = ("aliases", index)
                    self.problems.append(
                        placed.problem(path, f"{what} alias {alias!r} belongs to {seen[alias]} already")
                    )

    # Pieces shared by the entries ---------------------------------------------------------------------------------

    def _condition(self, raw: Any, placed: Placed[Any], path: Path) -> Condition:
        def report(inner: Path, message: str, expected: str) -> None:
            self.problems.append(placed.problem(inner, message, expected))

        condition = read_condition(raw, path, self.vocabulary, report)
        for test in tests_of(condition):
            if test[1] == SAW and len(test) > 2 and test[2] not in self.authored.signatures:
                report(path, f"unknown signature {test[2]!r}", expected_one_of(test[2], self.authored.signatures))
        return condition

    def _atoms(self, condition: Condition) -> Any:
        """The condition with each elementary test replaced by the number of its atom."""
        match condition[0]:
            case "all" | "any":
                return [condition[0], [self._atoms(part) for part in condition[1]]]
            case "not":
                return ["not", self._atoms(condition[1])[1]]
            case _:
                key = repr(condition)
                if key not in self.atoms:
                    self.atoms[key] = len(self.atom_list)
                    self.atom_list.append(condition)
                return ["atom", self.atoms[key]]

    def _refs(self, references: Iterable[schema.Reference]) -> list[int]:
        result = []
        for reference in references:
            row = (reference.title, reference.url, reference.checked.isoformat())
            if row not in self.references:
                self.references[row] = len(self.reference_list)
                self.reference_list.append(list(row))
            result.append(self.references[row])
        return result

    def _number(self, table: dict[str, float], word: str, what: str, placed: Placed[Any], path: Path) -> float:
        if word not in table:
            self.problems.append(placed.problem(path, f"unknown {what} {word!r}", expected_one_of(word, table)))
        return table.get(word, 1.0)

    def _known_cause(self, cause: str, placed: Placed[Any], path: Path) -> None:
        if cause not in self.authored.causes and cause != NOT_OAUTH:
            self.problems.append(
                placed.problem(path, f"unknown cause {cause!r}", expected_one_of(cause, self.authored.causes))
            )

    # Rules and signatures -----------------------------------------------------------------------------------------

    def _rule(self, placed: Placed[Any], also: list[Condition]) -> None:
        """Compile an entry's evidence; one rule for each distinct condition of it."""
        entry = placed.entry
        before = len(self.problems)
        if not entry.supports and not entry.against:
            self.problems.append(placed.problem((), f"rule {entry.id!r} says nothing", "supports or against"))
        base = [*also, self._condition(entry.when, placed, ("when",))]
        if placed.providers and set(placed.providers) & set(self.authored.providers):
            own = ["any", [["is", "provider", slug] for slug in placed.providers]]
            base.append(["any", [["not", ["present", "provider"]], own]])
        if entry.unless is not None:
            base.append(["not", self._condition(entry.unless, placed, ("unless",))])
        variants: dict[str, tuple[Condition, list[list[Any]]]] = {}
        for key, sign in (("supports", 1.0), ("against", -1.0)):
            for cause, evidence in getattr(entry, key).items():
                path = (key, cause)
                self._known_cause(cause, placed, path)
                weight = sign * self._number(self.strengths, evidence.strength, "strength", placed, path)
                extra = (
                    [] if evidence.condition is None else [self._condition(evidence.condition, placed, (*path, "if"))]
                )
                condition = ["all", [*base, *extra]]
                variants.setdefault(repr(condition), (condition, []))[1].append([cause, weight, evidence.strength])
        for condition, evidence_rows in variants.values():
            if len(self.problems) == before:  # a condition that could not be read would only look unreachable
                self._check_reachable(condition, placed)
            normal = self._atoms(negation_normal(_flatten(condition)))
            self.rules.append(
                {
                    "id": entry.id,
                    "if": normal,
                    "evidence": evidence_rows,
                    "group": entry.group or "",
                    "why": entry.why,
                    "references": self._refs(placed.references),
                    "file": placed.source.file,
                    "line": placed.source.place(placed.path)[0],
                }
            )
        self._examples(placed)

    def _check_reachable(self, condition: Condition, placed: Placed[Any]) -> None:
        if not has_positive_test(condition):
            self.problems.append(
                placed.problem(("when",), "the rule would fire on an empty case", "a fact that must be known")
            )
        elif contradiction(condition, self.vocabulary):
            self.problems.append(
                placed.problem(("when",), "the rule can never fire", "a condition without contradiction")
            )
        elif sum(1 for _ in tests_of(condition)) > MOST_ATOMS_OF_A_RULE:
            self.problems.append(
                placed.problem(("when",), "the condition is too long", f"at most {MOST_ATOMS_OF_A_RULE} tests")
            )

    def _signature(self, placed: Placed[schema.SignatureEntry]) -> dict[str, Any]:
        entry = placed.entry
        sources: list[tuple[Path, str]] = [(("pattern",), entry.pattern)] if entry.pattern else []
        sources += [(("patterns", i), pattern) for i, pattern in enumerate(entry.patterns)]
        if not sources:
            self.problems.append(placed.problem((), f"signature {entry.id!r} has no pattern", "pattern or patterns"))
        groups: set[str] | None = None
        patterns = []
        for path, source in sources:
            loose = loosen_spaces(source)
            try:
                clauses = self._clauses(loose)
            except PatternError as error:
                detail = error.args[0] if error.args else b""
                said = detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)
                message = f"pattern cannot be compiled: {said[:200]}"
                self.problems.append(placed.problem(path, message, "RE2 syntax (no look-around)"))
                clauses = []
            names = set(_NAMED_GROUP.findall(loose))
            groups = names if groups is None else groups & names
            patterns.append([loose, clauses])
        facts = self._signature_facts(placed, groups or set())
        compare = None
        if entry.compare:
            self._compare(placed, entry.compare, groups or set())
            compare = [entry.compare.expected, entry.compare.got, entry.compare.into]
        saw: Condition = ["is", SAW, entry.id]
        if entry.supports or entry.against:
            self._rule(placed, [saw])
        else:
            self._examples(placed)
        return {"id": entry.id, "patterns": patterns, "facts": facts, "compare": compare}

    def _clauses(self, pattern: str) -> list[list[str]]:
        """The literals that a pattern requires; raises PatternError when it is not valid RE2."""
        if pattern not in self.patterns:
            compile_pattern(pattern)
            self.patterns[pattern] = required_literals(pattern)
        return self.patterns[pattern]

    def _signature_facts(self, placed: Placed[schema.SignatureEntry], groups: set[str]) -> list[list[Any]]:
        rows = []
        for name, raw in placed.entry.facts.items():
            fact = self.vocabulary.get(name)
            if fact is None:
                message = f"unknown fact {name!r}"
                self.problems.append(placed.problem(("facts", name), message, self.vocabulary.nearest(name)))
                continue
            for item in raw if isinstance(raw, list) else [raw]:
                used = set(_GROUP_NAME.findall(item)) if isinstance(item, str) else set()
                if used - groups:
                    expected = f"one of {', '.join(sorted(groups))}" if groups else "a group such as (?P<code>...)"
                    message = f"the pattern has no group {min(used - groups)!r}"
                    self.problems.append(placed.problem(("facts", name), message, expected))
                elif not used:
                    try:
                        fact.read(item)
                    except FactError as error:
                        self.problems.append(placed.problem(("facts", name), error.message, error.expected))
                rows.append([name, item])
        return rows

    def _compare(self, placed: Placed[Any], compare: schema.Compare, groups: set[str]) -> None:
        for key in ("expected", "got"):
            if getattr(compare, key) not in groups:
                message = f"the pattern has no group {getattr(compare, key)!r}"
                self.problems.append(placed.problem(("compare", key), message, "a named group"))
        fact = self.vocabulary.get(compare.into)
        if fact is None or fact.kind is not FactKind.SET or not set(KINDS) <= set(fact.values):
            message = f"{compare.into!r} is not a fact that holds differences"
            self.problems.append(
                placed.problem(("compare", "into"), message, f"a set fact with the values {', '.join(KINDS)}")
            )

    def _examples(self, placed: Placed[Any]) -> None:
        for key in ("fires", "silent"):
            for index, example in enumerate(getattr(placed.entry, key)):
                if example.expect is not None:
                    self._known_cause(example.expect, placed, (key, index))
                self._check_facts(example.facts, placed, (key, index, "facts"))

    def _scenario(self, placed: Placed[schema.ScenarioEntry]) -> None:
        entry = placed.entry
        self._check_facts(entry.facts, placed, ("facts",))
        for key, cause in (("expect", entry.expect), ("not", entry.not_)):
            if cause is not None:
                self._known_cause(cause, placed, (key,))
        if entry.expect is None and entry.not_ is None and entry.verdict is None:
            self.problems.append(placed.problem((), f"scenario {entry.id!r} expects nothing", "expect, not or verdict"))

    def _check_facts(self, facts: dict[str, Any], placed: Placed[Any], path: Path) -> None:
        for name, value in facts.items():
            try:
                self.vocabulary[name].read(value)
            except FactError as error:
                self.problems.append(placed.problem((*path, name), error.message, error.expected))

    # What we tell people ------------------------------------------------------------------------------------------

    def _cause(self, placed: Placed[schema.CauseFront]) -> dict[str, Any]:
        entry = placed.entry
        texts = self.authored.step_texts.get(entry.id, {})
        for other in entry.look_alikes:
            self._known_cause(other, placed, ("look_alikes", other))
        steps = []
        for index, step in enumerate(entry.steps):
            section = texts.get(step.id)
            condition = self._condition(step.when, placed, ("steps", index, "when"))
            if section is None:
                continue
            for text in (section.text, section.verify):
                self._check_template(placed, text, section.line)
            steps.append(
                {
                    "id": step.id,
                    "who": step.who,
                    "minutes": step.minutes,
                    "risk": step.risk,
                    "when": self._atoms(negation_normal(condition)),
                    "text": section.text,
                    "verify": section.verify,
                }
            )
        conditional = []
        for index, item in enumerate(entry.priors):
            condition = self._condition(item.when, placed, ("priors", index, "when"))
            prior = self._number(self.priors, item.prior, "prior", placed, ("priors", index, "prior"))
            conditional.append([self._atoms(negation_normal(condition)), prior])
        return {
            "title": entry.title,
            "summary": entry.summary.strip(),
            "appears": entry.appears,
            "prior": self._number(self.priors, entry.prior, "prior", placed, ("prior",)),
            "priors": conditional,
            "profile": self._profile(placed),
            "typical": self._typical(placed),
            "look_alikes": entry.look_alikes,
            "references": self._refs(entry.references),
            "steps": steps,
            "file": placed.source.file,
        }

    def _profile(self, placed: Placed[schema.CauseFront]) -> dict[str, dict[str, float]]:
        profile = {}
        for name, frequencies in placed.entry.profile.items():
            fact = self.vocabulary.get(name)
            if fact is None:
                self.problems.append(
                    placed.problem(("profile", name), f"unknown fact {name!r}", self.vocabulary.nearest(name))
                )
                continue
            profile[name] = self._frequencies(fact, frequencies, placed, ("profile", name))
        return profile

    def _typical(self, placed: Placed[schema.CauseFront]) -> list[dict[str, list[str]]]:
        """Typical cases: names of facts to the keys of their values."""
        cases = []
        for index, row in enumerate(placed.entry.typical):
            case: dict[str, list[str]] = {}
            for name, raw in row.items():
                path: Path = ("typical", index, name)
                fact = self.vocabulary.get(name)
                if fact is None:
                    self.problems.append(placed.problem(path, f"unknown fact {name!r}", self.vocabulary.nearest(name)))
                    continue
                for item in raw:
                    if fact.is_open and str(item) == NOT_SHOWN:
                        case.setdefault(name, []).append(NOT_SHOWN)
                        continue
                    try:
                        case.setdefault(name, []).append(value_key(fact.read(item)[0]))
                    except FactError as error:
                        self.problems.append(placed.problem(path, error.message, error.expected))
            cases.append(case)
        return cases

    def _conflict(self, placed: Placed[schema.Conflict]) -> list[Any]:
        pairs = {}
        for name, raw in placed.entry.facts.items():
            try:
                pairs[name] = [value for item in raw for value in self.vocabulary[name].read(item)]
            except FactError as error:
                self.problems.append(placed.problem(("facts", name), error.message, error.expected))
        return [placed.entry.id, pairs, placed.entry.why]

    def _usual_profile(self) -> dict[str, dict[str, float]]:
        """What holds for the causes that say nothing about a fact."""
        return {
            key: self._frequencies(self.vocabulary[key], placed.entry.profile, placed, ("profile",))
            for key, placed in self.authored.facts.items()
            if placed.entry.profile
        }

    def _frequencies(
        self, fact: Fact, frequencies: dict[str, str], placed: Placed[Any], path: Path
    ) -> dict[str, float]:
        rows = {}
        for value, word in frequencies.items():
            try:
                key = value if fact.is_open and value == NOT_SHOWN else value_key(fact.read(value)[0])
            except FactError as error:
                self.problems.append(placed.problem((*path, value), error.message, error.expected))
                continue
            rows[key] = self._number(self.frequencies, word, "frequency", placed, (*path, value))
        if fact.kind is FactKind.SET:
            return rows  # each value may be there or not, whatever the others
        if fact.is_open:
            return _complete(rows, [*rows, OTHER])
        return _complete(rows, ["true", "false"] if fact.kind is FactKind.BOOLEAN else list(fact.values))

    def _check_template(self, placed: Placed[Any], text: str, line: int) -> None:
        terms = self.authored.terms.entry if self.authored.terms else None
        if terms is None:
            return
        known = {
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
        for offset, message, expected in unknown_words(text, known):
            self.problems.append(Problem(placed.source.file, line + offset, 1, message, expected))

    def _closed(self, given: Iterable[str], known: Iterable[str], placed: Placed[Any], key: str) -> None:
        known = list(known)
        for word in given:
            if word not in known:
                self.problems.append(
                    placed.problem((key, word), f"unknown {key} entry {word!r}", expected_one_of(word, known))
                )

    def _platform(self, placed: Placed[schema.PlatformFile]) -> dict[str, Any]:
        if self.authored.terms:
            self._closed(placed.entry.terms, self.authored.terms.entry.platform, placed, "terms")
        entry = placed.entry
        return {"name": entry.name, "terms": entry.terms, "references": self._refs(entry.references)}

    def _provider(self, placed: Placed[schema.ProviderFile]) -> dict[str, Any]:
        entry = placed.entry
        if self.authored.terms:
            self._closed(entry.console, self.authored.terms.entry.console, placed, "console")
            self._closed(entry.policies, self.authored.terms.entry.policies, placed, "policies")
        return {
            "name": entry.name,
            "aliases": entry.aliases,
            "hosts": [host.lower() for host in entry.hosts],
            "documentation": entry.documentation or "",
            "console": {key: [place.name, place.url or ""] for key, place in entry.console.items()},
            "policies": entry.policies,
            "references": self._refs(entry.references),
        }

    def _library(self, placed: Placed[schema.LibraryFile]) -> dict[str, Any]:
        entry = placed.entry
        return {
            "name": entry.name,
            "aliases": entry.aliases,
            "language": entry.language,
            "documentation": entry.documentation or "",
            "marks": entry.marks,
            "notes": entry.notes,
            "references": self._refs(entry.references),
        }

    def _codes(self) -> dict[str, dict[str, Any]]:
        table: dict[str, dict[str, Any]] = {}
        for key, placed in self.authored.codes.items():
            provider, _, code = key.partition(":")
            means = []
            for cause, word in placed.entry.means.items():
                path = ("means", cause)
                self._known_cause(cause, placed, path)
                means.append([cause, self._number(self.strengths, word, "strength", placed, path), word])
            entry = placed.entry
            table.setdefault(provider, {})[code.upper()] = {
                "code": code,
                "title": entry.title,
                "means": means,
                "remedy": entry.remedy,
                "references": self._refs(placed.references),
                "file": placed.source.file,
            }
        return table


def _flatten(condition: Condition) -> Condition:
    """Drop nested and empty `all`s, so that equal conditions look equal."""
    if condition[0] == "all":
        parts: list[Condition] = []
        for part in map(_flatten, condition[1]):
            parts.extend(part[1] if part[0] == "all" else [part])
        return parts[0] if len(parts) == 1 else ["all", parts]
    if condition[0] == "any":
        return ["any", [_flatten(part) for part in condition[1]]]
    if condition[0] == "not":
        return ["not", _flatten(condition[1])]
    return condition


def _complete(rows: dict[str, float], domain: list[str]) -> dict[str, float]:
    """Give the values left out what remains, none of them nothing, and make the whole sum to one."""
    missing = [value for value in domain if value not in rows]
    remainder = max(1.0 - sum(rows.values()), 0.003 * max(len(missing), 1))
    full = {**rows, **{value: remainder / len(missing) for value in missing}} if missing else dict(rows)
    total = sum(full.values())
    return {value: round(full[value] / total, 5) for value in domain if value in full}


def _fact_row(fact: Fact) -> list[Any]:
    return [
        fact.id,
        fact.kind.value,
        fact.several,
        fact.question,
        fact.where,
        fact.cost,
        dict(fact.values),
        dict(fact.aliases),
    ]
