"""Mistakes in knowledge files: collected, located, reported all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a knowledge file.

    Attributes:
        file: the file's name as the user would find it.
        line: 1-based; 0 when the whole file is meant.
        column: 1-based; 0 when the whole line is meant.
        message: what is wrong.
        expected: what would be right.
    """

    file: str
    line: int
    column: int
    message: str
    expected: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}" + (f"; expected {self.expected}" if self.expected else "")


class KnowledgeError(Exception):
    """The knowledge is invalid. Carries every problem that was found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def expected_one_of(value: str, known: Iterable[str]) -> str:
    """Say what was expected in place of `value`: the nearest known names, or the first few of them."""
    names = sorted(known)
    close = get_close_matches(value, names, n=3, cutoff=0.6)
    if close:
        return " or ".join(close)
    shown = ", ".join(names[:8])
    return f"one of {shown}, ... ({len(names)} in all)" if len(names) > 8 else f"one of {shown}"
