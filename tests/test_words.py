"""Laws of the words: what a text says by its vocabulary alone."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.facts import Facts
from oauth_doctor.engine.knowledge.names import WORDS
from oauth_doctor.engine.ranking import Ranker
from oauth_doctor.engine.text.words import NO_WORDS, Lexicon, WordEvidence, words_of

DOCTOR = Doctor(evaluator="own")
KNOWLEDGE = DOCTOR.knowledge
LEXICON = Lexicon(KNOWLEDGE)
RANKER = Ranker(KNOWLEDGE)
VOCABULARY = sorted(KNOWLEDGE.word_weights)
single = st.sampled_from([word for word in VOCABULARY if " " not in word])
texts = st.lists(single, max_size=60).map(" ".join)


def probabilities(words: WordEvidence) -> dict[str, float]:
    return {item.cause: item.probability for item in RANKER.rank(Facts(KNOWLEDGE.vocabulary), set(), [], words=words)}


def test_words_and_pairs() -> None:
    found = words_of("The redirect_uri DIDN'T match: 400 <access_token:1>, 20261125")
    assert found >= {"the", "redirect_uri", "redirect", "uri", "match", "400", "the redirect_uri", "match 400"}
    assert "access_token" not in found
    assert not any("20261125" in word for word in found)
    assert words_of("2026-11-20T10:00:01Z 5xx") == set()


@given(st.text(max_size=400))
def test_any_text_has_words_in_lower_case(text: str) -> None:
    assert all(word == word.lower() and word.strip() == word != "" for word in words_of(text))


@given(texts)
def test_order_of_single_words_does_not_matter(text: str) -> None:
    shuffled = text.split()
    random.Random(0).shuffle(shuffled)
    assert {w for w in words_of(text) if " " not in w} == {w for w in words_of(" ".join(shuffled)) if " " not in w}


@given(texts)
def test_what_words_say_is_bounded(text: str) -> None:
    """Words alone never make a diagnosis: the most they add to the odds is what the scales say."""
    before, after = probabilities(NO_WORDS), probabilities(LEXICON.read(text))
    assert sum(after.values()) == pytest.approx(1)
    assert max(after.values()) < 0.5
    figures = KNOWLEDGE.calibration
    most = math.exp(figures["word_most"] / min(figures["temperature"], figures["told_temperature"]))
    for cause, probability in before.items():
        assert after[cause] <= probability * most + 1e-9


@given(st.text(max_size=300), texts)
def test_only_words_of_the_knowledge_are_named(noise: str, text: str) -> None:
    """A trace names words that our own examples use, so that nothing of a text can leave through it."""
    words = LEXICON.read(f"{noise} {text} {noise}")
    for cause in words.sums:
        assert set(words.telling(cause)) <= set(VOCABULARY)


def test_a_long_text_is_read_at_both_ends() -> None:
    filler = "lorem ipsum " * 200_000
    assert {"mismatching", "state"} <= words_of(f"mismatching {filler} state")


def test_words_alone_raise_the_right_cause() -> None:
    """No signature knows this sentence; the words that it is made of are used of one cause."""
    text = "Cookies from that other site are dropped by Safari, so the silent iframe renewal does not find a session."
    best = max(LEXICON.read(text).sums.items(), key=lambda item: item[1])[0]
    assert best == "third-party-cookies-blocked"


def test_the_trace_shows_the_words() -> None:
    diagnosis = DOCTOR.diagnose(
        "redirect_uri_mismatch: the redirect uri in the request does not match the registered one"
    )
    shown = [item for item in diagnosis.causes[0].evidence if item.rule == WORDS]
    assert len(shown) == 1
    assert 0.3 <= shown[0].weight <= KNOWLEDGE.calibration["word_most"]
    assert "redirect" in (shown[0].why or "")
