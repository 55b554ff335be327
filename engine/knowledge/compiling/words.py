"""How much likelier a word is in texts of one cause than in texts of all, counted over the examples beside the rules.

An example of a signature or rule counts for the causes that it supports most, the less the weaker it supports them; a scenario
for the cause that it expects; what a cause's file says of itself for that cause; an incident half, because it is told without
the care that examples are chosen with. Counts are smoothed towards the word's share
in all texts, so that a word that was seen twice says little.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from ...text.words import words_of
from ..names import NOT_OAUTH
from ..read import Authored, Incident

_LEAST_SEEN = 2.0  # examples; a word that is rarer belongs to one product, not to a cause
_SMOOTHING = 2.0  # examples of the average text added to each cause's
_LEAST_WEIGHT = 0.3  # nats
_INCIDENT = 0.5  # of an example
_CERTAIN = "strong"  # examples of evidence this strong count in full


Counts: TypeAlias = dict[str, dict[str, int]]
"""Cause to word to the number of its texts with the word; `TEXTS` to the number of its texts."""

TEXTS = ""


def count_words(incidents: Iterable[Incident]) -> Counts:
    """The words of incidents by cause; words of one text alone are left out."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    for incident in incidents:
        words = words_of(incident.entry.text)
        totals.update(words)
        counts[incident.entry.cause].update(words)
        counts[incident.entry.cause][TEXTS] += 1
    often = {TEXTS, *(word for word, total in totals.items() if total > 1)}
    return {
        cause: {word: number for word, number in sorted(words.items()) if word in often}
        for cause, words in sorted(counts.items())
    }


def word_weights(
    authored: Authored, strengths: Mapping[str, float], told: Counts
) -> tuple[list[str], dict[str, list[float]]]:
    """Causes by number, and for each word the causes that it speaks for: number, weight (nats), number, weight, ...

    Args:
        strengths: natural log of the likelihood ratio by its name.
        told: the words of the incidents.
    """
    causes = [*authored.causes, NOT_OAUTH]
    numbers = {cause: number for number, cause in enumerate(causes)}
    texts: dict[int, float] = defaultdict(float)
    # Texts that say the same and count the same are counted together.
    groups: dict[tuple[tuple[int, ...], float], Counter[str]] = defaultdict(Counter)
    for text, said, counted in _texts(authored, strengths):
        known = tuple(numbers[cause] for cause in said if cause in numbers)
        if known:
            groups[known, counted / len(known)].update(words_of(text))
            for number in known:
                texts[number] += counted / len(known)
    for cause, counted_words in told.items():
        if cause in numbers:
            groups[(numbers[cause],), _INCIDENT].update(counted_words)
            texts[numbers[cause]] += _INCIDENT * counted_words[TEXTS]
    whole = sum(texts.values())
    totals: dict[str, float] = defaultdict(float)
    for (known, each), words in groups.items():
        for word, count in words.items():
            totals[word] += each * len(known) * count
    frequent = {word for word, total in totals.items() if total >= _LEAST_SEEN}
    seen: dict[str, dict[int, float]] = {word: defaultdict(float) for word in totals if word in frequent}
    for (known, each), words in groups.items():
        for word in frequent.intersection(words):
            for number in known:
                seen[word][number] += each * words[word]
    rows: dict[str, list[float]] = {}
    for word, sums in seen.items():
        share = totals[word] / whole
        row: list[float] = []
        for number, held in sorted(sums.items()):
            likelihood = (held + _SMOOTHING * share) / (texts[number] + _SMOOTHING)
            ratio = math.log(likelihood / share)
            if ratio > _LEAST_WEIGHT:
                row += [number, round(ratio, 2)]
        if row:
            rows[word] = row
    return causes, rows


def _texts(authored: Authored, strengths: Mapping[str, float]) -> Iterator[tuple[str, list[str], float]]:
    """Every text that stands for causes: the text, the causes, what it counts."""
    for table in (authored.signatures, authored.rules):
        for placed in table.values():
            entry = placed.entry
            if not entry.supports:
                continue
            weights = {cause: strengths.get(said.strength, 0.0) for cause, said in entry.supports.items()}
            most = max(weights.values())
            said = [cause for cause, weight in weights.items() if weight == most]
            counted = min(most / strengths[_CERTAIN], 1.0)
            for example in entry.fires:
                if example.text:
                    yield example.text, said, counted
    for scenario in authored.scenarios.values():
        if scenario.entry.text and scenario.entry.expect:
            yield scenario.entry.text, [scenario.entry.expect], 1.0
    for cause, front in authored.causes.items():
        yield " . ".join([front.entry.title, front.entry.summary, *front.entry.appears]), [cause], 1.0
