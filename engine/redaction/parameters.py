"""Named values: query strings, form bodies, JSON, dict representations, logfmt, YAML, headers, XML, HTML, HAR, .env files.

One place finds the names in all these syntaxes and decides, by name and context, whether the value beside one is a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ..linear import Match, Pattern
from . import headers
from .forms import Decoded, decode, is_cut_off
from .harmless import (
    PLACEHOLDER,
    is_camel_label,
    is_code,
    is_dummy,
    is_error_code,
    is_path,
    is_plain_word,
    is_statement,
    is_words,
)
from .model import Finder, Finding, Part
from .names import GROUPS, NAME, STEM, Strength, kind_of
from .patterns import compile_pattern
from .randomness import is_dated, is_guid, looks_random
from .values import QUOTE, Value, read_value

_CLOSE = rf"(?:{QUOTE})?[\])]{{0,2}}(?:{QUOTE})?"
_EQUALS = r"\\?=>?|:=|%(?:25){0,3}3[Dd]|\\{1,8}u003[dD]|&#(?:61|x3[dD]);|&equals;"
_COLON = r":|%(?:25){0,3}3[Aa]|\\{1,8}u003[aA]"
_OPEN = (
    r"(?:\s{0,40}string\([0-9]{1,8}\)[ ]|[ \t]{0,8}|)(?:\[\]string\{|\[\s{0,80}|%(?:25){0,2}5B|\[%22"
    r"|(?:Some|Optional|Ok|Just|SecretStr|Secret)\(|!!?[a-z]{1,10}[ ]"
    r"|[|>][+\-]?[0-9]?[ \t]*\r?\n[ \t]{1,40})?"  # YAML block scalars
)
_SEPARATED = (
    rf"{_CLOSE}([ \t]{{0,8}})({_EQUALS}|{_COLON})"
    rf"(?:(?:%(?:25){{0,3}}20|\+){{1,4}}({QUOTE})|({_OPEN})(?:[bBuUrRfF]?({QUOTE}))?)"
)
_ASSIGNED = compile_pattern(f"(?i){NAME}{_SEPARATED}")

# HAR, Postman and XML settings write a name and its value as two members: {"name": "code", "value": "..."},
# <add key="ClientSecret" value="..."/>, <input type="hidden" name="code" value="...">; tuples: ("code", "...").
_PAIR_PATTERN = (
    rf"(?i)(?:(?:{QUOTE})?\b(?:name|key|id|field|header|headername)(?:{QUOTE})?\s{{0,8}}[:=]\s{{0,8}}|[(\[]\s{{0,8}}b?)(?:{QUOTE})"
    rf"[\w.\-]{{0,40}}?{NAME}(?:{QUOTE})(?:\s{{0,8}},\s{{0,80}}|[^<>\"'\n]{{0,40}}?\s)"
    rf"(?:(?:(?:[\w\-]{{1,20}}=[\"'][^\"'<>\n]{{0,60}}[\"']\s{{1,20}}){{0,3}}(?:{QUOTE})?(?:value|content)(?:{QUOTE})?\s{{0,8}}[:=]\s{{0,8}}b?)|b?)({QUOTE})"
)
_PAIR = compile_pattern(_PAIR_PATTERN)

# <client_secret>...</client_secret>, also when the markup is itself escaped.
_ELEMENT_PATTERN = (
    rf"(?i)(?:<|&lt;|\\u003c)(?:[\w.\-]{{1,40}}:)?[\w.\-]{{0,40}}?{NAME}(?:\s[^<>\n]{{0,200}}?)?(?:>|&gt;|\\u003e)"
)
_ELEMENT = compile_pattern(_ELEMENT_PATTERN)
_CONTENT = compile_pattern(r"([^<\x00-\x1f]*)<\\{0,7}/")
_LINES_CONTENT = compile_pattern(r"(\s*[A-Za-z0-9+/=]{16,}(?:\s{1,80}[A-Za-z0-9+/=]+)*\s*)<\\{0,7}/")
_CUT_CONTENT = compile_pattern(
    r"(\s{0,80}[A-Za-z0-9+/=_\-]{24,}(?:\s{1,80}[A-Za-z0-9+/=]{16,})*(?:\s{1,80}[A-Za-z0-9+/=]+\s*\z)?)"
)
_LINE = compile_pattern(r"[^\s]+")
_ESCAPED_CONTENT = compile_pattern(
    r"(?i)((?:[^<>&\\\x00-\x1f]|&(?:#[0-9a-z]{1,6}|amp|quot|apos);|\\[^u/])*)(?:&lt;|\\{1,7}u003c)\\{0,7}/"
)

_ASSIGNED_TRIGGER = rf"(?i){STEM}[\w\-. ]*{_CLOSE}[ \t]{{0,8}}(?:{_EQUALS}|{_COLON})"
_PAIR_TRIGGER = rf"(?i)(?:\b(?:name|key|id|field|header)(?:{QUOTE})?\s*[:=]\s*|[(\[]\s*b?)(?:{QUOTE})[\w.\- ]*{STEM}"
_ELEMENT_TRIGGER = rf"(?i)(?:<|&lt;|\\u003c)[\w.\-: ]*{STEM}"

_SCHEME = compile_pattern(
    r"(?i)(?:bearer|basic|dpop|token|oauth|apikey|ssws|jwt|negotiate)(?:[ \t]|\+|%(?:25){0,2}20)+"
)
_IN_QUERY = compile_pattern(r"(?i)(?:[?&#]|&amp;|%(?:25){0,3}(?:3f|26|23)|\\u0026)\z")
_AMPERSAND = compile_pattern(r"(?i)&|\\u0026|%(?:25){0,3}26")
_BEFORE_NAME = 16
_SIBLING = compile_pattern(
    r"(?i)(?:^|[?&#;\s\"']|%(?:25){0,3}(?:3f|26|23)|u0026)(?:client_id|redirect_uri|grant_type|response_type|response_mode|scope"
    r"|session_state|samlresponse|samlrequest|code_verifier|code_challenge|id_token|access_token|error|error_description|iss|state|code|oauth_token)"
    r"(?:=|%(?:25){0,3}3d|\\u003d)"
)
_NEIGHBOURHOOD = 600
_CALLBACK = compile_pattern(
    r"(?i)(?:callback|redirect|signin|sign-in|oauth|auth|login|/cb)[\w\-./]{0,60}(?:[?#]|%(?:25){0,2}(?:3f|23))"
)
_LINE_START = compile_pattern(
    r"(?:^|\n)[ \t<>*|\-+#]{0,40}[\"']?(?:[\w.\-]{0,60}[._\-])?(?:export[ ]|set[ ]|-H[ ]?[\"'])?\z"
)
_LINE_END = compile_pattern(r"[ \t\r]*(?:[#,\"'\\].{0,80})?(?:\n|\z)")
_SHORTEST_WEAK = 4
_LONGEST_WORD = 24
_SHORT_KINDS = ("password", "otp")
_SHORT = {
    b"": compile_pattern(r"[^\x00-\x20\x7f\"<>&;`\\']{0,7}(?:[\x00-\x20\"<>]|\z)"),
    b'"': compile_pattern(r"[^\x00-\x1f\x7f\"<>&;`\\']{0,7}\""),
    b"'": compile_pattern(r"[^\x00-\x1f\x7f\"<>&;`\\']{0,7}'"),
}
_LONGEST_DOUBT = 256
_LONGEST_DATE = 32
_ASSIGNMENT = compile_pattern(r"[A-Za-z][A-Za-z_.\-]{1,40}=(?:[^=]|\z)")
_USER_CODE = compile_pattern(r"[A-Za-z0-9]{3,6}(?:-[A-Za-z0-9]{3,6}){1,2}|[A-Z0-9]{6,12}")  # RFC 8628, 6.1
_HOST = compile_pattern(r"(?:[a-z0-9\-]+\.)+[a-z]{2,10}")
_NUMBER = compile_pattern(r"[\-+]?[0-9][0-9.,:]*")
_JSON_SCALAR = compile_pattern(r"-?[0-9][0-9.eE+\-]*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a named value stands.

    Attributes:
        kind: what the name promises.
        strength: how firmly.
        begin: where the name begins.
        start: where the value begins, behind its opening quote.
        quote: the opening quote as written, or empty.
        level: percent-encoding layers of the separator.
        query: the value belongs to a query string or form body.
        colon: the separator is a colon.
        spaced: white space follows the separator.
        json: the name stands in double quotes (as written, for quoting a bare number), or empty.
    """

    kind: str
    strength: Strength
    begin: int
    start: int
    quote: bytes
    level: int = 0
    query: bool = False
    colon: bool = False
    spaced: bool = False
    json: bytes = b""


