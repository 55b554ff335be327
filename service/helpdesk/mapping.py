"""Mappings: which members of a sender's payload are ticket, text and answers, and what is sent back. Data, not code.

Paths are JSONPath (RFC 9535). What is sent back is a template of JSON: `{name}` stands for a variable of the
configuration, `{$.path}` for a part of the answer (see `answer.py`). Values are put in, never looked at again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal
from urllib.parse import quote

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ...engine.redaction.markup import text_of_html
from .signatures import read_time, schemes

_ENVIRONMENT = JSONPathEnvironment(strict=True)
_PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,39}|\$[^{}]{0,199})\}")
_HTML = re.compile(r"</?(?:p|div|br|span|b|pre|table|a|li)\b", re.IGNORECASE)
_LONGEST_NAME = 200


class PayloadError(ValueError):
    """A payload is not what the mapping expects; the message says what is missing, and holds nothing of it."""


def _path(text: str) -> str:
    try:
        compiled(text)
    except JSONPathError as error:
        raise ValueError(f"not a JSONPath: {error}") from None
    return text


@cache
def compiled(path: str) -> JSONPath:
    """A JSONPath, ready for use.

    Raises:
        JSONPathError: it is none.
    """
    found = _ENVIRONMENT.compile(path)
    if not isinstance(found, JSONPath):
        raise JSONPathError("one path is expected, not several joined")
    return found


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Path = Annotated[str, AfterValidator(_path)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(_listed)]
Values = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Test(_Part):
    """Whether what is at a path is one of some values (`{name}` for a variable; an unset one equals nothing)."""

    path: Path
    any_of: Values = Field(alias="is")


class SentAt(_Part):
    """Where the payload says when it was sent, for senders that do not sign a time otherwise. `most_age` in seconds."""

    path: Path
    clock: Literal["unix", "unix_ms", "iso8601"] = "unix"
    most_age: int = Field(default=86_400, gt=0)


class Request(_Part):
    """One request to the sender's API.

    Attributes:
        url: begins with a variable or a literal, never with something from a payload.
        user, password: for basic authentication; bearer: or a token. `{secret}` names come from the configuration.
        when: only if the cause is known (`diagnosed`), or always.
    """

    method: Literal["POST", "PUT", "PATCH"] = "POST"
    url: Annotated[str, Field(pattern=r"^(https://|\{[a-z][a-z0-9_]*\})")]
    user: str | None = None
    password: str | None = None
    bearer: str | None = None
    body: Any = Field(alias="json")
    when: Literal["always", "diagnosed"] = "always"


class Mapping(_Part):
    """How one kind of sender speaks.

    Attributes:
        signature: a scheme of schemes.yaml; documentation: the pages that this follows; checked: when.
        event: what names an event when it is sent again; only, ignore: which payloads count.
        ticket, title, author: the first path that finds something; text: everything that is found, joined.
        answers: facts by the path that has them.
        variables, secrets: names that the configuration must give; optional ones may be missing.
        answer: requests to the sender by name; respond: what the webhook itself is answered.
    """

    signature: Annotated[str, AfterValidator(lambda name: _known_scheme(name))]
    documentation: tuple[str, ...] = ()
    checked: date | None = None
    event: Paths = ()
    sent_at: SentAt | None = None
    only: tuple[Test, ...] = ()
    ignore: tuple[Test, ...] = ()
    ticket: Paths
    title: Paths = ()
    author: Paths = ()
    text: Paths = ()
    answers: Dictionary[str, Path] = {}
    variables: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    answer: Dictionary[Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,39}$")], Request] = {}
    respond: Any = None


def _known_scheme(name: str) -> str:
    if name not in schemes():
        raise ValueError(f"unknown scheme; expected one of {', '.join(schemes())}")
    return name


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a payload says. `ignored`: why nothing is to be done, or empty."""

    ticket: str
    title: str = ""
    author: str = ""
    texts: tuple[str, ...] = ()
    event: str = ""
    ignored: str = ""
    answers: Dictionary[str, Any] = field(default_factory=dict)


