"""The contract of a diagnosis."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine import LARGEST_TEXT, Doctor, FactError, InputError
from oauth_doctor.engine.report import render_report

ERROR = (
    'HTTP/1.1 400 Bad Request\n{"error":"redirect_uri_mismatch"}\nhttps://accounts.google.com/o/oauth2/auth?client_id=a'
)


def test_the_shape_of_the_contract(doctor: Doctor) -> None:
    value = json.loads(doctor.diagnose(ERROR, {"phase": "authorize"}, id="ticket-17").to_json())
    assert value["schema"] == "oauth-doctor/diagnosis/1"
    assert value["id"] == "ticket-17"
    assert value["verdict"] == "diagnosed"
    first = value["causes"][0]
    assert first["id"] == "redirect-uri-mismatch"
    assert first["probability"] >= 0.5
    assert {"rule", "strength", "facts", "line", "excerpt"} <= set(first["evidence"][0])
    assert {"id", "text", "who", "minutes", "verify"} <= set(first["steps"][0])
    assert {"title", "url"} <= set(first["references"][0])
    provider = next(fact for fact in value["facts"] if fact["name"] == "provider")
    assert provider == {
        "name": "provider",
        "value": "google",
        "source": {"kind": "text", "line": 3, "rule": "host:accounts.google.com"},
    }
    phase = next(fact for fact in value["facts"] if fact["name"] == "phase")
    assert phase["source"]["kind"] == "answer"


def test_causes_are_ranked_and_every_one_has_steps(doctor: Doctor) -> None:
    diagnosis = doctor.diagnose("error=invalid_grant")
    probabilities = [cause.probability for cause in diagnosis.causes]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(cause.steps and cause.references for cause in diagnosis.causes)
    assert sum(probabilities) + diagnosis.none_of_these.probability <= 1.001


def test_the_same_input_gives_the_same_bytes(doctor: Doctor) -> None:
    assert doctor.diagnose(ERROR).to_json() == Doctor().diagnose(ERROR).to_json()


def test_an_answer_beats_the_text(doctor: Doctor) -> None:
    diagnosis = doctor.diagnose("https://accounts.google.com/", {"provider": "okta"})
    assert [fact.value for fact in diagnosis.facts if fact.name == "provider"] == ["okta"]


@pytest.mark.parametrize(("facts", "expected"), [
    ({"phas": "callback"}, "phase"),
    ({"phase": "calback"}, "callback"),
    ({"worked_before": "perhaps"}, "true or false"),
    ({"http_status": "four"}, "whole number"),
    ({"phase": ["callback", "refresh"]}, "single"),
    ({"phase": {"a": 1}}, "plain value"),
])  # fmt: skip
def test_unknown_facts_and_values_are_refused_with_the_nearest(doctor: Doctor, facts: dict, expected: str) -> None:
    with pytest.raises(FactError, match=expected):
        doctor.diagnose("", facts)


def test_a_fact_of_an_unknown_provider_is_taken_as_it_is(doctor: Doctor) -> None:
    diagnosis = doctor.diagnose("error=invalid_client", {"provider": "Some New IdP", "library": None})
    assert ("provider", "some-new-idp") in [(fact.name, fact.value) for fact in diagnosis.facts]


def test_too_much_is_refused(doctor: Doctor) -> None:
    with pytest.raises(InputError, match="characters"):
        doctor.diagnose("x" * (LARGEST_TEXT + 1))


def test_nothing_known_nothing_claimed(doctor: Doctor) -> None:
    diagnosis = doctor.diagnose("")
    assert (diagnosis.verdict, diagnosis.causes) == ("inconclusive", [])


def test_results_travel_between_processes_and_threads(doctor: Doctor) -> None:
    expected = doctor.diagnose(ERROR)
    assert pickle.loads(pickle.dumps(expected)) == expected
    with ThreadPoolExecutor(8) as pool:
        assert all(found == expected for found in pool.map(lambda _: doctor.diagnose(ERROR), range(200)))


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str) -> None:
    assert Doctor_().diagnose(text, steps=False).verdict


_made: list[Doctor] = []


def Doctor_() -> Doctor:  # noqa: N802 - hypothesis does not mix with function fixtures
    if not _made:
        _made.append(Doctor())
    return _made[0]


SECRETS = {
    "token": "ya29.a0AfB_byC3xJ7kQ9pLmN2vRtYw8sZq4dFhGj6KlXcVbNmQwErTy",
    "secret": "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",
    "code": "4/0AX4XfWh9kQ2mZbTn7vRcLpYw3sDgHjKfXqNzVtBm8rEuIo5aPyC1xJdGhSlWkQvMe",
    "cookie": "s%3Aj9Kd82hFqLmZxTvBn4RwYp8sDgHjK3cXq",
    "password": "Tr0ub4dor&Zebra9",
    "email": "anna.schmidt@shop-of-anna.example",
    "jwt": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm5hIiwiZW1haWwiOiJhbm5hQHgueSJ9.dGhpcy1pcy1hLXNpZ25hdHVyZS1vZi1hLXRva2Vu",
}
INCIDENT = """\
POST /token HTTP/1.1
Authorization: Bearer {token}
Cookie: session={cookie}
{{"client_secret":"{secret}","id_token":"{jwt}","password":"{password}","error":"invalid_grant"}}
GET https://app.example/cb?code={code}&state=abc for {email} failed: redirect_uri_mismatch
""".format(**SECRETS)


@pytest.mark.parametrize("form", ["json", "markdown", "html", "reply"])
def test_no_secret_reaches_any_output(doctor: Doctor, form: str) -> None:
    facts = {"error_description": f"token {SECRETS['token']} of {SECRETS['email']} is bad"}
    diagnosis = doctor.diagnose(INCIDENT, facts)
    shown = diagnosis.to_json() if form == "json" else render_report(doctor.knowledge, diagnosis, form)
    for secret in SECRETS.values():
        assert secret not in shown
        assert secret[:14] not in shown
    assert diagnosis.redactions >= len(SECRETS)


def test_hostile_text_is_data_everywhere(doctor: Doctor) -> None:
    text = 'error=redirect_uri_mismatch <script>alert(1)</script> {{ 7*7 }} {% include "x" %} \x1b[31m'
    diagnosis = doctor.diagnose(text)
    page = render_report(doctor.knowledge, diagnosis, "html")
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7*7 }}" in page