def _find_assigned(data: bytes, start: int, end: int) -> Iterator[Finding]:
    yield from _walk(data, start, end, _ASSIGNED, _assigned)


def _find_pairs(data: bytes, start: int, end: int) -> Iterator[Finding]:
    yield from _walk(data, start, end, _PAIR, _paired)


def _find_elements(data: bytes, start: int, end: int) -> Iterator[Finding]:
    at = start
    while found := _ELEMENT.search(data, at, end):
        at = found.end()
        name, begin = _name(found)
        kind, strength = kind_of(name)
        content = (_CONTENT if data[found.start() : found.start() + 1] == b"<" else _ESCAPED_CONTENT).match(data, at)
        if content is None and strength != "weak" and (parts := _lines_of_content(data, at)):
            yield Finding(parts, kind, 3)
        if content is None:
            continue  # "<password>" stands for a value
        first, last = content.span(1)
        inner = data[first:last]
        value = Value(
            ((first + len(inner) - len(inner.lstrip()), first + len(inner.rstrip())),) if inner.strip() else (),
            last,
            quoted=True,
        )
        for finding in _judge(data, Place(kind, strength, begin, at, b">"), value):
            at = finding.parts[-1][1]
            yield finding


def _lines_of_content(data: bytes, at: int) -> tuple[Part, ...]:
    """The lines of a wrapped value; without an end tag, because the text was cut off, what is random without doubt."""
    if lines := _LINES_CONTENT.match(data, at):
        return tuple(line.span() for line in _LINE.finditer(data, *lines.span(1)))
    if cut := _CUT_CONTENT.match(data, at):
        parts = tuple(line.span() for line in _LINE.finditer(data, *cut.span(1)))
        return parts if looks_random(data[slice(*parts[0])]) else ()
    return ()


