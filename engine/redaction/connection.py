"""Credentials in addresses and command lines: scheme://user:password@host, `curl -u`, `--client-secret value`."""

from __future__ import annotations

from collections.abc import Iterator

from ..linear import Match
from .forms import decode, is_joined
from .harmless import is_code, is_dummy, is_path
from .model import Finder, Finding
from .names import GROUPS, NAME, STEM, kind_of
from .patterns import compile_pattern
from .randomness import looks_random
from .values import QUOTE, read_value

# RFC 3986, 3.2.1. The last @ in front of the path ends the user information, however many the password has.
_USER_INFO = compile_pattern(
    r"[A-Za-z][A-Za-z0-9+.\-]{1,30}://[^\s/:@\"'<>?#\\]{0,128}:([^\s/\"'<>\\]{1,512})@[A-Za-z0-9\[_.$%{\-]"
)
# Database addresses are written by hand; their passwords hold unescaped slashes.
_DATABASE = compile_pattern(
    r"(?i)(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|mssql|sqlserver|oracle|smtps?|ldaps?|ftp|clickhouse)"
    r"(?:\+[a-z0-9]{1,20})?://[^\s/:@\"'<>]{0,128}:([^\s\"'<>@]{1,256}(?:@[^\s\"'<>@/]{1,128})?)@[A-Za-z0-9\[_.$%{\-]"
)
_ENCODED = compile_pattern(
    r"(?i)%3a%2f%2f[A-Za-z0-9._~\-]{0,128}%3a((?:[A-Za-z0-9._~!*()\-]|%25[0-9a-f]{2}|%2[0-9a-e]|%3[0-9abd]){1,256})%40[A-Za-z0-9]"
)
_ORACLE = compile_pattern(r"(?i)\bjdbc:oracle:[a-z0-9]{2,6}:[^\s/:@\"']{1,64}/([^\s\"'@/]{1,128})@")
_TOKEN_ONLY = compile_pattern(r"https?://([A-Za-z0-9_\-]{20,256})@[A-Za-z0-9]")
_QUERY_KEY = compile_pattern(r"[?&](?:key|app_?key|hapikey)=([A-Za-z0-9_.\-]{16,256})")
_PORT = compile_pattern(r"[0-9]{1,5}/.*")
_CURL_USER = compile_pattern(
    rf"(?:\s-u|\s--user|\s--proxy-user|\s-U)(?:[ \t]+|=)?({QUOTE})?([^\s:\"'\\<]{{1,256}}):([^\s\"'\\]{{1,512}})"
)
_CURL = compile_pattern(r"(?i)\b(?:curl|wget|https?|xh|Invoke-WebRequest)(?:\.exe)?\s")
_LOOK_BACK = 2_000
_OPTION = compile_pattern(
    rf"(?i)(?:^|[\s\"'\[,])--?[\w\-]{{0,40}}?{NAME}[\"']?(?:[ \t]{{1,4}}|[ \t]*,[ \t]*)({QUOTE})?"
)
_TRIGGER = (
    r"://[^\s/:@\"'<>?#\\]*:[^\s\"'<>\\]+@|(?i:%3a%2f%2f[A-Za-z0-9._~\-]*%3a)|://[A-Za-z0-9_\-]{12,}@"
    r"|[?&](?:key|app_?key|hapikey)=[A-Za-z0-9_.\-]{12}|(?i:\bjdbc:oracle:)"
    rf"|\s(?:-u|-U|--user|--proxy-user)[ \t=]?|(?i:(?:^|[\s\"'\[,])--?[\w\-]*{STEM})"
)


def _find(data: bytes, start: int, end: int) -> Iterator[Finding]:
    for pattern in (_DATABASE, _USER_INFO, _ORACLE):
        for found in pattern.finditer(data, start, end):
            begin, stop = found.span(1)
            raw = data[begin:stop]
            if not (_PORT.fullmatch(raw) or is_dummy(raw) or is_joined(data, stop)):
                yield Finding(((begin, stop),), "password", 3)
    for found in _ENCODED.finditer(data, start, end):
        begin, stop = found.span(1)
        if not is_dummy(decode(data[begin:stop], level=1).core):
            yield Finding(((begin, stop),), "password", 3, level=1)
    for found in _TOKEN_ONLY.finditer(data, start, end):
        begin, stop = found.span(1)
        if looks_random(data[begin:stop]):
            yield Finding(((begin, stop),), "credential", 1)
    for found in _QUERY_KEY.finditer(data, start, end):
        begin, stop = found.span(1)
        if looks_random(data[begin:stop], 16):
            yield Finding(((begin, stop),), "api_key", 1)
    for given in _CURL_USER.finditer(data, start, end):
        begin, stop = given.span(3)
        if _CURL.search(data[max(given.start() - _LOOK_BACK, 0) : given.start() + 1]) and not is_dummy(
            data[begin:stop]
        ):
            yield Finding(((begin, stop),), "password", 3)
    at = start
    while option := _OPTION.search(data, at, end):
        at = option.end()
        yield from _option(data, option)


def _option(data: bytes, found: Match) -> Iterator[Finding]:
    group = next(group for group in range(1, GROUPS + 1) if found[group])
    kind, _ = kind_of(found[group] or b"")
    if kind in ("authorization", "cookies", "set_cookie", "state", "signature", "session", "assertion"):
        return
    value = read_value(data, found.end(), found[GROUPS + 1] or b"")
    if not value.parts or value.joined:
        return
    core = decode(value.raw(data)).core
    if core.startswith(b"-") or is_dummy(core) or is_code(core) or is_path(core):
        return
    if kind in ("authorization_code", "nonce", "credential", "access_token", "otp") and not looks_random(core, 8):
        return
    yield Finding(value.parts, kind, 2)


FINDER = Finder(_TRIGGER, _find)
