"""How serious an event is, in five words, whatever a log calls it."""

from __future__ import annotations

import re

LEVELS = ("debug", "info", "warning", "error", "critical")
_WORDS = {
    "trace": "debug", "finest": "debug", "finer": "debug", "fine": "debug", "verbose": "debug", "debug": "debug", "dbg": "debug",
    "info": "info", "information": "info", "informational": "info", "notice": "info", "inf": "info", "config": "info", "note": "info",
    "warn": "warning", "warning": "warning", "wrn": "warning",
    "error": "error", "err": "error", "severe": "error", "fail": "error", "failure": "error",
    "fatal": "critical", "crit": "critical", "critical": "critical", "alert": "critical", "emerg": "critical",
    "emergency": "critical", "panic": "critical", "ftl": "critical", "dpanic": "critical",
}  # fmt: skip
_SYSLOG = ("critical", "critical", "critical", "error", "warning", "info", "info", "debug")
_LETTERS = {"V": "debug", "D": "debug", "I": "info", "W": "warning", "E": "error", "F": "critical", "A": "critical"}
_IN_TEXT = re.compile(
    r"(?<![\w/\-])(?:TRACE|FINE(?:R|ST)?|DEBUG|VERBOSE|INFO(?:RMATION)?|NOTICE|WARN(?:ING)?|ERROR|SEVERE|FATAL|CRIT(?:ICAL)?|ALERT|EMERG|PANIC"
    r"|DBG|INF|WRN|ERR|FTL|Trace|Debug|Info|Information|Notice|Warn|Warning|Error|Fatal|Critical"
    r"|(?<=[\[:(])(?:trace|debug|info|notice|warn|warning|error|crit|alert|emerg)(?=[\]:)])"
    r"|(?<=level=)[A-Za-z]{3,9})(?![\w/\-=])",
)
_FIRST_WORD = re.compile(
    r"[\s\]\[)>|:#*\-]{0,8}(trace|debug|info|notice|warn|warning|error|err|crit|critical|fatal|panic)[\]:>| ]"
)
_LOOKED_AT = 160


def level_of(value: object) -> str:
    """The level behind a word, or a number as syslog (0 to 7), bunyan and pino (10 to 60) count; empty when unknown."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, str) and not value.isdecimal():
        return _WORDS.get(value.strip().strip("[]<>:").lower()[:16], "")
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return ""
    if 0 <= number <= 7:
        return _SYSLOG[number]
    if 10 <= number <= 69:
        return ("debug", "debug", "info", "warning", "error", "critical")[number // 10 - 1]
    return ""


def level_of_priority(priority: int) -> str:
    """The level in a syslog priority (facility * 8 + severity)."""
    return _SYSLOG[priority & 7]


def level_of_letter(letter: str) -> str:
    """The level behind a single letter (glog, klog, Android)."""
    return _LETTERS.get(letter, "")


def level_in(text: str, at: int = 0) -> str:
    """The level that stands near the beginning of a line, after its timestamp."""
    first = _FIRST_WORD.match(text, at) if at else None
    if first:
        return _WORDS[first[1]]
    found = _IN_TEXT.search(text, at, at + _LOOKED_AT)
    return _WORDS.get(found[0].lower(), "") if found else ""


def level_of_status(status: int) -> str:
    """How serious an HTTP status is."""
    return "error" if status >= 500 else "warning" if status >= 400 else "info"