def _walk(
    data: bytes,
    start: int,
    end: int,
    pattern: Pattern,
    place_of: Callable[[bytes, Match], Place | None],
) -> Iterator[Finding]:
    at = start
    while found := pattern.search(data, at, end):
        at = found.end()
        place = place_of(data, found)
        if place is None:
            continue
        for finding in _read(data, place):
            at = max(at, finding.parts[-1][1])
            yield finding


def _name(found: Match) -> tuple[bytes, int]:
    for group in range(1, GROUPS + 1):
        name = found[group]
        if name:
            return name, found.start(group)
    raise AssertionError("NAME matched without a group")


def _assigned(data: bytes, found: Match) -> Place | None:
    name, begin = _name(found)
    kind, strength = kind_of(name)
    start = found.end()
    separator = found[GROUPS + 2] or b""
    quote = found[GROUPS + 3] or found[GROUPS + 5] or b""
    if (
        strength == "weak"
        and separator == b":"
        and kind not in _SHORT_KINDS
        and (short := _SHORT.get(quote)) is not None
        and short.match(data, start)
    ):
        return None  # "status code: 400", "state: running": the most frequent ones by far
    if data[begin - 1 : begin] == b"<" and PLACEHOLDER.match(data, begin - 1, begin + 40):
        return None
    colon = separator[-1:] in b":aA"
    if not quote and data[start : start + 1] in (b"=", b":", b">"):
        return None  # a comparison, a scope operator: no value
    level = separator.upper().count(b"25") + 1 if separator.startswith(b"%") else 0
    if quote.startswith(b"%") and quote[quote.rfind(b"%") :].count(b"25") + 1 != level:
        # A quote that is encoded otherwise than the separator belongs to the value.
        quote, start = b"", max(found.end(GROUPS + 2), found.end(GROUPS + 4))
    opener = found[GROUPS + 4] or b""
    spaced = opener[:1].isspace() or bool(found[GROUPS + 1])
    before = data[max(begin - _BEFORE_NAME, 0) : begin]
    query = not (colon or quote or spaced) and _IN_QUERY.search(before) is not None
    between = data[begin + len(name) : found.start(GROUPS + 2)].strip()
    json = between if colon and not quote and between.endswith(b'"') else b""
    return Place(kind, strength, begin, start, quote, level, query, colon, spaced, json)


