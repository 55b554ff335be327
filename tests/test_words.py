"""Laws of the words of a text."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine.text.words import words_of

single = st.from_regex(r"[a-z]{2,9}(_[a-z]{3,5})?", fullmatch=True)
texts = st.lists(single, max_size=60).map(" ".join)


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


def test_a_long_text_is_read_at_both_ends() -> None:
    filler = "lorem ipsum " * 200_000
    assert {"mismatching", "state"} <= words_of(f"mismatching {filler} state")
