"""The likeness is fitted to labelled cases; of real ones nothing but weights is kept."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from oauth_doctor.cli.common import UsageError
from oauth_doctor.cli.kb import app
from oauth_doctor.engine import Doctor, fitting
from oauth_doctor.engine.evaluation import LabelledCase
from oauth_doctor.engine.fitting import fit_likeness, held_out, look_at, told_cases
from oauth_doctor.engine.knowledge import authored_knowledge
from oauth_doctor.engine.knowledge.likeness import read_likeness
from oauth_doctor.engine.likeness import LikenessReader
from oauth_doctor.engine.text.words import words_of

DOCTOR = Doctor(evaluator="own")
WORDS = {
    "clock-skew": "the clock of the virtual machine runs ahead so a fresh token is not valid yet",
    "cors-blocked": "the browser console shows that preflight was blocked by policy for this origin",
    "redirect-uri-mismatch": "the callback address with its trailing slash differs from the registered one",
}
NOISE = ["since monday", "in production", "for all users", "after lunch", "says the customer", "on two servers"]


def told(number: int = 14) -> list[LabelledCase]:
    """Each tells half of its cause's words."""
    dice = random.Random(3)
    cases = []
    for cause, sentence in WORDS.items():
        for place in range(number):
            words = sentence.split()
            begin = dice.randrange(len(words) // 2)
            text = " ".join([dice.choice(NOISE), *words[begin : begin + len(words) // 2 + 1], dice.choice(NOISE)])
            cases.append(LabelledCase(f"{cause}-{place}", text, {"phase": "api_call"}, (cause,)))
    return cases


def test_what_was_fitted_tells_the_causes_apart() -> None:
    seen = look_at(DOCTOR, told())
    table = fit_likeness(seen)
    assert list(table.causes) == sorted(WORDS)
    assert "since monday" not in table.words or len(table.words["since monday"]) < len(table.words["clock"])
    reader = LikenessReader(table, 1e-4)
    for cause, sentence in WORDS.items():
        sums = reader.judge(words_of(sentence), ()).sums
        assert max(sums, key=lambda one: sums[one]) == cause
    ((number, first, three), nothing) = held_out(seen, [])
    assert number == len(seen)
    assert 0.9 * number < first <= three
    assert nothing == (0, 0, 0)


def test_of_real_cases_no_word_is_kept() -> None:
    real = [
        LabelledCase(str(place), f"{sentence} wumpus quagmire {place}", {"provider": "wumpus-cloud"}, (cause,))
        for cause, sentence in WORDS.items()
        for place in range(20)
    ]
    without, with_real = (
        fit_likeness(look_at(DOCTOR, told())),
        fit_likeness(look_at(DOCTOR, told()), look_at(DOCTOR, real)),
    )
    assert not any("wumpus" in name or "quagmire" in name for name in [*with_real.words, *with_real.circumstances])
    assert list(without.lines()) != list(with_real.lines())


def test_the_same_cases_give_the_same_weights() -> None:
    seen = look_at(DOCTOR, told())
    assert list(fit_likeness(seen).lines()) == list(fit_likeness(seen).lines())


def test_secrets_and_cases_without_text_or_known_cause_are_not_looked_at() -> None:
    cases = [
        LabelledCase("a", "client_secret=Zq8wLk2vNx91TtPsrUvbY77dKJh3 failed", {}, ("client-secret-invalid",)),
        LabelledCase("b", " ", {}, ("clock-skew",)),
        LabelledCase("c", "text", {}, ("no-such-cause",)),
    ]
    (one,) = look_at(DOCTOR, cases)
    assert one.cause == "client-secret-invalid"
    assert not any("zq8w" in word for word in one.words)


def test_the_knowledge_tells_cases_itself() -> None:
    cases = told_cases(authored_knowledge())
    assert {case.causes[0] for case in cases} >= set(DOCTOR.knowledge.causes)
    assert any(case.id == "standard-bearer-invalid-token" or case.id.startswith("seed-") for case in cases)


def test_the_command_writes_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "told_cases", lambda authored: told())
    real = tmp_path / "real.jsonl"
    real.write_text('{"text": "the clock runs ahead", "facts": {}, "cause": "clock-skew"}\n')
    file = tmp_path / "likeness.tsv"
    done = CliRunner().invoke(app, ["fit", "--real", str(real), "--folds", "2", "--write", str(file)])
    assert done.exit_code == 0, done.output
    assert "42 told and 1 real cases" in done.output
    assert "told, unseen (2 folds): top-1" in done.output
    table, problems = read_likeness(file.read_text().split("\n"))
    assert not problems
    assert table.words


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "told_cases", lambda authored: told(1)[:1])
    done = CliRunner().invoke(app, ["fit", "--folds", "0"])
    assert isinstance(done.exception, UsageError)
    assert "too few cases; expected cases of two causes" in str(done.exception)
    done = CliRunner().invoke(app, ["fit", "--write", str(tmp_path / "none" / "likeness.tsv")])
    assert "none is no folder" in str(done.exception)
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction", None)
    done = CliRunner().invoke(app, ["fit", "--folds", "0"])
    assert "pip install 'oauth-doctor[fit]'" in str(done.exception)
