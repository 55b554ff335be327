"""Rows of whole numbers, each row in one long integer, a lane of 64 bits for each number.

Adding up rows is then one addition of integers a row, and multiplying a row one multiplication, however long it is: what
takes part in nearly every sum of this programme (a figure for every cause, or for every answer) is added up without a step
of the interpreter for each. Negative numbers borrow from the lane above, and `unpack` gives them back.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from sys import byteorder

_BYTES = 8  # of a lane


class Lanes:
    """Packs rows of one length. Immutable; thread-safe.

    Args:
        number: length of a row.
    """

    __slots__ = ("_middle", "_size")

    def __init__(self, number: int) -> None:
        self._size = number * _BYTES
        self._middle = int.from_bytes(array("Q", [1 << 63] * number).tobytes(), byteorder)

    def pack(self, row: Iterable[int]) -> int:
        """The row as one integer. Sums and multiples of rows have to stay within ±2**62 in every lane.

        Raises:
            OverflowError: a number has more than 63 bits.
        """
        return (int.from_bytes(array("q", row).tobytes(), byteorder) ^ self._middle) - self._middle

    def unpack(self, packed: int) -> array[int]:
        """The numbers of a row, or of a sum of rows."""
        lanes = array("q")
        lanes.frombytes(((packed + self._middle) ^ self._middle).to_bytes(self._size, byteorder))
        return lanes
