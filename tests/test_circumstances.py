"""Circumstances as sums of rows of whole numbers."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.circumstances import Circumstances, Place
from oauth_doctor.engine.facts import Facts
from oauth_doctor.engine.knowledge.names import NOT_OAUTH, PHASE
from oauth_doctor.engine.lanes import Lanes
from oauth_doctor.engine.shares import Shares

KNOWLEDGE = Doctor(evaluator="own").knowledge
CAUSES = sorted([*KNOWLEDGE.profiles, NOT_OAUTH])
SHARES = Shares(KNOWLEDGE, CAUSES, authored=10, all_phases=5)
CIRCUMSTANCES = Circumstances(KNOWLEDGE, CAUSES, SHARES)
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


def test_what_circumstances_say_adds_up() -> None:
    source = random.Random(4)
    places = [
        Place(name, value, phase)
        for name in CIRCUMSTANCES._asked
        for value in sorted(SHARES.values[name])[:20]
        for phase in ((None,) if name == PHASE else (None, "refresh", "no such phase"))
    ]
    start = [source.random() for _ in CAUSES]
    for number in (0, 1, 5, 30):
        known = source.sample(places, number)
        found = CIRCUMSTANCES.added_to(start, known, trust=0.6)
        ratios = [CIRCUMSTANCES.ratios(place) for place in known]
        expected = [
            score + 0.6 * sum(one.get(cause, 0.0) for one in ratios) for score, cause in zip(start, CAUSES, strict=True)
        ]
        assert found == pytest.approx(expected, abs=1e-9)
        assert CIRCUMSTANCES.added_to(start, known[::-1], trust=0.6) == found  # in whatever order


def test_a_circumstance_is_judged_by_the_phase() -> None:
    facts = Facts(KNOWLEDGE.vocabulary)
    facts.answer("frequency", "after_days")
    assert [known.place for known in CIRCUMSTANCES.known(facts)] == [Place("frequency", "after_days")]
    facts.answer("phase", "refresh")
    places = {known.place for known in CIRCUMSTANCES.known(facts)}
    assert places == {Place("frequency", "after_days", "refresh"), Place("phase", "refresh")}
    # A secret that runs out after months is nothing special there; at the API it is not the secret.
    said = {phase: CIRCUMSTANCES.ratios(Place("frequency", "after_days", phase)) for phase in (None, "refresh")}
    assert said[None] != said["refresh"]


def test_none_of_the_causes_is_told_nothing_about() -> None:
    known = [Place("worked_before", "true"), Place("recent_change", "secret")]
    assert CIRCUMSTANCES.added_to([0.0] * len(CAUSES), known, trust=1.0)[CAUSES.index(NOT_OAUTH)] == 0.0


def test_a_name_that_no_sheet_has_says_nothing() -> None:
    facts = Facts(KNOWLEDGE.vocabulary)
    facts.answer("library", "a-library-that-nobody-knows")
    facts.answer("provider", "google")
    assert [known.place.key for known in CIRCUMSTANCES.known(facts)] == ["google"]


def test_values_that_nothing_speaks_of_are_not_kept() -> None:
    circumstances = Circumstances(KNOWLEDGE, CAUSES, SHARES)
    for number in range(50):
        facts = Facts(KNOWLEDGE.vocabulary)
        facts.answer("error", f"unheard_of_{number}")
        known = circumstances.known(facts)
        circumstances.added_to([0.0] * len(CAUSES), [place for place, _ in known], trust=1.0)
        circumstances.ratios(Place("error", f"unheard_of_{number}"))
        circumstances.added_to([0.0] * len(CAUSES), [Place("error", f"unheard_of_{number}")], trust=1.0)
    assert len(circumstances._rows._values) <= 1  # what is known of any other error
    assert len(circumstances._ratios._values) <= 1
