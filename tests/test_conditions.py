"""Reading conditions, their negation, and contradictions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.inference import AtomIndex, holds
from oauth_doctor.engine.knowledge.conditions import contradiction, has_positive_test, negation_normal, read_condition

PHASES = ["authorize", "callback", "refresh"]
tests = st.one_of(
    st.sampled_from(PHASES).map(lambda phase: ["is", "phase", phase]),
    st.sampled_from([400, 401, 500]).map(lambda status: ["is", "http_status", status]),
    st.tuples(st.sampled_from(["at_least", "below"]), st.sampled_from([400, 450, 500])).map(
        lambda t: [t[0], "http_status", t[1]]
    ),
    st.sampled_from(["phase", "http_status", "token_fields"]).map(lambda fact: ["present", fact]),
    st.just(["lacks", "token_fields", "refresh_token"]),
)
conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)).map(list),
        inner.map(lambda one: ["not", one]),
    ),
    max_leaves=6,
)
cases = st.fixed_dictionaries(
    {},
    optional={
        "phase": st.sampled_from(PHASES).map(lambda value: (value,)),
        "http_status": st.lists(st.sampled_from([302, 400, 401, 500]), min_size=1, max_size=2, unique=True).map(tuple),
        "token_fields": st.lists(st.sampled_from(["access_token", "refresh_token"]), min_size=1, unique=True).map(
            tuple
        ),
    },
)


def plain(condition: list[Any], case: dict[str, tuple[Any, ...]]) -> bool:
    """The definition, written down as directly as possible."""
    match condition:
        case ["all", parts]:
            return all(plain(part, case) for part in parts)
        case ["any", parts]:
            return any(plain(part, case) for part in parts)
        case ["not", part]:
            return not plain(part, case)
        case ["is", fact, value]:
            return value in case.get(fact, ())
        case ["present", fact]:
            return bool(case.get(fact))
        case ["lacks", fact, value]:
            return bool(case.get(fact)) and value not in case[fact]
        case ["at_least", fact, value]:
            return any(number >= value for number in case.get(fact, ()))
        case ["below", fact, value]:
            return any(number < value for number in case.get(fact, ()))
    raise AssertionError(condition)


def numbered(condition: list[Any], atoms: list[list[Any]]) -> list[Any]:
    match condition[0]:
        case "all" | "any":
            return [condition[0], [numbered(part, atoms) for part in condition[1]]]
        case "not":
            return ["not", numbered(condition[1], atoms)[1]]
    atoms.append(condition)
    return ["atom", len(atoms) - 1]


@given(conditions, cases)
def test_atoms_and_negation_normal_form_keep_the_meaning(
    condition: list[Any], case: dict[str, tuple[Any, ...]]
) -> None:
    atoms: list[list[Any]] = []
    compiled = numbered(negation_normal(condition), atoms)
    assert holds(compiled, AtomIndex(atoms).true_atoms(case)) == plain(condition, case)


@given(conditions, cases)
def test_what_is_called_contradictory_never_holds(condition: list[Any], case: dict[str, tuple[Any, ...]]) -> None:
    vocabulary = DOCTOR.knowledge.vocabulary
    if contradiction(condition, vocabulary):
        assert not plain(condition, case)


@given(conditions)
def test_a_condition_without_positive_test_holds_on_the_empty_case(condition: list[Any]) -> None:
    assert has_positive_test(condition) == (not plain(condition, {}))


@pytest.mark.parametrize(
    "raw",
    [
        {"phase": "callback", "all": [{"phase": "refresh"}]},
        {"http_status": {"at_least": 500}, "not": {"http_status": {"present": True}}},
        {"token_fields": {"lacks": "refresh_token"}, "all": [{"token_fields": "refresh_token"}]},
        {"phase": "callback", "not": {"phase": ["callback", "authorize"]}},
        {"phase": "callback", "not": {}},
    ],
)
def test_contradictions_are_found(raw: dict[str, Any]) -> None:
    vocabulary = DOCTOR.knowledge.vocabulary
    condition = read_condition(raw, (), vocabulary, pytest.fail)
    assert contradiction(condition, vocabulary)


def test_mistakes_are_reported_with_what_is_expected() -> None:
    heard: list[tuple[Any, ...]] = []
    raw = {"phse": "callback", "phase": "calback", "all": "no list", "http_status": {"over": 1}}
    read_condition(raw, (), DOCTOR.knowledge.vocabulary, lambda *report: heard.append(report))
    assert [path for path, _, _ in heard] == [("phse",), ("phase",), ("all",), ("http_status", "over")]
    assert "phase" in heard[0][2]
    assert "callback" in heard[1][2]


DOCTOR = Doctor(evaluator="own")
