"""`watch`: follows a log that grows, or a pipe, and tells of each new kind of incident at once."""

from __future__ import annotations

import signal
import sys
import time
from enum import StrEnum
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from .common import (
    DIAGNOSED,
    NOT_DIAGNOSED,
    EvaluatorChoice,
    EvaluatorOption,
    KnowledgeOption,
    UsageError,
    make_doctor,
)
from .scan import FormatOption, SearchChoice, SearchOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..engine.logs import Group, GroupFound, ScanReport
    from ..engine.scan import Watcher

_WIDTH = 90


class WatchOutput(StrEnum):
    """Forms in which incidents are told."""

    TEXT = "text"
    NDJSON = "ndjson"


def watch(
    file: Annotated[str, typer.Argument(metavar="[FILE|-]", help="A log that grows; - or nothing: a pipe.")] = "-",
    form: FormatOption = None,
    output: Annotated[WatchOutput, typer.Option("--output", "-o", help="Form of what is told.")] = WatchOutput.TEXT,
    from_start: Annotated[bool, typer.Option("--from-start", help="Also read what is in FILE already.")] = False,
    every: Annotated[
        float, typer.Option("--every", min=0, metavar="SECONDS", help="How often counts are told; 0: only at the end.")
    ] = 60.0,
    knowledge: KnowledgeOption = None,
    evaluator: EvaluatorOption = EvaluatorChoice.AUTO,
    search: SearchOption = SearchChoice.AUTO,
) -> None:
    """Follow a log or a pipe: each new kind of incident once, at once, with cause and steps; then counts.

    A FILE may be rotated, cut off, or not be there yet. Stops at the end of a pipe, on Ctrl-C and on SIGTERM, and sums up what it
    has read by then. Exit code 0: a cause was diagnosed; 1: none.
    """
    from ..engine.logs import OpeningError
    from ..engine.scan import PipeFollower, Watcher, derive_anchors, follow, watch_log

    stop = _Stop()
    doctor = make_doctor(knowledge, evaluator)
    teller = _Teller(output, every)
    name = "standard input" if file == "-" else file
    try:
        follower = PipeFollower(sys.stdin.fileno()) if file == "-" else follow(file, from_start=from_start)
        watcher = Watcher(name, derive_anchors(doctor.knowledge), doctor, teller.group, form=form, search=search.value)
        report = watch_log(follower, watcher, lambda: stop.asked or teller.counts(watcher))
    except (OpeningError, ValueError) as error:
        raise UsageError(str(error)) from None
    except ImportError:
        raise UsageError("--search hyperscan needs the extra \"logs\": pip install 'oauth-doctor[logs]'") from None
    teller.summary(report)
    raise typer.Exit(DIAGNOSED if report.groups else NOT_DIAGNOSED)


class _Stop:
    """Ctrl-C and SIGTERM end the loop, not the program: what was read is still diagnosed. A second one ends it."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if self.asked:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.asked = True


class _Teller:
    """Writes to stdout and flushes at once."""

    def __init__(self, output: WatchOutput, every: float) -> None:
        self._output = output
        self._every = every
        self._number = 0
        self._told: dict[tuple[str | None, str], int] = {}  # kind -> count that was told last
        self._next = time.monotonic() + every

    def group(self, group: Group, new: bool) -> None:
        """Tell of a group that is new."""
        if not new or group.diagnosis.verdict == "no-oauth-problem":
            return
        from ..engine.logs import group_found

        self._number += 1
        found = group_found(group, self._number)
        self._told[found.cause, found.template] = found.count
        if self._output is WatchOutput.NDJSON:
            sys.stdout.write(found.model_dump_json(by_alias=True) + "\n")
        else:
            from .scan_terminal import details
            from .terminal import make_console

            console = make_console()
            console.print(details(found))
            console.print()
        sys.stdout.flush()

    def counts(self, watcher: Watcher) -> bool:
        """Tell what came again since the last time, when it is time to; never a reason to stop."""
        if self._every and time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every
            report = watcher.report()
            self._write([found for found in (*report.groups, *report.unclear) if self._more(found)])
        return False

    def summary(self, report: ScanReport) -> None:
        """Tell what was found in all."""
        totals = report.totals
        if self._output is WatchOutput.NDJSON:
            self._write([*report.groups, *report.unclear])
            sys.stdout.write(f'{{"schema":"{report.schema_}","totals":{totals.model_dump_json()}}}\n')
        else:
            kinds = len(report.groups)
            sys.stdout.write(
                f"{totals.lines:,} lines, {totals.diagnosed:,} incident(s) of {kinds:,} kind(s) diagnosed\n"
            )
            self._write(report.groups)
        sys.stdout.flush()

    def _more(self, found: GroupFound) -> int:
        return found.count - self._told.get((found.cause, found.template), 0)

    def _write(self, groups: Sequence[GroupFound]) -> None:
        for found in groups:
            if self._output is WatchOutput.NDJSON:
                sys.stdout.write(found.model_dump_json(by_alias=True) + "\n")
            else:
                more = f" (+{self._more(found):,})" if self._more(found) else ""
                what = f"{found.cause or found.verdict}: {found.template}"
                sys.stdout.write(f"{found.count:7,}{more} {what[:_WIDTH]}\n")
            self._told[found.cause, found.template] = found.count
        sys.stdout.flush()
