"""Codes of providers and libraries: where they are looked up, and how they are found in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.text.codes import codes_in


def test_a_code_is_looked_up_at_the_provider_and_then_at_the_libraries() -> None:
    """A library's code is known although the provider has a table of its own, in which it does not stand."""
    knowledge = Doctor(evaluator="own").knowledge
    assert [one.owner for one in knowledge.find_code("invalid_token_response")] == ["spring-security"]
    assert [one.owner for one in knowledge.find_code("invalid_token_response", "google")] == ["spring-security"]
    assert [one.owner for one in knowledge.find_code("AADSTS50011", "microsoft", ["spring-security"])] == ["microsoft"]
    assert knowledge.find_code("AADSTS50011", "google") == []


@pytest.mark.parametrize(
    ("text", "facts", "rule"),
    [
        (
            "log in failed\nreason=session_idle_timeout_by_policy x390318x 390318",
            {"provider": "snowflake"},
            "code:snowflake:390318",
        ),
        ("got illegal_scope back", {"provider": "okta"}, "code:okta:illegal_scope"),
        ("reason: RefreshTokenExpired", {"provider": "netsuite"}, "code:netsuite:RefreshTokenExpired"),
    ],
)
def test_a_code_of_the_known_provider_is_found_wherever_it_stands(
    doctor: Doctor, text: str, facts: dict, rule: str
) -> None:
    evidence = [item for item in doctor.examine(text, facts).evidence if item.rule == rule]
    assert evidence
    assert evidence[0].line == text.count("\n") + 1
    assert not [item for item in doctor.examine(text).evidence if item.rule == rule], "nobody knows whose it is"


def test_a_code_that_many_have_counts_in_its_place_only(doctor: Doctor) -> None:
    assert "INVALID_CLIENT" in doctor.knowledge.shared_codes
    assert "UNAUTHORIZED_CLIENT" in doctor.knowledge.shared_codes, "an error of the standard"
    assert not doctor.examine("it is not forbidden", {"provider": "box"}).facts.values("provider_code")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no_matching_policy", True),
        ("failed: (IDX10501), see", True),
        ("390318: Invalid", True),
        ("accessNotConfigured", True),
        ("AccessDenied", True),
        ("sub.no_matching_policy", False),
        ("forbidden", False),
        ("50001", False),
    ],
)
def test_a_code_is_a_whole_word_of_a_form_of_its_own(text: str, found: bool) -> None:
    known = {"NO_MATCHING_POLICY", "IDX10501", "390318", "ACCESSNOTCONFIGURED", "ACCESSDENIED", "FORBIDDEN", "50001"}
    assert bool(list(codes_in(text, [("acme", known)]))) == found


@given(st.lists(st.sampled_from(["no_policy", "IDX10501", "fine", "390318", "over", "\n", "no_policy"]), max_size=12))
def test_codes_are_found_once_each_at_their_first_line(words: list[str]) -> None:
    text = " ".join(words)
    owners = [("first", {"NO_POLICY"}), ("second", {"NO_POLICY", "IDX10501", "FINE"})]
    found = {one.code: one for one in codes_in(text, owners)}
    assert list(found) == [word for word in dict.fromkeys(words) if word in ("no_policy", "IDX10501")]
    for code, one in found.items():
        assert one.owner == ("first" if code == "no_policy" else "second")
        assert one.line == text[: text.index(code)].count("\n") + 1
