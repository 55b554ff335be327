"""Fitting `kb/likeness.tsv`: what words and circumstances say of each cause, learnt from labelled incidents.

Multinomial logistic regression (scikit-learn). A word counts by how rare it is, all words of a text together by one (tf-idf
with unit length); a circumstance counts the same in every case. Words are taken from told incidents alone: of cases that
really happened only the weights carry over, so that nothing of them stands in the file. Small weights are left out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .doctor import Doctor
from .evaluation import LabelledCase, readable_facts
from .knowledge.likeness import LikenessTable, row_text
from .knowledge.names import NAMES, NOT_OAUTH
from .knowledge.read import Authored
from .likeness import LikenessReader, circumstances_of, length_of, share_of_each
from .text.words import words_of

_LEAST_TEXTS = 7  # told incidents with a word; a rarer one belongs to one product, not to a cause
_LEAST_KNOWN = 3  # told incidents with a circumstance
_CIRCUMSTANCE = 0.35  # what a circumstance counts, where all words of a text together count 1
_TRUST = 15.0  # in the incidents, against small weights (C of the regression)
_LEAST_WORD = 0.7  # weight of a word that is kept, before it is shared among the words of a text
_LEAST_CIRCUMSTANCE = 0.25  # weight of a circumstance that is kept (nats)
_SURE = ("strong", "decisive")
_WORD, _KNOWN = "word", "fact"

_Feature = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the fit sees of a labelled case."""

    cause: str
    causes: tuple[str, ...]
    words: frozenset[str]
    circumstances: frozenset[str]


def told_cases(authored: Authored) -> list[LabelledCase]:
    """The texts of the knowledge that stand for a cause: incidents, scenarios, and examples of strong evidence for one cause."""
    cases = [
        LabelledCase(f"{one.file}:{one.line}", one.entry.text, one.entry.facts, (one.entry.cause, *one.entry.also))
        for one in authored.incidents
    ]
    for scenario in authored.scenarios.values():
        entry = scenario.entry
        if entry.expect:
            cases.append(LabelledCase(entry.id, entry.text, entry.facts, (entry.expect,)))
    for table in (authored.signatures, authored.rules):
        for placed in table.values():
            sure = [cause for cause, said in placed.entry.supports.items() if said.strength in _SURE]
            for example in placed.entry.fires:
                causes = [example.expect] if example.expect else sure
                if len(causes) == 1:
                    cases.append(LabelledCase(placed.entry.id, example.text, example.facts, (causes[0],)))
    return cases


def look_at(doctor: Doctor, cases: Sequence[LabelledCase]) -> list[Seen]:
    """The words and circumstances of cases with a text whose cause is known to the knowledge."""
    known = {*doctor.knowledge.causes, NOT_OAUTH}
    asked = {*doctor.ranker.shares.values, *NAMES} - doctor.ranker.codes  # a code is among the words
    seen = []
    for case in cases:
        if case.causes[0] not in known or not case.text.strip():
            continue
        examination = doctor.examine(case.text, readable_facts(doctor, case.facts))
        circumstances = {one for one in circumstances_of(examination.facts) if one.partition("=")[0] in asked}
        words = words_of(examination.redactor.redact(case.text).text)
        seen.append(Seen(case.causes[0], case.causes, frozenset(words), frozenset(circumstances)))
    return seen


def fit_likeness(told: Sequence[Seen], real: Sequence[Seen] = ()) -> LikenessTable:
    """Fit the weights.

    Args:
        told: incidents in somebody's own words: the words in the result are theirs.
        real: cases that happened; they change weights only.

    Raises:
        ImportError: scikit-learn is not installed.
        ValueError: too few cases.
    """
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    rarity = _rarity(told)
    often = Counter(name for one in told for name in one.circumstances)
    circumstances = {name for name, number in often.items() if number >= _LEAST_KNOWN}
    both = [*told, *real]
    if len({one.cause for one in both}) < 2 or not rarity:
        raise ValueError(f"expected cases of two causes at least, and {_LEAST_TEXTS} told ones that share a word")
    vectorizer = DictVectorizer()
    table = vectorizer.fit_transform(_features(one, rarity, circumstances) for one in both)
    model = LogisticRegression(C=_TRUST, max_iter=200, tol=1e-3).fit(table, [one.cause for one in both])
    causes = [str(cause) for cause in model.classes_]
    words: dict[str, str] = {}
    kept: dict[str, str] = {}
    for (kind, name), column in zip(vectorizer.feature_names_, model.coef_.T.tolist(), strict=True):
        if kind == _WORD:
            row = _kept(column, rarity[name], _LEAST_WORD, 1)
            if row:
                words[name] = row_text([round(rarity[name], 2), *row])
        else:
            row = _kept(column, _CIRCUMSTANCE, _LEAST_CIRCUMSTANCE, 2)
            if row:
                kept[name] = row_text(row)
    return LikenessTable(causes, [round(weight, 2) for weight in model.intercept_.tolist()], words, kept)


def held_out(told: Sequence[Seen], real: Sequence[Seen], folds: int = 3) -> list[tuple[int, int, int]]:
    """How well weights do by themselves on cases that they were not fitted to.

    Returns:
        For the told and the real cases: their number, how often the right cause is first, and among three.
    """
    result = []
    for several, others in ((told, real), (real, told)):
        first = three = 0
        for fold in range(folds) if several else ():
            rest = [one for place, one in enumerate(several) if place % folds != fold]
            table = fit_likeness(*((rest, others) if several is told else (others, rest)))
            for one in several[fold::folds]:
                place = _place(table, one)
                first += place == 0
                three += place < 3
        result.append((len(several), first, three))
    return result


def _place(table: LikenessTable, one: Seen) -> int:
    """How many causes the right one comes behind."""
    sums = LikenessReader(table, least=1e-9).judge(one.words, one.circumstances).sums
    ranked = sorted(sums, key=lambda cause: -sums[cause])
    return next((place for place, cause in enumerate(ranked) if cause in one.causes), len(ranked))


def _rarity(told: Sequence[Seen]) -> dict[str, float]:
    """The words that count, each with the logarithm of how few texts have it."""
    texts = Counter(word for one in told for word in one.words)
    return {word: math.log(len(told) / number) for word, number in sorted(texts.items()) if number >= _LEAST_TEXTS}


def _features(one: Seen, rarity: dict[str, float], circumstances: set[str]) -> dict[_Feature, float]:
    words = {word: rarity[word] for word in one.words if word in rarity}
    length = length_of(words.values())
    features = {(_WORD, word): weight / length for word, weight in words.items()}
    known = one.circumstances & circumstances
    features.update({(_KNOWN, name): _CIRCUMSTANCE * share_of_each(len(known)) for name in known})
    return features


def _kept(column: Sequence[float], factor: float, least: float, digits: int) -> list[float]:
    row: list[float] = []
    for number, weight in enumerate(column):
        if abs(weight * factor) >= least:
            row += [number, round(weight * factor, digits)]
    return row
