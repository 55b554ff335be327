"""The dialogue in blocks: what a bot is given can be sent back as it is, and never exceeds what builders can show."""

from __future__ import annotations

import asyncio
import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor, FactError
from oauth_doctor.engine.asynchronous import AsyncDoctor
from oauth_doctor.engine.cases.model import ENTRY, CaseState, StepTried, replay
from oauth_doctor.engine.guide import AnswerOffered, Guide, QuestionAsked, View, dialogue
from oauth_doctor.engine.guide.dialogue import MOST_OPTIONS

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture(scope="module")
def guide(doctor: Doctor) -> Guide:
    return Guide(doctor)


def test_every_option_is_an_entry_that_the_case_takes(guide: Guide) -> None:
    state = CaseState(answers={"provider": "google"}, texts=["invalid_grant"])
    for block in dialogue(guide.look(state)).blocks:
        for option in block.options:
            entry = ENTRY.validate_python({**option.send, "at": NOW})
            guide.look(replay([entry]))


def test_choosing_options_leads_to_an_end(guide: Guide) -> None:
    entries = [ENTRY.validate_python({"kind": "answered", "fact": "provider", "value": "google", "at": NOW})]
    for _ in range(60):
        blocks = dialogue(guide.look(replay(entries))).blocks
        question = next((block for block in blocks if block.role == "question"), None)
        if question is None:
            break
        entries.append(ENTRY.validate_python({**question.options[0].send, "at": NOW}))
    assert question is None


def test_a_solved_case_offers_to_close_and_a_closed_one_to_reopen(guide: Guide) -> None:
    view = guide.look(CaseState(texts=["Error 400: redirect_uri_mismatch"], answers={"provider": "google"}))
    step = view.plan.steps[0]
    tried = StepTried(at=NOW, cause=step.cause, step=step.step, result="solved")
    solved = dialogue(guide.look(CaseState(texts=["Error 400: redirect_uri_mismatch"], steps=[tried]))).blocks
    closing = next(block for block in solved if block.role == "closing")
    assert closing.options[0].send == {"kind": "closed", "cause": step.cause}
    closed = dialogue(guide.look(CaseState(texts=["redirect_uri_mismatch"], closed=True, cause=step.cause))).blocks
    assert [block.role for block in closed] == ["summary", "closing"]


@given(number=st.integers(0, 45), kind=st.sampled_from(["one", "boolean", "set", "slug", "text", "integer"]))
def test_no_block_has_more_options_than_builders_can_show(number: int, kind: str, doctor: Doctor) -> None:
    answers = [AnswerOffered(value=f"v{n}", label=f"Label {n}") for n in range(number)]
    question = QuestionAsked(fact="phase", text="When?", kind=kind, answers=answers)
    view = View(diagnosis=doctor.diagnose("", {"phase": "callback"}, steps=False), question=question)
    blocks = [block for block in dialogue(view).blocks if block.role == "question"]
    assert blocks
    assert all(len(block.options) <= MOST_OPTIONS for block in blocks)
    sent = [option.send for block in blocks for option in block.options]
    assert sent[-1] == {"kind": "unknown", "fact": "phase"}
    if kind in ("one", "boolean", "set"):  # every answer can be reached; free input takes the rest as text
        assert [send.get("value") for send in sent[:-1]] == [answer.value for answer in answers]


def test_the_asynchronous_doctor_answers_as_the_plain_one(doctor: Doctor) -> None:
    texts = ["invalid_grant", "redirect_uri_mismatch", "AADSTS50011", "x509: certificate signed by unknown authority"]

    async def all_at_once() -> list[str]:
        async with AsyncDoctor(doctor, workers=3) as asked:
            found = await asyncio.gather(*(asked.diagnose(text, {"phase": "refresh"}) for text in texts * 5))
            with pytest.raises(FactError):
                await asked.diagnose("", {"phase": "nowhere"})
        return [diagnosis.to_json() for diagnosis in found]

    plain = [doctor.diagnose(text, {"phase": "refresh"}).to_json() for text in texts * 5]
    assert asyncio.run(all_at_once()) == plain


def test_results_can_be_pickled(doctor: Doctor, guide: Guide) -> None:
    diagnosis = doctor.diagnose("Error 400: redirect_uri_mismatch")
    assert pickle.loads(pickle.dumps(diagnosis)) == diagnosis
    view = guide.look(CaseState(texts=["invalid_grant"]))
    assert pickle.loads(pickle.dumps(view)) == view
