"""Conditions over facts: read from YAML, kept as nested lists (JSON-able), checked for contradictions.

Forms after reading: `["is", fact, value]`, `["at_least"|"below", fact, number]`, `["present", fact]`,
`["lacks", fact, value]`, `["all", [...]]`, `["any", [...]]`, `["not", condition]`.
A fact that is not known fulfils no form but `not`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import Any

from .vocabulary import FactError, FactKind, Vocabulary
from .yaml_source import Path

Condition = list[Any]
Report = Callable[[Path, str, str], None]

ALWAYS: Condition = ["all", []]
_COMPARISONS = ("at_least", "below")
_MOST_TERMS = 256


def read_condition(raw: Any, path: Path, vocabulary: Vocabulary, report: Report) -> Condition:
    """Turn the YAML form into the normal form; `report(path, message, expected)` hears of every mistake."""
    if raw is None:
        return ALWAYS
    if not isinstance(raw, dict):
        report(path, f"a condition cannot be {raw!r}", "a mapping such as {phase: callback}")
        return ALWAYS
    parts: list[Condition] = []
    for key, value in raw.items():
        inner = (*path, str(key))
        if key in ("all", "any"):
            if not isinstance(value, list) or not value:
                report(inner, f"`{key}` needs a list of conditions", "a list such as [{phase: callback}]")
                continue
            items = [read_condition(item, (*inner, i), vocabulary, report) for i, item in enumerate(value)]
            parts.append([key, items])
        elif key == "not":
            parts.append(["not", read_condition(value, inner, vocabulary, report)])
        else:
            parts.extend(_read_test(str(key), value, inner, vocabulary, report))
    return parts[0] if len(parts) == 1 else ["all", parts]


def _read_test(fact: str, raw: Any, path: Path, vocabulary: Vocabulary, report: Report) -> Iterator[Condition]:
    kind = vocabulary.get(fact)
    if kind is None:
        report(path, f"unknown fact {fact!r}", vocabulary.nearest(fact))
        return
    if isinstance(raw, dict):
        for operator, value in raw.items():
            inner = (*path, str(operator))
            if operator in _COMPARISONS and kind.kind is FactKind.INTEGER and isinstance(value, int):
                yield [operator, fact, value]
            elif operator == "present" and isinstance(value, bool):
                yield ["present", fact] if value else ["not", ["present", fact]]
            elif operator == "lacks":
                yield from (["lacks", fact, item] for item in _values(kind, value, inner, report))
            elif operator == "not":
                yield ["not", ["any", [["is", fact, item] for item in _values(kind, value, inner, report)]]]
            else:
                report(inner, f"unknown test {operator!r} of fact {fact}", "present, lacks, not, at_least or below")
        return
    tests: list[Condition] = [["is", fact, item] for item in _values(kind, raw, path, report)]
    if len(tests) == 1:
        yield tests[0]
    elif tests:
        yield ["any", tests]


def _values(kind: Any, raw: Any, path: Path, report: Report) -> list[Any]:
    values = []
    for item in raw if isinstance(raw, list) else [raw]:
        try:
            values.extend(kind.read(item))
        except FactError as error:
            report(path, error.message, error.expected)
    return values


def tests_of(condition: Condition) -> Iterator[Condition]:
    """Every elementary test in the condition, negated ones included."""
    match condition[0]:
        case "all" | "any":
            for part in condition[1]:
                yield from tests_of(part)
        case "not":
            yield from tests_of(condition[1])
        case _:
            yield condition


def negation_normal(condition: Condition, *, negated: bool = False) -> Condition:
    """Push `not` down to the elementary tests (De Morgan)."""
    match condition[0]:
        case "all" | "any":
            parts = [negation_normal(part, negated=negated) for part in condition[1]]
            flipped = {"all": "any", "any": "all"}[condition[0]] if negated else condition[0]
            return [flipped, parts]
        case "not":
            return negation_normal(condition[1], negated=not negated)
        case _:
            return ["not", condition] if negated else condition


def _terms(condition: Condition) -> Iterator[list[Condition]]:
    """Disjunctive normal form of a condition in negation normal form, lazily."""
    match condition[0]:
        case "all":
            for combination in product(*(list(islice(_terms(part), 64)) for part in condition[1])):
                yield [test for term in combination for test in term]
        case "any":
            for part in condition[1]:
                yield from _terms(part)
        case _:
            yield [condition]


def contradiction(condition: Condition, vocabulary: Vocabulary) -> bool:
    """True when no case whatever can fulfil the condition; a condition of too many alternatives is held to be possible."""
    normal = negation_normal(condition)
    if _tests_each_fact_once(normal, set()):
        return False
    terms = islice(_terms(normal), _MOST_TERMS)
    impossible = 0
    for term in terms:
        if not _impossible(term, vocabulary):
            return False
        impossible += 1
    return impossible < _MOST_TERMS


def _tests_each_fact_once(normal: Condition, seen: set[str]) -> bool:
    """Whether nothing in a condition could contradict anything: no fact is tested twice, and something fulfils every `any`."""
    if normal[0] in ("all", "any"):
        return (normal[0] == "all" or bool(normal[1])) and all(_tests_each_fact_once(part, seen) for part in normal[1])
    fact = normal[1][1] if normal[0] == "not" else normal[1]
    known = fact in seen
    seen.add(fact)
    return not known


def _impossible(term: list[Condition], vocabulary: Vocabulary) -> bool:
    wanted: dict[str, set[Any]] = {}
    refused = {tuple(map(str, test[1])) for test in term if test[0] == "not"}
    known = {test[1] for test in term if test[0] != "not"}
    low: dict[str, int] = {}
    high: dict[str, int] = {}
    for test in term:
        if test[0] == "not":
            continue
        if tuple(map(str, test)) in refused:
            return True
        fact = test[1]
        if test[0] == "is":
            wanted.setdefault(fact, set()).add(test[2])
        elif test[0] == "at_least":
            low[fact] = max(low.get(fact, test[2]), test[2])
        elif test[0] == "below":
            high[fact] = min(high.get(fact, test[2]), test[2])
    for test in term:
        if test[0] == "lacks" and test[2] in wanted.get(test[1], ()):
            return True
        if test[0] == "not" and test[1][0] == "present" and test[1][1] in known:
            return True
    for fact, values in wanted.items():
        kind = vocabulary.get(fact)
        single = kind is not None and not kind.several
        if single and len(values) > 1:
            return True
        if single and any(isinstance(v, int) and (v < low.get(fact, v) or v >= high.get(fact, v + 1)) for v in values):
            return True
    return any(fact in high and low[fact] >= high[fact] and not vocabulary[fact].several for fact in low)


def has_positive_test(condition: Condition) -> bool:
    """True when at least one known fact is needed: such a rule cannot fire on an empty case."""
    return not _holds_on_nothing(condition)


def _holds_on_nothing(condition: Condition) -> bool:
    match condition[0]:
        case "all":
            return all(map(_holds_on_nothing, condition[1]))
        case "any":
            return any(map(_holds_on_nothing, condition[1]))
        case "not":
            return not _holds_on_nothing(condition[1])
        case _:
            return False