def read(mapping: Mapping, payload: Any, variables: Dictionary[str, str], now: float) -> Incoming:
    """What the payload says.

    Raises:
        PayloadError: there is no ticket in it, or it is too old.
    """
    if mapping.sent_at is not None:
        at = read_time(_first((mapping.sent_at.path,), payload), mapping.sent_at.clock)
        if at is None or not abs(now - at) <= mapping.sent_at.most_age:
            raise PayloadError(f"{mapping.sent_at.path}: no time, or more than {mapping.sent_at.most_age} s off")
    event = _first(mapping.event, payload)
    for test in mapping.only:
        if not _holds(test, payload, variables):
            return Incoming("", event=event, ignored="not one of the events that count")
    for test in mapping.ignore:
        if _holds(test, payload, variables):
            return Incoming("", event=event, ignored="told to ignore it")
    ticket = _first(mapping.ticket, payload)
    if not ticket or len(ticket) > _LONGEST_NAME:
        raise PayloadError(f"{' or '.join(mapping.ticket)}: expected the number or key of a ticket")
    texts = [text for path in mapping.text for text in _all(path, payload) if text.strip()]
    answers = {}
    for fact, path in mapping.answers.items():
        values = [value for value in _values(path, payload) if value not in (None, "")]
        if values:
            answers[fact] = values[0] if len(values) == 1 else values
    return Incoming(
        ticket=ticket,
        title=_first(mapping.title, payload),
        author=_first(mapping.author, payload)[:_LONGEST_NAME],
        texts=tuple(dict.fromkeys(plain(text) for text in texts)),
        event=event,
        answers=answers,
    )


def fill(template: Any, values: Dictionary[str, Any], answer: Any, *, url: bool = False) -> Any:
    """A template with its values. A text that is one placeholder alone becomes what it stands for, a list for example.

    Args:
        url: what comes from the answer is escaped for the path of an address.

    Raises:
        KeyError: a variable is not set.
    """
    if isinstance(template, str):
        return _filled(template, values, answer, url)
    if isinstance(template, list):
        return [fill(item, values, answer) for item in template]
    if isinstance(template, dict):
        return {key: fill(item, values, answer) for key, item in template.items()}
    return template


def placeholders(template: Any) -> set[str]:
    """The variables that a template names."""
    if isinstance(template, str):
        return {name for name in _PLACE.findall(template) if not name.startswith("$")}
    if isinstance(template, dict):
        template = list(template.values())
    return set().union(*(placeholders(item) for item in template)) if isinstance(template, list) else set()


def paths_in(template: Any) -> set[str]:
    """The JSONPaths that a template names."""
    if isinstance(template, str):
        return {name for name in _PLACE.findall(template) if name.startswith("$")}
    if isinstance(template, dict):
        template = list(template.values())
    return set().union(*(paths_in(item) for item in template)) if isinstance(template, list) else set()


def plain(text: str) -> str:
    """The text without HTML, if it has any; then also without secrets, whose names may be in the tags."""
    if not _HTML.search(text):
        return text
    return text_of_html(text)


def _filled(template: str, values: Dictionary[str, Any], answer: Any, url: bool) -> Any:
    alone = _PLACE.fullmatch(template)
    if alone and not url:
        return _value(alone[1], values, answer)

    def put(match: re.Match[str]) -> str:
        value = _value(match[1], values, answer)
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return quote(text, safe="") if url and match[1].startswith("$") else text

    return _PLACE.sub(put, template)


def _value(name: str, values: Dictionary[str, Any], answer: Any) -> Any:
    if not name.startswith("$"):
        return values[name]
    found = compiled(name).findall(answer)
    return found[0] if len(found) == 1 else (found or "")


def _values(path: str, payload: Any) -> list[Any]:
    return list(compiled(path).findall(payload))


def _all(path: str, payload: Any) -> list[str]:
    return [_text(value) for value in _values(path, payload) if isinstance(value, (str, int)) and value is not True]


def _first(paths: tuple[str, ...], payload: Any) -> str:
    return next((text for path in paths for text in _all(path, payload) if text), "")


def _holds(test: Test, payload: Any, variables: Dictionary[str, str]) -> bool:
    wanted = set()
    for value in test.any_of:
        match = _PLACE.fullmatch(value)
        wanted.add(variables.get(match[1]) if match else value)
    return any(_text(value) in wanted for value in _values(test.path, payload))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
