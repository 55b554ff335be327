"""Lines that say the same again are counted, not read again.

A line's shape is what is left when everything is taken out that differs from one occurrence to the next. Looking it up costs
little enough to be done for every line with an anchor: first by a key that C code makes (all digits and the letters of hexadecimal
numbers deleted, codes and statuses kept), and only when that key is new by the template of the line. Shapes that differ in
their codes alone are a family: once it is known that these codes tell nothing, its lines are told apart no more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from ..logs.reader import decode
from ..logs.template import LONGEST_TEMPLATE, shape_of

SAMPLES = 8
"""So many lines of one shape are read in full, with their neighbourhood; of the others only the number is taken."""

_BARREN = 5
_MOSTLY = 0.5  # share of a family's lines that were read in vain, with which it is an everyday one
_FEW = 8  # lines that are not worth to be sifted together
_MOST_KEYS = 100_000
_MOST_SHAPES = 20_000
_LONGEST = 64 << 10
_VARYING = b"0123456789abcdefABCDEF"
# What tells failures apart though it is a number: AADSTS50011, ORA-01017, 401, "code":40029.
_PLAIN = bytes(range(48, 58)) + b"ABCDEFGHIJKLMNOPQRSTUVWXYZ" + b"abcdefghijklmnopqrstuvwxyz_.:-"
_KIND = bytes(range(48, 58)) + b"A" * 26 + b"a" * 29 + b"A"
_KINDS = bytes.maketrans(bytes(set(range(256)) - set(_PLAIN)) + _PLAIN, b" " * (256 - len(_PLAIN)) + _KIND)
_CODE = re.compile(rb"a*A{2,12}[0-9]{3,7}a?|[1-5][0-9]{2}a?")
_LONGEST_CODE = 19
_STATUS = re.compile(rb"[1-5][0-9]{2}[a-z]?")
_MOST_STATUSES = 24  # different ones in lines that are the same otherwise
_NO_CODES: set[tuple[bytes, ...]] = {()}
_ENOUGH_WITHOUT_CODE = 32  # lines
_NAMED = b"ode"
_NAMED_CODE = re.compile(rb"ode[\"'=: ]{1,4}([0-9]{1,6})")


_PLAIN_WORDS: set[bytes] = set()  # kinds of words that are no code; most come again


def _codes(line: bytes) -> tuple[bytes, ...]:
    """The numbers of a line that tell failures apart. Split by C code: a search for patterns takes ten times as long."""
    found = [word for word in set(line.translate(_KINDS).split()).difference(_PLAIN_WORDS) if _is_code(word)]
    found.sort()
    if _NAMED in line:
        found += _NAMED_CODE.findall(line)
    return tuple(found)


def _is_code(word: bytes) -> bool:
    if 3 <= len(word) <= _LONGEST_CODE and _CODE.fullmatch(word):
        return True
    if len(_PLAIN_WORDS) >= _MOST_KEYS:
        _PLAIN_WORDS.clear()
    _PLAIN_WORDS.add(word)
    return False


@dataclass(slots=True)
class Repeats:
    """Lines of one shape that were counted only, with the first and the last of them."""

    shape: int
    count: int
    first: bytes
    last: bytes


@dataclass(slots=True)
class Family:
    """Shapes that differ in their codes alone.

    Attributes:
        read: how many lines of them were judged, vain: how many were not worth it.
        numbers: the different codes, none among them, as long as they look like statuses and may be anything else.
    """

    read: int = 0
    vain: int = 0
    numbers: set[tuple[bytes, ...]] | None = field(default_factory=set)

    def bears(self, codes: tuple[bytes, ...]) -> None:
        """Take notice of the codes of a line."""
        if self.numbers is not None and len(self.numbers) <= _MOST_STATUSES:
            if all(map(_STATUS.fullmatch, codes)):
                self.numbers.add(codes)
            else:
                self.numbers = None

    def is_known(self, counted: int) -> bool:
        """Whether its codes tell no more: its lines are mostly not worth reading, or have no codes, or so many that they are
        times or sizes.

        Args:
            counted: lines of one shape of it that were not read.
        """
        if self.read >= SAMPLES and self.vain >= _MOSTLY * self.read:
            return True
        if self.numbers is None:
            return False
        return len(self.numbers) > _MOST_STATUSES or (counted >= _ENOUGH_WITHOUT_CODE and self.numbers == _NO_CODES)


class Shape:
    """What is known of the lines of one shape in this process."""

    __slots__ = ("barren", "count", "family", "first", "last", "number", "sampled")

    def __init__(self, number: int, family: Family | None = None) -> None:
        self.number = number
        self.family = family or Family()
        self.sampled = 0
        self.barren = 0  # lines in vain since the last that was not
        self.count = 0
        self.first = self.last = b""

    def judge(self, *, fruitful: bool) -> None:
        """Take notice of whether a line was worth reading: a shape that never is, is soon left alone."""
        self.barren = 0 if fruitful else self.barren + 1
        self.family.read += 1
        self.family.vain += not fruitful


class Shapes:
    """Tells which lines are worth reading in full. Memory is bounded."""

    def __init__(self, samples: int = SAMPLES) -> None:
        self.closed = False  # nothing more is to be read in full
        self.left_out = 0  # lines of shapes that were never read, because of that
        self._samples = samples
        self._barren = min(_BARREN, samples)  # so many lines in vain, and a shape is left alone
        self._by_key: dict[tuple[bytes, ...], Shape] = {}
        self._by_number: dict[int, Shape] = {}
        self._families: dict[bytes, Family] = {}
        self._everyday: dict[bytes, Shape] = {}  # those of which enough is known, whatever codes they bear
        self._repeated: dict[int, Shape] = {}

    def sift(self, lines: Sequence[bytes]) -> Iterator[tuple[int, Shape]]:
        """As `note` for many lines: the places of those that are to be read in full, with their shapes.

        What is known to be everyday is counted without a step of Python for each line. The others are looked at one by one as
        they are asked for, because what is found out about a line decides about those behind it.
        """
        others: Sequence[int] = range(len(lines))
        if self._everyday and len(lines) >= _FEW and max(map(len, lines)) <= _LONGEST:
            others = self._without_everyday(lines)
        for place in others:
            shape = self.note(lines[place])
            if shape is not None:
                yield place, shape

    def _without_everyday(self, lines: Sequence[bytes]) -> list[int]:
        everyday = self._everyday
        keys = b"\n".join(lines).translate(None, _VARYING).split(b"\n")
        times = Counter(keys)
        known = [key for key in times if key in everyday]
        if known:
            backwards = keys[::-1]
            for key in known:
                first, last = keys.index(key), len(keys) - 1 - backwards.index(key)
                self._count(everyday[key], times[key], lines[first], lines[last])
        if len(known) == len(times):
            return []
        return [place for place, key in enumerate(keys) if key not in everyday]

    def note(self, line: bytes) -> Shape | None:
        """Take notice of a line: its shape when it is to be read in full, None when it was only counted."""
        if len(line) > _LONGEST:
            self.left_out += self.closed
            return None if self.closed else Shape(_number(line[:_LONGEST]))
        rough = line.translate(None, _VARYING)
        shape = self._everyday.get(rough)
        if shape is None:
            key = (rough, *_codes(line))
            shape = self._by_key.get(key) or self._new(key, line)
            known = shape.barren >= self._barren or shape.family.is_known(shape.count)
            if known and len(self._everyday) < _MOST_KEYS:
                self._everyday[rough] = shape
        if shape.sampled < self._samples and shape.barren < self._barren and not self.closed:
            shape.sampled += 1
            return shape
        if not shape.sampled:
            self.left_out += 1
            return None
        self._count(shape, 1, line, line)
        return None

    def _count(self, shape: Shape, count: int, first: bytes, last: bytes) -> None:
        if not shape.count:
            shape.first = first
            self._repeated[shape.number] = shape
        shape.count += count
        shape.last = last

    def take_repeats(self) -> list[Repeats]:
        """What was only counted since the last time."""
        taken = [Repeats(shape.number, shape.count, shape.first, shape.last) for shape in self._repeated.values()]
        for shape in self._repeated.values():
            shape.count, shape.first, shape.last = 0, b"", b""
        self._repeated.clear()
        return taken

    def _new(self, key: tuple[bytes, ...], line: bytes) -> Shape:
        if len(self._by_key) >= _MOST_KEYS:
            self._by_key.clear()
        number = _number(b"\0".join(key)) if len(line) > LONGEST_TEMPLATE else _number_of_template(line, key)
        shape = self._by_number.get(number)
        if shape is None:
            if len(self._by_number) >= _MOST_SHAPES:
                return Shape(number)  # too many to remember: read in full
            family = self._families.setdefault(key[0], Family())
            shape = self._by_number[number] = Shape(number, family)
        shape.family.bears(key[1:])
        self._by_key[key] = shape
        return shape


def _number_of_template(line: bytes, key: tuple[bytes, ...]) -> int:
    return _number(b"%d %b" % (shape_of(decode(line)), b" ".join(key[1:])))


def _number(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")
