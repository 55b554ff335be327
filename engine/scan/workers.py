"""All cores: pieces of logs go to processes that search; what they find comes back in the order of the logs.

They are started as early as can be: to search takes far less than to judge, which is loaded while they are at work.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import RLock
from typing import TypeAlias

from . import cache
from .anchors import Anchors
from .pieces import PIECE, Piece, PieceFound, sample_of, search_piece
from .search import Choice
from .windows import Tools

_WORTH_PROCESSES = 24 << 20
_WORTH_LEARNING = 192 << 20
_AHEAD = 2  # pieces a process that it has or will have next
_LARGER = 24 << 20  # bytes; than blocks, buffers and pages of logs are
_MOST_UNREAD = 32 << 20  # bytes of lines that were found

Searched: TypeAlias = Iterator[tuple[Piece, PieceFound]]


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


@dataclass(frozen=True, slots=True)
class Search:
    """A search that was begun.

    Attributes:
        found: the pieces with what was found in them, in their order.
        elsewhere: other processes are at work.
    """

    found: Searched
    elsewhere: bool


@contextmanager
def searching(pieces: Sequence[Piece], tools: Tools, anchors: Anchors, options: ScanOptions) -> Iterator[Search]:
    """Search pieces. Where it is worth it, other processes are at work as soon as this is entered, and ended behind it.

    Raises:
        ScanError: when the results are taken: a process was ended from outside.
    """
    _keep_freed_memory()
    whole = sum(piece.size for piece in pieces)
    sample = sample_of(pieces) if whole >= _WORTH_LEARNING else b""
    unlearnt = bool(sample) and not tools.recall(sample)
    jobs = min(options.jobs or _cores(), len(pieces))
    alone = jobs <= 1 or (not options.jobs and whole < _WORTH_PROCESSES)
    if unlearnt and (alone or not cache.is_usable()):
        tools.learn(sample)
        unlearnt = False
    if alone:
        yield Search(((piece, search_piece(piece, tools)) for piece in pieces), elsewhere=False)
        return
    forked = "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
    context = multiprocessing.get_context("fork" if forked else "spawn")
    # A forked process finds the parent's tools, in memory that it shares with it.
    given = tools if forked else (anchors, options.search, options.form)
    gc.collect()
    gc.freeze()  # what is there now is neither looked through nor, in the children, written to for that
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(given, bool(sample)))
    crew = _Crew(pool, pieces, jobs * _AHEAD)
    try:
        crew.hand_out()
        if unlearnt:
            tools.learn(sample)  # for the pieces that the others begin later
        yield Search(crew.found(), elsewhere=True)
    finally:
        crew.stop()
        pool.shutdown(wait=False, cancel_futures=True)


class _Crew:
    """Hands out pieces so that no process waits for work while results wait to be read. What may wait is bounded."""

    def __init__(self, pool: ProcessPoolExecutor, pieces: Iterable[Piece], most: int) -> None:
        self._pool = pool
        self._left = iter(pieces)
        self._most = most
        self._given: deque[tuple[Piece, Future[PieceFound]]] = deque()
        self._unread = 0  # bytes of results
        self._lock = RLock()  # results arrive in another thread

    def hand_out(self) -> None:
        """Give as many pieces as may be under way."""
        with self._lock:
            while self._unread < _MOST_UNREAD and sum(not one.done() for _, one in self._given) < self._most:
                piece = next(self._left, None)
                if piece is None:
                    break
                future = self._pool.submit(_search, piece)
                self._given.append((piece, future))
                future.add_done_callback(self._done)

    def found(self) -> Searched:
        """The results, in the order of the pieces."""
        try:
            while self._given:
                piece, future = self._given.popleft()
                found = future.result()
                self._count(-found.size)
                yield piece, found
        except BrokenProcessPool:
            raise ScanError("a process of the scan was ended from outside (out of memory?)") from None

    def stop(self) -> None:
        """Hand out no more."""
        with self._lock:
            self._left = iter(())

    def _done(self, future: Future[PieceFound]) -> None:
        if not future.cancelled() and future.exception() is None:
            with suppress(BrokenProcessPool):  # who takes the results is told
                self._count(future.result().size)

    def _count(self, unread: int) -> None:
        with self._lock:
            self._unread += unread
        self.hand_out()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _keep_freed_memory() -> None:
    """Have a block's memory used again for the next: the usual C library returns what is freed to the system, and gets it
    back page by page (a quarter of the time of a search), until a larger block than all others was freed."""
    bytes(_LARGER)  # is not written to, so that it takes no memory


# In the processes that search ------------------------------------------------------------------------------------------

_TOOLS: list[Tools] = []
_TO_RECALL: list[Tools] = []  # those whose sieve may be learnt meanwhile


def _begin(given: Tools | tuple[Anchors, Choice, str | None], large: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that reports
    _keep_freed_memory()
    tools = given if isinstance(given, Tools) else Tools(*given)
    _TOOLS.append(tools)
    if large and not tools.has_learnt:
        _TO_RECALL.append(tools)


def _search(piece: Piece) -> PieceFound:
    if _TO_RECALL and _TO_RECALL[0].recall():
        _TO_RECALL.clear()
    return search_piece(piece, _TOOLS[0])
