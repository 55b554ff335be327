"""How far a value reaches, once a name or a prefix has told where it begins.

A value ends where its own syntax ends it: at the matching quote (of the same escaping depth), at the encoded separator
of the same encoding depth, or at a character that no value has. When a log wraps a long value, it goes on in the next line.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..linear import Pattern
from .forms import is_joined
from .model import Part
from .patterns import compile_pattern
from .randomness import is_dated, is_guid, looks_random

QUOTE = (
    r"(?:\\{0,15}(?:[\"'`]|(?i:&(?:quot|apos|#3[49]|#x2[27]);|&amp;(?:quot|apos|#3[49]);|\\{1,8}u002[27]))"
    r"|(?i:(?:%(?:25){0,3}5c){0,7}%(?:25){0,3}2[27]))"
)
"""An opening or closing quote, in any escaping."""

# Escapes of characters that separate nothing belong to a bare value: `4\/0A`, `4\u002F0A`, `4&#x2F;0A`.
_BARE_UNIT = (
    r"[^\x00-\x20\x7f\"<>&;`\\]|\\{1,8}(?:/|u00(?i:2[145a89bdef]|3[ad]|5[bdf]|7[e]))"
    r"|&(?i:#x2[145789bdef]|#x3[ad]|#4[0-9]|#3[367]|#58|#61|amp;#x2f|sol|plus|equals);"
)
_BARE = compile_pattern(f"(?:{_BARE_UNIT})+")
# Punctuation ends a bare value when it cannot go on behind it. The character behind the value is looked at as well.
_TYPOGRAPHIC = r"\xe2\x80[\x9c\x9d\xa6\xa8\xa9]|\xc2[\x85\xa0]"
_AT_END = r"[,)\]}'.:!?|*]+(?:[\x00-\x20\"<>`]|\z)"
_STOP = compile_pattern(
    rf"[,)\]}}'|][^A-Za-z0-9_%~+/=\-]|{_AT_END}|,[\"']?[\w.\-]{{1,40}}[\"']?[=:]|\\\z|{_TYPOGRAPHIC}"
)
_QUERY_STOP = compile_pattern(rf"#|[)\]}}',|][^A-Za-z0-9_%~+/=()*'!.&\-]|{_AT_END}|{_TYPOGRAPHIC}")
_ENCODED_KEPT = r"25|2[148-9AaBbDdEeFf]|3[0-9AaDdFf]|[4689A-Fa-f][0-9A-Fa-f]|5[0-9A-CEFa-cef]|7[0-9A-CEa-ce]"

_LONGEST_REST = 400
_WIDE = 60
_LONG = 32
_WRAPPED = compile_pattern(r"[A-Za-z0-9._~+/=%\-]+")
_SPLIT = compile_pattern(r"[A-Za-z0-9._~+/=%|!:$*\-]+")
_NEXT_LINE = compile_pattern(r"\r?\n[ \t|>]{0,200}([A-Za-z0-9._~+/=%\-]+)")
_NEXT_QUOTED = compile_pattern(r"\r?\n[ \t|>]{0,200}([A-Za-z0-9._~+/=%|!:$*\-]+)")
_MOST_LINES = 2_000
_SHORTEST_PIECE = 8
_SHORTEST_PREFIX, _LONGEST_PREFIX = 8, 200
_SOFT_BREAK = range(73, 77)  # line lengths at which quoted-printable (RFC 2045, 6.7) breaks a line with "="
_DIGITS_ALIKE = bytes.maketrans(b"123456789", b"000000000")


@dataclass(frozen=True, slots=True)
class Value:
    """A value where it stands.

    Attributes:
        parts: its byte ranges, more than one when it is wrapped; empty when there is no value.
        end: where to go on looking.
        quoted: whether quotes delimit it.
        joined: whether a placeholder follows without a gap.
        marks: `leading_space`, `trailing_space`: white space that was left outside the parts.
    """

    parts: tuple[Part, ...]
    end: int
    quoted: bool = False
    joined: bool = False
    marks: tuple[str, ...] = ()

    def raw(self, data: bytes) -> bytes:
        """The value as written."""
        return b"".join([data[start:end] for start, end in self.parts])


def read_value(data: bytes, start: int, quote: bytes = b"", level: int = 0, *, query: bool = False) -> Value:
    """Read the value that begins at `start`.

    Args:
        data: the text.
        start: behind the opening quote, if there is one.
        quote: the opening quote as written.
        level: percent-encoding layers of its separators.
        query: it stands in a query string or form body, where brackets and apostrophes may be part of it.
    """
    if quote:
        end = _closing(data, start, quote)
        if end is not None:
            return _trimmed(data, start, end)
    bare = read_bare(data, start, level, query=query, open_quote=bool(quote))
    if quote[-1:] == b'"' and bare.parts and len(bare.parts) == 1:
        # The closing quote is lost (a cut-off log line): what is left of the line belongs to the value.
        line_end = data.find(b"\n", bare.end, bare.end + _LONGEST_REST)
        if line_end < 0 and len(data) <= bare.end + _LONGEST_REST:
            line_end = len(data)
        if line_end > bare.end:
            return _trimmed(data, start, line_end)
    return bare


def read_bare(data: bytes, start: int, level: int = 0, *, query: bool = False, open_quote: bool = False) -> Value:
    """Read a value that no quote delimits. Parameters as for `read_value`."""
    found = (_encoded(level) if level else _BARE).match(data, start)
    if found is None:
        return Value((), start, joined=is_joined(data, start))
    end = found.end()
    stop = (_QUERY_STOP if query else _STOP).search(data[start : end + 1])
    goes_on = open_quote and data[end : end + 1] in (b"\n", b"\r")  # behind the line break, so that no sentence ends
    if stop is not None and not (goes_on and start + stop.start() == end - 1):
        end = start + stop.start()
    if end <= start:
        return Value((), start)
    parts = ((start, end), *continued(data, start, end, open_quote=open_quote))
    return Value(parts, parts[-1][1], joined=is_joined(data, parts[-1][1]))


def continued(data: bytes, start: int, end: int, *, open_quote: bool = False) -> tuple[Part, ...]:
    """The further lines of a value that a log wrapped: parts, one a line; mostly none.

    Args:
        data: the text.
        start: where the value begins.
        end: where its first line ends.
        open_quote: the value's quote is not closed yet, so that what follows certainly belongs to it.
    """
    if data[end : end + 1] not in (b"\n", b"\r") or end - start < _SHORTEST_PIECE:
        return ()
    line_start = data.rfind(b"\n", max(start - 2_000, 0), end) + 1
    width = end - (line_start or max(start - 2_000, 0))
    if data[end - 1 : end] == b"=" and width in _SOFT_BREAK:
        soft = _NEXT_LINE.match(data, end)
        if soft is None or data[soft.start(1) - 1 : soft.start(1)] != b"\n":
            return ()
        return (soft.span(1), *continued(data, *soft.span(1)))
    prefix = _prefix(data, line_start, start, end) if width >= _WIDE else 0
    if not prefix and not open_quote and (end - start < _LONG or width < _WIDE):
        return ()
    if not (_SPLIT if prefix or open_quote else _WRAPPED).fullmatch(data, max(start, end - 200), end):
        return ()
    parts: list[Part] = []
    at = 0
    first_prefix = shape(data[line_start : line_start + prefix])
    while len(parts) < _MOST_LINES:
        if prefix:
            at = data.find(b"\n", end) + 1
            if shape(data[at : at + prefix]) != first_prefix:
                break
            found = _SPLIT.match(data, at + prefix)
            begin, end = found.span() if found else (0, 0)
        else:
            found = (_NEXT_QUOTED if open_quote else _NEXT_LINE).match(data, end)
            begin, end = found.span(1) if found else (0, 0)
        if found is None:
            break
        piece = data[begin:end]
        after = data[end : end + 1]
        closed = after in (b'"', b"'", b"&", b"\\", b"")
        if not (closed or after in (b"\n", b"\r")) or is_guid(piece) or is_dated(piece):
            break
        # A log that splits messages fills its lines; the last one ends with the value.
        ends = bool(prefix) and (after in (b'"', b"'", b"&") or end - at == width)
        if not (open_quote or ends or looks_random(piece, 8) or (closed and _has_digit_and_letter(piece))):
            break
        parts.append((begin, end))
        if closed:
            break
    return tuple(parts)


def shape(text: bytes) -> bytes:
    """A text without what differs between the prefixes of two log lines: all digits are alike."""
    return text.translate(_DIGITS_ALIKE)


def _prefix(data: bytes, line_start: int, start: int, end: int) -> int:
    """Length of what a log puts before each line, when it split one message over several: time, level, name."""
    following = data.find(b"\n", end) + 1
    if not following:
        return 0
    first = shape(data[line_start : min(start, line_start + _LONGEST_PREFIX)])
    second = shape(data[following : following + len(first)])
    same = next(
        (at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    while same and first[same - 1] not in b" \t|:>":
        same -= 1
    return same if same >= _SHORTEST_PREFIX and b"0" in first[:same] else 0


def _has_digit_and_letter(piece: bytes) -> bool:
    return len(piece) < 200 and any(byte in b"0123456789" for byte in piece) and not piece.isdigit()


def _closing(data: bytes, start: int, quote: bytes) -> int | None:
    """Where the quote that was opened is closed on the same line.

    A quote inside a string that is itself inside strings carries as many backslashes as it takes to get there. The
    closing one carries as many as the opening one, after any number of escaped backslashes of the value.
    """
    slash, char = _split_quote(quote)
    depth = (len(quote) - len(char)) // len(slash)
    period = 2 * (depth + 1)
    at = start
    while True:
        at = data.find(char, at)
        if at < 0:
            return None
        run = at
        while run - len(slash) >= start and data[run - len(slash) : run].upper() == slash:
            run -= len(slash)
        slashes = (at - run) // len(slash)
        if slashes % period == depth or (slashes < depth and slashes % 2):
            end = at - depth * len(slash)
            return None if data.find(b"\n", start, end) >= 0 else end
        if not slashes:
            return None if data.find(b"\n", start, at) >= 0 else at  # the string around it ends
        at += 1


def _split_quote(quote: bytes) -> tuple[bytes, bytes]:
    """What a backslash and the bare quote look like in this escaping."""
    if quote[:1] == b"%":
        at = quote.rfind(b"%")
        return quote[at:].upper()[:-2] + b"5C", quote[at:]
    if quote[-1:] in (b'"', b"'", b"`"):
        return b"\\", quote[-1:]
    return b"\\", quote.lstrip(b"\\") if quote[-4:-2] != b"u0" else quote[quote.rfind(b"\\") :]


def _trimmed(data: bytes, start: int, end: int) -> Value:
    """Leave white space at the borders of a quoted value visible: it is a frequent cause of trouble."""
    inner = data[start:end]
    left = len(inner) - len(inner.lstrip(b" \t\r"))
    right = len(inner.rstrip(b" \t\r"))
    if left >= right:
        return Value((), end, quoted=True)
    marks = (("leading_space",) if left else ()) + (("trailing_space",) if right < len(inner) else ())
    return Value(((start + left, start + right),), end, quoted=True, marks=marks)


def _encoded(level: int) -> Pattern:
    percent = "%" + "25" * (level - 1)
    unit = rf"[^\x00-\x20\x7f%&\"'<>;,\\`]|{percent}(?:{_ENCODED_KEPT})"
    return compile_pattern(f"(?:{unit})+")
