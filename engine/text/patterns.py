"""Linear-time patterns. Every pattern that meets untrusted text goes through here (RE2, never `re`)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

PatternError = re2.error

_SHORTEST_LITERAL = 3
_MOST_CLAUSES = 4


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


def required_literals(pattern: str) -> list[list[str]]:
    """What every match contains: of each list, at least one of its lower-case literals. Most selective list first.

    This is the cheap test before a pattern is tried at all. Worked out with the standard library's parser while knowledge
    is compiled, never at run time; a pattern that it does not understand simply requires nothing.
    """
    try:
        parser = getattr(re, "_parser", None)
        tree = parser.parse(pattern.replace("(?s)", "").replace("(?i)", "")) if parser else []
    except (re.error, OverflowError, RecursionError):
        return []
    found = sorted(_clauses(tree), key=lambda clause: (-min(map(len, clause)), len(clause), sorted(clause)))
    return [sorted(clause) for clause in found[:_MOST_CLAUSES]]


def _clauses(tree: Any) -> list[set[str]]:
    """Sets of alternatives, one of each of which a sequence requires."""
    clauses: list[set[str]] = []
    run: list[str] = []

    def flush() -> None:
        if len(run) >= _SHORTEST_LITERAL:
            clauses.append({"".join(run)})
        run.clear()

    for operation, argument in tree:
        name = str(operation)
        if name == "LITERAL" and chr(argument).isascii():
            run.append(chr(argument).lower())
            continue
        flush()
        if name == "SUBPATTERN":
            clauses.extend(_clauses(argument[-1]))
        elif name == "BRANCH":
            branches = [_clauses(branch) for branch in argument[1]]
            if all(branches):
                best = [max(branch, key=lambda clause: (min(map(len, clause)), -len(clause))) for branch in branches]
                clauses.append(set().union(*best))
        elif name in ("MAX_REPEAT", "MIN_REPEAT") and argument[0] >= 1:
            clauses.extend(_clauses(argument[2]))
    flush()
    return clauses
