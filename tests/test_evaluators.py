"""durable_rules and the own evaluator give the same answer, on generated rules and cases and on the shipped ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.inference import OwnEvaluator, holds
from oauth_doctor.engine.inference.evaluator import InferenceError
from oauth_doctor.engine.inference.network import Network, triggers

durable = pytest.importorskip("oauth_doctor.engine.inference.durable", reason="durable_rules needs CPython below 3.13")

ATOMS = 24
leaves = st.one_of(
    st.integers(0, ATOMS - 1).map(lambda n: ["atom", n]),
    st.integers(0, ATOMS - 1).map(lambda n: ["not", n]),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=4)).map(list),
    max_leaves=8,
)
cases = st.sets(st.integers(0, ATOMS - 1), max_size=12)


@settings(max_examples=60)
@given(st.lists(conditions, min_size=1, max_size=30), st.lists(cases, min_size=1, max_size=12))
def test_both_evaluators_fire_the_same_rules(rules: list, many: list) -> None:
    own, forgetful = OwnEvaluator(rules), durable.DurableEvaluator(rules, remembered=0)
    other = durable.DurableEvaluator(rules, remembered=3)
    for atoms in [*many, *many]:  # the second time from memory, as far as it reaches
        expected = {n for n, rule in enumerate(rules) if holds(rule, atoms)}
        assert own.fired(atoms) == expected
        assert other.fired(atoms) == expected
        assert forgetful.fired(atoms) == expected


def test_the_same_case_twice_and_another_between() -> None:
    evaluator = durable.DurableEvaluator([["atom", 0], ["not", 0], ["all", [["atom", 1], ["not", 2]]]])
    assert evaluator.fired({0}) == {0}
    assert evaluator.fired({1}) == {1, 2}
    assert evaluator.fired({1, 2}) == {1}
    assert evaluator.fired({0}) == {0}


def test_more_rules_and_attributes_than_one_ruleset_may_have() -> None:
    rules = [["all", [["atom", n], ["not", n + 1]]] for n in range(1500)]
    evaluator = durable.DurableEvaluator(rules)
    assert evaluator.fired({7, 900, 901, 1499}) == {7, 901, 1499}


def test_threads_do_not_mix_their_cases() -> None:
    evaluator = durable.DurableEvaluator([["atom", n] for n in range(400)], remembered=0)
    with ThreadPoolExecutor(8) as pool:
        results = pool.map(lambda n: (n, evaluator.fired({n % 400})), range(4000))
    assert all(fired == {n % 400} for n, fired in results)


def test_an_error_of_the_library_surfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator = durable.DurableEvaluator([["atom", 0]])

    def fail(*_: object) -> None:
        raise RuntimeError("303")

    monkeypatch.setattr(evaluator._host, "assert_fact", fail)
    with pytest.raises(InferenceError, match="303"):
        evaluator.fired({0})


def test_the_shipped_rules_agree_on_their_own_examples() -> None:
    doctors = [Doctor(evaluator="durable"), Doctor(evaluator="own")]
    texts = [
        "error=invalid_grant",
        "AADSTS50011",
        "redirect_uri_mismatch",
        "invalid_client",
        "PKIX path building failed",
    ]
    for phase in (None, "authorize", "token_exchange", "refresh", "api_call"):
        for text in texts:
            first, second = (doctor.diagnose(text, {"phase": phase}) for doctor in doctors)
            assert first == second


@given(conditions, cases)
def test_a_rule_fires_only_when_a_trigger_holds(rule: list, atoms: set) -> None:
    needed = triggers(rule)
    if needed is not None and holds(rule, atoms):
        assert needed & atoms


@given(st.lists(conditions, min_size=1, max_size=30), cases)
def test_the_index_leaves_out_no_rule_that_holds(rules: list, atoms: set) -> None:
    assert {n for n, rule in enumerate(rules) if holds(rule, atoms)} <= Network(rules).candidates(atoms)


@given(st.lists(conditions, max_size=200))
def test_every_rule_is_in_one_part(rules: list) -> None:
    assert sorted(number for part in Network(rules).parts for number in part) == list(range(len(rules)))
