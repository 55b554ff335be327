"""Linear-time patterns. Every pattern that meets untrusted text goes through here (RE2, never `re`)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

PatternError = re2.error

_SHORTEST_LITERAL = 3


@lru_cache(maxsize=1)
def _options() -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = 8 << 20
    return options


def loosen_spaces(pattern: str) -> str:
    r"""Let each space outside a character class stand for any run of white space (`\s+`)."""
    result: list[str] = []
    in_class = escaped = False
    for char in pattern:
        if escaped:
            escaped = False
            result.append(char)
        elif char == "\\":
            escaped = True
            result.append(char)
        elif char == " " and not in_class:
            result.append(r"\s+")
        else:
            if char == "[" and not in_class:
                in_class = True
            elif char == "]" and in_class and result[-1] != "[":
                in_class = False
            result.append(char)
    return "".join(result)


def compile_pattern(pattern: str) -> Any:
    """Compile an author's pattern: case-insensitive, `^` and `$` at line ends.

    Raises:
        PatternError: not valid RE2 syntax (look-around and back-references are not).
    """
    return re2.compile(f"(?m:{pattern})", _options())


def required_literals(pattern: str) -> list[str]:
    """Lower-case literals of which at least one occurs in every match; empty when none can be told.

    They are the cheap test before a pattern is tried at all. Worked out with the standard library's parser while
    knowledge is compiled, never at run time; a pattern that it does not understand simply has no literals.
    """
    try:
        parser = getattr(re, "_parser", None)
        tree = parser.parse(pattern.replace("(?s)", "").replace("(?i)", "")) if parser else []
    except (re.error, OverflowError, RecursionError):
        return []
    found = _best(tree)
    return sorted(found) if found and min(map(len, found)) >= _SHORTEST_LITERAL else []


def _best(tree: Any) -> set[str] | None:
    """The most selective set of alternatives that a sequence requires."""
    candidates: list[set[str]] = []
    run: list[str] = []

    def flush() -> None:
        if run:
            candidates.append({"".join(run)})
            run.clear()

    for operation, argument in tree:
        name = str(operation)
        if name == "LITERAL" and chr(argument).isascii():
            run.append(chr(argument).lower())
            continue
        flush()
        if name == "SUBPATTERN":
            inner = _best(argument[-1])
            if inner:
                candidates.append(inner)
        elif name == "BRANCH":
            branches = [_best(branch) for branch in argument[1]]
            if all(branches):
                candidates.append({literal for branch in branches if branch for literal in branch})
        elif name in ("MAX_REPEAT", "MIN_REPEAT") and argument[0] >= 1:
            inner = _best(argument[2])
            if inner:
                candidates.append(inner)
    flush()
    return max(candidates, key=lambda options: (min(map(len, options)), -len(options)), default=None)
