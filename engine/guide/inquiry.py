"""Examining a case with what was learned and tried, and asking "what if" without reading the text again."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..cases.model import CaseState
from ..doctor import Doctor, Examination
from ..inference.evaluator import OwnEvaluator
from ..knowledge import FactError
from ..knowledge.names import CODE, NOT_SHOWN
from ..learning import Learned
from ..ranking import Evidence
from .progress import after_steps, remaining_shares

Probabilities = Mapping[str, float]


class Inquiry:
    """One doctor's way to look at cases. Thread-safe."""

    def __init__(self, doctor: Doctor, learned: Learned) -> None:
        self.doctor = doctor
        self.learned = learned
        self._rules = OwnEvaluator(doctor.knowledge.conditions, doctor.knowledge.network)  # no lock, no engine state

    def examine(self, state: CaseState) -> Examination:
        """The case with everything that is known, ranked.

        Raises:
            FactError: an answer outside the vocabulary.
            InputError: the texts are too large.
        """
        found = self.doctor.examine(state.text, state.answers, state.unknown)
        evidence = [self.learned.weigh(self.doctor.knowledge, item) for item in found.evidence]
        ranked = found.ranked
        shifts = self.learned.shifts(self.doctor.knowledge, _provider(found))
        if shifts or self.learned.rules:
            ranked = self.doctor.ranker.rank(found.facts, found.atoms, evidence, state.unknown, shifts, found.likeness)
        remaining = remaining_shares(self.doctor.knowledge, self.learned, state.steps, found.atoms)
        return found.reranked(evidence, after_steps(ranked, remaining), remaining)

    def suppose(self, examined: Examination, fact: str, value: str, state: CaseState) -> Probabilities:
        """Probabilities if a fact had a value; `NOT_SHOWN` stands for a fact that nobody can tell."""
        facts = examined.facts.copy()
        unknown: Collection[str] = state.unknown
        try:
            if value == NOT_SHOWN and self.doctor.knowledge.vocabulary[fact].is_open:
                unknown = [*state.unknown, fact]
            else:
                facts.answer(fact, value)
        except FactError:
            return {item.cause: item.probability for item in examined.ranked}
        atoms = self.doctor.atom_index.true_atoms(facts.by_name())
        evidence = self._evidence(examined, self._rules.fired(atoms))
        shifts = self.learned.shifts(self.doctor.knowledge, str(facts.first("provider") or "") or None)
        ranked = self.doctor.ranker.rank(facts, atoms, evidence, unknown, shifts, examined.likeness)
        remaining = remaining_shares(self.doctor.knowledge, self.learned, state.steps, atoms)
        return {item.cause: item.probability for item in after_steps(ranked, remaining)}

    def _evidence(self, examined: Examination, fired: set[int]) -> list[Evidence]:
        """Evidence of the rules that would fire; what is known already keeps its place in the text."""
        known: dict[str, list[Evidence]] = {}
        for item in examined.evidence:
            known.setdefault(item.rule, []).append(item)
        result: list[Evidence] = []
        used: set[str] = set()
        for number in sorted(fired):
            rule = self.doctor.knowledge.rule(number)
            if rule.id in known:
                if rule.id not in used:
                    result += known[rule.id]
                    used.add(rule.id)
                continue
            result += [
                self.learned.weigh(
                    self.doctor.knowledge, Evidence(cause, rule.id, strength, weight, (), group=rule.group)
                )
                for cause, weight, strength in rule.evidence
            ]
        result += [item for name, items in known.items() if name.startswith(CODE) for item in items]
        return result


def _provider(examined: Examination) -> str | None:
    value = examined.facts.first("provider")
    return None if value is None else str(value)
