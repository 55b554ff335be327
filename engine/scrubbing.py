"""Answers are typed by people who paste whole lines: they pass the same stage as a text."""

from __future__ import annotations

from typing import Any

from .redaction import Redactor
from .remembered import Remembered

SHORT = 200  # characters; what is longer is not remembered


def scrub(value: Any, redactor: Redactor) -> Any:
    """The answer with its secrets replaced."""
    if isinstance(value, str):
        return scrub_text(value, redactor)
    if isinstance(value, (list, tuple)):
        return [scrub(item, redactor) for item in value]
    return value


def scrub_text(text: str, redactor: Redactor) -> str:
    """As the redactor; what was looked through and held nothing is not looked through again."""
    if not redactor.knows_secrets and _HARMLESS.get(text):
        return text
    scrubbed = redactor.scrub(text)
    if scrubbed == text and len(text) <= SHORT and not redactor.knows_secrets:
        _HARMLESS.keep(text, True)
    return scrubbed


_HARMLESS: Remembered[bool] = Remembered(5_000)
