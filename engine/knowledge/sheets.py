"""Answer sheets of known cases, counted: how many sheets of each cause, and of each phase, show which value of a fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

ANY = ""  # in place of a value: the sheets that tell the fact at all


class Sheets:
    """The counts of a compiled knowledge, decoded when they are asked for. Immutable.

    Attributes:
        causes, phases: what the counts refer to by number.
        values: of each fact that sheets tell, its values with the number of sheets that show each.
    """

    def __init__(self, compiled: Mapping[str, Any]) -> None:
        self.causes: Sequence[str] = compiled["sheets/causes"]
        self.phases: Sequence[str] = compiled["sheets/phases"]
        self.values: Mapping[str, Mapping[str, int]] = compiled["sheets/values"]
        self._counts: Mapping[str, list[int]] = compiled["sheets/counts"]

    def counts(self, fact: str, value: str) -> Iterator[tuple[int, int, int]]:
        """Number of the phase, number of the cause, and how many sheets of both show the value (or any: ANY)."""
        row = self._counts.get(f"{fact}={value}", ())
        for place, count in zip(row[::2], row[1::2], strict=True):
            yield *divmod(place, len(self.causes)), count
