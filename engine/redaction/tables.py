"""Values whose names stand elsewhere: in a column's head (CSV, SQL), in the neighbouring cell, in a sentence, in a part's header.

Sources: RFC 4180 (CSV), RFC 7578 (multipart/form-data).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from ..linear import Match
from .forms import decode, is_cut_off, is_joined
from .harmless import is_code, is_dummy, is_error_code, is_path, is_plain_word, is_statement, is_words
from .model import Finder, Finding
from .names import GROUPS, NAME, STEM, Strength, kind_of
from .patterns import compile_pattern
from .randomness import is_dated, is_guid, looks_random
from .values import QUOTE

# A line of column names, one of them a secret's.
_HEAD = compile_pattern(rf"(?im:^(?:[\w.\- ,;\t\"]*[,;\t])?\"?[\w.\-]*{NAME}\"?(?:[,;\t][\w.\- ,;\t\"]*)?\r?$)")
_WHOLE_NAME = compile_pattern(rf"(?i)[\w.\- ]*?{NAME}")
_FIELDS = {
    separator: compile_pattern(rf"(\"(?:[^\"\n]|\"\")*\"|[^{separator}\"\n\r]*)({separator}|\r?\n|\z)")
    for separator in (",", ";", r"\t")
}
_MOST_COLUMNS = 400

_INSERT = compile_pattern(
    rf"(?i:\binsert\s{{1,20}}into\s[^()\n]{{1,200}}\([^()]*{NAME}[^()]*\)\s{{0,40}}values\s{{0,20}}\()"
)
_LITERAL = compile_pattern(r"\s*('(?:[^'\\]|''|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^,()'\"]*)\s*([,)]?)")
_NEXT_ROW = compile_pattern(r"\s*,\s*\(")

# <td>client_secret</td><td>...</td>, | client_secret | ... |
_CELL = compile_pattern(
    rf"(?i:(?:<t[dh][^<>\n]{{0,100}}>|\|)[\s`*]{{0,20}}[\w.\- ]{{0,40}}?{NAME}[\s:`*]{{0,20}}"
    r"(?:</t[dh]>\s{0,40}<t[dh][^<>\n]{0,100}>|\|)[\s`*]{0,20})"
)
_CELL_VALUE = compile_pattern(r"[^<>|`\s]+")

# "I set the client secret to ...", "`client_secret` is `...`"
_SENTENCE = compile_pattern(rf"(?i:{NAME}(?:{QUOTE})?\s(?:is|was|to|as)(?:\s(?:now|set\sto))?\s:?(?:{QUOTE})?)")
_TOLD_VALUE = compile_pattern(r"[^\s\"'`<>|]+")

# A part of a form: its name in a header, then an empty line, then the value. Line breaks may be escaped.
_BREAK = r"(?:\r?\n|(?:\\{1,8}r)?\\{1,8}n)"
_PART = compile_pattern(
    rf"(?i:form-data;\s{{0,4}}name=(?:{QUOTE})?[\w.\-]{{0,40}}?{NAME}(?:{QUOTE})?(?:{_BREAK}[a-z][^\r\n\\]{{0,200}}){{0,3}}{_BREAK}{_BREAK})"
)
_PART_VALUE = compile_pattern(r"[^\r\n\\]+")

_LONGEST_DOUBT = 256
_SHORTEST_TOLD = 8


def _find_columns(data: bytes, start: int, end: int) -> Iterator[Finding]:
    heads: dict[str, deque[int]] = {separator: deque() for separator in _FIELDS}
    for head in _HEAD.finditer(data, start, end):
        names = head[0] or b""
        separator = max(_FIELDS, key=lambda char: names.count(char.replace(r"\t", "\t").encode("ascii")))
        heads[separator].append(head.start())
    for separator, places in heads.items():
        while places:
            yield from _below(data, places, separator)


def _find_inserted(data: bytes, start: int, end: int) -> Iterator[Finding]:
    for insert in _INSERT.finditer(data, start, end):
        yield from _inserted(data, insert)


def _find_cells(data: bytes, start: int, end: int) -> Iterator[Finding]:
    at = start
    while cell := _CELL.search(data, at, end):
        at = cell.end()
        yield from _beside(data, cell, _CELL_VALUE.match(data, at), random=False)


def _find_told(data: bytes, start: int, end: int) -> Iterator[Finding]:
    at = start
    while told := _SENTENCE.search(data, at, end):
        at = told.end()
        yield from _beside(data, told, _TOLD_VALUE.match(data, at), random=True)


def _find_form_parts(data: bytes, start: int, end: int) -> Iterator[Finding]:
    for part in _PART.finditer(data, start, end):
        yield from _beside(data, part, _PART_VALUE.match(data, part.end()), random=False)


def _below(data: bytes, heads: deque[int], separator: str) -> Iterator[Finding]:
    """The secret columns of the rows below the first head: of as many as have its number of fields.

    A further head among them adds its columns and is taken from the list, so that no row is read twice.
    """
    names = _row(data, heads.popleft(), separator)
    if len(names) < 2:
        return
    columns = _secret_columns(data, names)
    at = names[-1][1]
    while columns:
        at = data.find(b"\n", at) + 1
        if not at or at >= len(data):
            return
        row = _row(data, at, separator)
        if len(row) != len(names):
            return
        for number, kind, strength in columns:
            first, last = row[number]
            if _is_secret(data, first, last, kind, strength):
                yield Finding(((first, last),), kind, 2)
        if heads and heads[0] == at:
            heads.popleft()
            columns |= _secret_columns(data, row)
        at = row[-1][1]


def _secret_columns(data: bytes, names: Iterable[tuple[int, int]]) -> dict[tuple[int, str, Strength], None]:
    """Number of each column of that name, and what the name means."""
    found = ((number, _column(data[first:last])) for number, (first, last) in enumerate(names))
    return {(number, *meant): None for number, meant in found if meant is not None}


def _row(data: bytes, at: int, separator: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    while len(spans) < _MOST_COLUMNS and (field := _FIELDS[separator].match(data, at)):
        first, last = field.span(1)
        quoted = data[first : first + 1] == b'"' and last - first > 1
        spans.append((first + 1, last - 1) if quoted else (first, last))
        at = field.end()
        if field[2] in (b"", b"\n", b"\r\n"):
            return spans
    return []


def _column(name: bytes) -> tuple[str, Strength] | None:
    found = _WHOLE_NAME.fullmatch(name.strip(b" \"'`[]\r\n\t"))
    return kind_of(_name(found)) if found else None


def _name(found: Match) -> bytes:
    return next(name for group in range(1, GROUPS + 1) if (name := found[group]))


def _inserted(data: bytes, insert: Match) -> Iterator[Finding]:
    text = insert[0] or b""
    names = text[text.find(b"(") + 1 : text.rfind(b")")].split(b",")
    columns = {number: kind for number, name in enumerate(names) if (kind := _column(name)) is not None}
    at = insert.end()
    number = 0
    while (literal := _LITERAL.match(data, at)) and literal.end() > at:
        first, last = literal.span(1)
        if data[first : first + 1] in (b"'", b'"'):
            first, last = first + 1, last - 1
        if number in columns and _is_secret(data, first, last, *columns[number]):
            yield Finding(((first, last),), columns[number][0], 2)
        at = literal.end()
        number += 1
        if literal[2] == b",":
            continue
        following = _NEXT_ROW.match(data, at)
        if literal[2] != b")" or following is None:
            return
        at, number = following.end(), 0


def _beside(data: bytes, named: Match, value: Match | None, *, random: bool) -> Iterator[Finding]:
    if value is None:
        return
    kind, strength = kind_of(_name(named))
    first, last = value.span()
    last = first + len(data[first:last].rstrip(b".,;:!?)*\"' "))
    if random and not (strength == "strong" and kind == "password" and _is_mixed(data[first:last])):
        core = decode(data[first:last]).core[:_LONGEST_DOUBT]
        if not looks_random(core) or is_error_code(core) or last - first < _SHORTEST_TOLD or b"(" in core:
            return
    if _is_secret(data, first, last, kind, strength):
        yield Finding(((first, last),), kind, 2)


def _is_mixed(core: bytes) -> bool:
    return len(core) >= _SHORTEST_TOLD and any(byte in b"0123456789" for byte in core) and not core.isdigit()


def _is_secret(data: bytes, first: int, last: int, kind: str, strength: Strength) -> bool:
    if last <= first or is_joined(data, last) or kind in ("authorization", "cookies", "set_cookie"):
        return False
    if last - first > _LONGEST_DOUBT:
        return True
    core = decode(data[first:last]).core
    if (
        not core
        or is_dummy(core)
        or is_statement(core)
        or is_cut_off(data, last, core)
        or is_path(core)
        or is_code(core)
        or is_words(core)
        or (is_dated(core) and kind != "password")
        or (core.isdigit() and kind not in ("password", "otp"))
    ):
        return False
    if kind == "password":
        return strength == "strong" and not is_error_code(core)
    if strength == "strong":
        return not is_plain_word(core) and not is_error_code(core)
    return looks_random(core) and not is_guid(core)


FINDERS = (
    Finder(rf"(?im)^[\w.\- ,;\t\"]*{STEM}[\w.\- ,;\t\"]*\r?$", _find_columns, below=True),
    Finder(r"(?i)\binsert\s+into\s", _find_inserted),
    Finder(rf"(?i){STEM}[\w.\- :`*]*(?:</t[dh]>|\|)", _find_cells),
    Finder(rf"(?i){STEM}[\w\- ]*(?:{QUOTE})?\s(?:is|was|to|as)\s", _find_told),
    Finder(r"(?i)form-data;", _find_form_parts),
)
