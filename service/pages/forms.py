"""What a form sent: fields, an uploaded text, and the entries of a case that they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import get_args

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from ...engine import LARGEST_TEXT, FactError
from ...engine.cases import Answered, Closed, Entry, Pasted, Reopened, StepTried, Unknown, Withdrawn
from ...engine.cases.model import StepResult
from ...engine.knowledge import Knowledge
from ...engine.knowledge.names import NOT_OAUTH
from ...engine.logs import reader_named, split_lines
from .session import FIELD, check

_MOST_FIELDS = 200
_A_RECORDING = 0.9
UNSOLVED = "unsolved"


class FormError(Exception):
    """What was sent cannot be taken; the message says why and what is expected. Nothing was stored."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one form, without the file; `text` is what was pasted or uploaded."""

    fields: Sequence[tuple[str, str]] = field(default_factory=tuple)
    text: str = ""

    def get(self, name: str) -> str:
        """The first value of a field, stripped; empty when there is none."""
        return next((value.strip() for key, value in self.fields if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every value of a field that is not empty."""
        return [value.strip() for key, value in self.fields if key == name and value.strip()]


async def form_of(request: Request) -> Form:
    """The form that a request sent, checked to be ours; use as a dependency.

    Raises:
        HTTPException: not ours; BodyTooLargeError: too large; FormError: a file that is no text.
    """
    largest = request.app.state.services.settings.largest_body
    fields: list[tuple[str, str]] = []
    texts: list[str] = []
    refused: FormError | None = None
    async with request.form(max_files=10, max_fields=_MOST_FIELDS, max_part_size=largest) as sent:
        for name, value in sent.multi_items():
            if isinstance(value, UploadFile):
                data = await value.read()
                try:
                    texts.append(decode(data, value.filename or "the file"))
                except FormError as error:
                    refused = error
            elif name == "text":
                texts.append(_as_dialogue(value.replace("\r\n", "\n"), ""))
            else:
                fields.append((name, value))
    form = Form(tuple(fields), "\n".join(text for text in texts if text.strip()))
    request.state.form = form  # whatever goes wrong now, what was typed is shown again
    check(request, form.get(FIELD))
    if refused is not None:
        raise refused
    return form


def decode(data: bytes, name: str) -> str:
    """The text of an uploaded file.

    Raises:
        FormError: binary.
    """
    shown = "".join(char if char.isprintable() else "?" for char in name)[:80]
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    text = data.decode("utf-8", errors="replace")
    if b"\x00" in data or text.count("\ufffd") * 10 > len(text):
        raise FormError(f"{shown} is binary; expected text: a log, an error message, a HAR file, a saved response.")
    return _as_dialogue(text.replace("\r\n", "\n"), name)


def _as_dialogue(text: str, name: str) -> str:
    """What a browser recorded, as the requests and responses that it was: JSON of many megabytes is nothing to read."""
    har = reader_named("har")
    if har.sniff(text[:8192].split("\n"), name) < _A_RECORDING:
        return text
    lines = split_lines([text.encode("utf-8", "replace")], pieces=har.documents)
    exchanges = [event.text for event in har.events(lines, name)]
    return "\n\n".join(exchanges) or text


def text_entry(form: Form) -> Pasted:
    """The text that was pasted or uploaded.

    Raises:
        FormError: there is none, or it is too large.
    """
    if not form.text.strip():
        raise FormError("There is no text yet. Paste an error message or a log excerpt, or choose a file.")
    if len(form.text) > LARGEST_TEXT:
        raise FormError(
            f"The text has {len(form.text):,} characters; at most {LARGEST_TEXT:,} are one incident."
            " Cut it to the lines around the failure."
        )
    return Pasted(at=datetime.now(UTC), text=form.text)


def answer_entry(form: Form, knowledge: Knowledge) -> Entry:
    """What was answered about one fact: values, that nobody can tell, or that it is taken back.

    Raises:
        FormError: an unknown fact, or a value that it cannot have.
    """
    now = datetime.now(UTC)
    name = form.get("fact")
    try:
        fact = knowledge.vocabulary[name]
        match form.get("action"):
            case "unknown":
                return Unknown(at=now, fact=fact.id)
            case "withdraw":
                return Withdrawn(at=now, fact=fact.id)
        values = form.all("value")
        if not values:
            raise FormError("No answer was chosen. Choose one, or say that it is not known.")
        fact.read(values if len(values) > 1 else values[0])
    except FactError as error:
        raise FormError(f"This answer cannot be taken: {error}.") from None
    return Answered(at=now, fact=fact.id, value=list(values) if len(values) > 1 else values[0])


def step_entries(form: Form, knowledge: Knowledge) -> list[Entry]:
    """What came of one step (`outcome` is RESULT/CAUSE/STEP) and of those that were ticked as done before it.

    Raises:
        FormError: no such step or result.
    """
    now = datetime.now(UTC)
    result, _, chosen = form.get("outcome").partition("/")
    if result not in get_args(StepResult):
        raise FormError("No result was chosen: fixed it, did not help, or skipped.")
    done = [] if result == "skipped" else [one for one in form.all("done") if one != chosen]
    entries: list[Entry] = [_step(one, "failed", knowledge, now) for one in dict.fromkeys(done)]
    return [*entries, _step(chosen, result, knowledge, now)]


def close_entry(form: Form, knowledge: Knowledge) -> Closed:
    """How the case ended.

    Raises:
        FormError: no such cause.
    """
    cause = form.get("cause")
    if cause not in knowledge.causes and cause not in (NOT_OAUTH, UNSOLVED):
        raise FormError("No outcome was chosen: the cause that was confirmed, no OAuth problem, or unsolved.")
    return Closed(at=datetime.now(UTC), cause=None if cause == UNSOLVED else cause, note=form.get("note"))


def reopen_entry() -> Reopened:
    """The case goes on."""
    return Reopened(at=datetime.now(UTC))


def revision_of(form: Form) -> int:
    """The revision of the case that the page showed.

    Raises:
        HTTPException: 400, the form was made by hand.
    """
    value = form.get("revision")
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise HTTPException(400, "The form lacks the revision of the case that it belongs to.")
    return int(value)


def _step(name: str, result: str, knowledge: Knowledge, now: datetime) -> StepTried:
    cause, _, step = name.partition("/")
    known = knowledge.causes.get(cause)
    if known is None or step not in {one.id for one in known.steps}:
        raise FormError(f"There is no step {name[:60]!r}.")
    return StepTried.model_validate({"at": now, "cause": cause, "step": step, "result": result})
