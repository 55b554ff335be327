"""The plan: authors' order within a cause, cheapest likely fix first across causes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.cases.model import CaseState, StepTried
from oauth_doctor.engine.guide import Guide, plan
from oauth_doctor.engine.guide.plan import Candidate, expected_cost, in_order
from oauth_doctor.engine.guide.progress import spent_causes, step_shares
from oauth_doctor.engine.learning import Learned

DOCTOR = Doctor(evaluator="own")
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def step(cause: str, place: int, chance: float, cost: float, who: str = "agent", hand_over: float = 0.0) -> Candidate:
    return Candidate(cause, f"s{place}", who, chance, cost, hand_over)


chain = st.lists(st.tuples(st.floats(0.001, 0.2), st.integers(1, 60)), min_size=1, max_size=3)


def chains_of(drawn: list[list[tuple[float, int]]]) -> list[list[Candidate]]:
    total = sum(chance for one in drawn for chance, _ in one) * 1.01
    return [
        [step(f"c{number}", place, chance / total, cost) for place, (chance, cost) in enumerate(one)]
        for number, one in enumerate(drawn)
    ]


@given(st.lists(chain, min_size=1, max_size=6))
def test_every_step_once_and_each_cause_in_its_authors_order(drawn: list[list[tuple[float, int]]]) -> None:
    chains = chains_of(drawn)
    order = in_order(chains)
    assert len(order) == sum(map(len, chains))
    for one in chains:
        assert [item for item in order if item.cause == one[0].cause] == one


@settings(max_examples=60)
@given(st.lists(chain, min_size=1, max_size=3))
def test_no_other_order_is_cheaper(drawn: list[list[tuple[float, int]]]) -> None:
    chains = chains_of(drawn)
    names = [one[0].cause for one in chains for _ in one]
    best = min(expected_cost(_laid_out(chains, order)) for order in set(itertools.permutations(names)))
    assert expected_cost(in_order(chains)) == pytest.approx(best)


people = st.lists(
    st.lists(st.tuples(st.floats(0.001, 0.2), st.integers(1, 60), st.sampled_from("abc")), min_size=1, max_size=4),
    min_size=1,
    max_size=5,
)


@given(people, st.sampled_from([None, "a", "b", "c"]))
@example(
    [
        [(0.125, 1, "a"), (0.03125, 15, "c"), (0.125, 9, "a")],
        [(0.125, 32, "a"), (0.125, 29, "c"), (0.0625, 5, "a")],
        [(0.03125, 4, "b")],
        [(0.125, 1, "c"), (0.125, 1, "b")],
    ],
    "b",
)
def test_bringing_pieces_forward_never_makes_it_dearer(
    drawn: list[list[tuple[float, int, str]]], last_person: str | None
) -> None:
    total = sum(chance for one in drawn for chance, _, _ in one) * 1.01
    hand_overs = {"a": 0.0, "b": 5.0, "c": 30.0}
    chains = [
        [
            step(f"c{number}", place, chance / total, cost, who, hand_overs[who])
            for place, (chance, cost, who) in enumerate(one)
        ]
        for number, one in enumerate(drawn)
    ]
    by_ratio, order = plan._by_ratio(chains, last_person), in_order(chains, last_person)
    least = expected_cost(order, last_person)
    assert least <= expected_cost(by_ratio, last_person) + 1e-6
    for one in chains:
        assert [item for item in order if item.cause == one[0].cause] == one
    # No piece of one step could be brought forward and save anything.
    for place, moved in enumerate(order):
        rest = [*order[:place], *order[place + 1 :]]
        for target in range(place - 1, -1, -1):
            if order[target].cause == moved.cause:
                break
            assert least <= expected_cost([*rest[:target], moved, *rest[target:]], last_person) + 1e-6


def _laid_out(chains: list[list[Candidate]], order: tuple[str, ...]) -> list[Candidate]:
    left = {one[0].cause: iter(one) for one in chains}
    return [next(left[name]) for name in order]


def test_single_steps_come_by_chance_over_cost() -> None:
    dear, cheap = step("a", 0, 0.5, 60), step("b", 0, 0.2, 5)
    assert in_order([[dear], [cheap]]) == [cheap, dear]


def test_a_dear_step_waits_although_a_good_one_builds_on_it() -> None:
    preparing, fixing, other = step("a", 0, 0.01, 30), step("a", 1, 0.6, 5), step("b", 0, 0.1, 2)
    assert in_order([[preparing, fixing], [other]]) == [other, preparing, fixing]


def test_whoever_is_at_it_stays() -> None:
    first = step("a", 0, 0.3, 5, "developer", 30)
    same = step("b", 0, 0.05, 10, "developer", 30)
    else_ = step("c", 0, 0.06, 5, "provider-admin", 15)
    order = in_order([[first], [same], [else_]])
    assert order.index(same) < order.index(else_)
    assert expected_cost(order) < expected_cost([first, else_, same])


def test_whoever_did_the_last_step_goes_on_before_somebody_else_is_called() -> None:
    developers = step("a", 0, 0.3, 5, "developer", 30)
    admins = step("b", 0, 0.3, 5, "provider-admin", 15)
    assert in_order([[developers], [admins]]) == [admins, developers]
    assert in_order([[developers], [admins]], "developer") == [developers, admins]
    assert expected_cost([developers], "developer") == expected_cost([developers]) - 30


@pytest.mark.parametrize(("result", "last_person"), [("failed", "developer"), ("skipped", "user")])
def test_the_plan_knows_who_is_at_the_case(result: Literal["failed", "skipped"], last_person: str) -> None:
    guide = Guide(DOCTOR)
    of_user = next(s for s in DOCTOR.knowledge.causes["redirect-uri-mismatch"].steps if s.who == "user")
    of_developer = next(s for s in DOCTOR.knowledge.causes["code-expired-or-reused"].steps if s.who == "developer")
    tried = [
        StepTried(at=NOW, cause="redirect-uri-mismatch", step=of_user.id, result="failed"),
        StepTried(at=NOW, cause="code-expired-or-reused", step=of_developer.id, result=result),
    ]
    state = CaseState(answers={"provider": "google"}, steps=tried)
    examined = guide.examine(state)
    chains = plan.candidates(
        DOCTOR.knowledge, Learned(), {r.cause: r.probability for r in examined.ranked}, examined.atoms, tried
    )
    assert guide.ordered_steps(examined, state) == in_order(chains, last_person)


def test_risk_and_minutes_make_a_step_dearer() -> None:
    guide = Guide(DOCTOR)
    examined = guide.examine(CaseState(answers={"provider": "google"}))
    by_step = {(one.cause, one.step): one for one in guide.ordered_steps(examined, CaseState())}
    risky = [(cause.id, step) for cause in DOCTOR.knowledge.causes.values() for step in cause.steps if step.risk]
    assert risky
    planned = [(cause, one) for cause, one in risky if (cause, one.id) in by_step]
    assert len(planned) > len(risky) / 2  # the others belong to other providers or flows
    for cause, one in planned:
        assert by_step[cause, one.id].cost == max(one.minutes, 1) + DOCTOR.knowledge.effort["risk"]


def test_shares_of_the_steps_are_what_the_scales_say() -> None:
    for cause in DOCTOR.knowledge.causes.values():
        shares = step_shares(DOCTOR.knowledge, cause, cause.steps, Learned())
        assert sum(shares.values()) == pytest.approx(DOCTOR.knowledge.effort["solved"])
        assert all(share > 0 for share in shares.values())


def test_the_view_shows_cost_and_chance_of_the_plan() -> None:
    view = Guide(DOCTOR).look(CaseState(answers={"provider": "google"}, texts=["Error 400: redirect_uri_mismatch"]))
    assert view.plan.expected_minutes > 0
    assert 0 < view.plan.chance <= DOCTOR.knowledge.effort["solved"]
    assert view.plan.chance == pytest.approx(sum(one.chance for one in view.plan.steps), abs=0.01)
    assert all(one.verify for one in view.plan.steps)
    shown = {(cause.id, one.id) for cause in view.diagnosis.causes for one in cause.steps}
    assert {(one.cause, one.step) for one in view.plan.steps} == shown


def test_steps_of_another_case_are_neither_planned_nor_waited_for() -> None:
    """`provider-flow-deprecated` has steps for single providers and flows; a cause whose other steps failed is spent."""
    guide = Guide(DOCTOR)
    state = CaseState(answers={"provider": "github", "flow": "authorization_code"})
    examined = guide.examine(state)
    cause = DOCTOR.knowledge.causes["provider-flow-deprecated"]
    planned = [one for one in guide.ordered_steps(examined, state) if one.cause == cause.id]
    assert 0 < len(planned) < len(cause.steps)
    assert not {one.step for one in planned} & {"google-oob", "microsoft-mail", "password-to-code", "implicit-to-code"}
    assert sum(one.chance for one in planned) == pytest.approx(
        DOCTOR.knowledge.effort["solved"] * next(i.probability for i in examined.ranked if i.cause == cause.id)
    )
    tried = [StepTried(at=NOW, cause=cause.id, step=one.step, result="failed") for one in planned]
    assert spent_causes(DOCTOR.knowledge, tried, examined.atoms) == {cause.id}
    assert spent_causes(DOCTOR.knowledge, tried[1:], examined.atoms) == set()


def test_whoever_is_called_does_what_they_can() -> None:
    """One developer's step is not worth the call, two are."""
    first, second = step("a", 0, 0.2, 10, "developer", 30), step("b", 0, 0.2, 10, "developer", 30)
    user = step("c", 0, 0.1, 15, "user", 2)
    assert [one.cause for one in in_order([[first], [user], [second]])] == ["a", "b", "c"]
    assert [one.cause for one in in_order([[first], [user]])] == ["c", "a"]
    assert expected_cost([first, second, user]) < expected_cost([user, first, second])
