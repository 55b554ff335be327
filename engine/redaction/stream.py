"""Texts of any length in bounded memory: block by block, cut where no secret lies across."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .model import Secret
from .redactor import Redactor

BLOCK = 8 << 20
"""Bytes that are redacted together. Copies of a secret in front of the place that tells what it is are found in it."""

_WINDOW = 512 << 10
"""Bytes at the end of a block that are searched for a place to cut; half of it is what a secret may still extend to."""
_LONGEST_LINE = 64 << 20

Stage = Callable[[bytes], tuple[bytes, tuple[Secret, ...]]]


def redact_blocks(
    blocks: Iterable[bytes], redactor: Redactor, stage: Stage
) -> Iterator[tuple[bytes, tuple[Secret, ...]]]:
    """Redact a text that arrives in blocks of any size.

    Args:
        blocks: the text in order.
        redactor: tells where secrets lie.
        stage: redacts one part, which consists of whole lines (unless a line is longer than 64 MiB).

    Yields:
        redacted parts, with what was replaced in them (lines counted from the part's beginning).
    """
    held = bytearray()
    due = BLOCK
    for block in blocks:
        held += block
        if len(held) >= due:
            cut = _cut(bytes(held[-_WINDOW:]), redactor)
            if not cut and len(held) < _LONGEST_LINE:
                due = len(held) + _WINDOW  # no byte is searched twice for a place
                continue
            due = BLOCK
            cut = len(held) - min(_WINDOW, len(held)) + cut if cut else len(held)
            yield stage(bytes(held[:cut]))
            del held[:cut]
    if held:
        yield stage(bytes(held))


def _cut(window: bytes, redactor: Redactor) -> int:
    """The last line border in the first half of the window that no secret crosses; 0 when there is none."""
    first = window.find(b"\n") + 1
    crossed = sorted(redactor.extents(window[first:]))
    cut = window.rfind(b"\n", 0, len(window) // 2) + 1
    for start, end in reversed(crossed):
        # A name may stand one line above its value, and a command goes on behind a backslash.
        begin = window.rfind(b"\n", 0, max(window.rfind(b"\n", 0, first + start), 0)) + 1
        if begin < cut < first + end:
            cut = begin
    while cut > 1 and window[cut - 2 : cut - 1] == b"\\":
        cut = window.rfind(b"\n", 0, cut - 1) + 1
    return cut
