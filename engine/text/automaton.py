"""Which of many literals occur in a text, for programs that stay: one step of an automaton for each character, whatever stands there
(Aho and Corasick 1975, "Efficient string matching: an aid to bibliographic search").

It takes a fifth of the time that filed literals take (see literals.py), but some 0.4 s to build and 30 MB. So files answer until as
much was searched as building takes; the package `pyahocorasick` has no wheel for every Python, and there they answer for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from threading import Lock
from typing import Any

from ..knowledge.packed import values_in_passing
from .literals import FiledLiterals

WORTH_BUILDING = 500_000
"""Characters of folded texts: to look for filed literals in so many takes as long as to build the automaton."""


class LiteralAutomaton:
    """Literals, ready to be looked for in many texts. Thread-safe.

    Args:
        literals: none of them empty, each with what is to be told of it.

    Raises:
        ImportError: `pyahocorasick` is not installed.
    """

    def __init__(self, literals: Iterable[tuple[str, Sequence[int]]]) -> None:
        from ahocorasick import Automaton

        self._automaton = Automaton()
        # Many literals tell the same: what occurs often in a text is looked up once.
        numbers: dict[tuple[int, ...], int] = {}
        for literal, told in literals:
            self._automaton.add_word(literal, numbers.setdefault(tuple(told), len(numbers)))
        self._told = list(numbers)
        self._automaton.make_automaton()

    def found_in(self, folded: str) -> set[int]:
        """What is to be told of the literals that a folded text contains. Linear in the text's length."""
        if not self._told:  # an automaton without words refuses to search
            return set()
        numbers = {number for _, number in self._automaton.iter(folded)}
        return set(chain.from_iterable(map(self._told.__getitem__, numbers)))


class LiteralSearch:
    """Looks for filed literals, in the way that takes the least time for as much as there is to search. Thread-safe.

    Args:
        files: see `file_literals`.
        small: keep to the files, whatever is searched.
    """

    def __init__(self, files: Mapping[str, list[list[Any]]], *, small: bool = False) -> None:
        self._files = files
        self._finder: FiledLiterals | LiteralAutomaton = FiledLiterals(files)
        self._settled = small
        self._searched = 0
        self._building = Lock()

    def found_in(self, folded: str) -> set[int]:
        """What is to be told of the literals that a folded text contains. Linear in the text's length."""
        if not self._settled:
            self._searched += len(folded)
            if self._searched > WORTH_BUILDING:
                self.settle()
        return self._finder.found_in(folded)

    def settle(self) -> None:
        """Build the automaton now, unless this search is to stay small; while one thread does, the others go on with the files."""
        if self._settled or not self._building.acquire(blocking=False):
            return
        try:
            if not self._settled:
                filed = chain.from_iterable(values_in_passing(self._files))
                self._finder = LiteralAutomaton((literal, told) for literal, _, told in filed)
        except ImportError:
            pass
        finally:
            self._settled = True
            self._building.release()
