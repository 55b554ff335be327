"""Other ways to read a text: unescaped, and as derived lines (URL parts, JSON members, headers, JWT claims, ...).

Each derived line is plain text with a fixed beginning (`param redirect_uri=...`), so that signatures can match what a
text *contains* as well as how it is written. docs/authoring.md lists the forms. This module knows no OAuth word.
Everything here sees redacted text only.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import re2

from ..linear import Match, Pattern, direct
from ..redaction import Redacted, Redactor

SHAPES = "--- what the removed secrets looked like ---"  # heading of the part of a stored text that tells it
_MOST_DERIVED = 2_000
_LONGEST_VALUE = 2_000
_LONGEST_JSON = 200_000
_MOST_JSON_STARTS = 200
_DEEPEST = 12


def _in_bytes(pattern: str) -> Pattern:
    """Searched in UTF-8: these match in nearly every line, and the package would convert the text for each match."""
    return direct(re2.compile(pattern.encode()))


# A value may be a placeholder of ours (<state:1>) or one that somebody put in by hand (client_id=<redacted>).
_MASKED = r"<[a-z_]+:[0-9]+>|=<[\w :.\-]{1,40}>"
_URL = re2.compile(rf"[a-zA-Z][a-zA-Z0-9+.\-]{{1,30}}://(?:[^\s\"'<>`\\^{{|}}\x00]|{_MASKED})+")
_HOST = re2.compile(r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?\.){1,8}[a-zA-Z]{2,24}")
_BREAK = re.compile(r"\n")
_HEADER = _in_bytes(r"(?m)^[<>*|\s\"'\[]{0,12}([A-Za-z][A-Za-z0-9\-]{1,40})[\"']?:[ \t]*(\S.*)$")
# A number of milliseconds (09:12:33,402 ERROR) is no status.
_STATUS = _in_bytes(
    r"(?i)\bHTTP/[0-9.]{1,3}[\"']?\s{1,3}([1-5][0-9]{2})\b(?:[ \t]([A-Za-z' \-]{2,40}))?"
    r"|\bHTTP[ /:_-]{0,2}(?:status|response|error)?[ _-]?(?:code)?[ :=]{0,3}([1-5][0-9]{2})\b"
    r"|\bstatus(?:[ _-]?code)?[\"']?[ ]?[:=]{0,2}[ ]?[\"'(]?([1-5][0-9]{2})\b"
    r"|\b(?:error|code|response|returned|got|with)[ :=]{1,2}(4[0-9]{2}|5[0-9]{2})\b"
    r"|(?:(?m:^)|[^\w.,\n])([45][0-9]{2})[ :,\-]{1,3}(?:\(?(?:Unauthorized|Forbidden|Bad Request|Not Found|Internal Server|Too Many"
    r"|Bad Gateway|Service Unavailable|Gateway Time|Method Not|Unprocessable|Conflict|Gone|Request Header|error))"
)
_PAIR = rf"[A-Za-z_][A-Za-z0-9_.\-]{{0,40}}(?:=(?:[^\s&\"'<>]|<[a-z_]+:[0-9]+>)*|{_MASKED})"
_FORM = re2.compile(rf"(?:^|[\s\"'?;(])((?:{_PAIR}&)+{_PAIR})")
_BASE64 = _in_bytes(r"[A-Za-z0-9+/_\-]{24,}={0,2}")
_ESCAPES = ('\\"', "\\n", "\\u00", "&quot;", "&amp;", "&#", "&lt;", "%2", "%3", "\\/", "’", "‘", "“", "”", "\\'", "=3D")
_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " "})


@dataclass(frozen=True, slots=True)
class Document:
    """A text prepared for matching.

    Attributes:
        text: the redacted text, the unescaped form of lines that have one, and the derived lines.
        data: the same as UTF-8, which is what patterns search; places in it are byte offsets.
        lines: the redacted text's own lines, for excerpts.
    """

    text: str
    data: bytes
    lines: tuple[str, ...]
    _starts: tuple[int, ...]
    _sources: tuple[int, ...]
    hosts: tuple[tuple[str, int], ...]

    def line_of(self, offset: int) -> int:
        """The 1-based line of the input behind a byte offset in `data`."""
        return self._sources[bisect_right(self._starts, offset) - 1]


def read_document(redacted: Redacted, redactor: Redactor) -> Document:
    """Prepare a redacted text for matching. Time and memory are linear in its length."""
    lines = redacted.text.split("\n")
    pieces = list(lines)
    sources = list(range(1, len(lines) + 1))
    plain = _unescape(redacted.text)
    plain_lines = plain.split("\n")
    if plain != redacted.text and len(plain_lines) == len(lines):
        pieces.append("\x00")
        sources.append(len(lines))
        for number, (raw, unescaped) in enumerate(zip(lines, plain_lines, strict=True), start=1):
            if raw != unescaped:
                pieces.append(unescaped)
                sources.append(number)
    counted = 0
    derived = [*secret_lines(redacted), *_derived(plain, redactor)]
    pieces.append("\x00")
    sources.append(len(lines))
    seen: set[str] = set()
    for line, text in derived:
        if counted >= _MOST_DERIVED:
            break
        if text not in seen:
            seen.add(text)
            pieces.append(text)
            sources.append(min(line, len(lines)))
            counted += 1
    encoded = [piece.encode("utf-8", "replace") for piece in pieces]
    starts = []
    offset = 0
    for part in encoded:
        starts.append(offset)
        offset += len(part) + 1
    hosts = tuple({(found, line): None for line, found in _hosts(plain)})
    return Document("\n".join(pieces), b"\n".join(encoded), tuple(lines), tuple(starts), tuple(sources), hosts)


def _unescape(text: str) -> str:
    """Remove JSON, HTML and percent escapes and typographic quotes; line breaks stay where they are."""
    if not any(escape in text for escape in _ESCAPES):
        return text
    text = text.translate(_QUOTES)
    if "&" in text:
        text = "\n".join(html.unescape(line).replace("\n", " ") for line in text.split("\n"))
    if "\\" in text:
        text = _UNICODE_ESCAPE.sub(lambda match: _printable(chr(int(match[1], 16))), text)
        for _ in range(3):
            if '\\"' not in text:
                break
            text = text.replace('\\\\"', '\\"').replace('\\"', '"')
        text = text.replace("\\/", "/").replace("\\r", " ").replace("\\n", " ").replace("\\t", " ").replace("\\'", "'")
    if "%" in text:
        text = "\n".join(_unquote(line) if "%" in line else line for line in text.split("\n"))
    return text


def _printable(char: str) -> str:
    return char if char.isprintable() else " "


def _unquote(line: str) -> str:
    for _ in range(2):
        decoded = unquote(line, errors="replace")
        if decoded == line:
            break
        line = "".join(char if char.isprintable() or char == "\t" else " " for char in decoded)
    return line


def secret_lines(redacted: Redacted) -> Iterator[tuple[int, str]]:
    """What is known about the form of the secrets that were removed: (1-based line, derived line)."""
    for secret in redacted.secrets:
        name = secret.placeholder.strip("<>")
        yield secret.line, " ".join(["secret", name, f"length={secret.length}", *secret.form])
        for what, members in (("header", secret.header), ("claim", secret.claims)):
            for key, value in members.items():
                for item in value if isinstance(value, (list, tuple)) else [value]:
                    yield secret.line, f"jwt {what}.{key}={_scalar(item)}"


def _derived(text: str, redactor: Redactor) -> Iterator[tuple[int, str]]:
    breaks = [match.start() for match in _BREAK.finditer(text)]

    def line(offset: int) -> int:
        return bisect_right(breaks, offset - 1) + 1

    yield from ((line(offset), found) for offset, found in _url_lines(text))
    yield from ((line(offset), found) for offset, found in _form_lines(text))
    yield from ((line(offset), found) for offset, found in _json_lines(text))
    data = text.encode("utf-8", "replace")
    for place, match in _placed(_HEADER, data, 1):
        yield place, f"header {_group(match, 1).lower()}={_group(match, 2).rstrip()}"
    for place, match in _placed(_STATUS, data):
        which = next(which for which in (1, 3, 4, 5, 6) if match[which])
        yield place, f"status {_group(match, which)} {_group(match, 2)}".rstrip()
    for place, match in _placed(_BASE64, data):
        decoded = _decode_base64(_group(match, 0))
        if decoded:
            safe = redactor.redact(decoded).text.replace("\n", " ")
            yield place, f"base64 {safe[:_LONGEST_VALUE]}"
            yield from ((place, found) for _, found in _json_lines(safe))


def _placed(pattern: Pattern, data: bytes, group: int = 0) -> Iterator[tuple[int, Match]]:
    """The matches, each with the number of the line in which a group of it begins."""
    number, at = 1, 0
    for match in pattern.finditer(data):
        start = match.start(group)
        number += data.count(b"\n", at, start)
        at = start
        yield number, match


def _group(match: Match, which: int) -> str:
    return (match[which] or b"").decode("utf-8", "replace")


def _hosts(text: str) -> Iterator[tuple[int, str]]:
    number = 1
    for part in text.split("\n"):
        if "." in part:
            for match in _HOST.finditer(part):
                yield number, match[0].lower()
        number += 1


def _url_lines(text: str) -> Iterator[tuple[int, str]]:
    if "://" not in text:
        return
    for match in _URL.finditer(text):
        url = match[0].rstrip(".,;:)]!")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            continue
        at = match.start()
        yield at, f"url.scheme={parts.scheme.lower()}"
        if host:
            yield at, f"url.host={host}"
        if port:
            yield at, f"url.port={port}"
        if parts.path:
            yield at, f"url.path={parts.path}"
        for query in (parts.query, parts.fragment):
            yield from ((at, found) for found in _parameters(query))


def _form_lines(text: str) -> Iterator[tuple[int, str]]:
    if "&" not in text:
        return
    for match in _FORM.finditer(text):
        yield from ((match.start(1), found) for found in _parameters(match[1]))


def _parameters(query: str) -> Iterator[str]:
    if "=" not in query:
        return
    seen: set[str] = set()
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return
    for name, value in pairs:
        yield f"param {name}={_one_line(value)}"
        if name in seen:
            yield f"param.twice {name}"
        seen.add(name)


def _json_lines(text: str) -> Iterator[tuple[int, str]]:
    decoder = json.JSONDecoder()
    at = -1
    tries = 0
    while tries < _MOST_JSON_STARTS:
        at = text.find("{", at + 1)
        if at < 0:
            return
        following = text[at + 1 : at + 200].lstrip()[:1]
        if following not in ('"', "}"):
            continue
        tries += 1
        try:
            value, length = decoder.raw_decode(text[at : at + _LONGEST_JSON])
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and value:
            yield from ((at, found) for found in _flat(value, "", 0))
            at += length - 1


def _flat(value: Any, path: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list):
        for item in value[:50]:
            yield from _flat(item, f"{path}[]", depth + 1)
    else:
        text = _scalar(value)
        yield f"json {path}={text}"
        if isinstance(value, str) and value.startswith("{"):
            yield from (found for _, found in _json_lines(value[:_LONGEST_JSON]))


def _scalar(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return _one_line(str(value))


def _one_line(value: str) -> str:
    return " ".join(value.split("\n"))[:_LONGEST_VALUE]


def _decode_base64(value: str) -> str | None:
    """The text behind a base64 fragment, when it is printable text and not a word that happens to decode."""
    if value.isalpha() or len(value) < 24:
        return None
    try:
        raw = base64.b64decode(
            value.translate(str.maketrans("-_", "+/")).rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)
        )
        text = raw.decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return text if text.strip() and all(char.isprintable() or char in "\r\n\t" for char in text) else None
