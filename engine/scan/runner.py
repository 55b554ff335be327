"""Many logs, all cores: from files to a report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from .anchors import Anchors
from .pieces import split_files
from .windows import Tools
from .workers import ScanError, ScanOptions, searching

if TYPE_CHECKING:
    from ..doctor import Doctor
    from ..logs.report import ScanReport
    from .reading import OnGroup

__all__ = ["STANDARD_INPUT", "Progress", "ScanError", "ScanOptions", "scan_logs"]

STANDARD_INPUT = "-"

Progress = Callable[[int, int], None]
"""Is told how many bytes of how many were searched."""


def scan_logs(
    paths: Sequence[Path | str],
    anchors: Anchors,
    doctor: Callable[[], Doctor],
    options: ScanOptions | None = None,
    *,
    progress: Progress | None = None,
    on_problem: Callable[[str], None] | None = None,
    on_group: OnGroup | None = None,
    standard_input: BinaryIO | None = None,
) -> ScanReport:
    """Find, read, group and diagnose the incidents of logs.

    Args:
        paths: files, and `-` for standard input.
        anchors: what to look for.
        doctor: is asked for when the first incident was found, or while other processes are searching.
        options: see there.
        progress: hears how far it is.
        on_problem: hears at once of what cannot be read; the rest goes on.
        on_group: hears of every incident that was read in full.
        standard_input: what `-` stands for.

    Raises:
        ValueError: there is no such format.
        ImportError: the search that was asked for is not installed.
        ScanError: a process of the scan was ended from outside.
    """
    options = options or ScanOptions()
    tools = Tools(anchors, options.search, options.form)
    files = [Path(path) for path in paths if str(path) != STANDARD_INPUT]
    pieces = list(split_files(files, size=options.piece))
    whole, done = sum(piece.size for piece in pieces), 0
    with searching(pieces, tools, anchors, options) as search:
        # Only now: what judges takes longer to load than the search, which other processes have begun by now.
        from .collecting import Collector

        collector = Collector(anchors, doctor, tools, form=options.form, on_problem=on_problem, on_group=on_group)
        if search.elsewhere:
            collector.prepare()
        for piece, found in search.found:
            collector.take(piece, found)
            done += piece.size
            if progress:
                progress(done, whole)
    if len(files) < len(paths):
        collector.take_stream(standard_input or sys.stdin.buffer)
    return collector.report()
