"""YAML read so that every value still knows its line and column."""

from __future__ import annotations

from datetime import date
from typing import Any

import yaml

from .problems import Problem

_TRUE = frozenset({"true", "yes", "on"})
_TAG = "tag:yaml.org,2002:"
_TEXT = f"{_TAG}str"
_ENTRY = 2  # levels down to the entries of a file; places inside an entry are looked for when they are needed

Path = tuple[str | int, ...]
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAGS_BY_FIRST: Any = yaml.SafeLoader.yaml_implicit_resolvers


class _Loader(_Base):  # type: ignore[misc]
    """Tells plain texts from numbers and the like as its base does; without its rules for tags by path, which nobody has set."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        if kind is not yaml.ScalarNode:
            return f"{_TAG}map" if kind is yaml.MappingNode else f"{_TAG}seq"
        if implicit[0]:
            for tag, pattern in _TAGS_BY_FIRST.get(value[:1], ()):
                if pattern.match(value):
                    return str(tag)
        return _TEXT

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


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
        self._offset = first_line - 1
        self._places: dict[Path, tuple[int, int]] = {}
        self._all_places = False
        self.data: Any = None
        try:
            node = yaml.compose(text, Loader=_Loader)
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
        if node is not None:
            self._note_places(node, (), _ENTRY)
            self.data = self._build(node)

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column (1-based) of the value at `path`, or of its nearest known ancestor."""
        path = tuple(path)
        if path not in self._places and self.data is not None and not self._all_places:
            self._note_places(yaml.compose(self._text, Loader=_Loader), (), None)
            self._all_places = True
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, (1 + self._offset, 1))

    def problem(self, path: Path, message: str, expected: str = "") -> Problem:
        """A problem located at the value at `path`."""
        return Problem(self.file, *self.place(path), message, expected)

    def _note_places(self, node: Any, path: Path, levels: int | None) -> None:
        """Note where a value stands, and all that lies so many levels below it; below it at any level when that is None."""
        self._places[path] = self._place_of(node)
        if levels == 0:
            return
        below = None if levels is None else levels - 1
        if isinstance(node, yaml.MappingNode):
            for key_node, value_node in node.value:
                key = self._key(key_node)
                inner = key if isinstance(key, int) and not isinstance(key, bool) else str(key)
                self._note_places(value_node, (*path, inner), below)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._note_places(item, (*path, index), below)

    def _place_of(self, node: Any) -> tuple[int, int]:
        mark = node.start_mark
        return mark.line + 1 + self._offset, mark.column + 1

    def _build(self, node: Any) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.tag == _TEXT else _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self._build(item) for item in node.value]
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in result:
                self.problems.append(Problem(self.file, *self._place_of(key_node), f"key {key!r} stands twice"))
            result[key] = self._build(value_node)
        return result

    @staticmethod
    def _key(node: Any) -> Any:
        return _scalar(node) if isinstance(node, yaml.ScalarNode) else str(node.value)


def _scalar(node: Any) -> Any:
    tag, text = node.tag, node.value
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
