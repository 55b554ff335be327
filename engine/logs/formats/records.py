"""From one record - an object of a structured log, a row of a table - to one event."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ..event import Event
from ..levels import level_of
from ..reader import LONGEST_EVENT
from ..times import time_of
from ..vocabulary import fold, vocabulary

_DEEPEST = 3
_CONTAINERS = (("log", "entries"), ("value",), ("Records",), ("records",), ("events",), ("logEvents",), ("items",), ("data",),
               ("results",), ("entries",), ("logs",))  # fmt: skip


def event_of(
    record: Mapping[str, Any],
    source: str,
    line: int,
    lines: int,
    reference: datetime | None = None,
    *,
    cut: bool = False,
) -> Event:
    """The event that a record describes, by the names of its members.

    Its text is the message, the trace as its own lines, and everything that is not time or level as one line of JSON.
    """
    roles: dict[str, tuple[int, str, Any]] = {}
    ids: dict[str, str] = {}
    words = vocabulary()
    for path, key, value in _members(record):
        for name in (path, key):
            folded = fold(name)
            role = words.roles.get(folded)
            if role is not None and (role[0] not in roles or role[1] < roles[role[0]][0]) and _fits(role[0], value):
                roles[role[0]] = (role[1], path, value)
            kind = words.id_names.get(folded)
            if (
                kind is not None
                and kind not in ids
                and isinstance(value, (str, int))
                and words.usable(kind, str(value))
            ):
                ids[kind] = str(value)
            if name == path == key:
                break
    text = _text(record, roles)
    for kind, value in words.ids_in(text).items():
        ids.setdefault(kind, value)
    return Event(
        time_of(roles["time"][2], reference) if "time" in roles else None,
        level_of(roles["level"][2]) if "level" in roles else "",
        text[:LONGEST_EVENT],
        source,
        line,
        lines,
        ids,
        str(roles["stream"][2]) if "stream" in roles else "",
        cut=cut or len(text) > LONGEST_EVENT,
    )


def records_in(value: Any) -> list[Mapping[str, Any]]:
    """The records of a document: the value itself, or the elements when it is a list or wraps one."""
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    if not isinstance(value, dict):
        return []
    for path in _CONTAINERS:
        inner: Any = value
        for name in path:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if isinstance(inner, list) and inner and all(isinstance(item, dict) for item in inner) and _only_wraps(value):
            return inner
    return [value]


def load(data: bytes) -> Any:
    """The JSON value, or None when it is none."""
    try:
        return json.loads(data.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _only_wraps(value: Mapping[str, Any]) -> bool:
    """A record has many simple members of its own; a wrapper has a list, and perhaps a count or a link."""
    return sum(not isinstance(item, (dict, list)) for item in value.values()) <= 4


def _members(record: Mapping[str, Any], path: str = "", depth: int = 1) -> Iterator[tuple[str, str, Any]]:
    """Path, name and value of every member, outer ones first."""
    for key, value in record.items():
        name = str(key)
        yield (f"{path}.{name}" if path else name), name, value
    if depth < _DEEPEST:
        for key, value in record.items():
            if isinstance(value, dict):
                yield from _members(value, f"{path}.{key}" if path else str(key), depth + 1)


def _fits(role: str, value: Any) -> bool:
    match role:
        case "time":
            return time_of(value) is not None
        case "level":
            return bool(level_of(value))
        case "message" | "logger" | "stream":
            return isinstance(value, str) and bool(value.strip())
        case _:
            return bool(value) and isinstance(value, (str, list))


def _text(record: Mapping[str, Any], roles: Mapping[str, tuple[int, str, Any]]) -> str:
    taken = {roles[role][1] for role in ("time", "level", "message", "trace") if role in roles}
    parts = []
    if "message" in roles:
        parts.append(str(roles["message"][2]).rstrip())
    if "trace" in roles:
        trace = roles["trace"][2]
        parts.append("\n".join(map(str, trace)) if isinstance(trace, list) else trace.rstrip())
    rest = _without(record, taken)
    if rest:
        try:
            parts.append(json.dumps(rest, ensure_ascii=False, default=str))
        except (ValueError, RecursionError):
            parts.append(str(list(rest))[:1000])
    return "\n".join(parts)


def _without(record: Mapping[str, Any], taken: set[str], path: str = "", depth: int = 1) -> dict[str, Any]:
    rest: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{path}.{key}" if path else str(key)
        if name in taken:
            continue
        if isinstance(value, dict) and depth < _DEEPEST and any(one.startswith(name + ".") for one in taken):
            value = _without(value, taken, name, depth + 1)
            if not value:
                continue
        rest[str(key)] = value
    return rest
