"""Generated values beside words that speak of secrets, where no other finder knows the name or the format.

Two places: after a word in prose ("Malformed auth code 4fG7..."), and under a name that merely contains such a word
(`webhookSecretV2: ...`, `x_session_blob=...`).
"""

from __future__ import annotations

from collections.abc import Iterator

from .forms import decode, is_joined
from .harmless import is_code, is_dummy, is_error_code, is_path, is_words
from .model import Finder, Finding
from .patterns import compile_pattern
from .randomness import is_dated, is_guid, looks_random
from .values import QUOTE, continued

_VALUE = r"[A-Za-z0-9_~.+/=%!\-]"
_PROSE_WORDS = r"tokens?(?:[ _-]hint)?|secret|credentials?|password|passphrase|verifier|assertion|code|cookie|bearer|session|signature|api[ _-]?key"
_BEFORE_VALUE = (
    r"(?:\s(?:is|was|to|value|string|with|of|received|given|provided|found|for))?(?:[\s:='\"`(\[]|\\\"|&quot;){1,5}"
)
_PROSE = compile_pattern(rf"(?i)\b({_PROSE_WORDS}){_BEFORE_VALUE}({_VALUE}{{16}})")
# "the password is hunter2": what people write into tickets.
_TOLD_PATTERN = (
    r"(?i)\b(password|passwd|passphrase|client secret|secret|api key)\s(?:is|was|to)(?:\snow)?[ \t:=]{1,3}[\"'`]?"
)
_TOLD = compile_pattern(rf"{_TOLD_PATTERN}([^\s\"'`<>]{{6,128}})")
_TOLD_KINDS = {b"client secret": "client_secret", b"api key": "api_key", b"secret": "credential"}
# Names that describe a secret instead of holding it.
_DESCRIBES = compile_pattern(
    r"(?i).*(?:id|ids|kid|url|uri|endpoint|type|types|alg|algs|algorithm|method|methods|name|expires|expiry|expiration|expired|at|in"
    r"|age|ttl|lifetime|thumbprint|fingerprint|version|length|size|count|status|format|issuer|audience|created|updated|time"
    r"|date|hint|path|file|ref|arn|host|domain|provider|supported|class|service|error|message|description)s?[_\-.]?"
)
_NAME = r"(?:secret|token|passw(?:or)?d|credential|api[_\-]?key|session|signature|authkey|cookie)"
_NAMED_PATTERN = rf"(?i)([\w.\-]{{0,40}}{_NAME}[\w.\-]{{1,40}})(?:{QUOTE})?[\])]{{0,2}}[ \t]{{0,8}}(?:=>?|:|%3d|%3a)[ \t]{{0,8}}\[?(?:{QUOTE})?"
_NAMED = compile_pattern(rf"{_NAMED_PATTERN}({_VALUE}{{16}})")
_RUN = compile_pattern(f"{_VALUE}+")
_TRIGGER = (
    rf"(?i)(?:\b(?:{_PROSE_WORDS}){_BEFORE_VALUE}{_VALUE}{{16}}"
    rf"|{_TOLD_PATTERN[4:]}[^\s\"'`<>]{{6}}"
    rf"|{_NAME}[\w.\-]{{1,40}}(?:{QUOTE})?[\])]{{0,2}}[ \t]{{0,8}}(?:=>?|:|%3d|%3a)[ \t]{{0,8}}\[?(?:{QUOTE})?{_VALUE}{{16}})"
)
_KINDS = {
    b"code": "authorization_code",
    b"password": "password",
    b"passphrase": "password",
    b"verifier": "code_verifier",
    b"assertion": "assertion",
    b"cookie": "cookie",
    b"signature": "signature",
    b"session": "session",
    b"bearer": "access_token",
    b"token": "access_token",
    b"tokens": "access_token",
}
_SHORTEST_CODE = 20
_SHORTEST = 16
_SHORTEST_TOLD = 6
_LONGEST_DOUBT = 256


def _find(data: bytes, start: int, end: int) -> Iterator[Finding]:
    at = start
    while found := _PROSE.search(data, at, end):
        word = (found[1] or b"").lower()
        begin, stop = _bounds(data, found.start(2))
        at = stop if stop - begin > _LONGEST_DOUBT else max(begin, found.end(1) + 1)
        shortest = _SHORTEST_CODE if word in (b"code", b"session", b"signature") else _SHORTEST
        if _is_secret(data, begin, stop, shortest):
            parts = ((begin, stop), *continued(data, begin, stop))
            at = parts[-1][1]
            yield Finding(parts, _KINDS.get(word, "credential"), 0)
    for told in _TOLD.finditer(data, start, end):
        begin, stop = told.span(2)
        stop = begin + len(data[begin:stop].rstrip(b".,;:!?)"))
        core = data[begin:stop]
        if len(core) >= _SHORTEST_TOLD and _is_mixed(core) and not (is_dummy(core) or is_joined(data, stop)):
            yield Finding(((begin, stop),), _TOLD_KINDS.get((told[1] or b"").lower(), "password"), 0)
    at = start
    while found := _NAMED.search(data, at, end):
        begin, stop = _bounds(data, found.start(2))
        at = stop if stop - begin > _LONGEST_DOUBT else begin
        if not _DESCRIBES.fullmatch(found[1] or b"") and _is_secret(data, begin, stop, _SHORTEST):
            parts = ((begin, stop), *continued(data, begin, stop))
            at = parts[-1][1]
            yield Finding(parts, "credential", 0)


def _is_mixed(core: bytes) -> bool:
    has_digit = any(byte in b"0123456789" for byte in core)
    return has_digit and not (core.isdigit() or is_guid(core) or is_dated(core) or is_path(core))


def _bounds(data: bytes, begin: int) -> tuple[int, int]:
    run = _RUN.match(data, begin)
    stop = run.end() if run else begin
    while stop > begin and data[stop - 1] in b".!%":
        stop -= 1
    return begin, stop


def _is_secret(data: bytes, begin: int, stop: int, shortest: int) -> bool:
    if stop - begin < shortest or is_joined(data, stop) or data[stop : stop + 1] in (b"(", b"@"):
        return False
    if stop - begin > _LONGEST_DOUBT:
        return looks_random(data[begin : begin + _LONGEST_DOUBT])
    core = decode(data[begin:stop]).core
    if is_guid(core) or is_dated(core) or is_dummy(core) or is_path(core) or is_code(core):
        return False
    return (
        looks_random(core, shortest)
        and not is_words(core)
        and not is_error_code(core)
        and b"=" not in core.rstrip(b"=")
    )


FINDER = Finder(_TRIGGER, _find)
