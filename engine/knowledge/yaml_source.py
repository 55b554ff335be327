"""YAML read so that every value still knows its line and column."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any, TypeAlias

import yaml
from yaml.composer import ComposerError
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from .problems import Problem

_TRUE = frozenset({"true", "yes", "on"})
_TAG = "tag:yaml.org,2002:"
_TO_ENTRIES = 2  # levels down to the entries of a file; places inside an entry are looked for when they are needed
_ALL = sys.maxsize
_MOST_VALUES = 1_000_000  # of a document with its aliases written out: few lines of them can stand for any number

Path: TypeAlias = tuple[str | int, ...]
_Place: TypeAlias = tuple[int, int]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAGS_BY_FIRST: Any = yaml.SafeLoader.yaml_implicit_resolvers


class Source:
    """One parsed YAML document with the place of each of its values.

    Attributes:
        file: the name used in problems.
        data: plain Python values (dict, list, str, int, float, bool, None, date).
        problems: syntax errors and doubled keys.
    """

    def __init__(self, file: str, text: str, first_line: int = 1) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._text = text
        self._first_line = first_line
        self._places: dict[Path, _Place] = {}
        self._all_places = False
        self.data: Any = None
        try:
            document = _Document(text, first_line, _TO_ENTRIES)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + first_line, mark.column + 1) if mark else (0, 0)
            what = f"not valid YAML: {error.problem or error.context}"
            self.problems.append(Problem(file, line, column, what, "YAML as in docs/authoring.md"))
            return
        except yaml.YAMLError as error:  # the reader's own error: a character that YAML does not allow
            before = text[: getattr(error, "position", 0)]
            line, column = before.count("\n") + first_line, len(before) - (before.rfind("\n") + 1) + 1
            what = f"not valid YAML: {getattr(error, 'reason', error)}"
            self.problems.append(Problem(file, line, column, what, "printable text"))
            return
        self.data = document.data
        self._places = document.places
        self.problems += [Problem(file, *place, f"key {key!r} stands twice") for key, place in document.twice]

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column (1-based) of the value at `path`, or of its nearest known ancestor."""
        path = tuple(path)
        if path not in self._places and self.data is not None and not self._all_places:
            self._places = _Document(self._text, self._first_line, _ALL).places
            self._all_places = True
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, (self._first_line, 1))

    def problem(self, path: Path, message: str, expected: str = "") -> Problem:
        """A problem located at the value at `path`."""
        return Problem(self.file, *self.place(path), message, expected)


class _Document:
    """What a YAML document says, built from the parser's events: nodes of its own tree would take half as long again.

    Attributes:
        data: plain values.
        places: of the values down to so many levels.
        twice: keys that their mapping has already, with their places.
    """

    def __init__(self, text: str, first_line: int, levels: int) -> None:
        self._next: Callable[[], Any] = _Loader(text).get_event
        self._first_line = first_line
        self._anchors: dict[str, tuple[Any, Path | None]] = {}  # the event with the anchor; its path, if that is noted
        self._anchored: dict[str, tuple[Any, int]] = {}  # the value, and how many values are in it
        self._values = 0
        self.data: Any = None
        self.places: dict[Path, _Place] = {}
        self.twice: list[tuple[Any, _Place]] = []
        self._next()  # the stream begins
        start = self._next()
        if isinstance(start, StreamEndEvent):
            return
        self.data = self._value(self._next(), (), levels)
        self._next()  # the document ends
        after = self._next()
        if not isinstance(after, StreamEndEvent):
            raise ComposerError(
                "expected a single document in the stream",
                start.start_mark,
                "but found another document",
                after.start_mark,
            )

    def _value(self, event: Any, path: Path, levels: int) -> Any:
        """The value that begins with the event; places are noted unless `levels` is negative."""
        kind = type(event)
        if kind is AliasEvent:
            return self._repeated(event, path, levels)
        if levels >= 0:
            self.places[path] = self._place_of(event)
        if event.anchor is not None:
            self._note_anchor(event, path if levels >= 0 else None)
        before = self._values
        if kind is ScalarEvent:
            value = _plain(event.value) if event.implicit[0] else _quoted(event)
        elif kind is MappingStartEvent:
            value = self._mapping(path, levels - 1)
        else:
            value = self._sequence(path, levels - 1)
        if event.anchor is not None:
            self._anchored[event.anchor] = value, self._values - before
        return value

    def _mapping(self, path: Path, levels: int) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        following = self._next
        while type(event := following()) is not MappingEndEvent:
            key = self._value(event, path, -1)
            if isinstance(key, (dict, list)):
                key = str(key)
            if key in result:
                self.twice.append((key, self._place_of(event)))
            inner = path
            if levels >= 0:
                inner = (*path, key if isinstance(key, int) and not isinstance(key, bool) else str(key))
            result[key] = self._value(following(), inner, levels)
        self._values += len(result)
        return result

    def _sequence(self, path: Path, levels: int) -> list[Any]:
        result: list[Any] = []
        following = self._next
        while type(event := following()) is not SequenceEndEvent:
            result.append(self._value(event, (*path, len(result)) if levels >= 0 else path, levels))
        self._values += len(result)
        return result

    def _note_anchor(self, event: Any, path: Path | None) -> None:
        if event.anchor in self._anchors:
            first = self._anchors[event.anchor][0].start_mark
            raise ComposerError(
                "found duplicate anchor; first occurrence", first, "second occurrence", event.start_mark
            )
        self._anchors[event.anchor] = event, path

    def _repeated(self, alias: Any, path: Path, levels: int) -> Any:
        """The value of an anchor. It stands where the anchor stands, and so does all that is in it."""
        if alias.anchor not in self._anchored:
            raise ComposerError(None, None, "found undefined alias", alias.start_mark)
        value, inside_it = self._anchored[alias.anchor]
        self._values += inside_it
        if self._values > _MOST_VALUES:
            raise ComposerError(None, None, f"aliases repeat more than {_MOST_VALUES:,} values", alias.start_mark)
        event, origin = self._anchors[alias.anchor]
        if levels >= 0:
            self.places[path] = self._place_of(event)
            if origin is not None:
                inside = [(at, place) for at, place in self.places.items() if at[: len(origin)] == origin]
                self.places.update(((*path, *at[len(origin) :]), place) for at, place in inside)
        return value

    def _place_of(self, event: Any) -> _Place:
        mark = event.start_mark
        return mark.line + self._first_line, mark.column + 1


@lru_cache(maxsize=4096)
def _plain(text: str) -> Any:
    """What a text without quotes and tag means. Most of them are keys, few and again and again."""
    for tag, pattern in _TAGS_BY_FIRST.get(text[:1], ()):
        if pattern.match(text):
            return _typed(tag, text)
    return text


def _quoted(event: Any) -> Any:
    """What a text in quotes, or with a tag of its own, means."""
    return event.value if event.implicit[1] else _typed(event.tag, event.value)


def _typed(tag: str, text: str) -> Any:
    try:
        match tag.removeprefix(_TAG):
            case "null":
                return None
            case "bool":
                return text.lower() in _TRUE
            case "int":
                return int(text.replace("_", ""), 0)
            case "float":
                return float(text)
            case "timestamp":
                return date.fromisoformat(text[:10])
    except ValueError:
        return text
    return text
