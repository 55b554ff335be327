"""Finds what is left of planted secrets in an output, in any encoding, in whole or in part."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from planting import Planted

_AT_ONCE = 200_000
"""Characters whose pieces are compared in one go."""


class Search:
    """Finds what is left of secrets.

    Lines, and strings between quotes, in which nothing was found are not searched again: the commands write most of
    them many times. No planted secret has a quote in it.

    Args:
        secrets: what must not be there.
    """

    PIECE = 10
    """Characters of a secret that count as a leak."""

    def __init__(self, secrets: Iterable[Planted]) -> None:
        self._pieces: dict[str, Planted] = {}
        self._clean: set[int] = set()
        for secret in secrets:
            telling = secret.telling.removesuffix(".example.com")
            for form in {telling, base64.b64encode(telling.encode()).decode(), telling.encode().hex()}:
                for at in range(max(len(form) - self.PIECE, 0) + 1):
                    self._pieces.setdefault(form[at : at + self.PIECE], secret)

    def leaks(self, output: str) -> dict[Planted, str]:
        """Secrets of which something is left, with what is."""
        lines = {hash(line): line for line in re.split(r'[\n"]', output) if len(line) >= self.PIECE}
        fresh = [line for number, line in lines.items() if number not in self._clean]
        found: dict[Planted, str] = {}
        for view in _views("\n".join(fresh)):
            for at in range(0, len(view), _AT_ONCE):
                part = view[at : at + _AT_ONCE + self.PIECE - 1]
                windows = {part[begin : begin + self.PIECE] for begin in range(len(part) - self.PIECE + 1)}
                for piece in windows & self._pieces.keys():
                    begin = part.index(piece)
                    found.setdefault(self._pieces[piece], part[max(begin - 60, 0) : begin + 40])
        if not found:
            self._clean |= lines.keys()
        return found


def _views(text: str) -> Iterator[str]:
    """A text, and what its lines say once their encodings are undone."""
    seen: set[int] = set()
    lines = text.split("\n")
    for _ in range(4):
        fresh = []
        for line in lines:
            if hash(line) not in seen:
                seen.add(hash(line))
                fresh.append(line)
        yield "\n".join(fresh)
        lines = [
            other
            for line in fresh
            for undone in (
                unquote(line) if "%" in line else "",
                html.unescape(line) if "&" in line else "",
                _unescaped(line) if "\\" in line else "",
                _decoded(line),
            )
            for other in undone.split("\n")
            if len(other) >= Search.PIECE
        ]


def _unescaped(text: str) -> str:
    text = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda escape: chr(int(escape[1], 16)), text)
    return text.replace("\\/", "/").replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


def _decoded(text: str) -> str:
    """All base64 in a text, decoded."""
    decoded = []
    for blob in re.findall(r"[A-Za-z0-9+/_-]{16,}", text):
        usable = blob[: len(blob) // 4 * 4].replace("-", "+").replace("_", "/")
        decoded.append(base64.b64decode(usable).decode("latin-1"))
    return "\n".join(decoded)
