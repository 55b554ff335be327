"""From a value as it is written to what it is: decoding, identity, form.

The same secret is written in many ways on its way from a provider's database to a log: `4/0A`, `4%2F0A`, `4%252F0A`,
`4\\/0A`, `4&#x2F;0A`. All of them decode to one value.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from ..linear import Match
from .harmless import LONGEST_VISIBLE, PLACEHOLDER
from .patterns import compile_pattern
from .randomness import is_guid

_DEEPEST = 5
_PERCENT = compile_pattern(r"%[0-9A-Fa-f]{2}")
_PERCENT_TWICE = compile_pattern(r"%25(?:25)*[0-9A-Fa-f]{2}")
_ESCAPE = compile_pattern(r"\\+(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[\"'/`nrtbf&=?;]|\z)|\\\\+")
_ENTITY = compile_pattern(r"(?i)&(?:#[0-9]{2,6}|#x[0-9a-f]{2,5}|amp|quot|apos|lt|gt|sol|equals|plus);")
# As password stores write a hash: Django's and passlib's prefixes, crypt(3), LDAP and Spring Security.
_STORED_HASH = compile_pattern(
    r"\A(?:(?:pbkdf2_sha(?:1|256)|argon2|bcrypt(?:_sha256)?|scrypt|sha1|sha256|md5)\$"
    r"|\$(?:2[abxy]?|argon2(?:id|i|d)|pbkdf2[-\w]{0,12}|scrypt|1|5|6)\$"
    r"|\{(?:bcrypt|pbkdf2|scrypt|argon2|s?sha(?:256|512)?|ssha)(?:@\w{1,20})?\})"
)
_CONTROLS = {ord("n"): b"\n", ord("r"): b"\r", ord("t"): b"\t", ord("b"): b"\b", ord("f"): b"\f"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A value behind its encodings.

    Attributes:
        value: decoded as the receiver of the surrounding text would, UTF-8.
        core: the same without white space and quotes around it, and after all further decoding: what decides whether
            two values are the same secret.
        form: the part of `Secret.form` that shows in the writing.
    """

    value: bytes
    core: bytes
    form: tuple[str, ...]


def decode(raw: bytes, *, level: int = 0, form_encoded: bool = False, marks: tuple[str, ...] = ()) -> Decoded:
    """Undo JSON, HTML and percent encoding. Time linear in the length.

    Args:
        raw: the value as written, without its delimiters.
        level: percent-encoding layers of the surrounding text; they are undone first and not reported.
        form_encoded: `+` stands for a space.
        marks: forms known from elsewhere, reported as well.
    """
    form = list(marks)
    value = unescape(raw)
    for _ in range(level):
        value = unescape(unquote_to_bytes(value))
    if form_encoded:
        value = value.replace(b"+", b" ")
    if b"%" in value and _PERCENT.search(value):
        form.append("percent_encoded")
        if _PERCENT_TWICE.search(value):
            form.append("double_encoded")
        for _ in range(_DEEPEST):
            decoded = unescape(unquote_to_bytes(value))
            if decoded == value:
                break
            value = decoded
    core = value.strip()
    if core[:1] in (b'"', b"'") and core[:1] == core[-1:] and len(core) > 2:
        form.append("quoted")
        core = core[1:-1].strip()
    if value[:1].isspace():
        form.append("leading_space")
    if value[-1:].isspace():
        form.append("trailing_space")
    for mark, char in (("has_space", b" "), ("has_plus", b"+"), ("has_slash", b"/")):
        if char in core:
            form.append(mark)
    if is_guid(core):
        form.append("guid")
    if core[:1] in b"pabsm${" and _STORED_HASH.search(core):
        form.append("stored_hash")
    return Decoded(value, core, tuple(form))


def unescape(raw: bytes) -> bytes:
    """Undo the escapes of JSON, of source text and of HTML, also where they are applied more than once."""
    value = raw
    if b"&" in value:
        value = _ENTITY.sub(_entity, value)
        if b"&" in value:
            value = _ENTITY.sub(_entity, value)
    if b"\\" in value:
        value = _ESCAPE.sub(_escape, value)
    return value


def characters(value: bytes) -> int:
    """Length in characters; bytes that are no UTF-8 count one each."""
    return len(value.decode("utf-8", "surrogateescape"))


def is_joined(data: bytes, end: int) -> bool:
    """Whether a placeholder follows directly: what stands before it was judged together with it, and left."""
    return data[end : end + 1] == b"<" and PLACEHOLDER.match(data, end, min(len(data), end + 40)) is not None


def is_cut_off(data: bytes, end: int, core: bytes) -> bool:
    """Whether somebody cut a value off or masked its rest, and left too little to be of use: `eyJ0...`, `eyJ0****`."""
    return len(core) <= LONGEST_VISIBLE and data.startswith((b"...", b"\xe2\x80\xa6", b"***"), end)


def _escape(match: Match) -> bytes:
    written = (match[0] or b"").lstrip(b"\\")
    if not written:
        return b"\\"
    if written[0] in b"ux" and len(written) > 1:
        return chr(int(written[1:], 16)).encode("utf-8", "surrogatepass")
    return _CONTROLS.get(written[0], written)


def _entity(match: Match) -> bytes:
    return html.unescape((match[0] or b"").decode("ascii")).encode("utf-8", "surrogatepass")
