"""Phrases that ordinary software writes all day: what is searched instead of them. Which ones they are is data: `kb/logs`.

Such a phrase is looked for only with something behind it that a signature needs beside it, or only where it is no part of a
message of other software. Both are told by patterns within one line in lower case, in the syntax that Hyperscan and RE2
share; `^` and `$` are the borders of lines.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import product
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from ..knowledge.schema import Reference
from ..logs.vocabulary import read_data
from ..text.ways import selectivity
from .company import Clause, Needs, is_given

Text: TypeAlias = Annotated[str, Field(pattern=r"^[ -@\[-~]{4,120}$")]
"""ASCII without capitals."""

_Tree: TypeAlias = dict[str, "_Tree"]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Message(_Data):
    """Messages of some software in their fixed form, and where they are documented."""

    software: str
    texts: tuple[Text, ...]
    references: tuple[Reference, ...] = Field(min_length=1)


class Everyday(_Data):
    """What ordinary software writes all day.

    Attributes:
        phrases: that say nothing alone.
        messages: that tell nothing, though phrases stand in them.
    """

    phrases: tuple[Text, ...] = ()
    messages: tuple[Message, ...] = ()

    @property
    def texts(self) -> list[str]:
        """Of all messages."""
        return [text for message in self.messages for text in message.texts]


def everyday() -> Everyday:
    """The shipped data."""
    return Everyday.model_validate(read_data("everyday.yaml"))


def companions_of(phrase: str, wanted: Iterable[Needs]) -> set[str] | None:
    """Texts of which one stands beside a phrase wherever a signature matches that is found by the phrase.

    Args:
        phrase: that is looked for.
        wanted: what each signature that is found by it needs.

    Returns:
        None when a signature may match where nothing stands beside the phrase.
    """
    companions: set[str] = set()
    for needs in wanted:
        for way in needs or ((),):
            others = sorted(clause for clause in way if not is_given(clause, phrase))
            if not others:
                return None
            best: Clause = max(others, key=_selectivity)
            companions.update(best)
    return {one for one in companions if not any(other != one and other in one for other in companions)}


def before(phrase: str, companions: Collection[str]) -> Iterator[str]:
    """Patterns that match where a phrase stands before a companion in one line, overlaps with its beginning, or is part of it.

    Only there, because to remember companions until a phrase comes takes as long as to look at the lines.
    """
    others = sorted(companions)
    yield rf"{re.escape(phrase)}[^\n]*(?:{'|'.join(map(re.escape, others))})"
    yield from map(re.escape, sorted({text for other in others for text in _joined(phrase, other)}))


def outside(phrase: str, messages: Iterable[str]) -> Iterator[str]:
    """Patterns that match where a phrase stands that is no part of one of these messages."""
    around = [
        (message[:at], message[at + len(phrase) :])
        for message in messages
        for at in range(len(message))
        if message.startswith(phrase, at)
    ]
    shortest = [
        parts
        for parts in sorted(set(around))
        if not any(one != parts and parts[0].endswith(one[0]) and parts[1].startswith(one[1]) for one in around)
    ]
    # Of each message either what is before the phrase or what is behind it must be something else.
    for sides in product(*([side for side in (0, 1) if parts[side]] for parts in shortest)):
        left, right = (
            [parts[one] for parts, side in zip(shortest, sides, strict=True) if side == one] for one in (0, 1)
        )
        yield f"{_other_before(left)}{re.escape(phrase)}{_other_behind(right)}"


def _selectivity(clause: Clause) -> tuple[int, int]:
    return selectivity(frozenset(clause))[:2]


def _joined(phrase: str, other: str) -> Iterator[str]:
    """The texts in which the other overlaps with the phrase's end or holds it."""
    if phrase in other:
        yield other
    for length in range(1, min(len(phrase), len(other))):
        if phrase.endswith(other[:length]):
            yield phrase + other[length:]


def _other_behind(texts: Iterable[str]) -> str:
    """What stands behind something when none of some texts does."""
    return _other(_tree(texts), "$", "{0}{1}")


def _other_before(texts: Iterable[str]) -> str:
    """What stands before something when none of some texts does."""
    return _other(_tree(text[::-1] for text in texts), "^", "{1}{0}")


def _tree(texts: Iterable[str]) -> _Tree:
    tree: _Tree = {}
    kept: list[str] = []
    for text in sorted(set(texts)):
        if not text.startswith(tuple(kept)):  # of two that begin alike the shorter one says it all
            kept.append(text)
            branch = tree
            for character in text:
                branch = branch.setdefault(character, {})
    return tree


def _other(tree: _Tree, border: str, order: str) -> str:
    if not tree:
        return ""
    ways = [border, rf"[^{re.escape(''.join(tree))}\n]"]
    ways += [
        order.format(re.escape(character), _other(branch, border, order))
        for character, branch in tree.items()
        if branch
    ]
    return f"(?:{'|'.join(ways)})"
