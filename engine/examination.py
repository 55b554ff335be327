"""What was found out about one case, before it is put into words."""

from __future__ import annotations

from .facts import Facts
from .ranking import Evidence, Ranked
from .redaction import Redactor


class Examination:
    """Facts, atoms that hold, evidence, ranking, and who redacted them."""

    __slots__ = ("atoms", "evidence", "facts", "ranked", "redactions", "redactor")

    def __init__(
        self,
        facts: Facts,
        atoms: set[int],
        evidence: list[Evidence],
        ranked: list[Ranked],
        redactor: Redactor,
        redactions: int,
    ) -> None:
        self.facts = facts
        self.atoms = atoms
        self.evidence = evidence
        self.ranked = ranked
        self.redactor = redactor
        self.redactions = redactions
