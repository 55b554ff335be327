"""Circumstances as sums of rows of whole numbers."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.circumstances import Circumstances
from oauth_doctor.engine.facts import Facts
from oauth_doctor.engine.knowledge.names import NOT_OAUTH
from oauth_doctor.engine.lanes import Lanes

KNOWLEDGE = Doctor(evaluator="own").knowledge
CAUSES = sorted([*KNOWLEDGE.profiles, NOT_OAUTH])
CIRCUMSTANCES = Circumstances(KNOWLEDGE, CAUSES)
NUMBERS = st.integers(-(2**55), 2**55)


@given(
    st.integers(1, 40).flatmap(lambda n: st.lists(st.lists(NUMBERS, min_size=n, max_size=n), min_size=1, max_size=8))
)
def test_a_sum_of_packed_rows_is_the_row_of_sums(rows: list[list[int]]) -> None:
    lanes = Lanes(len(rows[0]))
    assert list(lanes.unpack(sum(map(lanes.pack, rows)))) == [sum(column) for column in zip(*rows, strict=True)]


@given(st.lists(st.integers(-(2**30), 2**30), min_size=1, max_size=40), st.integers(-(2**30), 2**30))
def test_a_multiple_of_a_packed_row(row: list[int], factor: int) -> None:
    lanes = Lanes(len(row))
    assert list(lanes.unpack(lanes.pack(row) * factor)) == [one * factor for one in row]


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(OverflowError):
        Lanes(1).pack([2**63])


def test_what_circumstances_say_alone_adds_up() -> None:
    source = random.Random(4)
    places = [(name, value) for name, values in CIRCUMSTANCES._asked for value in sorted(values)]
    start = [source.random() for _ in CAUSES]
    for number in (0, 1, 5, 30):
        known = source.sample(places, number)
        found = CIRCUMSTANCES.added_to(start, known, trust=0.6, together=0.0)
        ratios = [CIRCUMSTANCES.ratios(*place) for place in known]
        expected = [
            score + 0.6 * sum(one.get(cause, 0.0) for one in ratios) for score, cause in zip(start, CAUSES, strict=True)
        ]
        assert found == pytest.approx(expected, abs=1e-9)
        assert CIRCUMSTANCES.added_to(start, known[::-1], trust=0.6, together=0.0) == found  # in whatever order


def test_together_changes_only_causes_with_typical_cases() -> None:
    known = [("worked_before", "true"), ("recent_change", "secret")]
    start = [0.0] * len(CAUSES)
    alone = CIRCUMSTANCES.added_to(start, known, trust=1.0, together=0.0)
    both = CIRCUMSTANCES.added_to(start, known, trust=1.0, together=1.0)
    place = CAUSES.index(NOT_OAUTH)
    assert alone[place] == both[place] == 0.0
    assert both[CAUSES.index("client-secret-invalid")] > alone[CAUSES.index("client-secret-invalid")]


def test_values_that_no_profile_knows_are_not_kept() -> None:
    circumstances = Circumstances(KNOWLEDGE, CAUSES)
    for number in range(50):
        facts = Facts(KNOWLEDGE.vocabulary)
        facts.answer("error", f"unheard_of_{number}")
        known = circumstances.known(facts)
        circumstances.added_to([0.0] * len(CAUSES), [(name, key) for name, key, _ in known], trust=1.0, together=1.0)
        circumstances.ratios("error", f"unheard_of_{number}")
    assert len(circumstances._rows) <= 1  # what the profiles say of any other error
    assert len(circumstances._ratios) <= 1
