"""Linear-time patterns. Every pattern that meets untrusted text goes through here (RE2, never `re`)."""

from __future__ import annotations

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


_LOOSE = {"?": r"\s*", "*": r"\s*", "+": r"\s+"}


def loosen_spaces(pattern: str) -> str:
    r"""Let each space outside a character class stand for any run of white space (`\s+`); ` ?` and ` *` for perhaps none."""
    result: list[str] = []
    in_class = escaped = quantified = False
    for char, following in zip(pattern, [*pattern[1:], ""], strict=True):
        if quantified:  # the quantifier of a space, which has its own meaning already
            quantified = False
            continue
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "[" and not in_class:
            in_class = True
        elif char == "]" and in_class and result[-1] != "[":
            in_class = False
        elif char == " " and not in_class:
            quantified = following in _LOOSE
            result.append(r"\s" if following == "{" else _LOOSE.get(following, r"\s+"))
            continue
        result.append(char)
    return "".join(result)


def compile_pattern(pattern: str) -> Any:
    """Compile an author's pattern for UTF-8 bytes: case-insensitive, `^` and `$` at line ends.

    Bytes, because the wrapper would otherwise encode the whole text again for every pattern.

    Raises:
        PatternError: not valid RE2 syntax (look-around and back-references are not).
    """
    return re2.compile(f"(?m:{pattern})".encode(), _options())