def _paired(_: bytes, found: Match) -> Place | None:
    name, begin = _name(found)
    kind, strength = kind_of(name)
    return Place(kind, strength, begin, found.end(), found[GROUPS + 1] or b"")


def _read(data: bytes, place: Place) -> Iterator[Finding]:
    match place.kind:
        case "authorization":
            yield from headers.read_authorization(data, place.start, place.quote)
            return
        case "cookies":
            yield from headers.read_cookies(data, place.start, place.quote)
            return
        case "set_cookie":
            yield from headers.read_set_cookie(data, place.start, place.quote)
            return
    start = place.start
    while prefix := _SCHEME.match(data, start, start + 40):
        start = prefix.end()
    value = read_value(data, start, place.quote, place.level, query=place.query)
    if not (place.query or place.colon or place.quote or place.spaced):
        # The first parameter of a form body shows what it is only by what follows it.
        place = replace(place, query=_AMPERSAND.match(data, value.end) is not None)
    yield from _judge(data, place, value)


def _judge(data: bytes, place: Place, value: Value) -> Iterator[Finding]:
    if not value.parts or value.joined:
        return
    raw = value.raw(data)
    form_encoded = place.query or place.level > 0
    decoded = decode(raw, level=place.level, form_encoded=form_encoded, marks=value.marks)
    if len(raw) <= _LONGEST_DOUBT and not _is_secret(data, place, value, decoded):
        return
    if decoded.core.startswith(b"-----BEGIN"):
        return  # keys.py knows which part of it is secret
    if decoded.core[:1] in (b"{", b"[") and place.kind != "state" and _structure(decoded.core):
        return  # the members have names of their own
    quote = place.json if not value.quoted and _JSON_SCALAR.fullmatch(raw) else b""
    yield Finding(
        value.parts,
        place.kind,
        3 if place.strength == "strong" else 2,
        place.level,
        form_encoded,
        quote,
        value.marks,
        echo=place.kind not in ("state", "nonce", "session", "otp", "user_code"),
    )


def _structure(core: bytes) -> bool:
    return b":" in core or b"," in core or b'"' in core


def _is_secret(data: bytes, place: Place, value: Value, decoded: Decoded) -> bool:
    core = decoded.core
    if place.strength == "weak" and not _weak(data, place, value, core):
        return False  # the cheapest test of the most frequent names comes first
    if not core or is_dummy(core) or (value.quoted and is_statement(core)):
        return False
    if is_cut_off(data, value.end, core):
        return False
    if place.kind not in ("password", "otp") and len(core) <= _LONGEST_DATE and is_dated(core):
        return False
    bare = not value.quoted and place.level == 0
    if bare and not place.query and (is_code(core) or is_camel_label(core)):
        return False
    if place.kind != "state" and is_path(core) and (place.kind != "authorization_code" or core[:1] in b"/~."):
        return False  # Google's codes begin like a path, 4/0A
    if bare and place.strength == "weak" and place.colon and _ASSIGNMENT.match(core):
        return False
    match place.strength:
        case "strong":
            return _strong(data, place, value, core, bare=bare)
        case "medium":
            return (
                not is_words(core)
                and (not is_guid(core) or place.query)
                and _strong(data, place, value, core, bare=bare)
            )
        case _:
            return True


