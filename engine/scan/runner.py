"""Many logs, all cores: pieces go to processes that search; what they find is read here, in the order of the logs."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from ..diagnosis import Diagnosis
from ..doctor import Doctor
from ..logs.grouping import Grouper
from ..logs.lines import Tally, split_lines
from ..logs.opening import OpeningError, read_blocks
from ..logs.report import ScanReport, make_report
from .anchors import Anchors
from .judge import Judge
from .pieces import PIECE, Piece, PieceFound, sample_of, search_piece, split_files
from .reading import OnGroup, Reading, Source, open_source, reader_of
from .search import Choice
from .windows import Tools, cut_windows

STANDARD_INPUT = "-"
_NAME_OF_INPUT = "standard input"
_WORTH_PROCESSES = 24 << 20
_WORTH_LEARNING = 192 << 20
_AHEAD = 3  # pieces a process that may wait to be read

Progress = Callable[[int, int], None]
"""Is told how many bytes of how many were searched."""


class ScanError(RuntimeError):
    """The scan cannot go on; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """How to scan.

    Attributes:
        form: name of the format of all logs; found out for each when None.
        jobs: processes; 0 means one a core.
        search: which search.
        piece: bytes of a piece of a large file.
    """

    form: str | None = None
    jobs: int = 0
    search: Choice = "auto"
    piece: int = PIECE


def lazy_judge(doctor: Callable[[], Doctor], anchors: Anchors) -> Callable[[str, Mapping[str, str]], Diagnosis]:
    """A judge whose doctor is made when the first incident is there."""
    made: list[Judge] = []

    def diagnose(text: str, facts: Mapping[str, str]) -> Diagnosis:
        if not made:
            made.append(Judge(doctor(), anchors))
        return made[0](text, facts)

    return diagnose


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
        doctor: is asked for when the first incident was found; by then other processes are searching.
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
    reading = Reading(Grouper(lazy_judge(doctor, anchors)), tools.search, on_group)
    tally = Tally()
    problems: list[str] = []

    def problem(message: str) -> None:
        problems.append(message)
        if on_problem:
            on_problem(message)

    files = [Path(path) for path in paths if str(path) != STANDARD_INPUT]
    left_out = _scan_files(files, reading, tools, anchors, options, tally, problem, progress)
    if len(files) < len(paths):
        try:
            _scan_stream(standard_input or sys.stdin.buffer, reading, tools, options, tally)
        except OpeningError as error:
            problem(str(error))
    reading.flush()
    reading.count_repeats()
    if left_out:
        problem(f"{left_out:,} line(s) that may be incidents were not read: too many different ones")
    return make_report(reading.grouper, tally, problems)


def _scan_files(
    files: Sequence[Path],
    reading: Reading,
    tools: Tools,
    anchors: Anchors,
    options: ScanOptions,
    tally: Tally,
    problem: Callable[[str], None],
    progress: Progress | None,
) -> int:
    pieces = list(split_files(files, size=options.piece))
    whole, done, left_out, lines_before = sum(piece.size for piece in pieces), 0, 0, 0
    source: Source | None = None
    path = ""
    for piece, found in _searched(pieces, tools, anchors, options):
        if piece.path != path:
            path, source, lines_before = piece.path, None, 0
        if found.problem:
            problem(found.problem)
        tally.add(found.tally)
        left_out += found.left_out
        if found.windows or found.repeats:
            source = source or open_source(path, form=options.form)
            source.lines_before = lines_before
            for window in found.windows:
                reading.take(source, window)
            reading.take_repeats(source, found.repeats)
        lines_before += found.tally.lines
        done += piece.size
        if progress:
            progress(done, whole)
    return left_out


def _scan_stream(stream: BinaryIO, reading: Reading, tools: Tools, options: ScanOptions, tally: Tally) -> None:
    own = Tally()
    blocks = read_blocks(stream, _NAME_OF_INPUT, own)
    first = next(blocks, b"")
    source = Source(_NAME_OF_INPUT, reader_of(first, form=options.form))
    tools.given = lambda: source.reader.states_facts
    if source.reader.documents:
        reading.take_document(source, split_lines(chain([first], blocks), own, pieces=True))
    else:
        for window in cut_windows(chain([first], blocks), tools, own):
            reading.take(source, window)
    reading.take_repeats(source, tools.shapes.take_repeats())
    tally.add(own)


def _searched(
    pieces: Sequence[Piece], tools: Tools, anchors: Anchors, options: ScanOptions
) -> Iterator[tuple[Piece, PieceFound]]:
    """The pieces with what was found in them, in their order."""
    whole = sum(piece.size for piece in pieces)
    if whole >= _WORTH_LEARNING:
        tools.learn(sample_of(pieces))
    jobs = min(options.jobs or _cores(), len(pieces))
    if jobs <= 1 or (not options.jobs and whole < _WORTH_PROCESSES):
        for piece in pieces:
            yield piece, search_piece(piece, tools)
        return
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin" else "spawn"
    context = multiprocessing.get_context(method)
    # A forked process finds the parent's tools, in memory that it shares with it.
    given = tools if method == "fork" else (anchors, options.search, options.form)
    gc.collect()
    gc.freeze()  # what is there now is neither looked through nor, in the children, written to for that
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(given,))
    waiting: deque[tuple[Piece, Future[PieceFound]]] = deque()
    try:
        for piece in pieces:
            waiting.append((piece, pool.submit(_search, piece)))
            if len(waiting) > jobs * _AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    except BrokenProcessPool:
        raise ScanError("a process of the scan was ended from outside (out of memory?)") from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# In the processes that search ------------------------------------------------------------------------------------------

_TOOLS: list[Tools] = []


def _begin(given: Tools | tuple[Anchors, Choice, str | None]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that reports
    _TOOLS.append(given if isinstance(given, Tools) else Tools(*given))


def _search(piece: Piece) -> PieceFound:
    return search_piece(piece, _TOOLS[0])
