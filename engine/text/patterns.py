"""Linear-time patterns. Every pattern that meets untrusted text goes through here (RE2, never `re`)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

PatternError = re2.error


@lru_cache(maxsize=2)
def _options(*, in_bytes: bool) -> Any:
    options = _silent()
    options.case_sensitive = False
    options.max_mem = (2 if in_bytes else 8) << 20
    if in_bytes:
        options.encoding = re2.Options.Encoding.LATIN1
    return options


@lru_cache(maxsize=1)
def _to_parse() -> Any:
    """Options to parse by. Which patterns are valid is the same whatever the case, and letters of one case are read sooner."""
    return _silent()


def _silent() -> Any:
    options = re2.Options()
    options.log_errors = False
    return options


# What is left alone (an escaped character, a class), or a space with its quantifier, of which a brace is only the beginning.
_PIECE = re.compile(r"\\.|\[\]?(?:\\.|[^\]\\])*\]| [?*+{]?", re.DOTALL)
_LOOSE = {" ?": r"\s*", " *": r"\s*", " +": r"\s+", " {": r"\s{", " ": r"\s+"}


# A program cannot grow too large from fewer pieces, each of which is a hundred instructions at most ...
_MOST_PIECES = 2000
_COUNTED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
# ... unless it stands for thousands of characters.
_MANIFOLD = re.compile(r"\\(?:[pP]|x[^0-7])")
# Stands for any character, and for no more than three of them; or it is none of these (an escaped one, another class).
_ANY_FEW = re.compile(
    r"\\[^WSD]|\[\]?(?!\^)(?:\\.|[^\]\\])*\]|(\\[WSD]|\[\^\]?(?:\\.|[^\]\\])*\]|\.)(?![*+]|\{\d*,?(?:\}|[4-9]|\d\d))",
    re.DOTALL,
)


def loosen_spaces(pattern: str) -> str:
    r"""Let each space outside a character class stand for any run of white space (`\s+`); ` ?` and ` *` for perhaps none."""
    return _PIECE.sub(_loosened, pattern)


def _loosened(piece: re.Match[str]) -> str:
    return _LOOSE.get(piece[0], piece[0])


def compile_pattern(pattern: str) -> Any:
    """Compile an author's pattern for UTF-8 bytes: case-insensitive, `^` and `$` at line ends.

    Bytes, because the wrapper would otherwise encode the whole text again for every pattern. Where it hardly matters, a
    character beyond ASCII is as many characters as it has bytes: classes are then a third smaller, and compiled that much sooner.

    Raises:
        PatternError: not valid RE2 syntax (look-around and back-references are not).
    """
    in_bytes = _is_ascii(pattern) and not any(match[1] for match in _ANY_FEW.finditer(pattern))
    return re2.compile(_wrapped(pattern), _options(in_bytes=in_bytes))


def check_pattern(pattern: str) -> None:
    """Do nothing if `compile_pattern` would compile the pattern. Most are only parsed, which takes a small part of the time.

    Raises:
        PatternError: as `compile_pattern` does.
    """
    if not _MANIFOLD.search(pattern) and most_pieces(pattern) <= _MOST_PIECES:
        try:
            re2.Set.SearchSet(_to_parse()).Add(_wrapped(pattern))
        except PatternError:
            pass  # the compiler says what is wrong
        else:
            return
    compile_pattern(pattern)


def _is_ascii(pattern: str) -> bool:
    """Whether a pattern names nothing beyond ASCII."""
    return pattern.isascii() and not _MANIFOLD.search(pattern)


def _wrapped(pattern: str) -> bytes:
    return f"(?m:{pattern})".encode()


def most_pieces(pattern: str) -> int:
    """How many pieces (characters, classes) there are at most once those with a count are written out."""
    pieces = len(pattern)
    for count in _COUNTED.finditer(pattern):
        times = max(int(count[1]), int(count[2] or 0), 1)
        # A group may be all that stands before its count.
        pieces = pieces * times if pattern[count.start() - 1] == ")" else pieces + times
    return pieces
