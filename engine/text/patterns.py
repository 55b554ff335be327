"""Linear-time patterns. Every pattern that meets untrusted text goes through here (RE2, never `re`)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

PatternError = re2.error


@lru_cache(maxsize=1)
def _options() -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = 8 << 20
    return options


# What is left alone (an escaped character, a class), or a space with its quantifier: nothing before a brace, none at all.
_PIECE = re.compile(r"\\.|\[\]?(?:\\.|[^\]\\])*\]| ([?*+]|(?=\{))?", re.DOTALL)
_LOOSE = {"?": r"\s*", "*": r"\s*", "+": r"\s+", "": r"\s", None: r"\s+"}


def loosen_spaces(pattern: str) -> str:
    r"""Let each space outside a character class stand for any run of white space (`\s+`); ` ?` and ` *` for perhaps none."""
    return _PIECE.sub(_loosened, pattern)


def _loosened(piece: re.Match[str]) -> str:
    return _LOOSE[piece[1]] if piece[0].startswith(" ") else piece[0]


def compile_pattern(pattern: str) -> Any:
    """Compile an author's pattern for UTF-8 bytes: case-insensitive, `^` and `$` at line ends.

    Bytes, because the wrapper would otherwise encode the whole text again for every pattern.

    Raises:
        PatternError: not valid RE2 syntax (look-around and back-references are not).
    """
    return re2.compile(f"(?m:{pattern})".encode(), _options())
