"""What makes a line of a log worth reading: anchors, derived from the knowledge by what it says about its signatures.

- A signature is an anchor when its match alone speaks for a cause at least moderately: by a rule on the signature, or by a
  rule or a documented code on the value that it reads. Hosts, statuses, marks of libraries and mere vocabulary are context:
  they are read when they stand near an anchor.
- Of its patterns the most telling phrases are searched, or those of its alternatives that are telling by themselves; what
  else a match contains is asked for later (`company.py`). A phrase that is vocabulary only (it names the subject, no failure)
  or one everyday word is not telling.
- A phrase that ordinary software writes all day is searched more narrowly (`everyday.py`).
- The vocabulary are the signatures that keep the knowledge from calling a text none of its business.
- A signature speaks of the subject when its match alone speaks strongly for a cause that only the subject has, unless other
  software has that cause or writes such things as well (`everyday: true`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..inference.network import triggers
from ..knowledge import Knowledge, Signature
from ..knowledge.names import NOT_OAUTH, PROVIDER_CODE, SAW
from ..text.literals import without_borders
from ..text.patterns import compile_pattern
from ..text.ways import Ways, selectivity
from .company import LONGEST, Needs, alone, needs_of
from .everyday import before, companions_of, everyday, outside
from .phrases import Phrases, phrases_of

_STRENGTH = "moderate"
_SPEAKING = "strong"
_SHARE_OF_VETOES = 0.05
_SHORTEST_PHRASE = 10
_SHORTEST_WORD = 5
_SHORTEST_NAME = 12
_MOST_ALTERNATIVES = 16
_MOST_VALUES = 200
# Lines that the text package derives: they are not in the log in this form.
_DERIVED = re.compile(
    r"header (?:[^ =]*=|\Z)|json (?:\S*\Z)|status (?:\d|\Z)|url\.\w+|jwt (?:(?:header|claim)\.|\Z)|secret (?:\w+:|\Z)|base64 |param\.twice "
)
# What stands before a value there; the value itself is in the log.
_NAMED = re.compile(r"\Aparam |\Ajson [^ =]*=(?=.)")
_WORD = re.compile(r"[^\W_]+(?:[_-][^\W_]+)*")
_VALUE = re.compile(r"\{\w+\}\Z")
_NUMBER = re.compile(r"[0-9a-f_-]{1,5}|(?=(?:[a-f_-]*[0-9]){2})[0-9a-f_-]+")  # any identifier may hold it
_NUMBERED = re.compile(r"\d{4}")  # names one failure, whatever stands before it: IDX10503
_EVERYDAY = re.compile(r"[^\W\d_]+")
_CODED = re.compile(r"`[^`]*`|\{[{%].*?[}%]\}")


def derive(knowledge: Knowledge) -> list[Any]:
    """What `Anchors` is made of: phrases, patterns, vocabulary, subject, ways to match, their numbers by phrase, least weights,
    what is elsewhere as well, and the phrases that may show the subject.

    JSON can hold it, because it is kept on disk.
    """
    vocabulary = vocabulary_of(knowledge)
    data = everyday()
    elsewhere = _elsewhere(knowledge)
    derivation = _Derivation(knowledge, vocabulary, elsewhere)
    every = list(derivation.phrases())
    narrower = _before_others(every, data.phrases)
    found = sorted({*narrower, *_without_longer(phrase for phrase, _ in every if phrase not in narrower)})
    for phrase in found:
        within = [text for text in data.texts if phrase in text]
        if within and phrase not in narrower:
            narrower[phrase] = list(outside(phrase, within))
    ways, needs = _conditions(every, found)
    least, speaking = _weight_of(knowledge, _STRENGTH), _weight_of(knowledge, _SPEAKING)
    subject = list(derivation.subject())
    spoken = {piece for phrase in derivation.speaking() for piece in _pieces(phrase, 1)}.intersection(found)
    return [
        found, narrower, sorted(vocabulary), subject, ways, needs, least, speaking, sorted(elsewhere), sorted(spoken)
    ]  # fmt: skip


def _before_others(every: Sequence[tuple[str, Needs]], phrases: Iterable[str]) -> dict[str, list[str]]:
    """The patterns of each of these phrases, where nothing is lost by asking for something else behind it."""
    narrower = {}
    for phrase in phrases:
        wanted = [needs for one, needs in every if one == phrase]
        companions = companions_of(phrase, wanted)
        if companions:
            narrower[phrase] = list(before(phrase, companions))
    return narrower


def _conditions(every: Sequence[tuple[str, Needs]], kept: Iterable[str]) -> tuple[list[Needs], dict[str, list[int]]]:
    """Of each phrase that does not suffice alone the numbers of what its signatures need, and the list of that."""
    short = frozenset(kept)
    suffices: set[str] = set()
    wanted: dict[str, dict[Needs, None]] = {}
    contained = {phrase: short.intersection(_pieces(phrase, 1)) for phrase, _ in every}
    for phrase, needs in every:
        for one in contained[phrase]:
            if alone(one, needs):
                suffices.add(one)
            else:
                wanted.setdefault(one, {})[needs] = None
    numbers: dict[Needs, int] = {}
    found = {
        one: [numbers.setdefault(needs, len(numbers)) for needs in some]
        for one, some in sorted(wanted.items())
        if one not in suffices
    }
    return list(numbers), found


def _elsewhere(knowledge: Knowledge) -> frozenset[str]:
    """The causes and rules (`everyday: true`) of which no evidence shows that a text is about the subject."""
    causes = {cause.id for cause in knowledge.causes.values() if cause.everyday}
    return frozenset(causes.union(rule.id for rule in knowledge.rules if rule.everyday))


def vocabulary_of(knowledge: Knowledge) -> frozenset[str]:
    """The signatures whose match keeps many rules from saying that a text is none of this knowledge's business."""
    vetoes: Counter[int] = Counter()
    number = 0
    for rule in knowledge.rules:
        if any(cause == NOT_OAUTH and weight > 0 for cause, weight, _ in rule.evidence):
            number += 1
            vetoes.update(set(_denied(rule.condition)))
    least = max(number * _SHARE_OF_VETOES, 1)
    return frozenset(
        atom[2]
        for place, times in vetoes.items()
        if times >= least and (atom := knowledge.atoms[place])[0] == "is" and atom[1] == SAW
    )


