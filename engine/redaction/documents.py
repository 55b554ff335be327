"""JSON, HAR and JSON lines: what was valid stays valid, and what strings hold is redacted behind their escapes.

The text as a whole is redacted like any other: names, pairs and copies are found across all members. Before that,
strings that hold more than one line or a document of their own (bodies, header dumps, stack traces), and bodies in
base64 (HAR 1.2 `content.encoding`, API gateways' `isBase64Encoded`), are decoded, redacted and encoded again. Nothing
else of the document changes by a byte.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass

from .echoes import Memory
from .model import Secret
from .patterns import compile_pattern
from .redactor import Redactor

_TOKEN = compile_pattern(r"\"(?:[^\"\\]|\\.)*\"|[{}\[\],:]")
_STRING = compile_pattern(r"\"(?:[^\"\\]|\\.)*\"")
_OTHER = compile_pattern(r"[{}\[\],:\"]|[^\s{}\[\],:\"]+")
_BODY_NAMES = frozenset((b'"text"', b'"body"', b'"data"', b'"content"'))
_BASE64_MARKS = frozenset((b'"encoding"', b'"isBase64Encoded"', b'"base64Encoded"'))


@dataclass(slots=True)
class _Open:
    """An object or array that is being read."""

    is_object: bool
    name: bytes = b""
    body: tuple[int, int] | None = None
    encoded: bool = False
    after_colon: bool = False


def is_json(data: bytes) -> bool:
    """Whether a text is one JSON object or array."""
    if data.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return True


def _has_members_of(redacted: bytes, data: bytes) -> bool:
    """Whether a text is JSON with as many members at every place as valid JSON that it was made of."""
    try:
        return _alike(json.loads(redacted.decode("utf-8")), json.loads(data.decode("utf-8")))
    except (ValueError, RecursionError):
        return False


def _alike(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return len(one) == len(other) and all(map(_alike, one.values(), other.values()))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return not isinstance(one, dict | list) and not isinstance(other, dict | list)


def redact_json(data: bytes, redactor: Redactor, memory: Memory | None = None) -> tuple[bytes, tuple[Secret, ...]]:
    """Redact one valid JSON text; the result is valid too, with the same members in the same order.

    Args:
        data: UTF-8, without a byte order mark.
        redactor: whose numbering is used.
        memory: see `Redactor.redact_bytes`.
    """
    memory = Memory() if memory is None else memory
    data, inner = _redact_strings(data, redactor, memory)
    whole, secrets = redactor.redact_bytes(data, memory)
    if secrets and not _has_members_of(whole, data):
        # What was replaced reached beyond its string. Rare enough to be done again, string by string.
        whole, secrets = _redact_leaves(data, redactor, memory)
    return whole, (*inner, *secrets)


def redact_json_lines(
    data: bytes, redactor: Redactor, memory: Memory | None = None
) -> tuple[bytes, tuple[Secret, ...]]:
    """Redact lines of text of which any may be JSON; those stay valid. Parameters as for `redact_json`."""
    memory = Memory() if memory is None else memory
    lines = data.split(b"\n")
    found: list[Secret] = []
    for number, line in enumerate(lines):
        if (b"\\" in line or b"ase64" in line) and line.lstrip()[:1] in (b"{", b"[") and is_json(line):
            lines[number], inner = _redact_strings(line, redactor, memory)
            found += inner
    before = b"\n".join(lines)
    after, secrets = redactor.redact_bytes(before, memory)
    if not secrets:
        return after, tuple(found)
    redacted = after.split(b"\n")
    for number, (old, new) in enumerate(zip(lines, redacted, strict=True)):
        if old != new and is_json(old) and not _has_members_of(new, old):
            redacted[number], _ = _redact_leaves(old, redactor, memory)
    return b"\n".join(redacted), (*found, *secrets)


def _redact_strings(data: bytes, redactor: Redactor, memory: Memory) -> tuple[bytes, list[Secret]]:
    """Redact what must be decoded first."""
    if b"\\" not in data and not any(mark in data for mark in _BASE64_MARKS):
        return data, []
    written = bytearray()
    secrets: list[Secret] = []
    at = 0
    for start, end, is_base64 in _strings(data):
        redacted = _redact_string(data[start:end], is_base64, redactor, memory, secrets)
        if redacted is not None:
            written += data[at:start] + redacted
            at = end
    return bytes(written + data[at:]), secrets


def _redact_string(
    written: bytes, is_base64: bool, redactor: Redactor, memory: Memory, secrets: list[Secret]
) -> bytes | None:
    """The string with its quotes, or nothing when it holds no secret."""
    text = json.loads(written) if is_base64 or b"\\" in written else ""
    if is_base64:
        try:
            body = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return None
    else:
        body = text.encode("utf-8", "surrogatepass")
    own = Memory()  # copies in all other members are found at the end, together
    body, found = redact_json(body, redactor, own) if is_json(body) else redactor.redact_bytes(body, own)
    memory.update(own)
    secrets += found
    if not found:
        return None
    if is_base64:
        return b'"' + base64.b64encode(body) + b'"'
    return json.dumps(body.decode("utf-8", "surrogatepass")).encode("ascii")


def _strings(data: bytes) -> Iterator[tuple[int, int, bool]]:
    """The string values that may need decoding, in order: start, end (with their quotes), whether they are base64."""
    found: list[tuple[int, int, bool]] = []
    stack: list[_Open] = []
    for token in _TOKEN.finditer(data):
        start, end = token.span()
        kind = data[start : start + 1]
        if kind in (b"{", b"["):
            stack.append(_Open(kind == b"{"))
        elif kind in (b"}", b"]"):
            closed = stack.pop()
            if closed.encoded and closed.body:
                found.append((*closed.body, True))
            elif closed.body:
                found.append((*closed.body, False))
        elif kind == b":":
            stack[-1].after_colon = True
            if stack[-1].name in _BASE64_MARKS and data[end : end + 8].strip()[:4] == b"true":
                stack[-1].encoded = True
        elif kind == b",":
            stack[-1].after_colon = False
        else:
            inside = stack[-1]
            if inside.is_object and not inside.after_colon:
                inside.name = data[start:end]
            elif inside.is_object and inside.name in _BASE64_MARKS and data[start:end] == b'"base64"':
                inside.encoded = True
            elif inside.is_object and inside.name in _BODY_NAMES and inside.body is None:
                inside.body = (start, end)
            elif b"\\" in data[start:end]:
                found.append((start, end, False))
    yield from sorted(found)


def _redact_leaves(data: bytes, redactor: Redactor, memory: Memory) -> tuple[bytes, tuple[Secret, ...]]:
    """Redact every value by itself, together with its name, or with the pair of name and value that HAR makes of it."""
    written = bytearray()
    secrets: list[Secret] = []
    at = 0
    name = named = b""
    is_value = False
    for token in _OTHER.finditer(data):
        start = token.start()
        kind = data[start : start + 1]
        if start < at:
            continue
        if kind in b"{}[],:":
            is_value = kind == b":" or (is_value and kind == b"[")
            continue
        string = _STRING.match(data, start) if kind == b'"' else None
        end = string.end() if string else token.end()
        value = data[start:end]
        if string and not is_value and data[end : end + 64].lstrip()[:1] == b":":
            name = value
            written += data[at:end]
            at = end
            continue
        context = b""
        if is_value and name == b'"value"' and named:
            context = b'"name": ' + named + b', "value": '
        elif is_value and name:
            context = name + b": "
        if name in (b'"name"', b'"key"'):
            named = value
        redacted, found = redactor.redact_bytes(context + value, memory)
        replacement = redacted[len(context) :]
        if found and not (redacted.startswith(context) and _is_value(replacement)):
            replacement = b'"' + found[0].placeholder.encode("ascii") + b'"'
        secrets += found
        written += data[at:start] + replacement
        at = end
    return bytes(written + data[at:]), tuple(secrets)


def _is_value(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
