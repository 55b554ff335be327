"""The search itself: which lines of a block of bytes hold an anchor. Two implementations, the same lines.

Hyperscan (package `hyperscan`, extra `logs`) where it has a wheel, RE2 elsewhere; both are linear in the length of the block
whatever it holds. A test compares them on generated texts.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from importlib import metadata
from typing import Any, Literal, Protocol, TypeAlias

from . import cache
from .anchors import Anchors

Span: TypeAlias = tuple[int, int]
"""Where a line begins and ends (without its line break) in a block."""

Choice = Literal["auto", "hyperscan", "re2"]
_MEMORY = 64 << 20


class LineSearch(Protocol):
    """Finds lines with an anchor. An instance serves one thread at a time; a forked process may go on using it."""

    name: str

    def lines(self, block: bytes | memoryview) -> list[Span]:
        """The lines that hold an anchor, in their order, each once."""

    def phrases(self, text: bytes) -> set[bytes]:
        """The anchors in a text."""


def make_search(anchors: Anchors, choice: Choice = "auto") -> LineSearch:
    """The fastest search there is on this machine.

    Raises:
        ImportError: `hyperscan` was asked for and is not installed.
    """
    if choice == "re2":
        return Re2Search(anchors)
    try:
        return HyperscanSearch(anchors)
    except ImportError:
        if choice == "hyperscan":
            raise
        return Re2Search(anchors)


class HyperscanSearch:
    """All phrases in one database, which is compiled once and kept on disk.

    Attributes:
        key: names the phrases and the machine that a database of theirs is made for.
        all_phrases: that it finds.
    """

    name = "hyperscan"

    def __init__(self, anchors: Anchors) -> None:

        if not anchors.phrases:
            raise ImportError("hyperscan has no empty database")
        machine = re.sub(r"[^\w.-]+", "_", f"{metadata.version('hyperscan')}-{platform.system()}-{platform.machine()}")
        self.key = f"{anchors.key}-{machine}"
        self.all_phrases = anchors.phrases
        self._database = kept_database(f"database-{self.key}")
        if self._database is None:
            self._database = make_database(anchors.phrases)
            keep_database(f"database-{self.key}", self._database)

    def lines(self, block: bytes | memoryview) -> list[Span]:
        """The lines that hold an anchor, in their order, each once."""
        data = bytes(block)  # a slice of bytes is the same object; the package takes no memoryview
        ends: list[int] = []
        self._database.scan(data, _note, context=ends)
        return spans_of(data, ends)

    def phrases(self, text: bytes) -> set[bytes]:
        """The anchors in a text."""
        numbers: set[int] = set()
        self._database.scan(text, _note_which, context=numbers)
        return {self.all_phrases[number] for number in numbers}


def make_database(literals: Sequence[bytes], numbers: Sequence[int] | None = None) -> Any:
    """A Hyperscan database that finds byte strings in upper or lower case, and tells their numbers: their places in the list."""
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    ids = list(range(len(literals)) if numbers is None else numbers)
    database.compile(expressions=list(literals), ids=ids, flags=hyperscan.HS_FLAG_CASELESS, literal=True)
    return database


def keep_database(name: str, database: Any) -> None:
    """Keep a database on disk."""
    import hyperscan

    cache.store(name, hyperscan.dumpb(database))


def kept_database(name: str) -> Any:
    """A database that was kept; None when there is none, or it was made for another processor or version."""
    import hyperscan

    body = cache.load(name)
    if body is None:
        return None
    try:
        database: Any = hyperscan.loadb(body, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
        database.scan(b"", _note, context=[])
    except (hyperscan.error, ValueError, TypeError):
        return None
    return database


def spans_of(data: bytes, ends: list[int]) -> list[Span]:
    """The lines in which these places lie (each behind a byte of its line), in their order, each once."""
    ends.sort()
    spans: list[Span] = []
    stop = -1
    before, behind, size = data.rfind, data.find, len(data)
    for end in ends:
        if end > stop:
            start = before(b"\n", 0, end) + 1
            stop = behind(b"\n", end)
            if stop < 0:
                stop = size
            spans.append((start, stop))
    return spans


def _note_which(number: int, _start: int, _end: int, _flags: int, numbers: set[int]) -> None:
    numbers.add(number)


def _note(_number: int, _start: int, end: int, _flags: int, ends: list[int]) -> None:
    ends.append(end)


class Re2Search:
    """One alternation of all phrases."""

    name = "re2"

    def __init__(self, anchors: Anchors) -> None:
        import re2

        options = re2.Options()
        options.case_sensitive = True
        options.log_errors = False
        options.max_mem = _MEMORY
        options.encoding = re2.Options.Encoding.LATIN1  # bytes, as the other search sees them
        source = b"|".join(map(_caseless, anchors.phrases)) or rb"[^\x00-\xff]"
        self._pattern = re2.compile(source, options)
        self._phrases = anchors.phrases

    def lines(self, block: bytes | memoryview) -> list[Span]:
        """The lines that hold an anchor, in their order, each once."""
        data = bytes(block)
        spans: list[Span] = []
        at = 0
        while found := self._pattern.search(data, at):
            start = data.rfind(b"\n", 0, found.start()) + 1
            at = data.find(b"\n", found.end())
            if at < 0:
                spans.append((start, len(data)))
                break
            spans.append((start, at))
        return spans

    def phrases(self, text: bytes) -> set[bytes]:
        """The anchors in a text."""
        folded = text.lower()
        return {phrase for phrase in self._phrases if phrase in folded}


def _caseless(phrase: bytes) -> bytes:
    """ASCII letters in either case; every other byte as it is, also where Latin-1 sees a letter in it."""
    return b"".join(
        b"[%b%b]" % (bytes([byte]), bytes([byte]).upper())
        if 97 <= byte <= 122
        else (b"\\x%02x" % byte if not 48 <= byte <= 57 else bytes([byte]))
        for byte in phrase
    )
