"""The configuration of helpdesks and chat: one YAML file that names senders, mappings and where their secrets are.

Secrets are not in it: `env:NAME` or `file:PATH` says where each one is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping as Dictionary
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ...engine.knowledge import Knowledge
from ...engine.knowledge.yaml_source import Source as Yaml
from .mapping import Mapping, compiled, paths_in, placeholders
from .signatures import Scheme, schemes, sign

_SHIPPED = Path(__file__).parent / "mappings"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LARGEST = 1 << 20
Model = TypeVar("Model", bound=BaseModel)


class ConfigError(ValueError):
    """The configuration is wrong; the message names file, line and what is expected."""


def _reference(text: str) -> str:
    kind, separator, rest = text.partition(":")
    if not separator or kind not in ("env", "file") or not rest:
        raise ValueError("expected env:NAME or file:PATH, never the secret itself")
    return text


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Reference = Annotated[str, AfterValidator(_reference)]
References = Annotated[tuple[Reference, ...], Field(min_length=1), BeforeValidator(_listed)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Sender(_Part):
    mapping: str
    secret: References
    signature: Scheme | None = None
    variables: Dictionary[str, str | int] = {}
    secrets: Dictionary[str, Reference] = {}


class _Slack(_Part):
    signing_secret: References
    bot_token: Reference
    api: str = Field(default="https://slack.com/api/", pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/]).*/$")


class _File(_Part):
    senders: Dictionary[str, _Sender] = {}
    slack: _Slack | None = None


class Sender(_Part):
    """A helpdesk that sends webhooks to `/hooks/NAME`, ready for use: secrets are read.

    Attributes:
        keys: secrets in force for signatures; values: variables and secrets by name, for requests back.
    """

    name: str
    mapping: Mapping
    scheme: Scheme
    keys: tuple[str, ...] = Field(repr=False)
    variables: Dictionary[str, str]
    values: Dictionary[str, str] = Field(repr=False)


class Slack(_Part):
    """Slack, ready for use."""

    signing_secrets: tuple[str, ...] = Field(repr=False)
    bot_token: str = Field(repr=False)
    api: str


class Config(_Part):
    """Everything that is configured."""

    senders: Dictionary[str, Sender] = {}
    slack: Slack | None = None


def read_config(path: Path, knowledge: Knowledge) -> Config:
    """Read the file, the mappings it names, and the secrets.

    Raises:
        ConfigError: anything is missing or wrong.
    """
    source = _yaml(path)
    told = _checked(_File, source)
    senders = {}
    for name, sender in told.senders.items():
        place = ("senders", name)
        if not _NAME.fullmatch(name) or name == "slack":
            raise _wrong(source, place, f"sender {name!r}", "a name of small letters, digits and -, not slack")
        senders[name] = _sender(source, name, sender, path.parent, knowledge)
    slack = None
    if told.slack is not None:
        slack = Slack(
            signing_secrets=_secrets(source, ("slack", "signing_secret"), told.slack.signing_secret, path.parent),
            bot_token=_secrets(source, ("slack", "bot_token"), [told.slack.bot_token], path.parent)[0],
            api=told.slack.api,
        )
    if not senders and slack is None:
        raise ConfigError(f"{path}: nothing is configured; expected senders or slack")
    return Config(senders=senders, slack=slack)


def read_mapping(path: Path) -> Mapping:
    """A mapping file.

    Raises:
        ConfigError: it is wrong.
    """
    source = _yaml(path)
    mapping = _checked(Mapping, source)
    known = {*mapping.variables, *mapping.optional, *mapping.secrets}
    for name, request in mapping.answer.items():
        place = ("answer", name)
        used = [request.url, request.user, request.password, request.bearer, request.body]
        _check_template(source, place, [one for one in used if one is not None], known)
    _check_template(source, ("respond",), mapping.respond, known - set(mapping.secrets))
    return mapping


def shipped() -> list[str]:
    """The names of the mappings that come with the program."""
    return sorted(path.stem for path in _SHIPPED.glob("*.yaml"))


def _sender(source: Yaml, name: str, told: _Sender, folder: Path, knowledge: Knowledge) -> Sender:
    place = ("senders", name)
    if told.mapping in shipped():
        mapping = read_mapping(_SHIPPED / f"{told.mapping}.yaml")
    elif told.mapping.endswith((".yaml", ".yml")):
        mapping = read_mapping(folder / told.mapping)
    else:
        expected = f"{', '.join(shipped())}, or a file that ends with .yaml"
        raise _wrong(source, (*place, "mapping"), f"no mapping {told.mapping!r}", expected)
    for fact in mapping.answers:
        if fact not in knowledge.vocabulary:
            raise _wrong(source, (*place, "mapping"), f"its answers name {fact!r}", "the name of a fact")
    variables = {key: str(value) for key, value in told.variables.items()}
    for kind, given, wanted, more in (
        ("variables", set(variables), set(mapping.variables), set(mapping.optional)),
        ("secrets", set(told.secrets), set(mapping.secrets), set()),
    ):
        missing, unknown = sorted(wanted - given), sorted(given - wanted - more)
        if missing:
            raise _wrong(source, (*place, kind), f"{kind} lack {missing[0]!r}", f"all of {', '.join(sorted(wanted))}")
        if unknown:
            expected = f"one of {', '.join(sorted(wanted | more)) or 'none'}"
            raise _wrong(source, (*place, kind, unknown[0]), f"{kind} have {unknown[0]!r}", expected)
    for key in variables:
        if key == "base" and not re.fullmatch(
            r"https://[^/?#@\s]+|http://(127\.0\.0\.1|localhost):\d+", variables[key]
        ):
            raise _wrong(source, (*place, "variables", key), "base", "https://HOST without a path")
    keys = _secrets(source, (*place, "secret"), told.secret, folder)
    scheme = told.signature or schemes()[mapping.signature]
    try:
        for key in keys:
            sign(scheme, key, b"")
    except ValueError as error:
        raise _wrong(source, (*place, "secret"), str(error), "the secret as the sender shows it") from None
    read = {key: _secrets(source, (*place, "secrets", key), [one], folder)[0] for key, one in told.secrets.items()}
    return Sender(
        name=name, mapping=mapping, scheme=scheme, keys=keys, variables=variables, values={**variables, **read}
    )


def _secrets(source: Yaml, place: tuple[str | int, ...], references: Any, folder: Path) -> tuple[str, ...]:
    found = []
    for reference in references:
        kind, _, rest = reference.partition(":")
        if kind == "env":
            value = os.environ.get(rest, "")
        else:
            try:
                value = (folder / rest).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                value = ""
        if not value:
            expected = "a set environment variable" if kind == "env" else "a readable file that is not empty"
            raise _wrong(source, place, f"{reference} has no secret", expected)
        found.append(value)
    return tuple(found)


def _check_template(source: Yaml, place: tuple[str | int, ...], template: Any, known: set[str]) -> None:
    unknown = sorted(placeholders(template) - known)
    if unknown:
        raise _wrong(source, place, f"{{{unknown[0]}}} is not known", f"one of {', '.join(sorted(known)) or 'none'}")
    for path in sorted(paths_in(template)):
        try:
            compiled(path)
        except Exception as error:  # noqa: BLE001 - the library's errors have no common base that it promises
            raise _wrong(source, place, f"{path} is no JSONPath ({error})", "for example $.note") from None


def _yaml(path: Path) -> Yaml:
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigError(f"{path}: larger than 1 MiB; expected a configuration")
        source = Yaml(str(path), path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8") from None
    if source.problems:
        raise ConfigError(str(source.problems[0]))
    if not isinstance(source.data, dict):
        raise ConfigError(f"{path}: line 1: expected a mapping of names to values")
    return source


def _checked(model: type[Model], source: Yaml) -> Model:
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = tuple(part for part in first["loc"] if isinstance(part, (str, int)))
        name = ".".join(str(part) for part in place) or "the file"
        line = source.place(place)[0]
        raise ConfigError(f"{source.file}: line {line}: {name}: {_said(first)}") from None


def _said(error: Any) -> str:
    """The validation library's message in our words, for the mistakes that people make."""
    words = {"extra_forbidden": "is not known here; expected another name", "missing": "is missing"}
    return words.get(error["type"], " ".join(error["msg"].removeprefix("Value error, ").split()))


def _wrong(source: Yaml, place: tuple[str | int, ...], message: str, expected: str) -> ConfigError:
    line = source.place(place)[0]
    return ConfigError(f"{source.file}: line {line}: {message}; expected {expected.removeprefix('expected ')}")
