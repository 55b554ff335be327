"""The examples beside the rules, run: what must fire fires, what must stay silent stays silent, scenarios end right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .doctor import Doctor, Examination
from .knowledge.names import NOT_OAUTH, SAW
from .knowledge.read import Authored, Placed
from .knowledge.schema import Example, ScenarioEntry

_SURE = 0.5


@dataclass(frozen=True, slots=True)
class Failure:
    """One example that did not come out as its author wrote."""

    file: str
    line: int
    column: int
    entry: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.entry}: {self.message}"


@dataclass(slots=True)
class Report:
    """Outcome of a run. `untested` are entries that lack a firing example or a near miss."""

    failures: list[Failure]
    untested: list[Failure]
    examples: int = 0
    scenarios: int = 0


def run_examples(doctor: Doctor, authored: Authored, *, only: str = "") -> Report:
    """Run the examples of every rule, signature and scenario of the files whose name contains `only`."""
    report = Report([], [])
    for table in (authored.signatures, authored.rules):
        for placed in table.values():
            if only in placed.source.file:
                report.failures.extend(_entry_failures(doctor, placed, report))
                report.untested.extend(_missing(placed))
    for scenario in authored.scenarios.values():
        if only in scenario.source.file:
            report.scenarios += 1
            report.failures.extend(_scenario_failures(doctor, scenario))
    return report


def fired_ids(examination: Examination) -> set[str]:
    """Ids of the signatures that matched and the rules that fired."""
    seen = {str(value) for value in examination.facts.values(SAW)}
    return seen | {item.rule for item in examination.evidence}


def _entry_failures(doctor: Doctor, placed: Placed[Any], report: Report) -> Iterator[Failure]:
    entry = placed.entry
    for key, must_fire in (("fires", True), ("silent", False)):
        for index, example in enumerate(getattr(entry, key)):
            report.examples += 1
            examination = doctor.examine(example.text, example.facts)
            says_something = bool(entry.supports or entry.against)
            conditional = entry.when is not None or entry.unless is not None
            if says_something and (conditional or not hasattr(entry, "pattern")):
                fired = any(item.rule == entry.id for item in examination.evidence)
            else:
                fired = entry.id in fired_ids(examination)
            if fired != must_fire:
                verb = "did not fire" if must_fire else "fired"
                yield _failure(placed, (key, index), f"{verb} on {_shown(example)}")
            elif example.expect is not None and examination.ranked[0].cause != example.expect:
                got = [f"{item.cause} {item.probability:.2f}" for item in examination.ranked[:3]]
                yield _failure(
                    placed, (key, index), f"expected {example.expect}, got {', '.join(got)} on {_shown(example)}"
                )


def _missing(placed: Placed[Any]) -> Iterator[Failure]:
    if not placed.entry.fires:
        yield _failure(placed, (), "has no example that must fire it")
    if not placed.entry.silent:
        yield _failure(placed, (), "has no near miss that must not fire it")


def _scenario_failures(doctor: Doctor, placed: Placed[ScenarioEntry]) -> Iterator[Failure]:
    entry = placed.entry
    examination = doctor.examine(entry.text, entry.facts)
    first = examination.ranked[0]
    got = ", ".join(f"{item.cause} {item.probability:.2f}" for item in examination.ranked[:3])
    if entry.expect is not None and first.cause != entry.expect:
        yield _failure(placed, ("expect",), f"expected {entry.expect}, got {got}")
    if entry.not_ is not None and first.cause == entry.not_:
        yield _failure(placed, ("not",), f"must not be {entry.not_}, got {got}")
    if entry.verdict is not None:
        verdict = doctor.describe(examination, steps=False).verdict
        if verdict != entry.verdict:
            yield _failure(placed, ("verdict",), f"expected {entry.verdict}, got {verdict} ({got})")
    if entry.expect == NOT_OAUTH and first.probability < _SURE:
        yield _failure(placed, ("expect",), f"expected {entry.expect} with at least {_SURE}, got {got}")


def _failure(placed: Placed[Any], path: tuple[str | int, ...], message: str) -> Failure:
    line, column = placed.source.place((*placed.path, *path))
    return Failure(placed.source.file, line, column, placed.entry.id, message)


def _shown(example: Example) -> str:
    return repr(example.text[:70]) if example.text else repr(example.facts)
