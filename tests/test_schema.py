"""`oauth-doctor schema`: one document that really describes what is written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from service_fixtures import run_cli

from oauth_doctor.cli.schema import DIALECT, contracts
from oauth_doctor.engine import Doctor
from oauth_doctor.engine.cases.model import Answered, CaseState
from oauth_doctor.engine.guide import Guide, dialogue

jsonschema = pytest.importorskip("jsonschema_rs")


def check(name: str, document: Any) -> None:
    schema = json.loads(run_cli("schema", name))
    assert schema["$schema"] == DIALECT
    jsonschema.validator_for(schema).validate(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validator_for(schema).validate({"something": "else"})


def test_what_is_written_fits_its_schema(doctor: Doctor) -> None:
    diagnosis = doctor.diagnose("Error 400: redirect_uri_mismatch", {"provider": "google"})
    check("diagnosis", json.loads(diagnosis.to_json()))
    view = Guide(doctor).look(CaseState(texts=["invalid_grant"]))
    check("view", json.loads(view.to_json()))
    check("dialogue", json.loads(dialogue(view).to_json()))
    entry = Answered(at=datetime(2026, 11, 25, tzinfo=UTC), fact="phase", value="callback")
    check("entry", entry.model_dump(mode="json"))


def test_the_whole_document_is_valid_and_has_every_contract() -> None:
    document = contracts()
    jsonschema.meta.validate(document)
    assert {"diagnosis", "scan", "view", "dialogue", "case", "entry", "webhook"} <= set(document["properties"])
    assert "expected one of diagnosis" in run_cli("schema", "nothing", code=2)
