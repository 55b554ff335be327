"""Whether some lines are about the knowledge's subject at all: asked before anything is read."""

from __future__ import annotations

from collections.abc import Iterable

from ..text.patterns import compile_pattern
from .anchors import Anchors

_NOTHING = r"[^\x00-\xff]"


class Subject:
    """One pattern of all that shows it. Linear in the length of the lines."""

    def __init__(self, anchors: Anchors) -> None:
        self._pattern = compile_pattern("|".join(f"(?:{pattern})" for pattern in anchors.subject) or r"\z.")

    def in_any(self, lines: Iterable[bytes]) -> bool:
        """Whether one of the lines is about the subject."""
        return self._pattern.search(b"\n".join(lines)) is not None