def _denied(condition: list[Any]) -> Iterator[int]:
    match condition[0]:
        case "not":
            yield condition[1]
        case "all" | "any":
            for part in condition[1]:
                yield from _denied(part)


class _Derivation:
    def __init__(self, knowledge: Knowledge, vocabulary: frozenset[str], elsewhere: frozenset[str]) -> None:
        self._knowledge = knowledge
        self._least = _weight_of(knowledge, _STRENGTH)
        self._weights = _weights(knowledge)
        self._speaking = _weight_of(knowledge, _SPEAKING)
        self._weights_here = _weights(knowledge, elsewhere)
        self._patterns = list(knowledge.search_plan.as_written())
        self._signatures = [knowledge.signature(number) for number in range(knowledge.signature_count)]
        self._vocabulary = [pattern for owner, pattern, _ in self._patterns if self._signatures[owner].id in vocabulary]
        self._telling = _Telling(_prose(knowledge), self._vocabulary)

    def phrases(self) -> Iterator[tuple[str, Needs]]:
        """The phrases of every signature that is an anchor, and what it needs beside them."""
        for owner, pattern, ways in self._patterns:
            signature = self._signatures[owner]
            if PROVIDER_CODE in _read_by(signature) or self._speak(_given(signature)):
                needs = needs_of(_written(map(frozenset, way)) for way in ways)
                yield from ((phrase, needs) for phrase in self._telling_phrases(pattern, ways))
            else:
                yield from ((phrase, ()) for phrase in self._values(signature, pattern, self._speak))

    def subject(self) -> Iterator[str]:
        """What shows that a text is about the subject."""
        yield from self._vocabulary
        yield from (re.escape(host) for host in sorted(self._knowledge.hosts))
        yield from map(re.escape, sorted(_without_longer(self._phrases_of_codes())))

    def _phrases_of_codes(self) -> Iterator[str]:
        for owner, pattern, ways in self._patterns:
            if any(name == PROVIDER_CODE for name, _ in self._signatures[owner].facts):  # read or given
                yield from self._telling_phrases(pattern, ways)

    def speaking(self) -> Iterator[str]:
        """The phrases of signatures that speak of the subject."""
        for owner, pattern, ways in self._patterns:
            signature = self._signatures[owner]
            if self._speak_of_the_subject(_given(signature)):
                yield from self._telling_phrases(pattern, ways)
            else:
                yield from self._values(signature, pattern, self._speak_of_the_subject)

    def _values(
        self, signature: Signature, pattern: str, speak: Callable[[Iterable[tuple[str, Any]]], bool]
    ) -> Iterator[str]:
        """The values that a signature reads and that speak for a cause."""
        read = _read_by(signature)
        if read:
            clauses = _written(phrases_of(pattern))
            listed = (phrase for clause in clauses if len(clause) <= _MOST_VALUES for phrase in clause)
            strong = (phrase for phrase in listed if speak((name, phrase) for name in read))
            yield from filter(self._telling.names_something, strong)

    def _telling_phrases(self, pattern: str, ways: Ways) -> list[str]:
        """The phrases that a match is looked for by."""
        found = list(self._telling.best(_written(phrases_of(pattern))))
        if not found and not _have_something_in_common(ways):  # those of its alternatives that are telling alone
            written = (_written(map(frozenset, way)) for way in ways)
            found = [phrase for way in written for phrase in self._telling.best(way, narrow=True)]
        return found

    def _speak(self, facts: Iterable[tuple[str, Any]]) -> bool:
        return any(self._weights.get(fact, 0.0) >= self._least for fact in facts)

    def _speak_of_the_subject(self, facts: Iterable[tuple[str, Any]]) -> bool:
        return any(self._weights_here.get(fact, 0.0) >= self._speaking for fact in facts)


