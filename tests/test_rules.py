"""The examples beside the shipped rules, and what the knowledge as a whole must have."""

from __future__ import annotations

import re

import pytest

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.knowledge import authored_knowledge
from oauth_doctor.engine.selftest import run_examples
from oauth_doctor.engine.steps import steps_of, words_for

DOCUMENTED = [
    "connection-settings-mismatch", "redirect-uri-mismatch", "scopes-not-requested", "scopes-not-permitted",
    "scopes-denied-by-user", "auth-not-attached", "access-restricted-by-network", "client-auth-method-mismatch",
    "refresh-token-not-needed", "refresh-token-unsupported", "refresh-token-not-issued", "refresh-token-issued-once",
    "refresh-token-revoked",
]  # fmt: skip


def test_every_example_and_scenario_comes_out_as_written(doctor: Doctor) -> None:
    report = run_examples(doctor, authored_knowledge())
    assert [str(failure) for failure in (*report.failures, *report.untested)] == []
    assert report.examples > 1000


@pytest.mark.parametrize("cause", DOCUMENTED)
def test_documented_issues_have_scenarios(cause: str) -> None:
    scenarios = [placed.entry for placed in authored_knowledge().scenarios.values()]
    mine = [entry for entry in scenarios if entry.expect == cause]
    assert any(entry.facts and not entry.text for entry in mine), "by facts alone"
    assert any(entry.text and not entry.facts for entry in mine), "by text alone"
    assert any(entry.text and entry.facts for entry in mine), "by both"
    assert any(entry.not_ == cause for entry in scenarios), "a near miss"


def test_every_step_reads_well_in_every_mouth(doctor: Doctor) -> None:
    """No template leaves a hole, a doubled blank or an unfinished placeholder for any platform and provider."""
    knowledge = doctor.knowledge
    for provider in [None, *list(knowledge.providers)]:
        for platform in (None, "creatio"):
            examination = doctor.examine("", {"provider": provider, "platform": platform})
            words = words_for(knowledge, examination.facts)
            for cause in knowledge.causes.values():
                for step in steps_of(cause, words, examination.atoms):
                    for text in filter(None, (step.text, step.verify)):
                        assert "{{" not in text
                        assert "None" not in text.split()
                        assert not re.search(r" [.,;:](\s|$)", text), text


def test_platform_creatio_speaks_creatio(doctor: Doctor) -> None:
    facts = {"platform": "creatio", "provider": "google"}
    examination = doctor.examine("", facts)
    words = words_for(doctor.knowledge, examination.facts)
    text = " ".join(
        step.text for step in steps_of(doctor.knowledge.causes["scopes-not-requested"], words, examination.atoms)
    )
    assert "[Scopes] detail" in text
    neutral = words_for(doctor.knowledge, doctor.examine("", {}).facts)
    text = " ".join(step.text for step in steps_of(doctor.knowledge.causes["scopes-not-requested"], neutral, set()))
    assert "Creatio" not in text


def test_every_cause_is_supported_by_something(doctor: Doctor) -> None:
    supported = {cause for rule in doctor.knowledge.rules for cause, weight, _ in rule.evidence if weight > 0}
    assert set(doctor.knowledge.causes) <= supported


def test_every_rule_has_a_dated_reference() -> None:
    authored = authored_knowledge()
    entries = [*authored.signatures.values(), *authored.rules.values()]
    assert [placed.entry.id for placed in entries if not placed.references] == []


def test_no_blank_is_lost_between_sentences_of_a_step(doctor: Doctor) -> None:
    """A line that ends with a tag still ends a word."""
    for provider in ("microsoft", "google", "generic"):
        words = words_for(doctor.knowledge, doctor.examine("", {"provider": provider, "phase": "refresh"}).facts)
        for cause in doctor.knowledge.causes.values():
            for step in steps_of(cause, words, set()):
                plain = re.sub(r"`[^`]*`|https?://\S+", "", f"{step.text} {step.verify or ''}")
                assert not re.search(r"[a-z)]\.[A-Z][a-z]", plain), (cause.id, step.id, plain)
