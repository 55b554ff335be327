"""Typical cases: what circumstances say together, beyond what they say one by one."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.knowledge import FactKind
from oauth_doctor.engine.typical import TypicalCases

DOCTOR = Doctor(evaluator="own")
HALF = {"true": 0.5, "false": 0.5}
CHANGED = {"none": 0.5, "secret": 0.25, "upgrade": 0.25}


def rows(*causes: list[dict[str, list[str]]]) -> list[dict[str, Any]]:
    return [{"profile": {"worked_before": HALF, "recent_change": CHANGED}, "typical": cases} for cases in causes]


def weights(typical: TypicalCases, known: list[tuple[str, str]]) -> list[float]:
    said = [typical.factors(name, value) for name, value in known]
    return typical.weights([sum(factors) for factors in zip(*said, strict=True)] if said else [0.0] * typical.number)


def test_nothing_known_says_nothing() -> None:
    assert weights(TypicalCases(rows([{"worked_before": ["true"]}])), []) == pytest.approx([0.0])


def test_a_cause_without_typical_cases_is_left_as_it_is() -> None:
    found = weights(TypicalCases(rows([], [{"worked_before": ["true"]}])), [("worked_before", "true")])
    assert found[0] == 0.0
    assert found[1] > 0


def test_what_goes_together_counts_more_than_each_alone() -> None:
    cases = [
        {"worked_before": ["false"], "recent_change": ["none"]},
        {"worked_before": ["true"], "recent_change": ["secret"]},
    ]
    typical = TypicalCases(rows(cases))

    def weight(worked: str, changed: str) -> float:
        return weights(typical, [("worked_before", worked), ("recent_change", changed)])[0]

    assert weight("false", "none") > 0
    assert weight("true", "secret") > 0
    assert weight("false", "secret") < weight("true", "secret")  # no such case is typical
    assert weight("false", "secret") < 0


@given(st.lists(st.sampled_from(["worked_before", "recent_change", "phase"]), unique=True), st.data())
def test_never_less_than_the_share_of_the_untypical(names: list[str], data: st.DataObject) -> None:
    typical = TypicalCases(DOCTOR.knowledge.profiles.values())
    vocabulary = DOCTOR.knowledge.vocabulary
    known = []
    for name in names:
        fact = vocabulary[name]
        values = ["true", "false"] if fact.kind is FactKind.BOOLEAN else list(fact.values)
        known.append((name, data.draw(st.sampled_from(values))))
    for weight in weights(typical, known):
        assert math.log(0.3) - 1e-9 <= weight <= len(known) * math.log(5.0) + 1e-9
    assert weights(typical, known) == pytest.approx(weights(typical, known[::-1]))


def test_every_cause_has_typical_cases_of_facts_that_are_asked_for() -> None:
    for cause, row in DOCTOR.knowledge.profiles.items():
        assert row["typical"], cause
        for case in row["typical"]:
            assert set(case) <= set(row["profile"]), (cause, case)


def test_two_ways_in_which_a_secret_is_wrong() -> None:
    def first(**facts: str) -> str:
        return DOCTOR.diagnose(facts=facts).causes[0].id

    common = {"phase": "token_exchange", "error": "invalid_client", "http_status": "401", "affects": "all_users"}
    assert first(**common, worked_before="true", recent_change="secret") == "client-secret-invalid"
    assert (
        first(**common, worked_before="true", recent_change="none", flow="client_credentials")
        == "client-secret-expired"
    )
