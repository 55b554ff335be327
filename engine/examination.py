"""What was found out about one case, before it is put into words."""

from __future__ import annotations

from .facts import Facts
from .ranking import Evidence, Ranked
from .redaction import Redactor
from .text.words import NO_WORDS, WordEvidence


class Examination:
    """Facts, atoms that hold, evidence, what the words of the text say, ranking, and who redacted them."""

    __slots__ = ("atoms", "evidence", "facts", "ranked", "redactions", "redactor", "words")

    def __init__(
        self,
        facts: Facts,
        atoms: set[int],
        evidence: list[Evidence],
        ranked: list[Ranked],
        redactor: Redactor,
        redactions: int,
        words: WordEvidence = NO_WORDS,
    ) -> None:
        self.facts = facts
        self.atoms = atoms
        self.evidence = evidence
        self.ranked = ranked
        self.redactor = redactor
        self.redactions = redactions
        self.words = words

    def reranked(self, evidence: list[Evidence], ranked: list[Ranked]) -> Examination:
        """The same case with another judgement."""
        return Examination(self.facts, self.atoms, evidence, ranked, self.redactor, self.redactions, self.words)
