"""A bounded memory for what is made again and again. Full, it begins anew: cheaper than keeping an order."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Values by key, at most so many. Threads may share it: at worst a value is made twice."""

    __slots__ = ("_most", "_values", "get")

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[Hashable, T] = {}
        self.get = self._values.get

    def keep(self, key: Hashable, value: T) -> T:
        """Keep the value and give it back."""
        if len(self._values) >= self._most:
            self._values.clear()
        self._values[key] = value
        return value