def _read_by(signature: Signature) -> list[str]:
    """The facts of which a match gives the value that stands in the text."""
    return [name for name, template in signature.facts if isinstance(template, str) and _VALUE.match(template)]


def _given(signature: Signature) -> list[tuple[str, Any]]:
    """The facts that a match gives whatever it reads."""
    return [
        (SAW, signature.id),
        *((name, value) for name, value in signature.facts if not isinstance(value, list)),
    ]


def _have_something_in_common(ways: Ways) -> bool:
    """Whether all ways in which a pattern matches need the same thing."""
    return bool(ways) and any(all(clause in way for way in ways) for clause in ways[0])


def _weight_of(knowledge: Knowledge, strength: str) -> float:
    """What evidence of a strength weighs in this knowledge, or a little less."""
    weights = (
        weight for rule in knowledge.rules for _, weight, name in rule.evidence if name == strength and weight > 0
    )
    return next(weights, 1e-6) - 1e-6


def _weights(knowledge: Knowledge, elsewhere: frozenset[str] = frozenset()) -> dict[tuple[str, Any], float]:
    """How strongly a value of a fact speaks for some cause, alone or with others: (fact, value) -> log likelihood ratio.

    `elsewhere`: causes and rules that do not count.
    """
    weights: dict[tuple[str, Any], float] = {}
    for rule in knowledge.rules:
        if rule.id in elsewhere:
            continue
        weight = max(
            (weight for cause, weight, _ in rule.evidence if cause != NOT_OAUTH and cause not in elsewhere), default=0.0
        )
        for atom in triggers(rule.condition) or ():
            form, fact, *value = knowledge.atoms[atom]
            if form == "is":
                weights[fact, value[0]] = max(weights.get((fact, value[0]), 0.0), weight)
    return weights


def _prose(knowledge: Knowledge) -> frozenset[str]:
    """The everyday words of the knowledge's own articles; what is written `like_this` in them is no everyday word."""
    texts = (
        text
        for cause in knowledge.causes.values()
        for text in (cause.title, cause.summary, *cause.appears, *(step.text for step in cause.steps))
    )
    return frozenset(word for text in texts for word in _EVERYDAY.findall(_CODED.sub(" ", text).lower()))


def _written(clauses: Iterable[Phrases]) -> list[Phrases]:
    """The clauses as they can stand in a log: as they are written, without what the text package derives."""
    written = []
    for clause in clauses:
        plain = frozenset(_NAMED.sub("", without_borders(phrase), count=1) for phrase in clause)
        if not any(map(_DERIVED.match, plain)):
            written.append(plain)
    return written


class _Telling:
    """Tells phrases that name a failure from words that stand everywhere."""

    def __init__(self, prose: frozenset[str], subject: Iterable[str]) -> None:
        self._prose = prose
        self._subject = compile_pattern("|".join(f"(?:{pattern})" for pattern in subject) or r"[^\x00-\x{10FFFF}]")

    def __call__(self, phrase: str) -> bool:
        bare = phrase.strip()
        found = self._subject.search(bare.encode())
        if found and found.span() == (0, len(bare.encode())) and not _NUMBERED.search(bare):
            return False
        return self.names_something(bare)

    def names_something(self, phrase: str) -> bool:
        """Whether a phrase is long enough, or no everyday word; a value that speaks for a cause needs no more than that."""
        bare = phrase.strip()
        if _WORD.fullmatch(bare):
            return len(bare) >= _SHORTEST_WORD and bare not in self._prose and not _NUMBER.fullmatch(bare)
        return len(bare) >= _SHORTEST_PHRASE

    def _is_narrow(self, phrase: str) -> bool:
        """Whether a phrase is about the subject, or a name that programs give: not what any software may say."""
        bare = phrase.strip()
        if _WORD.fullmatch(bare):
            return len(bare) >= _SHORTEST_NAME
        return self._subject.search(bare.encode()) is not None

    def best(self, clauses: Iterable[Phrases], *, narrow: bool = False) -> Iterator[str]:
        """The phrases of the most telling clause; none when no clause is telling.

        Args:
            narrow: only phrases that no other software writes.
        """
        usable = [
            clause
            for clause in clauses
            if len(clause) <= _MOST_ALTERNATIVES
            and all(map(self, clause))
            and (not narrow or all(map(self._is_narrow, clause)))
        ]
        if usable:
            yield from (phrase[:LONGEST] for phrase in max(usable, key=selectivity))


def _without_longer(phrases: Iterable[str]) -> set[str]:
    """Leave out each phrase that contains another one: its lines are found already."""
    kept: set[str] = set()
    every = set(phrases)
    shortest = min(map(len, every), default=0)
    for phrase in sorted(every, key=len):
        if kept.isdisjoint(_pieces(phrase, shortest)):
            kept.add(phrase)
    return kept


def _pieces(phrase: str, shortest: int) -> Iterator[str]:
    ends = range(len(phrase) + 1)
    return (phrase[begin:end] for begin in ends for end in ends[begin + shortest :])
