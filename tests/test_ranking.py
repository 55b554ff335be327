"""Laws of the ranking."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.facts import Facts, Origin
from oauth_doctor.engine.guide.progress import after_steps
from oauth_doctor.engine.knowledge.names import NOT_OAUTH, RECOGNISED
from oauth_doctor.engine.ranking import Evidence, Ranker

DOCTOR = Doctor(evaluator="own")
RANKER = Ranker(DOCTOR.knowledge)
CAUSES = [*sorted(DOCTOR.knowledge.causes)[:12], NOT_OAUTH]
evidence = st.builds(
    Evidence,
    cause=st.sampled_from(CAUSES),
    rule=st.sampled_from([f"r{n}" for n in range(20)]),
    strength=st.just("x"),
    weight=st.floats(-8, 8).filter(lambda weight: abs(weight) > 0.1),
    facts=st.just(()),
    line=st.none() | st.integers(1, 5),
    group=st.sampled_from(["", "", "g"]),
)


def probabilities(items: list[Evidence]) -> dict[str, float]:
    return {item.cause: item.probability for item in RANKER.rank(Facts(DOCTOR.knowledge.vocabulary), set(), items)}


@given(st.lists(evidence, max_size=12))
def test_probabilities_are_probabilities(items: list[Evidence]) -> None:
    found = probabilities(items)
    assert sum(found.values()) == pytest.approx(1)
    assert all(0 <= value <= 1 for value in found.values())
    assert set(found) == {*DOCTOR.knowledge.causes, NOT_OAUTH}


@given(st.lists(evidence, max_size=8), st.randoms())
def test_the_order_of_the_evidence_does_not_matter(items: list[Evidence], random) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)
    assert probabilities(shuffled) == pytest.approx(probabilities(items))


@given(st.lists(evidence, max_size=6), st.sampled_from(CAUSES), st.floats(0.2, 8))
def test_new_independent_evidence_never_hurts_the_cause_it_supports(
    items: list[Evidence], cause: str, weight: float
) -> None:
    more = [*items, Evidence(cause, "new", "x", weight, (), line=99)]
    assert probabilities(more)[cause] >= probabilities(items)[cause] - 1e-9


@given(st.lists(evidence, min_size=1, max_size=6))
def test_the_same_evidence_twice_counts_once(items: list[Evidence]) -> None:
    assert probabilities([*items, *items]) == pytest.approx(probabilities(items))


def test_one_line_counts_by_its_strongest_and_agreement_adds_little() -> None:
    strong = Evidence("pkce-mismatch", "a", "x", 3.0, (), line=3)
    weak = Evidence("pkce-mismatch", "b", "x", 2.0, (), line=3)
    elsewhere = Evidence("pkce-mismatch", "b", "x", 2.0, (), line=4)
    alone, agreed, apart = (
        probabilities(items)["pkce-mismatch"] for items in ([strong], [strong, weak], [strong, elsewhere])
    )
    assert alone < agreed < apart


def test_one_group_counts_once() -> None:
    grouped = [Evidence("pkce-mismatch", rule, "x", 3.0, (), group="g") for rule in "ab"]
    assert probabilities(grouped) == pytest.approx(probabilities(grouped[:1]))


def test_none_of_these_competes() -> None:
    found = probabilities([Evidence(NOT_OAUTH, "r", "x", 12.0, ())])
    assert found[NOT_OAUTH] > 0.9


def test_a_code_that_is_known_outweighs_the_error_beside_it() -> None:
    facts = {"provider": "microsoft", "phase": "token_exchange", "error": "invalid_client", "http_status": 401}
    without = Doctor(evaluator="own").diagnose("", facts)
    coded = Doctor(evaluator="own").diagnose("", {**facts, "provider_code": "AADSTS500112"})
    assert without.causes[0].id.startswith("client-secret")
    assert coded.causes[0].id == "code-redirect-mismatch"
    assert coded.causes[0].probability > 0.8


@given(st.lists(evidence, max_size=12), st.booleans())
def test_what_is_reported_keeps_the_order_and_is_less_sure(items: list[Evidence], text: bool) -> None:
    facts = Facts(DOCTOR.knowledge.vocabulary)
    if text:
        facts.find(RECOGNISED, "something", Origin("text"))
    ranked = RANKER.rank(facts, set(), items)
    reported = RANKER.reported(facts, ranked)
    assert [(item.cause, item.evidence) for item in reported] == [(item.cause, item.evidence) for item in ranked]
    assert sum(item.probability for item in reported) == pytest.approx(1)
    assert [item.probability for item in reported] == sorted((item.probability for item in reported), reverse=True)
    assert reported[0].probability <= ranked[0].probability + 1e-12
    assert text or reported == ranked


@given(st.lists(evidence, max_size=12), st.floats(0.1, 0.9))
def test_after_failed_steps_what_is_told_is_lowered_as_bayes_rule_says(items: list[Evidence], factor: float) -> None:
    facts = Facts(DOCTOR.knowledge.vocabulary)
    facts.find(RECOGNISED, "something", Origin("text"))
    ranked = RANKER.rank(facts, set(), items)
    first = ranked[0].cause
    before = {item.cause: item.probability for item in RANKER.reported(facts, ranked)}
    told = RANKER.reported(facts, after_steps(ranked, {first: factor}), {first: factor})
    after = {item.cause: item.probability for item in told}
    assert sum(after.values()) == pytest.approx(1)
    odds = before[first] / (1 - before[first])
    assert after[first] / (1 - after[first]) == pytest.approx(odds * factor)
    assert list(after.values()) == sorted(after.values(), reverse=True)
