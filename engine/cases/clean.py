"""What an entry goes through before it is stored: secrets replaced, characters that no database takes replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..redaction import Redacted, Redactor
from ..text.views import SHAPES, secret_lines
from .errors import EntryError
from .model import Answered, Closed, Entry, Pasted, Scalar, StepTried, Unknown, Withdrawn

LONGEST_TITLE = 200
LONGEST_NOTE = 20_000  # characters of an answer, a note, a name
MOST_TEXT = 8 << 20  # characters of all texts of a case: what `Doctor.diagnose` takes as one incident
_MOST_SHAPES = 200
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
_PLACEHOLDER = re.compile(r"<[a-z][a-z_]{1,23}:[0-9]{1,9}>")
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def clean_title(title: str) -> str:
    """One redacted line of at most `LONGEST_TITLE` characters."""
    line = " ".join(_storable(title)[: 10 * LONGEST_TITLE].split())
    return Redactor().scrub(line)[:LONGEST_TITLE]


def is_name(name: str) -> bool:
    """Whether a text can be the id of a case, a fact, a cause or a step."""
    return _NAME.fullmatch(name) is not None


def clean_entries(entries: Sequence[Entry], earlier: Sequence[Entry] = ()) -> list[Entry]:
    """The entries without secrets, as they may be stored behind `earlier` ones of the same case.

    A placeholder that stands for a secret in an earlier text is not given to another secret.

    Raises:
        EntryError: too large, or a name that cannot be one.
    """
    redactor = Redactor()
    reserved = " ".join(dict.fromkeys(_placeholders([*earlier, *entries])))
    room = MOST_TEXT - sum(len(entry.text) + 1 for entry in earlier if isinstance(entry, Pasted))
    cleaned: list[Entry] = []
    for entry in entries:
        one = _clean(entry, redactor, reserved)
        if isinstance(one, Pasted):
            room -= len(one.text) + 1
            if room < 0:
                raise EntryError(f"the texts of a case may have at most {MOST_TEXT:,} characters; this one is too long")
        cleaned.append(one)
    return cleaned


def _clean(entry: Entry, redactor: Redactor, reserved: str) -> Entry:
    by = redactor.scrub(_short(entry.by, "the name of who confirmed it"))[:LONGEST_TITLE]
    match entry:
        case Pasted():
            if len(entry.text) > MOST_TEXT:
                raise EntryError(f"the text has {len(entry.text):,} characters; at most {MOST_TEXT:,} are one incident")
            return entry.model_copy(update={"by": by, "text": _redact(_storable(entry.text), redactor, reserved)})
        case Answered():
            value = entry.value
            cleaned = [_scrub(one, redactor) for one in value] if isinstance(value, list) else _scrub(value, redactor)
            return entry.model_copy(update={"by": by, "fact": _named(entry.fact, "fact"), "value": cleaned})
        case Unknown() | Withdrawn():
            return entry.model_copy(update={"by": by, "fact": _named(entry.fact, "fact")})
        case StepTried():
            names = {"cause": _named(entry.cause, "cause"), "step": _named(entry.step, "step")}
            return entry.model_copy(update={"by": by, **names})
        case Closed():
            cause = None if entry.cause is None else _named(entry.cause, "cause")
            note = redactor.scrub(_short(entry.note, "the note"))
            return entry.model_copy(update={"by": by, "cause": cause, "note": note})
        case _:
            return entry.model_copy(update={"by": by})


def _redact(text: str, redactor: Redactor, reserved: str) -> str:
    """The redacted text. What is known about the form of its secrets follows below, because some causes show in it."""
    if not reserved:
        redacted = redactor.redact(text)
        return redacted.text + _shapes(redacted)
    redacted = redactor.redact(f"{reserved}\n\n{text}")
    return redacted.text.partition("\n\n")[2] + _shapes(redacted)


def _shapes(redacted: Redacted) -> str:
    """The lines about secrets that a diagnosis of the original text would have seen, where they tell anything."""
    lines = dict.fromkeys(line for _, line in secret_lines(redacted) if not line.partition(" length=")[2].isdecimal())
    return "\n".join(["", SHAPES, *list(lines)[:_MOST_SHAPES]]) if lines else ""


def _scrub(value: Scalar, redactor: Redactor) -> Scalar:
    return redactor.scrub(_short(value, "the answer")) if isinstance(value, str) else value


def _short(text: str, what: str) -> str:
    if len(text) > LONGEST_NOTE:
        raise EntryError(f"{what} has {len(text):,} characters; at most {LONGEST_NOTE:,} are kept (paste long texts)")
    return _storable(text)


def _named(name: str, what: str) -> str:
    if not is_name(name) or Redactor().scrub(name) != name:
        raise EntryError(f"{name[:60]!r} cannot be the name of a {what}; expected letters, digits and . _ : -")
    return name


def _storable(text: str) -> str:
    """PostgreSQL takes no NUL, and nothing that is not Unicode can be written as UTF-8."""
    return _NOT_STORABLE.sub("\ufffd", text)


def _placeholders(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, Pasted):
            yield from _PLACEHOLDER.findall(entry.text)
