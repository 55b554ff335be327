"""Checks across files. They are those of compiling, but nothing is made that only a run needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .. import schema
from ..conditions import Condition
from ..problems import Problem
from ..read import Authored
from .desk import Desk
from .entries import compile_entries


@dataclass(frozen=True, slots=True)
class Contents:
    """How many entries of each kind there are; an entry of several conditions makes several rules."""

    causes: int
    signatures: int
    rules: int
    codes: int
    providers: int
    libraries: int


class _Desk(Desk):
    """Numbers nothing: what a number stands for is not looked up."""

    def numbered(self, condition: Condition) -> Any:
        """Nothing."""

    def references_of(self, references: Iterable[schema.Reference]) -> list[int]:
        """Nothing."""
        return []


def check_knowledge(authored: Authored) -> tuple[Contents, list[Problem]]:
    """Check everything against everything, and count."""
    desk = _Desk(authored)
    compiled = compile_entries(desk)
    contents = Contents(
        causes=len(authored.causes),
        signatures=len(authored.signatures),
        rules=len(desk.rules),
        codes=sum(len(compiled[f"codes/{owner}"]) for owner in compiled.get("code_owners", ())),
        providers=len(authored.providers),
        libraries=len(authored.libraries),
    )
    return contents, desk.problems
