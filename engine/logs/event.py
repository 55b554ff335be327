"""One event of a log: what one program said at one moment, whichever format wrapped it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

Line: TypeAlias = tuple[int, bytes]
"""1-based number within the file, and the line without its line break. The same number again continues that line."""

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        time: when; aware, or naive when the log names no time zone; None when it names no date.
        level: `debug`, `info`, `warning`, `error`, `critical`, or empty when the log names none.
        text: what is said, unwrapped, with its trace; may hold secrets: redact before anything is done with it.
        source: name of the file or stream.
        line: first line of the event in the source, 1-based.
        lines: how many lines of the source it spans.
        ids: what may join it with others, kind -> value as written (may hold secrets): the kinds of `kb/logs`.
        stream: which of several interleaved streams of one source it belongs to (pod, container, thread), or empty.
        facts: facts that the format itself states (an export of Okta: provider okta).
        cut: whether text is missing because the event was too long.
    """

    time: datetime | None
    level: str
    text: str
    source: str = ""
    line: int = 1
    lines: int = 1
    ids: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    stream: str = ""
    facts: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    cut: bool = False

    @property
    def last_line(self) -> int:
        """The last line of the event, 1-based."""
        return self.line + self.lines - 1
