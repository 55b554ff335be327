"""Laws of guided diagnosis: what is asked, what steps do to causes, going back, and what disagrees."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor, FactError
from oauth_doctor.engine.cases.model import Answered, CaseState, Entry, Pasted, StepTried, Unknown, replay
from oauth_doctor.engine.choice import Chooser, leading
from oauth_doctor.engine.facts import Facts
from oauth_doctor.engine.guide import Guide, View
from oauth_doctor.engine.guide.undo import taken_back
from oauth_doctor.engine.knowledge import FactKind

DOCTOR = Doctor(evaluator="own")
GUIDE = Guide(DOCTOR)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = [
    "",
    "Error 400: redirect_uri_mismatch",
    '{"error":"invalid_grant","error_description":"Token has been expired or revoked."}',
    "nothing that anybody knows",
]


def _values(fact: Any) -> list[Any]:
    if fact.kind is FactKind.BOOLEAN:
        return [True, False]
    if fact.values:
        return list(fact.values)
    return {"error": ["invalid_grant", "access_denied", "odd_code"], "http_status": [400, 401, 503]}.get(
        fact.id, ["google", "creatio"]
    )


ASKED = [fact for fact in DOCTOR.knowledge.vocabulary if fact.question and fact.kind is not FactKind.TEXT]
answered = st.sampled_from(ASKED).flatmap(
    lambda fact: st.builds(Answered, at=st.just(NOW), fact=st.just(fact.id), value=st.sampled_from(_values(fact)))
)
unknown = st.builds(Unknown, at=st.just(NOW), fact=st.sampled_from([fact.id for fact in ASKED]))
pasted = st.builds(Pasted, at=st.just(NOW), text=st.sampled_from(TEXTS[1:]))
entries = st.lists(answered | unknown | pasted, max_size=7)


def tried(cause: str, step: str, result: Any) -> StepTried:
    return StepTried(at=NOW, cause=cause, step=step, result=result)


def probability(state: CaseState, cause: str) -> float:
    return next(item.probability for item in GUIDE.examine(state).ranked if item.cause == cause)


@settings(max_examples=30)
@given(entries)
def test_a_view_holds_together(history: list[Entry]) -> None:
    state = replay(history)
    view = GUIDE.look(state)
    examined = GUIDE.examine(state)
    assert sum(item.probability for item in examined.ranked) == pytest.approx(1)
    known = {fact.name for fact in view.diagnosis.facts}
    if view.question is None:
        assert view.finished is not None
    else:
        assert view.question.fact not in known | set(state.answers) | set(state.unknown)
        assert view.question.text
        assert view.finished is None
        values = [answer.value for answer in view.question.answers]
        assert len(values) == len(set(values))
    assert View.model_validate_json(view.to_json()) == view
    assert json.loads(view.to_json())["schema"] == "oauth-doctor/view/1"


@settings(max_examples=20)
@given(entries, answered | unknown)
def test_taking_back_restores_the_view(history: list[Entry], last: Any) -> None:
    history = list(history)
    before = GUIDE.look(replay(history))
    grown = [*history, last]
    entry = taken_back(grown, last.fact, NOW)
    assert entry is not None
    after = GUIDE.look(replay([*grown, entry]))
    assert after.question == before.question
    assert after.plan == before.plan
    assert [(c.id, c.probability) for c in after.diagnosis.causes] == [
        (c.id, c.probability) for c in before.diagnosis.causes
    ]


@settings(max_examples=30)
@given(entries, st.data())
def test_a_failed_step_never_raises_its_cause(history: list[Entry], data: Any) -> None:
    state = replay(history)
    cause = DOCTOR.knowledge.causes[data.draw(st.sampled_from(sorted(DOCTOR.knowledge.causes)))]
    steps = [step.id for step in cause.steps]
    before = probability(state, cause.id)
    for place, step in enumerate(steps):
        failed = state.model_copy(update={"steps": [tried(cause.id, one, "failed") for one in steps[: place + 1]]})
        now = probability(failed, cause.id)
        assert now <= before + 1e-12, step
        before = now


def test_a_skipped_step_says_nothing_and_leaves_the_plan() -> None:
    state = CaseState(answers={"provider": "google", "phase": "authorize", "error": "redirect_uri_mismatch"})
    first = GUIDE.look(state).plan.steps[0]
    later = GUIDE.look(state.model_copy(update={"steps": [tried(first.cause, first.step, "skipped")]}))
    assert (first.cause, first.step) not in {(one.cause, one.step) for one in later.plan.steps}
    assert [(one.step, one.result) for one in later.plan.tried] == [(first.step, "skipped")]
    assert [c.probability for c in later.diagnosis.causes] == [
        c.probability for c in GUIDE.look(state).diagnosis.causes
    ]


def test_failed_steps_bring_another_cause_and_questions_go_on() -> None:
    effort = DOCTOR.knowledge.effort
    state = CaseState(answers={"provider": "google", "platform": "creatio"}, texts=["Error 400: redirect_uri_mismatch"])
    view = GUIDE.look(state)
    cause = view.diagnosis.causes[0]
    assert cause.id == "redirect-uri-mismatch"
    failed = [tried(cause.id, step.id, "failed") for step in cause.steps]
    after = GUIDE.look(state.model_copy(update={"steps": failed}))
    told = {one.id: one.probability for one in after.diagnosis.causes}
    assert told[cause.id] < 0.8 * cause.probability  # the text may have misled
    assert probability(state.model_copy(update={"steps": failed}), cause.id) < probability(state, cause.id)
    assert after.plan.steps[0].cause != cause.id
    for one in after.diagnosis.causes[1:]:  # the steps' chances are those of the causes that are told beside them
        chances = [step.chance for step in after.plan.steps if step.cause == one.id]
        assert sum(chances) == pytest.approx(effort["solved"] * one.probability, abs=1e-3)
    assert after.question is not None


def test_a_step_that_fails_again_takes_nothing_more() -> None:
    state = CaseState(answers={"provider": "google"}, texts=["Error 400: redirect_uri_mismatch"])
    once = [tried("redirect-uri-mismatch", "register-uri", "failed")]
    views = [GUIDE.look(state.model_copy(update={"steps": once * times})) for times in (1, 2, 20)]
    assert len({view.diagnosis.causes[0].probability for view in views}) == 1


def test_a_step_that_solved_ends_the_questions() -> None:
    state = CaseState(answers={"provider": "google"}, steps=[tried("pkce-required", "switch-on", "solved")])
    view = GUIDE.look(state)
    assert view.question is None
    assert view.finished == "closed"
    assert (view.solved, view.cause) == (True, "pkce-required")


def test_the_words_of_the_case_are_asked_first_and_can_be_unknown() -> None:
    first = GUIDE.look(CaseState()).question
    assert first is not None
    assert first.fact == "platform"
    assert {"creatio", "generic"} <= {answer.value for answer in first.answers}
    second = GUIDE.look(CaseState(unknown=["platform"])).question
    assert second is not None
    assert second.fact == "provider"
    assert "google" in {answer.value for answer in second.answers}


def test_answers_say_what_they_change_and_that_comes_true() -> None:
    state = CaseState(answers={"provider": "google", "platform": "creatio"}, unknown=["provider_code", "error"])
    question = GUIDE.look(state).question
    assert question is not None
    assert question.why
    told = [answer for answer in question.answers if answer.best is not None]
    assert told
    for answer in told:
        after = GUIDE.examine(state.model_copy(update={"answers": {**state.answers, question.fact: answer.value}}))
        assert after.ranked[0].cause == answer.best
        assert after.ranked[0].probability == pytest.approx(answer.probability, abs=1e-3)


def test_open_questions_take_values_and_suggest_known_ones() -> None:
    state = CaseState(
        answers={"provider": "google", "platform": "creatio", "phase": "token_exchange"}, unknown=["provider_code"]
    )
    question = GUIDE.look(state).question
    assert question is not None
    assert question.fact == "error"
    assert question.kind == "slug"
    assert "invalid_client" in {answer.value for answer in question.answers}
    assert all(answer.value not in ("none", "other") for answer in question.answers)


def test_it_stops_when_sure_and_when_nothing_is_left() -> None:
    sure = GUIDE.look(
        CaseState(answers={"provider": "google"}, texts=["Error 400: redirect_uri_mismatch at authorize"])
    )
    assert sure.finished in ("sure", None)
    everything = CaseState(unknown=[fact.id for fact in DOCTOR.knowledge.vocabulary if fact.question])
    assert GUIDE.look(everything).finished == "nothing-left"


def test_the_providers_code_is_asked_early_and_hardly_beside_a_text_that_shows_none() -> None:
    answers = {"provider": "microsoft", "platform": "creatio"}
    told = {"phase": "token_exchange", "error": "invalid_client"}
    case = CaseState(answers=answers)
    first = []
    for _ in range(3):
        question = GUIDE.look(case).question
        assert question is not None
        first.append(question.fact)
        case = case.model_copy(update={"answers": {**case.answers, question.fact: told.get(question.fact)}})
    assert first[0] == "phase"
    assert "provider_code" in first
    beside = CaseState(answers=answers, texts=["POST https://login.microsoftonline.com/common/oauth2/v2.0/token"])
    asked = set()
    while (question := GUIDE.look(beside).question) is not None and len(asked) < 5:
        asked.add(question.fact)
        beside = beside.model_copy(update={"unknown": [*beside.unknown, question.fact]})
    assert "phase" in asked
    assert "provider_code" not in asked


def test_asking_ends_by_the_figures_of_the_knowledge() -> None:
    effort = DOCTOR.knowledge.effort
    state = CaseState(answers={"provider": "google", "platform": "creatio"})
    while GUIDE.look(state).question is not None:
        choice = GUIDE.choose(GUIDE.examine(state), state)
        assert choice is not None
        dearer = effort["patience"] ** (len(state.answers) + len(state.unknown))
        assert choice.gain >= effort["least_gain"] * dearer or choice.change >= effort["least_change"] * dearer
        state = state.model_copy(update={"unknown": [*state.unknown, choice.fact.id]})
    assert GUIDE.look(state).finished == "not-worth-asking"
    assert GUIDE.sure == effort["sure"]


CLEAR_TEXT_OF_ANOTHER_CAUSE = CaseState(
    answers={"platform": "generic"},
    texts=["MissingRefreshTokenError: Missing Refresh Token (audience: '', scope: 'openid')"],
)


def test_a_sure_case_is_asked_what_would_overturn_it() -> None:
    before = GUIDE.look(CLEAR_TEXT_OF_ANOTHER_CAUSE)
    assert before.diagnosis.causes[0].id == "refresh-token-not-issued"
    assert GUIDE.is_sure(GUIDE.examine(CLEAR_TEXT_OF_ANOTHER_CAUSE), CLEAR_TEXT_OF_ANOTHER_CAUSE)
    assert before.question is not None
    assert before.question.fact == "earlier_grant"
    assert "one answer would point to" in before.question.why
    turning = next(answer for answer in before.question.answers if answer.value == "true")
    assert turning.best == "refresh-token-issued-once"
    answers = CLEAR_TEXT_OF_ANOTHER_CAUSE.answers
    granted = CLEAR_TEXT_OF_ANOTHER_CAUSE.model_copy(update={"answers": {**answers, "earlier_grant": True}})
    assert GUIDE.look(granted).diagnosis.causes[0].id == "refresh-token-issued-once"
    never = CLEAR_TEXT_OF_ANOTHER_CAUSE.model_copy(update={"answers": {**answers, "earlier_grant": False}})
    after = GUIDE.look(never)
    assert after.diagnosis.causes[0].id == "refresh-token-not-issued"
    assert after.question is None or after.question.fact != "earlier_grant"


def test_a_sure_case_that_no_answer_overturns_is_asked_nothing() -> None:
    state = CaseState(
        answers={"platform": "generic"}, texts=["AADSTS7000222: The provided client secret keys are expired."]
    )
    view = GUIDE.look(state)
    assert (view.question, view.finished) == (None, "sure")


@settings(max_examples=60)
@given(
    shift=st.lists(st.floats(0, 1), min_size=4, max_size=4),
    first=st.floats(0.3, 0.99),
    skipped=st.sets(st.sampled_from([fact.id for fact in ASKED])),
)
def test_what_may_be_overturned_is_what_is_expected_to_be_gained(
    shift: list[float], first: float, skipped: set[str]
) -> None:
    chooser = Chooser(DOCTOR.knowledge, DOCTOR.ranker)
    now = {"redirect-uri-mismatch": first, "redirect-uri-proxy": 1 - first}

    def suppose(_: str, value: str) -> dict[str, float]:
        moved = shift[len(value) % len(shift)]
        return {"redirect-uri-mismatch": moved, "redirect-uri-proxy": 1 - moved}

    choice = chooser.overturning(Facts(DOCTOR.knowledge.vocabulary), now, skipped, suppose)
    same = leading(now)
    if choice is None:
        return
    assert choice.fact.id not in skipped
    expected = sum(choice.shares[value] * (max(after.values()) - after[same]) for value, after in choice.then.items())
    assert choice.change == pytest.approx(expected)
    assert 0 < choice.change <= 1
    assert any(leading(after) != same for after in choice.then.values())


def test_what_nobody_is_to_be_asked_is_not_asked() -> None:
    quiet = Guide(DOCTOR, never=[fact.id for fact in DOCTOR.knowledge.vocabulary if fact.id != "phase"])
    question = quiet.look(CaseState()).question
    assert question is not None
    assert question.fact == "phase"


def test_an_answer_against_the_text_is_shown() -> None:
    state = CaseState(
        answers={"provider": "google"}, texts=["first line\nPOST https://login.microsoftonline.com/common/oauth2/token"]
    )
    found = GUIDE.look(state).contradictions
    assert [(one.facts, one.kind) for one in found] == [(["provider"], "text")]
    assert "line 2" in found[0].text
    assert "Google" in found[0].text
    assert "Microsoft" in found[0].text
    assert not GUIDE.look(CaseState(answers={"provider": "microsoft"}, texts=state.texts)).contradictions


def test_an_error_that_the_text_does_not_show_is_a_contradiction_and_one_that_it_shows_is_none() -> None:
    text = ['{"error":"invalid_grant"}']
    wrong = GUIDE.look(CaseState(answers={"error": "invalid_client"}, texts=text)).contradictions
    assert [one.facts for one in wrong] == [["error"]]
    assert not GUIDE.look(CaseState(answers={"error": "invalid_grant"}, texts=text)).contradictions


def test_answers_that_hardly_hold_together_are_shown_with_the_reason() -> None:
    found = GUIDE.look(CaseState(answers={"worked_before": False, "phase": "refresh"})).contradictions
    assert [sorted(one.facts) for one in found] == [["phase", "worked_before"]]
    assert found[0].kind == "answers"
    assert not GUIDE.look(CaseState(answers={"worked_before": True, "phase": "refresh"})).contradictions


@pytest.mark.parametrize("number", range(len(DOCTOR.knowledge.conflicts)))
def test_every_authored_conflict_is_noticed(number: int) -> None:
    pairs, why = DOCTOR.knowledge.conflicts[number]
    answers = {
        name: values if DOCTOR.knowledge.vocabulary[name].several else values[0] for name, values in pairs.items()
    }
    found = GUIDE.look(CaseState(answers=answers)).contradictions
    assert any(why in one.text for one in found)


def test_bad_answers_are_refused() -> None:
    with pytest.raises(FactError, match="nowhere"):
        GUIDE.look(CaseState(answers={"phase": "nowhere"}))


def test_codes_that_are_told_are_read_like_a_text() -> None:
    state = CaseState(answers={"provider": "microsoft", "provider_code": "AADSTS50011"})
    view = GUIDE.look(state)
    assert view.diagnosis.causes[0].id == "redirect-uri-mismatch"
    assert all(item.line is None for item in view.diagnosis.causes[0].evidence)


def test_the_secret_in_an_answer_does_not_come_back() -> None:
    secret = "GOCSPX-abcdefghijklmnopqrstuvwx1234"
    state = CaseState(
        answers={"error_description": f"client_secret={secret} is wrong"}, texts=[f"client_secret={secret}"]
    )
    assert secret not in GUIDE.look(state).to_json()


MISSING = {
    "refresh-token-not-needed": {"access_tokens_expire": False},
    "refresh-token-unsupported": {"access_tokens_expire": True, "refresh_tokens_offered": False},
    "refresh-token-not-issued": {"offline_access_requested": False, "refresh_tokens_offered": True},
    "refresh-token-issued-once": {"offline_access_requested": True, "earlier_grant": True},
}


@pytest.mark.parametrize("platform", ["creatio", "generic"])
def test_a_missing_refresh_token_has_four_causes_that_questions_separate(platform: str) -> None:
    state = CaseState(texts=["Missing refresh token"], answers={"platform": platform, "provider": "zoho"})
    view = GUIDE.look(state)
    first = {cause.id: cause.probability for cause in view.diagnosis.causes[:4]}
    assert set(first) == set(MISSING)
    assert max(first.values()) < 0.7
    asked = set()
    while view.question is not None and len(asked) < 8:
        asked.add(view.question.fact)
        state = state.model_copy(update={"unknown": [*state.unknown, view.question.fact]})
        view = GUIDE.look(state)
    assert {"access_tokens_expire", "refresh_tokens_offered", "offline_access_requested"} & asked
    for cause, answers in MISSING.items():
        told = CaseState(texts=["Missing refresh token"], answers={"platform": platform, "provider": "zoho", **answers})
        assert GUIDE.look(told).diagnosis.causes[0].id == cause
