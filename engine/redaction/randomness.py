"""Tells generated values from words, identifiers, versions and dates."""

from __future__ import annotations

from itertools import pairwise

from .patterns import compile_pattern

_LOOKED_AT = 256
"""A value shows its nature in its first bytes; the rest costs time only."""

_CLASSES = bytes(
    ord("l")
    if chr(code).islower() and code < 0x80
    else ord("u")
    if chr(code).isupper() and code < 0x80
    else ord("d")
    if 0x30 <= code <= 0x39
    else ord(".")
    for code in range(256)
)
# A capital before small letters is how words are written, so "ul" is no change of class.
_CHANGES = (b"lu", b"ld", b"dl", b"ud", b"du")
_CHANGE_RATE = 0.2
"""Changes of class a character. Words and identifiers reach 0.15, base32 text has 0.3, base64 and hex text 0.45."""

# Letters that follow one another in words and identifiers: after the first letter of each group, the others of it. Taken
# from the names in Python's standard library and in this project's knowledge; each makes up 0.05 % of all pairs or more.
_PAIRS = frozenset(
    group[:1] + letter.encode("ascii")
    for group in (
        b"abcdfgiklmnprstuvwxy baceilorsuy cacehiklorstuy dabcdefilorstu eabcdefgilmnopqrstuvwxy faefilorstu gaehilnorsu"
        b" haeiort iabcdefglmnoprstvxz jaeou kaeis ladeilopstuy mabeilmopsu nacdefgiklnoprstuvy oabcdfgiklmnoprstuvwx"
        b" paehiloprstuy qu rabcdefgiklmnoprstuvy sacdehiklmnopstuy tacdefhilmnoprstuwy uabcdefgilmnprst vaei waeinors"
        b" xceipt yeinpst zae"
    ).split()
    for letter in group[1:].decode("ascii")
)
_STRANGE_RATE = 0.4
"""Share of pairs of letters that words do not have. Words and identifiers have 0.1, generated letters 0.57."""
_FEWEST_PAIRS = 8

_HEX = compile_pattern(r"[0-9a-f]{16,}|[0-9A-F]{16,}")
_GUID = compile_pattern(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATED = compile_pattern(r"(?:19|20)[0-9]{2}[-/.]?(?:0[1-9]|1[0-2])[-/.]?(?:[0-2][0-9]|3[01])(?:[Tt _-].{0,24}|)")


def looks_random(value: bytes, shortest: int = 10) -> bool:
    """Whether a value looks generated: letters and digits, or small and capital letters, in no readable order.

    Args:
        value: a decoded value.
        shortest: values with fewer letters and digits say too little and count as not random.
    """
    classes = value[:_LOOKED_AT].translate(_CLASSES).replace(b".", b"")
    if len(classes) < shortest or classes.count(b"d") == len(classes) or is_dated(value):
        return False
    if _HEX.fullmatch(value):
        return True
    changes = sum(classes.count(change) for change in _CHANGES)
    return (changes >= 3 and changes >= _CHANGE_RATE * (len(classes) - 1)) or _is_unpronounceable(value[:_LOOKED_AT])


def _is_unpronounceable(value: bytes) -> bool:
    lowered = value.lower()
    pairs = [pair for pair in map(bytes, pairwise(lowered)) if pair.isalpha()]
    strange = sum(pair not in _PAIRS for pair in pairs)
    return len(pairs) >= _FEWEST_PAIRS and strange >= _STRANGE_RATE * len(pairs)


def is_guid(value: bytes) -> bool:
    """Whether a value has the form of a GUID (RFC 9562), which mostly names something and hides nothing."""
    return len(value) == 36 and _GUID.fullmatch(value) is not None


def is_dated(value: bytes) -> bool:
    """Whether a value begins like a date or a time stamp."""
    return value[:2] in (b"19", b"20") and _DATED.fullmatch(value) is not None
