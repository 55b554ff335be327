"""Plain text: any line with a timestamp or a level in front begins an event. What fits nothing else is read as this."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from ..blocks import BlockParser, Head, HeadOf, goes_on
from ..levels import level_in, level_of_letter
from ..reader import Parser, Reader
from ..times import time_at

_LEVEL_FIRST = re.compile(
    r"[\[<(]?(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|SEVERE|FATAL|CRITICAL|trce|dbug|info|warn|fail|crit)(?:[\]>)]|:| {1,4}[\[\w(])"
)
_DOTNET = {"trce": "debug", "dbug": "debug", "info": "info", "warn": "warning", "fail": "error", "crit": "critical"}
_THREAD = re.compile(
    r"\[(?!(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL|error|warn|info|debug|notice|crit)\b)([A-Za-z][\w .:#/@\-]{0,63})\]"
)
# Who speaks, as syslog tells it: `sshd[411]: `.
_PROGRAM = re.compile(r"[ \t]{1,4}([A-Za-z_][\w./\-@]{0,63}\[\d{1,10}\]):")
_TRACE = re.compile(r"\b(?:00-)?([0-9a-f]{32})[-,/ ][0-9a-f]{16}\b|\[[\w.\-]{0,60},([0-9a-f]{16,32}),[0-9a-f]{16}")
_GLOG = re.compile(r"([IWEFD])\d{4} \d\d:\d\d:\d\d\.\d{6} {1,8}(\d{1,8}) ")
_ANDROID = re.compile(r"\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} {1,6}(?:\w{1,12} {1,6})?\d{1,7} {1,6}(\d{1,7}) ([VDIWEFA]) ")
_RUBY = re.compile(r"([DIWEFA]), (?=\[\d{4}-)")
# A process, a file or a host may stand before the time: `8751:M 04 May 2026 00:00:08.879`, `nova.log 2026-05-04 00:00:08`.
_BEFORE_TIME = re.compile(
    r"(?:[\w.:\-/\[\]|()@#]{1,60} ){1,2}(?=[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d|\d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d))"
)
_LOOKED_AT = 400


def head_of_text(reference: datetime | None = None) -> HeadOf:
    """Reads lines that begin with a timestamp or a level."""

    def head_of(line: str) -> Head | None:
        ruby = _RUBY.match(line)
        found = time_at(line, ruby.end() if ruby else 0, reference)
        if found is None and not goes_on(line):
            before = _BEFORE_TIME.match(line)
            found = time_at(line, before.end(), reference) if before else None
        if found is None:
            if not _LEVEL_FIRST.match(line):
                return None
            level = level_in(line) or _DOTNET.get(line[:4], "")
            return Head(line, None, level, stream=_thread(line, 0))
        time, end = found
        level = level_in(line, end)
        special = (_GLOG.match(line) or _ANDROID.match(line)) if line[2:3].isdigit() or line[2:3] == "-" else None
        if special is not None:
            first, second = special.groups()
            letter, thread = (first, second) if first.isalpha() else (second, first)
            return Head(line, time, level_of_letter(letter), stream=thread)
        trace = _TRACE.search(line, end, end + _LOOKED_AT)
        ids = {"trace": trace[1] or trace[2]} if trace else {}
        program = _PROGRAM.match(line, end)
        return Head(line, time, level, ids, program[1] if program else _thread(line, end))

    return head_of


def _thread(line: str, at: int) -> str:
    found = _THREAD.search(line, at, at + _LOOKED_AT)
    return found[1] if found else ""


class TextReader(Reader):
    """Any text."""

    name = "text"
    title = "plain text, with or without timestamps"

    def sniff(self, sample: Sequence[str], name: str) -> float:
        """As `Reader.sniff`."""
        return 0.05  # whatever else fits, fits better

    def parser(self, source: str, *, reference: datetime | None = None) -> Parser:
        """As `Reader.parser`."""
        return BlockParser(source, head_of_text(reference))
