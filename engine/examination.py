"""What was found out about one case, before it is put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from .circumstances import Known
from .facts import Facts
from .likeness import NO_LIKENESS, Likeness
from .ranking import Evidence, Ranked
from .redaction import Redactor

_NOTHING_FAILED: Mapping[str, float] = MappingProxyType({})


class Examination(NamedTuple):
    """Facts, atoms that hold, evidence, ranking, who redacted how many secrets, and what the case is like.

    Attributes:
        circumstances: those among the facts, as the profiles know them.
        remaining: by cause, which share of its probability failed steps have left; the ranking has it already.
    """

    facts: Facts
    atoms: set[int]
    evidence: list[Evidence]
    ranked: list[Ranked]
    redactor: Redactor
    redactions: int
    circumstances: Sequence[Known]
    likeness: Likeness = NO_LIKENESS
    remaining: Mapping[str, float] = _NOTHING_FAILED

    def reranked(
        self, evidence: list[Evidence], ranked: list[Ranked], remaining: Mapping[str, float] = _NOTHING_FAILED
    ) -> Examination:
        """The same case with another judgement."""
        return self._replace(evidence=evidence, ranked=ranked, remaining=remaining)
