"""The search itself: which lines of a block of bytes hold an anchor. Two implementations, the same lines.

An anchor is a phrase in upper or lower case, or where patterns are given for a phrase, what one of them matches.

Hyperscan (package `hyperscan`, extra `logs`) where it has a wheel, RE2 elsewhere; both are linear in the length of the block
whatever it holds. A test compares them on generated texts.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Sequence
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
    """All anchors in one database, which is compiled once and kept on disk.

    Attributes:
        key: names the anchors and the machine that a database of theirs is made for.
        phrases_alone: those for which no patterns are given.
        patterns: of all others.
    """

    name = "hyperscan"

    def __init__(self, anchors: Anchors) -> None:
        if not anchors.phrases:
            raise ImportError("hyperscan has no empty database")
        machine = re.sub(r"[^\w.-]+", "_", f"{metadata.version('hyperscan')}-{platform.system()}-{platform.machine()}")
        self.key = f"{anchors.key}-{machine}"
        self.phrases_alone = anchors.phrases_alone
        self.patterns = [pattern.encode() for some in anchors.patterns.values() for pattern in some]
        owners = [phrase for phrase, some in anchors.patterns.items() for _ in some]
        self._phrases = [*self.phrases_alone, *owners]  # by the number under which the database tells them
        self._database = kept_database(f"database-{self.key}")
        if self._database is None:
            self._database = make_database(self.phrases_alone, self.patterns)
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
        return {self._phrases[number] for number in numbers}


def make_database(literals: Sequence[bytes], patterns: Sequence[bytes], numbers: Sequence[int] | None = None) -> Any:
    """A Hyperscan database that finds byte strings in upper or lower case, and what patterns match.

    It tells their numbers: unless others are given their places, the patterns' behind the byte strings'.
    """
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    expressions = [*map(re.escape, literals), *patterns]
    ids = list(range(len(expressions)) if numbers is None else numbers)
    flags = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_MULTILINE
    database.compile(expressions=expressions, ids=ids, flags=flags)
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
    """One alternation of all phrases. Where a phrase has patterns, they are tried on the lines that hold it."""

    name = "re2"

    def __init__(self, anchors: Anchors) -> None:
        narrower = [pattern.encode() for some in anchors.patterns.values() for pattern in some]
        self._phrases_alone = anchors.phrases_alone
        self._any = _compiled(map(_caseless, anchors.phrases))
        self._every = _compiled([*map(re.escape, self._phrases_alone), *narrower])  # in lower case
        self._patterns = {phrase: _compiled(map(str.encode, some)) for phrase, some in anchors.patterns.items()}

    def lines(self, block: bytes | memoryview) -> list[Span]:
        """The lines that hold an anchor, in their order, each once."""
        data = bytes(block)
        spans: list[Span] = []
        at = 0
        while found := self._any.search(data, at):
            start = data.rfind(b"\n", 0, found.start()) + 1
            at = data.find(b"\n", found.end())
            stop = at if at >= 0 else len(data)
            if found.group().lower() not in self._patterns or self._every.search(data[start:stop].lower()):
                spans.append((start, stop))
            if at < 0:
                break
        return spans

    def phrases(self, text: bytes) -> set[bytes]:
        """The anchors in a text."""
        folded = text.lower()
        return {phrase for phrase in self._phrases_alone if phrase in folded}.union(
            phrase for phrase, pattern in self._patterns.items() if pattern.search(folded)
        )


def _compiled(sources: Iterable[bytes]) -> Any:
    import re2

    options = re2.Options()
    options.case_sensitive = True
    options.log_errors = False
    options.max_mem = _MEMORY
    options.encoding = re2.Options.Encoding.LATIN1  # bytes, as the other search sees them
    return re2.compile(b"(?m)" + (b"|".join(sources) or rb"[^\x00-\xff]"), options)


def _caseless(phrase: bytes) -> bytes:
    """ASCII letters in either case; every other byte as it is, also where Latin-1 sees a letter in it."""
    return b"".join(
        b"[%b%b]" % (bytes([byte]), bytes([byte]).upper())
        if 97 <= byte <= 122
        else (b"\\x%02x" % byte if not 48 <= byte <= 57 else bytes([byte]))
        for byte in phrase
    )
