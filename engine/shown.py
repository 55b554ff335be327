"""Parts of a diagnosis with their JSON, which is written once and used again with them."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Generic, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)


class Shown(Generic[M]):
    """Parts of the contract that belong together. They never change.

    Attributes:
        json: the parts as JSON, with commas between them.
    """

    __slots__ = ("json", "models")
    json: str

    def __init__(self, models: Iterable[M]) -> None:
        self.models = list(models)

    def __getattr__(self, name: str) -> str:
        # Asked for the first time; from now on `json` is there, which costs less than a property.
        if name != "json":
            raise AttributeError(name)
        self.json = ",".join([model.model_dump_json(by_alias=True) for model in self.models])
        return self.json


_json = attrgetter("json")


def models_of(parts: Iterable[Shown[M]]) -> list[M]:
    """All parts in one list."""
    return [model for part in parts for model in part.models]


def json_of(parts: Iterable[Shown[M]]) -> str:
    """All parts as a JSON array."""
    return f"[{','.join(filter(None, map(_json, parts)))}]"
