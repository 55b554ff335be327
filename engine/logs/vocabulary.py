"""How logs call things: which member holds the time, which values join events. It comes from `kb/logs`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, Literal

import re2
import yaml
from pydantic import BaseModel, ConfigDict

from ..linear import Match, Pattern, ascii_pattern

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PUNCTUATION = str.maketrans("", "", "_-.@ ")
_SHORTEST, _LONGEST = 4, 200


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IdKind(_Data):
    """One kind of value that tells which events belong together, or who is affected.

    Attributes:
        joins: `always`; `close` in time only; `never`.
        affected: the plural under which its different values are counted.
        names: what logs call it.
    """

    kind: str
    joins: Literal["always", "close", "never"]
    affected: str | None = None
    names: tuple[str, ...]


class Vocabulary(_Data):
    """The names of members, best first."""

    time: tuple[str, ...]
    level: tuple[str, ...]
    message: tuple[str, ...]
    trace: tuple[str, ...]
    logger: tuple[str, ...]
    stream: tuple[str, ...]
    ids: tuple[IdKind, ...]

    @cached_property
    def kinds(self) -> Mapping[str, IdKind]:
        """By kind."""
        return {kind.kind: kind for kind in self.ids}

    @cached_property
    def roles(self) -> Mapping[str, tuple[str, int]]:
        """What a folded name is: its role (`time`, `message`, ...) and its rank among the names of that role."""
        roles: dict[str, tuple[str, int]] = {}
        for role in ("time", "level", "message", "trace", "logger", "stream"):
            for rank, name in enumerate(getattr(self, role)):
                roles.setdefault(fold(name), (role, rank))
        return roles

    @cached_property
    def id_names(self) -> Mapping[str, str]:
        """Kind of id by folded name."""
        return {fold(name): kind.kind for kind in self.ids for name in kind.names}

    @cached_property
    def _pattern(self) -> Pattern:
        names = sorted({name for kind in self.ids for name in kind.names}, key=lambda name: (-len(name), name))
        escaped = "|".join(re2.escape(name) for name in names)
        return ascii_pattern(
            rf"(?i)(?:^|[^A-Za-z0-9_.\-])({escaped})(?:\"|'|\\\")?(?:\s?[=:]\s?|%3D)(?:\"|'|\\\")?"
            rf"(<[a-z_]+:[0-9]+>|[A-Za-z0-9_.\-~+/@|]{{{_SHORTEST},{_LONGEST}}})"
        )

    def ids_in(self, text: str) -> dict[str, str]:
        """The ids that a text names (`state=...`, `"trace_id": "..."`), the first of each kind. Linear in its length."""
        found: dict[str, str] = {}
        if "=" not in text and ":" not in text and "%3" not in text:
            return found
        for match in self._pattern.finditer(text.encode("utf-8", "replace")):
            kind, value = self._kind_of(match), (match[2] or b"").decode("ascii")
            if kind not in found and self.usable(kind, value):
                found[kind] = value
                if len(found) == len(self.ids):
                    break
        return found

    def mask_ids(self, data: bytes) -> bytes:
        """UTF-8 with `<kind>` in place of every value that a name announces as an id. Linear in its length."""
        return self._pattern.sub(
            lambda match: data[match.start() : match.start(2)] + b"<%b>" % self._kind_of(match).encode(), data
        )

    def _kind_of(self, match: Match) -> str:
        return self.id_names[fold((match[1] or b"").decode("ascii"))]

    def usable(self, kind: str, value: str) -> bool:
        """Whether a value can stand for one flow or one person: `state=RUNNING` and `user=-` cannot."""
        if value.startswith("<"):
            return ":" in value
        if not _SHORTEST <= len(value) <= _LONGEST or value.lower() in _NOBODY:
            return False
        if self.kinds[kind].joins != "always":
            return True
        return len(value) >= 6 and (
            any(map(str.isdigit, value)) or not (value.islower() or value.isupper() or value.istitle())
        )


_NOBODY = frozenset({"null", "none", "undefined", "anonymous", "unknown", "true", "false", "redacted", "empty"})


def fold(name: str) -> str:
    """A name as it is compared: without case and punctuation."""
    return name.translate(_PUNCTUATION).lower()


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The shipped vocabulary."""
    return Vocabulary.model_validate(read_data("fields.yaml"))


def exports() -> Iterator[tuple[str, Any]]:
    """Name and content of every description of an export in `kb/logs/exports`."""
    folder = files("oauth_doctor.kb").joinpath("logs", "exports")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            yield file.name.removesuffix(".yaml"), read_data("exports", file.name)


def read_data(*path: str) -> Any:
    """The content of a file of `kb/logs`."""
    return yaml.load(files("oauth_doctor.kb").joinpath("logs", *path).read_text("utf-8"), Loader=_LOADER)  # noqa: S506
