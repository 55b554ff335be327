"""Values of the headers that carry credentials: Authorization of every scheme, Cookie, Set-Cookie.

What stays: the scheme (RFC 9110, 11.4), parameter names and those parameters that only describe (realm, algorithm, ...),
cookie names, and a Set-Cookie's attributes (RFC 6265, 4.1) - SameSite, Path, Domain and Secure are causes themselves.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from .forms import decode, is_cut_off, is_joined
from .harmless import is_dummy, is_error_code, is_path, is_plain_word, is_statement, is_words
from .model import Finder, Finding
from .patterns import compile_pattern
from .randomness import is_dated, looks_random
from .values import QUOTE, Value, continued, read_bare, read_value

_GAP = r"(?:[ \t]+|%(?:25){0,2}20|\+)"
_SCHEME = compile_pattern(rf"([A-Za-z][A-Za-z0-9_\-]{{1,40}})({_GAP})")
_ALONE = compile_pattern(r"(?i)(?:bearer|basic|dpop|digest|negotiate|ntlm|token|apikey|ssws|oauth)[:,.;]?")
_KINDS = {
    b"bearer": "access_token",
    b"dpop": "access_token",
    b"token": "access_token",
    b"oauth": "access_token",
    b"zoho-oauthtoken": "access_token",
    b"jwt": "access_token",
    b"basic": "credential",
    b"ssws": "api_key",
    b"apikey": "api_key",
    b"api-key": "api_key",
    b"api_key": "api_key",
    b"key": "api_key",
    b"genie-key": "api_key",
    b"geniekey": "api_key",
    b"sharedaccesssignature": "credential",
    b"sharedkey": "credential",
    b"sharedkeylite": "credential",
    b"negotiate": "credential",
    b"ntlm": "credential",
    b"bot": "access_token",
    b"gnap": "access_token",
    b"googlelogin": "access_token",
    b"privatetoken": "access_token",
    b"klaviyo-api-key": "api_key",
    b"digest": "authorization",
    b"aws4-hmac-sha256": "authorization",
    b"hawk": "authorization",
    b"mac": "authorization",
    b"signature": "authorization",
    b"hmac": "authorization",
}

# Schemes whose credentials are one opaque value (token68), in which an equals sign is padding.
_OPAQUE = frozenset(
    b"bearer dpop jwt basic ssws apikey api-key api_key key genie-key geniekey sharedkey sharedkeylite negotiate ntlm bot gnap".split()
)
# scheme name="value", name=value: auth-params, as in Digest (RFC 7616), OAuth 1.0 (RFC 5849) and AWS signatures.
_PARAMETER = compile_pattern(rf"[ \t,;&]*([A-Za-z][A-Za-z0-9_\-]{{0,40}})(?:[ \t]?=[ \t]?|%3[dD])({QUOTE})?")
_UNQUOTED = compile_pattern(r"[^,&\s\"'<>\\\x00-\x1f]+")
_DESCRIBING = frozenset(
    b"""realm algorithm qop nc uri charset userhash stale domain opaque username scope error error_description
    oauth_consumer_key oauth_signature_method oauth_timestamp oauth_version oauth_callback signedheaders headers keyid
    created expires ts id app ext dlg version se sr skn credential client""".split()
)
_PARAMETER_KINDS = {
    b"response": "signature",
    b"signature": "signature",
    b"oauth_signature": "signature",
    b"mac": "signature",
    b"sig": "signature",
    b"nonce": "nonce",
    b"cnonce": "nonce",
    b"oauth_nonce": "nonce",
    b"oauth_token": "access_token",
    b"token": "access_token",
    b"auth": "access_token",
    b"oauth_verifier": "authorization_code",
}

_BARE_SCHEME = compile_pattern(
    rf"(?i)\b(bearer|basic|dpop|ssws|zoho-oauthtoken|apikey)(?:[ \t]|\+|%(?:25){{0,2}}20|\\t){{1,8}}(?:{QUOTE})?"
)
_CREDENTIAL = compile_pattern(r"[A-Za-z0-9._~+/=%|:!$\-]+")
_PAIR = compile_pattern(r"[ \t]*(?:\\t)?([^=;,\s\"'<>\x00-\x1f]{1,128})(=|%3[dD])")
_COOKIE_VALUE = compile_pattern(r"\"?[^;\s\"'<>\x00-\x1f\\]*(?:\\{1,8}[\"/u][^;\s\"'<>\x00-\x1f\\]*)*\"?")
_ATTRIBUTE = compile_pattern(
    r"(?i)(?:path|domain|expires|max-age|samesite|secure|httponly|priority|partitioned|version|comment)"
)
_NEXT_COOKIE = compile_pattern(r"[ \t]*;[ \t]*|[ \t]*,[ \t]*")
_NEXT_LISTED = compile_pattern(r"\\{0,7}[\"'],\s{0,80}\\{0,7}[\"']")  # ["a=1; Path=/", "b=2"]
_TO_NEXT = compile_pattern(r"[^;\n\"'\\]{0,200}")

# HAR (1.2): {"name": "sid", "value": "..."} items of an array called "cookies", where any name is a cookie's.
_ARRAY = compile_pattern(r"\"cookies\"\s{0,8}:\s{0,8}\[")
_ARRAY_ITEM = compile_pattern(r"[\s,]*\{\s*\"name\"\s*:\s*\"(?:[^\"\\\n]|\\.)*\"\s*,\s*\"value\"\s*:\s*\"")
_ARRAY_REST = compile_pattern(r"\"(?:[^{}\[\]\"]|\"(?:[^\"\\\n]|\\.)*\")*\}")
# Netscape cookie file: domain, flag, path, secure, expiry, name, value, separated by tabs.
_JAR = compile_pattern(r"\t(?:TRUE|FALSE)\t[^\t\n]{1,200}\t(?:TRUE|FALSE)\t[0-9]{1,20}\t[^\t\n]{1,200}\t([^\t\r\n]+)")
_CURL_COOKIE = compile_pattern(r"(?:Added|Replaced) cookie [^\s=\"]{1,200}=\"([^\"\n]*)\"")
_COOKIE_OPTION = compile_pattern(r"(?:\s-b|\s--cookie)(?:[ \t]+|=)([\"'])")
_NAMED = compile_pattern(
    r"(?i)(?:__(?:Host|Secure)-[\w.\-]{1,80}|\.ASPX(?:AUTH|ANONYMOUS)|\.AspNet(?:Core)?\.[\w.\-]{1,80})=([\"']?)"
)

_TRIGGER = (
    r"(?i:\b(?:bearer|basic|dpop|ssws|zoho-oauthtoken|apikey)(?:[ \t]|\+|%(?:25){0,2}20|\\t){1,8}"
    rf"(?:{QUOTE})?[A-Za-z0-9._~+/=%|:!$\-]{{8}})"
    r"|\"cookies\"\s{0,8}:\s{0,8}\[\s{0,200}\{|\t(?:TRUE|FALSE)\t|(?:Added|Replaced) cookie |\s(?:-b|--cookie)[ \t=]+[\"']"
    r"|(?i:__(?:Host|Secure)-[\w.\-]{1,80}|\.ASPX(?:AUTH|ANONYMOUS)|\.AspNet(?:Core)?\.[\w.\-]{1,80})="
)
_SHORTEST = 8
_LONG = 12


def read_authorization(data: bytes, start: int, quote: bytes = b"") -> Iterator[Finding]:
    """Find what an Authorization value proves itself with.

    Args:
        data: the text.
        start: where the value begins.
        quote: the quote that was opened before it, as written.
    """
    at = start
    scheme = b""
    known = True
    while found := _SCHEME.match(data, at, at + 80):
        word = (found[1] or b"").lower()
        if scheme and word not in _KINDS:
            break
        scheme, known, at = word, word in _KINDS, found.end()
    if scheme and scheme not in _OPAQUE and _PARAMETER.match(data, at, at + 200):
        yield from _auth_parameters(data, at)
        return
    value = read_value(data, at, quote)
    if not value.quoted:
        value = read_bare(data, at)
    if not value.parts or value.joined:
        return
    core = decode(value.raw(data)).core
    if is_dummy(core) or is_statement(core) or is_path(core) or _ALONE.fullmatch(core):
        return
    if is_cut_off(data, value.end, core):
        return
    if not known and (is_plain_word(core) or len(core) < _SHORTEST or is_words(core) or not looks_random(core, 6)):
        return
    if not scheme and (is_plain_word(core) or is_words(core)):
        return
    yield Finding(value.parts, _KINDS.get(scheme, "authorization"), 3, marks=(*value.marks, *_marks(scheme, core)))


def _auth_parameters(data: bytes, at: int) -> Iterator[Finding]:
    while found := _PARAMETER.match(data, at, at + 200):
        name = (found[1] or b"").lower()
        quote = found[2] or b""
        value = read_value(data, found.end(), quote) if quote else _until_comma(data, found.end())
        if not value.parts and not quote:
            return
        at = max(value.end, found.end())
        if quote and data[at : at + len(quote)] == quote:
            at += len(quote)
        if name not in _DESCRIBING and value.parts and not value.joined and not is_dummy(value.raw(data)):
            yield Finding(value.parts, _PARAMETER_KINDS.get(name, "authorization"), 3)


def _until_comma(data: bytes, start: int) -> Value:
    found = _UNQUOTED.match(data, start)
    if found is None or found.end() == start:
        return Value((), start)
    return Value(((start, found.end()),), found.end(), joined=is_joined(data, found.end()))


def _marks(scheme: bytes, core: bytes) -> tuple[str, ...]:
    """An empty password inside Basic credentials cannot be seen from outside, and is a cause."""
    if scheme != b"basic":
        return ()
    decoded = _basic(core)
    return ("empty",) if decoded is not None and decoded.endswith(b":") else ()


def _basic(core: bytes) -> bytes | None:
    try:
        decoded = base64.b64decode(core.replace(b" ", b"+") + b"=" * (-len(core) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if b":" in decoded else None


def read_cookies(data: bytes, start: int, quote: bytes = b"") -> Iterator[Finding]:
    """Find the values of a Cookie header: `a=1; b=2`. Parameters as for `read_authorization`."""
    at = start
    while found := _PAIR.match(data, at):
        value, at = _cookie(data, found.end(), quote)
        if not _ATTRIBUTE.fullmatch(found[1] or b""):
            yield from value
        separator = _NEXT_COOKIE.match(data, at)
        if separator is None:
            return
        at = separator.end()


def read_set_cookie(data: bytes, start: int, quote: bytes = b"") -> Iterator[Finding]:
    """Find the values of a Set-Cookie header; attributes stay. Parameters as for `read_authorization`."""
    found = _PAIR.match(data, start)
    while found:
        value, at = _cookie(data, found.end(), quote)
        yield from value
        found = None
        listed = _NEXT_LISTED.match(data, at)
        # Attributes follow; several Set-Cookie headers may be folded into one line, separated by commas.
        while (separator := _NEXT_COOKIE.match(data, at)) is not None:
            at = separator.end()
            folded = data[separator.start() : at].strip() == b","
            following = _PAIR.match(data, at)
            if following and folded and not _ATTRIBUTE.fullmatch(following[1] or b""):
                found = following
                break
            rest = _TO_NEXT.match(data, at)
            comma = data.find(b",", at, rest.end() if rest else at)
            if comma >= 0 and not _expires(data, at):
                at = comma
            else:
                at = rest.end() if rest else at
            listed = _NEXT_LISTED.match(data, at)
        if found is None and listed is not None:
            found = _PAIR.match(data, listed.end())


def _expires(data: bytes, at: int) -> bool:
    return data[at : at + 7].lower() == b"expires"


def _cookie(data: bytes, start: int, quote: bytes) -> tuple[list[Finding], int]:
    found = _COOKIE_VALUE.match(data, start)
    if found is None or found.end() == start:
        return [], start
    begin, end = found.span()
    raw = data[begin:end]
    if raw[:1] == b'"' and raw[-1:] == b'"' and len(raw) >= 2 and quote[-1:] != b'"':
        begin, end = begin + 1, end - 1
    elif raw[-1:] == b'"':
        end -= 1
    if quote[-1:] == b'"' or quote[:1] == b"\\":
        # The header stands in a string: its closing quote, with its backslashes, is no part of the value.
        while end > begin and data[end - 1] in b'\\"':
            end -= 1
    raw = data[begin:end]
    if not raw or is_joined(data, end) or is_dummy(raw) or raw.lower() in (b"deleted", b"expired", b"delete"):
        return [], found.end()
    parts = ((begin, end), *continued(data, begin, end))
    return [Finding(parts, "cookie", 3, echo=len(raw) >= 16)], max(found.end(), parts[-1][1])


def _find(data: bytes, start: int, end: int) -> Iterator[Finding]:
    yield from _bare_schemes(data, start, end)
    for found in _ARRAY.finditer(data, start, end):
        yield from _cookie_array(data, found.end())
    for pattern in (_JAR, _CURL_COOKIE):
        for found in pattern.finditer(data, start, end):
            begin, stop = found.span(1)
            if begin < stop and not is_dummy(data[begin:stop]):
                yield Finding(((begin, stop),), "cookie", 3)
    for found in _COOKIE_OPTION.finditer(data, start, end):
        yield from read_cookies(data, found.end(), found[1] or b"")
    for found in _NAMED.finditer(data, start, end):
        yield from _cookie(data, found.end(), found[1] or b"")[0]


def _bare_schemes(data: bytes, start: int, end: int) -> Iterator[Finding]:
    at = start
    while found := _BARE_SCHEME.search(data, at, end):
        at = found.end()
        credential = _CREDENTIAL.match(data, at)
        if credential is None:
            continue
        scheme = (found[1] or b"").lower()
        begin, stop = credential.span()
        core = decode(data[begin:stop].rstrip(b".:,")).core
        stop = begin + len(data[begin:stop].rstrip(b".:,"))
        if stop - begin < _SHORTEST or is_joined(data, stop) or is_cut_off(data, stop, core):
            continue
        if len(core) <= 256 and (is_dummy(core) or is_path(core) or data[stop : stop + 1] in (b"(", b"{", b"[")):
            continue
        if scheme == b"basic":
            if _basic(core) is None and not (looks_random(core, 16) and b"=" not in core.rstrip(b"=")):
                continue
        elif (
            b"=" in core.rstrip(b"=")
            or data[stop - 1 : stop + 1] == b'="'
            or not (looks_random(core) or (len(core) >= _LONG and _is_mixed(core)))
        ):
            continue
        yield Finding(((begin, stop), *continued(data, begin, stop)), _KINDS[scheme], 2, marks=_marks(scheme, core))
        at = stop


def _is_mixed(core: bytes) -> bool:
    return any(byte in b"0123456789" for byte in core) and not (is_error_code(core) or core.isdigit() or is_dated(core))


def _cookie_array(data: bytes, at: int) -> Iterator[Finding]:
    while found := _ARRAY_ITEM.match(data, at):
        value = read_value(data, found.end(), b'"')
        if value.parts and not value.joined and not is_dummy(value.raw(data)):
            yield Finding(value.parts, "cookie", 3, echo=value.end - found.end() >= 16)
        rest = _ARRAY_REST.match(data, value.end)
        if rest is None:
            return
        at = rest.end()


FINDER = Finder(_TRIGGER, _find)
