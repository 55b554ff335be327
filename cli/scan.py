"""`scan`: many or large logs; incidents are found, grouped, counted and diagnosed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from .common import (
    BAD_INPUT,
    DIAGNOSED,
    NOT_DIAGNOSED,
    EvaluatorChoice,
    EvaluatorOption,
    KnowledgeOption,
    UsageError,
    complain,
    make_doctor,
)

if TYPE_CHECKING:
    from ..engine import Doctor
    from ..engine.logs import ScanReport

_PROGRESS_EVERY = 0.2  # seconds


class ScanOutput(StrEnum):
    """Forms of a scan's report."""

    TEXT = "text"
    JSON = "json"
    NDJSON = "ndjson"
    MARKDOWN = "markdown"
    HTML = "html"
    SARIF = "sarif"


class SearchChoice(StrEnum):
    """Which search finds the lines."""

    AUTO = "auto"
    HYPERSCAN = "hyperscan"
    RE2 = "re2"


FormatOption = Annotated[
    str | None, typer.Option("--format", metavar="NAME", help="Format of the logs; found out for each when not given.")
]
SearchOption = Annotated[SearchChoice, typer.Option("--search", help="What finds the lines.", hidden=True)]


def scan(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, folders, globs, - for a pipe.")],
    form: FormatOption = None,
    output: Annotated[ScanOutput, typer.Option("--output", "-o", help="Form of the report.")] = ScanOutput.TEXT,
    top: Annotated[int, typer.Option("--top", min=1, help="Show only the most frequent kinds of incidents.")] = 1000,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Processes; 0: one for each core.")] = 0,
    knowledge: KnowledgeOption = None,
    evaluator: EvaluatorOption = EvaluatorChoice.AUTO,
    search: SearchOption = SearchChoice.AUTO,
) -> None:
    """Find the incidents of logs, of any format and size, compressed or not: kinds, counts, times, causes, steps.

    Exit code 0: a cause was diagnosed; 1: nothing found; 2: bad usage, or nothing could be read.
    """
    from ..engine.logs import OpeningError, find_files, reader_named
    from ..engine.scan import STANDARD_INPUT, ScanError, ScanOptions, derive_anchors, kept_anchors, scan_logs

    try:
        if form:
            reader_named(form)
        files: list[str] = [str(file) for file in find_files(path for path in paths if path != STANDARD_INPUT)]
    except (OpeningError, ValueError) as error:
        raise UsageError(str(error)) from None
    if STANDARD_INPUT in paths:
        files.append(STANDARD_INPUT)

    @cache
    def doctor() -> Doctor:  # made while the search is going on, if what it searches for is known already
        return make_doctor(knowledge, _evaluator(evaluator), small=True)

    try:
        report = scan_logs(
            files,
            kept_anchors(knowledge or ()) or derive_anchors(doctor().knowledge),
            doctor,
            ScanOptions(form, jobs, search.value),
            progress=_Progress() if sys.stderr.isatty() else None,
            on_problem=complain,
        )
    except ImportError:
        raise UsageError("--search hyperscan needs the extra \"logs\": pip install 'oauth-doctor[logs]'") from None
    except ScanError as error:
        raise UsageError(str(error)) from None
    _show(doctor, _shortened(report, top), output)
    totals = report.totals
    if totals.unreadable and totals.unreadable >= totals.files:
        raise typer.Exit(BAD_INPUT)
    raise typer.Exit(DIAGNOSED if report.groups else NOT_DIAGNOSED)


def _evaluator(choice: EvaluatorChoice) -> EvaluatorChoice:
    """Our own where nothing else is asked for; the results are equal.

    A log shows many kinds of failures once each. For that durable_rules compiles nearly all rulesets: 60 MB beside the search.
    """
    return EvaluatorChoice.OWN if choice is EvaluatorChoice.AUTO else choice


def _shortened(report: ScanReport, top: int) -> ScanReport:
    return report.model_copy(update={"groups": report.groups[:top], "unclear": report.unclear[:top]})


def _show(doctor: Callable[[], Doctor], report: ScanReport, output: ScanOutput) -> None:
    if output is ScanOutput.TEXT:
        from .scan_terminal import print_scan

        print_scan(report)
        return
    from ..engine.logs.rendering import render_scan

    text = render_scan(doctor().knowledge, report, output.value)
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


class _Progress:
    """One line on a terminal's stderr, a few times a second, wiped out at the end."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._shown = 0.0

    def __call__(self, done: int, whole: int) -> None:
        now = time.monotonic()
        if done >= whole:
            sys.stderr.write("\r\x1b[K")
        elif now - self._shown >= _PROGRESS_EVERY:
            self._shown = now
            speed = done / max(now - self._begin, 0.001) / 1e6
            sys.stderr.write(f"\r\x1b[K{done / whole:4.0%} of {whole / 1e6:,.0f} MB, {speed:,.0f} MB/s")
        sys.stderr.flush()