def _strong(data: bytes, place: Place, value: Value, core: bytes, *, bare: bool) -> bool:
    if (
        place.kind != "password"
        and _NUMBER.fullmatch(core)
        and len(core) < 6
        and place.kind not in ("otp", "user_code")
    ):
        return False
    if place.kind == "user_code":
        return _USER_CODE.fullmatch(core) is not None
    if bare and not place.query and (place.colon or place.spaced) and is_plain_word(core):
        # "Invalid password: expected ..." against "password: hunter": a word counts where it is all there is.
        ends = _LINE_END.match(data, value.end) is not None
        return ends and (place.kind in ("password", "client_secret", "credential") or _starts_line(data, place))
    if place.kind in ("access_token", "refresh_token", "id_token") and bare and place.colon:
        return not (is_error_code(core) or _HOST.fullmatch(core)) or _starts_line(data, place)
    if place.kind == "authorization_code":
        return not is_error_code(core) or (not core.isdigit() and _in_oauth_query(data, place, value))
    if place.kind in ("device_code", "signature", "saml", "api_key", "csrf_token"):
        return looks_random(core, 6) or not is_words(core)
    return True


def _weak(data: bytes, place: Place, value: Value, core: bytes) -> bool:
    if place.kind == "password":
        return len(core) >= 6 and not is_error_code(core)
    if place.kind == "otp":
        return 4 <= len(core) <= 10 and core.isalnum()
    if is_guid(core):
        return place.kind in ("state", "nonce", "session") or _in_oauth_query(data, place, value)
    if _in_oauth_query(data, place, value):
        if place.kind == "authorization_code":
            return len(core) >= _SHORTEST_WEAK and (not is_error_code(core) or _plausible_code(core))
        return place.kind in ("state", "nonce") or not is_words(core)
    if place.kind == "signature" and place.query and len(core) >= _LONGEST_WORD and core.isalnum():
        return True  # base64 may by chance, or when it was cut off, be letters only
    if len(core) < 8 or is_error_code(core):
        return False
    if place.kind == "authorization_code":
        return len(core) >= 10 and (b" " not in core or looks_random(core))
    if place.kind == "state":
        return looks_random(core, 8)
    return looks_random(core, 10) or (len(core) >= 24 and b" " not in core and not is_words(core))


def _plausible_code(core: bytes) -> bool:
    # In an authorization response a short code is still a code; an error's identifier is not.
    return b"_" not in core and b"-" not in core and not core.isdigit() and not (core.isupper() and core[:1].isalpha())


def _in_oauth_query(data: bytes, place: Place, value: Value) -> bool:
    """Whether other parameters of OAuth messages stand around, or the URL is one of a callback."""
    if not (place.query or place.level):
        return False
    left = data[max(place.begin - _NEIGHBOURHOOD, 0) : place.begin]
    left = left[max(left.rfind(b"\n"), left.rfind(b" "), left.rfind(b'"')) + 1 :]
    if _SIBLING.search(left) or _CALLBACK.search(left):
        return True
    right = data[value.end : value.end + _NEIGHBOURHOOD]
    for stop in (b"\n", b" ", b'"'):
        right = right.partition(stop)[0]
    return _SIBLING.search(right) is not None


def _starts_line(data: bytes, place: Place) -> bool:
    return (
        _LINE_START.search(
            data[max(place.begin - 120, 0) : place.begin] if place.begin > 120 else b"\n" + data[: place.begin]
        )
        is not None
    )


FINDERS = (
    Finder(_ASSIGNED_TRIGGER, _find_assigned),
    Finder(_PAIR_TRIGGER, _find_pairs),
    Finder(_ELEMENT_TRIGGER, _find_elements),
)
