"""Laws of learning: bounded, independent of the order, reversible, visible."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.cases.model import CaseState, StepTried
from oauth_doctor.engine.guide import Guide
from oauth_doctor.engine.knowledge.names import NOT_OAUTH
from oauth_doctor.engine.learning import Learned, LearnedError, Outcome, RuleSaid, StepOutcome
from oauth_doctor.engine.ranking import Evidence

DOCTOR = Doctor(evaluator="own")
KNOWLEDGE = DOCTOR.knowledge
CAUSES = [*sorted(KNOWLEDGE.causes)[:10], NOT_OAUTH]
NOW = datetime(2026, 1, 1, tzinfo=UTC)

rules = st.builds(
    RuleSaid,
    rule=st.sampled_from(["r1", "r2", "code:google:x"]),
    direction=st.sampled_from(["for", "against"]),
    right=st.booleans(),
)
steps = st.builds(
    StepOutcome, cause=st.sampled_from(CAUSES[:3]), step=st.sampled_from(["a", "b"]), solved=st.booleans()
)
outcome = st.builds(
    Outcome,
    cause=st.sampled_from(CAUSES),
    provider=st.sampled_from([None, "google", "microsoft"]),
    rules=st.lists(rules, max_size=3).map(tuple),
    steps=st.lists(steps, max_size=2).map(tuple),
)


@given(st.lists(outcome, max_size=12), st.randoms())
def test_the_order_of_the_cases_does_not_matter(cases: list[Outcome], random: Any) -> None:
    shuffled = list(cases)
    random.shuffle(shuffled)
    assert Learned.from_outcomes(shuffled) == Learned.from_outcomes(cases)


@given(st.lists(outcome, max_size=8), st.lists(outcome, max_size=8))
def test_counts_add_and_can_be_taken_out_again(some: list[Outcome], more: list[Outcome]) -> None:
    one, two = Learned.from_outcomes(some), Learned.from_outcomes(more)
    both = Learned.from_outcomes([*some, *more])
    assert one.plus(two) == both
    assert both.minus(two) == one
    assert both.minus(both) == Learned()


@given(st.lists(outcome, max_size=12))
def test_an_export_comes_back(cases: list[Outcome]) -> None:
    learned = Learned.from_outcomes(cases)
    assert Learned.from_json(learned.to_json()) == learned
    assert learned.cases == len(cases)


@pytest.mark.parametrize("text", ["", "[]", '{"causes": {"": {"x": -1}}}', '{"schema": "oauth-doctor/learned/9"}', "{"])
def test_what_is_no_export_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(LearnedError) as refused:
        Learned.from_json(text)
    assert "expected" in str(refused.value)
    assert "\n" not in str(refused.value)


@settings(max_examples=60)
@given(st.lists(outcome, max_size=40), st.sampled_from([None, "google", "okta"]))
def test_learning_is_bounded(cases: list[Outcome], provider: str | None) -> None:
    learned = Learned.from_outcomes(cases)
    counted = [case.cause for case in cases]
    scale = KNOWLEDGE.learning
    for cause, shift in learned.shifts(KNOWLEDGE, provider).items():
        assert shift <= math.log1p(counted.count(cause) / scale["caution"]) + 1e-9
        assert abs(shift) <= math.log(scale["most"]) + 1e-9
    prior = learned.prior(KNOWLEDGE, provider)
    assert sum(prior.values()) == pytest.approx(1)
    assert all(share > 0 for share in prior.values())


@given(
    st.lists(outcome, max_size=30), st.floats(-9, 9).filter(lambda w: abs(w) > 0.1), st.sampled_from(["r1", "r2", "r9"])
)
def test_a_rule_is_weakened_but_never_turned_round(cases: list[Outcome], weight: float, rule: str) -> None:
    item = Evidence("pkce-required", rule, "strong", weight, ())
    learned = Learned.from_outcomes(cases).weigh(KNOWLEDGE, item)
    assert math.copysign(1, learned.weight) == math.copysign(1, weight)
    assert 0.25 * abs(weight) - 1e-9 <= abs(learned.weight) <= 1.25 * abs(weight) + 1e-9


def test_a_few_wrong_clicks_do_not_turn_a_diagnosis_upside_down() -> None:
    state = CaseState(answers={"provider": "google"}, texts=["Error 400: redirect_uri_mismatch"])
    closed = state.model_copy(update={"closed": True, "cause": "provider-outage"})
    wrong = Guide(DOCTOR).outcome(closed)
    assert wrong is not None
    view = Guide(DOCTOR, Learned.from_outcomes([wrong] * 3)).look(state)
    assert view.diagnosis.causes[0].id == "redirect-uri-mismatch"
    assert view.diagnosis.causes[0].probability > 0.8


def test_a_site_sees_its_usual_cause_sooner() -> None:
    state = CaseState(answers={"provider": "google", "phase": "token_exchange", "error": "invalid_client"})
    usual = "client-secret-expired"
    before = {item.cause: item.probability for item in Guide(DOCTOR).examine(state).ranked}
    learned = Learned.from_outcomes([Outcome(cause=usual, provider="google")] * 30)
    after = {item.cause: item.probability for item in Guide(DOCTOR, learned).examine(state).ranked}
    elsewhere = Guide(DOCTOR, Learned.from_outcomes([Outcome(cause=usual, provider="okta")] * 30))
    other = {item.cause: item.probability for item in elsewhere.examine(state).ranked}
    assert before[usual] < other[usual] < after[usual]
    assert sum(after.values()) == pytest.approx(1)


def test_a_step_that_helped_is_expected_to_help_again() -> None:
    helped = Learned.from_outcomes(
        [Outcome(cause="pkce-required", steps=(StepOutcome(cause="pkce-required", step="s", solved=True),))] * 5
    )
    failed = Learned.from_outcomes(
        [Outcome(cause="pkce-required", steps=(StepOutcome(cause="pkce-required", step="s", solved=False),))] * 5
    )
    factor = [one.step_factor(KNOWLEDGE, "pkce-required", "s") for one in (failed, Learned(), helped)]
    assert factor[0] < factor[1] == 1 < factor[2]


def test_only_confirmed_cases_teach_and_only_steps_of_their_cause() -> None:
    guide = Guide(DOCTOR)
    state = CaseState(
        answers={"provider": "google"},
        texts=["Error 400: redirect_uri_mismatch"],
        steps=[
            StepTried(at=NOW, cause="redirect-uri-proxy", step="read-sent-uri", result="failed"),
            StepTried(at=NOW, cause="redirect-uri-mismatch", step="compare-uris", result="skipped"),
            StepTried(at=NOW, cause="redirect-uri-mismatch", step="register-uri", result="solved"),
        ],
    )
    assert guide.outcome(state) is None
    assert guide.outcome(state.model_copy(update={"closed": True})) is None
    found = guide.outcome(state.model_copy(update={"closed": True, "cause": "redirect-uri-mismatch"}))
    assert found is not None
    assert found.provider == "google"
    assert [(one.step, one.solved) for one in found.steps] == [("register-uri", True)]
    assert any(said.right for said in found.rules)
    text = found.model_dump_json()
    assert "Error 400" not in text
