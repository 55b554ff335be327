"""YAML read so that every value still knows its line and column."""

from __future__ import annotations

from datetime import date
from typing import Any

import yaml

from .problems import Problem

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TRUE = frozenset({"true", "yes", "on"})

Path = tuple[str | int, ...]


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
        self._offset = first_line - 1
        self._places: dict[Path, tuple[int, int]] = {}
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
            self.data = self._build(node, ())

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column (1-based) of the value at `path`, or of its nearest known ancestor."""
        path = tuple(path)
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, (1 + self._offset, 1))

    def problem(self, path: Path, message: str, expected: str = "") -> Problem:
        """A problem located at the value at `path`."""
        return Problem(self.file, *self.place(path), message, expected)

    def _build(self, node: Any, path: Path) -> Any:
        mark = node.start_mark
        self._places[path] = (mark.line + 1 + self._offset, mark.column + 1)
        if isinstance(node, yaml.MappingNode):
            result: dict[Any, Any] = {}
            for key_node, value_node in node.value:
                key = self._scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else str(key_node.value)
                inner = (*path, key if isinstance(key, int) and not isinstance(key, bool) else str(key))
                if key in result:
                    mark = key_node.start_mark
                    self.problems.append(
                        Problem(self.file, mark.line + 1 + self._offset, mark.column + 1, f"key {key!r} stands twice")
                    )
                result[key] = self._build(value_node, inner)
            return result
        if isinstance(node, yaml.SequenceNode):
            return [self._build(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _scalar(self, node: Any) -> Any:
        tag, text = node.tag, node.value
        try:
            match tag:
                case "tag:yaml.org,2002:null":
                    return None
                case "tag:yaml.org,2002:bool":
                    return text.lower() in _TRUE
                case "tag:yaml.org,2002:int":
                    return int(text.replace("_", ""), 0)
                case "tag:yaml.org,2002:float":
                    return float(text)
                case "tag:yaml.org,2002:timestamp":
                    return date.fromisoformat(text[:10])
        except ValueError:
            return text
        return text
