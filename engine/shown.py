"""Parts of a diagnosis with their JSON, which is written once and used again with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)


class Shown(Generic[M]):
    """Parts of the contract that belong together. They never change."""

    __slots__ = ("_json", "models")

    def __init__(self, models: Iterable[M]) -> None:
        self.models = list(models)
        self._json: str | None = None

    @property
    def json(self) -> str:
        """The parts as JSON, with commas between them."""
        if self._json is None:
            self._json = ",".join(model.model_dump_json(by_alias=True) for model in self.models)
        return self._json


def models_of(parts: Iterable[Shown[M]]) -> list[M]:
    """All parts in one list."""
    return [model for part in parts for model in part.models]


def json_of(parts: Iterable[Shown[M]]) -> str:
    """All parts as a JSON array."""
    return f"[{','.join([json for part in parts if (json := part.json)])}]"
