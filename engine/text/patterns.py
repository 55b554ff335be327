"""Linear-time patterns. Every pattern that meets untrusted text goes through here (RE2, never `re`)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

PatternError = re2.error

_SHORTEST_LITERAL = 3
_MOST_CLAUSES = 4
_MOST_VARIANTS = 16
_MOST_OF_A_CLASS = 4
_SPACES = re.compile(r"[\t\n\f\r ]+")  # what `\s` means in RE2


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


def fold(text: str) -> str:
    """The form in which literals are looked for: lower case, every run of white space one space."""
    return _SPACES.sub(" ", text.lower())


def compile_pattern(pattern: str) -> Any:
    """Compile an author's pattern for UTF-8 bytes: case-insensitive, `^` and `$` at line ends.

    Bytes, because the wrapper would otherwise encode the whole text again for every pattern.

    Raises:
        PatternError: not valid RE2 syntax (look-around and back-references are not).
    """
    return re2.compile(f"(?m:{pattern})".encode(), _options())


def required_literals(pattern: str) -> list[list[str]]:
    """What the folded text (see `fold`) of every match contains: of each list, at least one of its literals.

    Most selective list first. This is the cheap test before a pattern is tried at all. Worked out with the standard
    library's parser while knowledge is compiled, never at run time; a pattern that it does not understand simply requires
    nothing. Short alternatives are multiplied out, so that whole phrases are required rather than their words.
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
    run = {""}
    for operation, argument in tree:
        exact = _exact_item(str(operation), argument)
        if exact is not None and len(run) * len(exact) <= _MOST_VARIANTS:
            run = {begin + end for begin in run for end in exact}
            continue
        clauses.extend(_clause(run))
        run = exact or {""}
        if exact is None:
            clauses.extend(_clauses_within(str(operation), argument))
    clauses.extend(_clause(run))
    return clauses


def _clauses_within(operation: str, argument: Any) -> list[set[str]]:
    if operation == "SUBPATTERN":
        return _clauses(argument[-1])
    if operation in ("MAX_REPEAT", "MIN_REPEAT") and argument[0] >= 1:
        return _clauses(argument[2])
    if operation == "BRANCH":
        branches = [_clauses(branch) for branch in argument[1]]
        if all(branches):
            best = [max(branch, key=lambda clause: (min(map(len, clause)), -len(clause))) for branch in branches]
            return _clause(set().union(*best))
    return []


def _clause(variants: set[str]) -> list[set[str]]:
    """The clause of a run's variants, if they are worth looking for. What contains another variant adds nothing."""
    folded = {_SPACES.sub(" ", variant) for variant in variants}
    if min(map(len, folded)) < _SHORTEST_LITERAL:
        return []
    return [{one for one in folded if not any(other != one and other in one for other in folded)}]


def _exact(tree: Any) -> set[str] | None:
    """Every folded text that a sequence matches, when those are few."""
    variants = {""}
    for operation, argument in tree:
        exact = _exact_item(str(operation), argument)
        if exact is None or len(variants) * len(exact) > _MOST_VARIANTS:
            return None
        variants = {begin + end for begin in variants for end in exact}
    return variants


def _exact_item(operation: str, argument: Any) -> set[str] | None:
    match operation:
        case "LITERAL":
            char = chr(argument)
            return {_SPACES.sub(" ", char.lower())} if char.isascii() else None
        case "AT":
            return {""}
        case "SUBPATTERN":
            return _exact(argument[-1])
        case "IN":
            return _exact_class(argument)
        case "BRANCH":
            branches = [_exact(branch) for branch in argument[1]]
            union: set[str] = set().union(*(branch or () for branch in branches))
            return None if None in branches or len(union) > _MOST_VARIANTS else union
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = argument
            exact = _exact(inner)
            if exact == {" "} or (exact is not None and most == 1):  # any number of spaces is one space when folded
                return exact if least else exact | {""}
    return None


def _exact_class(members: Any) -> set[str] | None:
    variants: set[str] = set()
    for operation, argument in members:
        if str(operation) == "LITERAL" and chr(argument).isascii():
            variants.add(_SPACES.sub(" ", chr(argument).lower()))
        elif str(operation) == "CATEGORY" and str(argument) == "CATEGORY_SPACE":
            variants.add(" ")
        else:
            return None
    return variants if len(variants) <= _MOST_OF_A_CLASS else None
