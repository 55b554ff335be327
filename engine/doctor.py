"""`Doctor`: the one entrance. Text and answers in, a diagnosis out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .diagnosis import Diagnosis, Question
from .examination import Examination
from .facts import Facts, Origin
from .inference import AtomIndex, Evaluator, make_evaluator
from .inference.evaluator import holds
from .inference.factory import Choice
from .knowledge import FactKind, Knowledge, load_knowledge
from .knowledge.names import CODE, RECOGNISED, SAW
from .ranking import Evidence, Ranker
from .redaction import Redactor
from .remembered import Remembered
from .scrubbing import SHORT, scrub
from .telling import Teller, Written
from .text.signatures import MOST_COMPILED, Match, SignatureMatcher
from .text.views import Document, read_document
from .text.words import NO_WORDS, Lexicon

if TYPE_CHECKING:
    from .choice import Chooser

__all__ = ["LARGEST_TEXT", "Doctor", "Examination", "InputError"]

LARGEST_TEXT = 8 << 20  # characters; a larger text is no longer one incident
_EXCERPT = 160
_MOST_REMEMBERED = 5_000  # entries
_NAMES = ("provider", "platform", "library")  # facts whose values are names, not messages


class InputError(ValueError):
    """The input cannot be diagnosed; the message says why, in one line."""


class Doctor:
    """Diagnoses OAuth 2.0 / OpenID Connect failures. One instance serves many threads.

    Args:
        knowledge: further knowledge folders, each holding `rules` and/or `kb`.
        evaluator: `auto` (durable_rules where it installs), `durable`, `own`, or one made for this knowledge.
        use_cache: keep the compiled knowledge on disk.
        most_patterns: patterns kept compiled. Fewer take less memory, and more time where every text is of another kind.

    Raises:
        KnowledgeError: the knowledge is invalid.
    """

    def __init__(
        self,
        *,
        knowledge: Iterable[Path] | Knowledge = (),
        evaluator: Choice | Evaluator = "auto",
        use_cache: bool = True,
        most_patterns: int | None = None,
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
        self._most_patterns = MOST_COMPILED if most_patterns is None else most_patterns
        self._chooser: Chooser | None = None
        self._answers_read: Remembered[list[Match]] = Remembered(_MOST_REMEMBERED)

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(self.knowledge)

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
        self.diagnose(" ".join(_NAMES), {"error": "invalid_grant"})
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
        for name, value in (facts or {}).items():
            case.answer(name, scrub(value, redactor))
        document: Document | None = None
        matches: list[Match] = []
        words = NO_WORDS
        if text.strip():
            if len(text) > LARGEST_TEXT:
                raise InputError(f"the text has {len(text):,} characters; at most {LARGEST_TEXT:,} are one incident")
            redacted = redactor.redact(text)
            redactions = len(redacted.secrets)
            document = read_document(redacted, redactor)
            matches = self._read_text(document, case)
            words = self._lexicon.read(redacted.text)
        matches += self._read_answers(case, redactor)
        atoms = self._atoms.true_atoms(case.by_name())
        evidence = list(self._evidence(case, atoms, matches, document))
        if document is not None:
            seen = any(item.line is not None for item in evidence)
            case.find(RECOGNISED, "something" if seen else "nothing", Origin("text"))
            atoms = self._atoms.true_atoms(case.by_name())
            conditions = self.knowledge.conditions
            fired = [number for number in self.knowledge.rules_on_recognised if holds(conditions[number], atoms)]
            evidence.extend(self._rule_evidence(fired, case, atoms, matches, document))
        ranked = self._ranker.rank(case, atoms, evidence, unknown, words=words)
        return Examination(case, atoms, evidence, ranked, redactor, redactions, words)

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
        probabilities = {item.cause: item.probability for item in examination.ranked}
        return self._chooser.question(examination.facts, probabilities, skipped)

    # Text to facts ------------------------------------------------------------------------------------------------

    def _read_text(self, document: Document, case: Facts) -> list[Match]:
        if self._matcher is None:
            self._matcher = SignatureMatcher(self.knowledge, self._most_patterns)
        found = self._matcher.search(document)
        for match in found.matches:
            origin = Origin("text", match.line, match.signature)
            case.find(SAW, match.signature, origin)
            for name, value in match.facts:
                case.find(name, value, origin)
        for host, line in document.hosts:
            provider = self._provider_of(host)
            if provider:
                case.find("provider", provider, Origin("text", line, f"host:{host}"))
        for slug, offset in found.libraries:
            case.find("library", slug, Origin("text", document.line_of(offset), f"library:{slug}"))
        return found.matches

    def _read_answers(self, case: Facts, redactor: Redactor) -> list[Match]:
        """What the signatures say of codes and messages that somebody read out, which no line of a text shows."""
        said = "\n".join(
            f"{fact.id}: {value}"
            for fact in map(self.knowledge.vocabulary.__getitem__, sorted(case.answered))
            if fact.kind is FactKind.TEXT or (fact.kind is FactKind.SLUG and fact.id not in _NAMES)
            for value in case.values(fact.id)
        )
        if not said:
            return []
        matches = None if redactor.knows_secrets else self._answers_read.get(said)
        if matches is None:
            matches = self._search_answers(said, redactor)
        for match in matches:
            origin = Origin("answer", None, match.signature)
            case.find(SAW, match.signature, origin)
            for name, value in match.facts:
                case.find(name, value, origin)
        return list(matches)

    def _search_answers(self, said: str, redactor: Redactor) -> list[Match]:
        if self._matcher is None:
            self._matcher = SignatureMatcher(self.knowledge, self._most_patterns)
        redacted = redactor.redact(said)
        found = self._matcher.search(read_document(redacted, redactor)).matches
        matches = [replace(match, line=None) for match in found]
        # The same few codes are told again and again. Nothing that holds a secret is remembered.
        if len(said) <= SHORT and not redactor.knows_secrets:
            self._answers_read.keep(said, matches)
        return matches

    def _provider_of(self, host: str) -> str | None:
        hosts = self.knowledge.hosts
        while host:
            if host in hosts:
                return hosts[host]
            host = host.partition(".")[2]
        return None

    # Facts to evidence --------------------------------------------------------------------------------------------

    def _evidence(
        self, case: Facts, atoms: set[int], matches: list[Match], document: Document | None
    ) -> Iterator[Evidence]:
        yield from self._rule_evidence(sorted(self._evaluator.fired(atoms)), case, atoms, matches, document)
        yield from self._code_evidence(case, document)

    def _rule_evidence(
        self, fired: list[int], case: Facts, atoms: set[int], matches: list[Match], document: Document | None
    ) -> Iterator[Evidence]:
        places = {match.signature: match for match in reversed(matches)}
        for number in fired:
            rule = self.knowledge.rule(number)
            names, line, excerpt = self._basis(rule.condition, atoms, case, places, document)
            for cause, weight, strength in rule.evidence:
                yield Evidence(cause, rule.id, strength, weight, names, line, excerpt, rule.group, rule.why)

    def _code_evidence(self, case: Facts, document: Document | None) -> Iterator[Evidence]:
        provider = case.first("provider")
        libraries = [str(slug) for slug in case.values("library")]
        for value in case.values("provider_code"):
            finding = case.finding("provider_code", value)
            found = self.knowledge.find_code(str(value), str(provider) if provider else None, libraries)
            if len(found) == 1 and finding is not None:
                code = found[0]
                line = finding.origin.line
                excerpt = _excerpt(document, line, None) if document else None
                for cause, weight, strength in code.means:
                    rule_id = f"{CODE}{code.owner}:{code.code}"
                    yield Evidence(cause, rule_id, strength, weight, ("provider_code",), line, excerpt, "", code.title)

    def _basis(
        self, condition: list[Any], atoms: set[int], case: Facts, places: Mapping[str, Match], document: Document | None
    ) -> tuple[tuple[str, ...], int | None, str | None]:
        """Which facts made a condition hold, and the line of text that the first of them came from."""
        names: list[str] = []
        best: tuple[int, Match | None] | None = None
        for atom in _held_atoms(condition, atoms):
            _, fact, *rest = self.knowledge.atoms[atom]
            if fact not in names:
                names.append(fact)
            if fact == SAW:
                match = places.get(rest[0])
                if match is not None and match.line is not None and (best is None or best[1] is None):
                    best = (match.line, match)
            elif best is None:
                for value in case.values(fact):
                    finding = case.finding(fact, value)
                    if finding and finding.origin.line is not None and (not rest or value == rest[0]):
                        best = (finding.origin.line, places.get(finding.origin.rule or ""))
        if best is None or document is None:
            return tuple(names), best[0] if best else None, None
        return tuple(names), best[0], _excerpt(document, *best)


def _held_atoms(condition: list[Any], atoms: set[int]) -> Iterator[int]:
    match condition[0]:
        case "atom":
            if condition[1] in atoms:
                yield condition[1]
        case "not":
            return
        case _:
            for part in condition[1]:
                yield from _held_atoms(part, atoms)


def _excerpt(document: Document | None, line: int | None, match: Match | None) -> str | None:
    """The redacted line; a long one is cut around the match."""
    if document is None or line is None or not 0 < line <= len(document.lines):
        return None
    text = document.lines[line - 1].strip()
    if len(text) <= _EXCERPT:
        return text or None
    at = 0
    if match is not None:
        words = document.data[match.start : match.start + 30].decode("utf-8", "ignore")
        at = max(text.find(words) - 60, 0)
    return ("... " if at else "") + text[at : at + _EXCERPT] + (" ..." if at + _EXCERPT < len(text) else "")
