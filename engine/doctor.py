"""`Doctor`: the one entrance. Text and answers in, a diagnosis out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .answers import Answers
from .diagnosis import Diagnosis, Question
from .evidence import EvidenceMaker
from .examination import Examination
from .facts import Facts, Origin
from .inference import AtomIndex, Evaluator, make_evaluator
from .inference.evaluator import holds
from .inference.factory import Choice
from .knowledge import Knowledge, load_knowledge
from .knowledge.names import CODE, NAMES, PROVIDER, PROVIDER_CODE, RECOGNISED, SAW
from .likeness import NO_LIKENESS, LikenessReader
from .ranking import Ranker
from .redaction import Redactor
from .telling import Teller, Written
from .text.codes import codes_in
from .text.signatures import Match, SignatureMatcher
from .text.views import Document, read_document

if TYPE_CHECKING:
    from .choice import Chooser

__all__ = ["LARGEST_TEXT", "Doctor", "Examination", "InputError"]

LARGEST_TEXT = 8 << 20  # characters; a larger text is no longer one incident


class InputError(ValueError):
    """The input cannot be diagnosed; the message says why, in one line."""


class Doctor:
    """Diagnoses OAuth 2.0 / OpenID Connect failures. One instance serves many threads.

    Args:
        knowledge: further knowledge folders, each holding `rules` and/or `kb`.
        evaluator: `auto` (durable_rules where it installs), `durable`, `own`, or one made for this knowledge.
        use_cache: keep the compiled knowledge on disk.
        small: keep little in memory, at the price of time: a fraction of the compiled patterns, and no automaton for many texts.

    Raises:
        KnowledgeError: the knowledge is invalid.
    """

    def __init__(
        self,
        *,
        knowledge: Iterable[Path] | Knowledge = (),
        evaluator: Choice | Evaluator = "auto",
        use_cache: bool = True,
        small: bool = False,
    ) -> None:
        loaded = knowledge if isinstance(knowledge, Knowledge) else load_knowledge(knowledge, use_cache=use_cache)
        self.knowledge: Knowledge = loaded
        self._atoms = AtomIndex(loaded.atoms)
        if isinstance(evaluator, str):
            evaluator = make_evaluator(loaded.conditions, evaluator, loaded.network)
        self._evaluator: Evaluator = evaluator
        self._ranker = Ranker(loaded)
        self._teller = Teller(loaded, self._ranker)
        self._matcher: SignatureMatcher | None = None
        self._small = small
        self._chooser: Chooser | None = None
        self._evidence = EvidenceMaker(loaded)
        self._answers = Answers(loaded.vocabulary, self._signatures)

    @cached_property
    def _likeness(self) -> LikenessReader:
        return LikenessReader(self.knowledge.likeness, self.knowledge.calibration["likeness_least"])

    @property
    def ranker(self) -> Ranker:
        """Turns facts and evidence into probabilities."""
        return self._ranker

    @property
    def atom_index(self) -> AtomIndex:
        """Finds the elementary tests that hold for a case."""
        return self._atoms

    def diagnose(
        self,
        text: str = "",
        facts: Mapping[str, Any] | None = None,
        *,
        id: str | None = None,  # noqa: A002
        steps: bool = True,
    ) -> Diagnosis:
        """Diagnose one incident.

        Args:
            text: an error text, log excerpt, response or ticket, as it is; at most `LARGEST_TEXT` characters.
            facts: answers by name of the fact; None means not known.
            id: echoed.
            steps: render the fix steps (off where only the ranking is wanted).

        Raises:
            FactError: an unknown fact or value; the nearest valid ones are named.
            InputError: the text is too large.
        """
        return self.describe(self.examine(text, facts), id=id, steps=steps)

    def diagnose_json(
        self,
        text: str = "",
        facts: Mapping[str, Any] | None = None,
        *,
        id: str | None = None,  # noqa: A002
        steps: bool = True,
    ) -> Written:
        """`diagnose(...).to_json()` and the verdict, in less time, for those who pass it on. Takes and raises the same."""
        examination = self.examine(text, facts)
        return self._teller.written(examination, self._next_question(examination), id=id, steps=steps)

    def warm_up(self) -> None:
        """Make now what the first diagnoses would wait for: some 2 s of work, for programs that stay."""
        self.diagnose(" ".join(NAMES), {"error": "invalid_grant"})
        self._signatures().warm_up()
        self._evaluator.warm_up()
        self._teller.warm_up()

    def examine(
        self, text: str = "", facts: Mapping[str, Any] | None = None, unknown: Collection[str] = ()
    ) -> Examination:
        """Find facts, fire rules and rank, without putting anything into words. Raises like `diagnose`.

        Args:
            unknown: facts that were asked for and are not known, or not shown.
        """
        case = Facts(self.knowledge.vocabulary)
        redactor = Redactor()
        redactions = 0
        self._answers.take(facts or {}, case, redactor)
        document: Document | None = None
        matches: list[Match] = []
        if text.strip():
            if len(text) > LARGEST_TEXT:
                raise InputError(f"the text has {len(text):,} characters; at most {LARGEST_TEXT:,} are one incident")
            redacted = redactor.redact(text)
            redactions = len(redacted.secrets)
            document = read_document(redacted, redactor)
            matches = self._read_text(document, case)
        matches += self._answers.read(case, redactor)
        atoms = self._atoms.true_atoms(case.by_name())
        fired = sorted(self._evaluator.fired(atoms))
        evidence = [
            *self._evidence.of_rules(fired, case, atoms, matches, document),
            *self._evidence.of_codes(case, document),
        ]
        if document is not None:
            seen = any(item.line is not None for item in evidence)
            case.find(RECOGNISED, "something" if seen else "nothing", Origin("text"))
            atoms = self._atoms.true_atoms(case.by_name())
            conditions = self.knowledge.conditions
            fired = [number for number in self.knowledge.rules_on_recognised if holds(conditions[number], atoms)]
            evidence.extend(self._evidence.of_rules(fired, case, atoms, matches, document))
        likeness = NO_LIKENESS if document is None else self._likeness.read(redacted.text, case)
        circumstances = self._ranker.known_circumstances(case)
        ranked = self._ranker.rank(case, atoms, evidence, unknown, likeness=likeness, circumstances=circumstances)
        return Examination(case, atoms, evidence, ranked, redactor, redactions, circumstances, likeness)

    def ask(
        self, text: str = "", facts: Mapping[str, Any] | None = None, skipped: Collection[str] = ()
    ) -> Question | None:
        """The question worth asking next, leaving out `skipped` facts; None when none is. Raises like `diagnose`."""
        return self._next_question(self.examine(text, facts, skipped), skipped)

    def describe(
        self,
        examination: Examination,
        *,
        id: str | None = None,  # noqa: A002
        steps: bool = True,
        ask: bool = True,
    ) -> Diagnosis:
        """Put an examination into words.

        Args:
            ask: look for the next question (off where somebody else does).
        """
        question = self._next_question(examination) if ask else None
        return self._teller.diagnosis(examination, question, id=id, steps=steps)

    def _next_question(self, examination: Examination, skipped: Collection[str] = ()) -> Question | None:
        if self._chooser is None:
            from .choice import Chooser

            self._chooser = Chooser(self.knowledge, self._ranker)
        return self._chooser.question(examination.facts, examination.ranked, skipped)

    # Text to facts ------------------------------------------------------------------------------------------------

    def _read_text(self, document: Document, case: Facts) -> list[Match]:
        found = self._signatures().search(document)
        for match in found.matches:
            origin = Origin("text", match.line, match.signature)
            case.find(SAW, match.signature, origin)
            for name, value in match.facts:
                case.find(name, value, origin)
        for host, line in document.hosts:
            provider = self._provider_of(host)
            if provider:
                case.find(PROVIDER, provider, Origin("text", line, f"host:{host}"))
        for slug, offset in found.libraries:
            case.find("library", slug, Origin("text", document.line_of(offset), f"library:{slug}"))
        self._read_codes(document, case)
        return found.matches

    def _read_codes(self, document: Document, case: Facts) -> None:
        """The codes of the known provider and libraries that no signature found."""
        known = self.knowledge.shared_codes.union(str(value).upper() for value in case.values(PROVIDER_CODE))
        provider = case.first(PROVIDER)
        owners = [str(one) for one in (provider, *case.values("library")) if one in self.knowledge.code_owners]
        tables = [(owner, self.knowledge.codes(owner)) for owner in owners]
        for code, owner, line in codes_in("\n".join(document.lines), tables):
            if code.upper() not in known:
                case.find(PROVIDER_CODE, code, Origin("text", line, f"{CODE}{owner}"))

    def _signatures(self) -> SignatureMatcher:
        if self._matcher is None:
            self._matcher = SignatureMatcher(self.knowledge, small=self._small)
        return self._matcher

    def _provider_of(self, host: str) -> str | None:
        hosts = self.knowledge.hosts
        while host:
            if host in hosts:
                return hosts[host]
            host = host.partition(".")[2]
        return None
