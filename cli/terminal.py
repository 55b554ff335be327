"""A diagnosis on the terminal: readable at 80 columns, without colour, and through a pipe."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..engine import CauseFound, Diagnosis, EvidenceFound, Question
from ..engine.wording import percent
from .layout import Paragraph, Span, paragraph, write

if TYPE_CHECKING:
    from rich.console import Console

_BAR = 20
_INDENT = 3
_MOST_EVIDENCE = 4
_MOST_RULES = 3
_WITH_STEPS = 0.10
WHO = {
    "agent": "you",
    "user": "user",
    "client-admin": "application admin",
    "provider-admin": "provider admin",
    "developer": "developer",
}


def make_console(*, stderr: bool = False) -> Console:
    """A console that wraps at the terminal's width, at 100 columns in a pipe, and obeys NO_COLOR."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else min(shutil.get_terminal_size((100, 24)).columns, 100)
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """Print verdict, causes with evidence, the steps of the likely ones, and the next question."""
    for number, part in enumerate(_parts(diagnosis)):
        write([*([paragraph()] if number else []), *part], sys.stdout)


def _parts(diagnosis: Diagnosis) -> Iterator[Iterable[Paragraph]]:
    yield [_headline(diagnosis)]
    for number, cause in enumerate(diagnosis.causes, start=1):
        if cause.probability >= 0.01 or number <= 3:
            yield _cause(number, cause, steps=number == 1 or cause.probability >= _WITH_STEPS)
    none = diagnosis.none_of_these
    if none.probability >= 0.1:
        looks = f" It looks like: {none.looks_like}" if none.looks_like else ""
        yield [paragraph(Span(f"None of these: {percent(none.probability)}.{looks}", "dim"))]
    if diagnosis.next_question is not None and diagnosis.verdict != "no-oauth-problem":
        yield _question(diagnosis.next_question)
    if diagnosis.redactions:
        number = diagnosis.redactions
        what = "1 secret was" if number == 1 else f"{number} secrets were"
        yield [paragraph(Span(f"{what} removed from the text before anything was done with it.", "dim"))]


def _headline(diagnosis: Diagnosis) -> Paragraph:
    if diagnosis.verdict == "diagnosed":
        return paragraph(Span("Diagnosis: ", "bold"), Span(diagnosis.causes[0].title, "bold green"))
    if diagnosis.verdict == "no-oauth-problem":
        return paragraph(Span("This does not look like an OAuth / OpenID Connect problem.", "bold yellow"))
    said = "No cause is certain yet. The likeliest:" if diagnosis.causes else "Nothing was recognised."
    return paragraph(Span(said, "bold yellow"))


def _cause(number: int, cause: CauseFound, *, steps: bool) -> Iterator[Paragraph]:
    filled = round(cause.probability * _BAR)
    yield paragraph(Span(f"{number}. {cause.title}", "bold"))
    yield paragraph(
        Span("█" * filled, "green"),
        Span("░" * (_BAR - filled), "dim"),
        f" {percent(cause.probability)}",
        Span(f"  {cause.id}", "dim"),
        indent=_INDENT,
    )
    if steps:
        yield paragraph(cause.summary, indent=_INDENT)
    for items in _by_place(cause.evidence)[:_MOST_EVIDENCE]:
        yield _evidence(items)
    if steps and cause.steps:
        yield paragraph()
        yield from _steps(cause)
        for reference in cause.references[:3]:
            yield paragraph(Span(f"see {reference.title}: {reference.url}", "dim"), indent=_INDENT)


def _by_place(evidence: Iterable[EvidenceFound]) -> list[list[EvidenceFound]]:
    """Evidence that counted, with what stands on the same line together, in the order of its weight."""
    places: dict[tuple[str, int | None, str], list[EvidenceFound]] = {}
    for item in evidence:
        if item.weight:
            shown = item.excerpt or item.why or ", ".join(item.facts)
            places.setdefault((item.direction, item.line, shown), []).append(item)
    return list(places.values())


def _evidence(items: list[EvidenceFound]) -> Paragraph:
    first = items[0]
    sign, style = ("+", "green") if first.direction == "for" else ("-", "red")
    place = f" line {first.line}:" if first.line is not None else ""
    shown = first.excerpt or first.why or ", ".join(first.facts)
    rules = ", ".join(item.rule for item in items[:_MOST_RULES])
    more = f" and {len(items) - _MOST_RULES} more" if len(items) > _MOST_RULES else ""
    return paragraph(
        Span(f"{sign} {first.strength}", style), f"{place} {shown} ", Span(f"[{rules}{more}]", "dim"), indent=_INDENT
    )


def _steps(cause: CauseFound) -> Iterator[Paragraph]:
    column = len(str(len(cause.steps))) + 2
    for number, step in enumerate(cause.steps, start=1):
        spans: list[Span | str] = [
            step.text,
            Span(f"  ({WHO.get(step.who, step.who)}, {step.minutes} min)", "cyan"),
        ]
        if step.verify:
            spans.append(Span(f"\nCheck: {step.verify}", "dim"))
        if step.risk:
            spans.append(Span(f"\nRisk: {step.risk}", "yellow"))
        yield paragraph(*spans, indent=_INDENT + column, marker=f"{number}.")


def _question(asked: Question) -> Iterator[Paragraph]:
    """The next question with its answers."""
    yield paragraph(Span("Next question: ", "bold"), asked.text)
    if asked.where:
        yield paragraph(Span(f"   Where to look: {asked.where}", "dim"))
    for answer in asked.answers:
        yield paragraph(f"   {asked.fact}={answer.value}  {answer.label}")
    yield paragraph(Span("   (answer with --fact NAME=VALUE, or use `oauth-doctor ask`)", "dim"))
