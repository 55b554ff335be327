"""Laws of the redaction: no secret ever appears, and everything else stays as it is."""

from __future__ import annotations

import base64
import html
import json
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from secret_samples import BASE64_KEY, JWE, JWT, LAWS, segment

from oauth_doctor.engine.redaction import Memory, Redacted, Redactor, names, redactor, tables

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))
from adversarial import ADVERSARIAL, TABLES
from written_secrets import NAMED_FRAMES

URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
BASE64 = URL_SAFE[:-2] + "+/"
HEX = "0123456789abcdef"
ANYTHING = URL_SAFE + "+/=~.!$%&*()'\",;:@#?<>[]{}| \\ß€"


def looks_generated(value: str) -> bool:
    return redactor.looks_random(value.encode()) and value == value.strip() and "  " not in value


def generated(alphabet: str) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=20, max_size=64).filter(looks_generated)


TOKENS = st.one_of(generated(URL_SAFE), generated(BASE64), generated(HEX))
SECRETS = st.one_of(TOKENS, generated(ANYTHING).filter(lambda value: value[0].isalnum() and value[-1].isalnum()))
NAMES = st.sampled_from(
    [
        "access_token",
        "refresh_token",
        "id_token",
        "client_secret",
        "code_verifier",
        "password",
        "clientSecret",
        "ACCESS_TOKEN",
        "refresh-token",
        "assertion",
        "client_assertion",
        "token",
        "code",
        "state",
        "nonce",
        "api_key",
        "passwd",
        "device_code",
        "oauth_token_secret",
        "session_id",
        "my_app_secret",
        "X-Api-Key",
        "signature",
        "authenticity_token",
    ]
)
WRITTEN = {
    "query": lambda name, value: f"https://app.example/cb?scope=a&{name}={quote_plus(value)}&client_id=x",
    "query, spaces as %20": lambda name, value: f"GET /callback?{name}={quote(value, safe='')}#top",
    "nested URL": lambda name, value: (
        "/login?next=" + quote(f"https://app.example/cb?{name}={quote(value, safe='')}&scope=b", safe="")
    ),
    "nested twice": lambda name, value: (
        "/x?u=" + quote(quote(f"/cb?{name}={quote(value, safe='')}&scope=b", safe=""), safe="")
    ),
    "form": lambda name, value: f"{name}={quote_plus(value)}&grant_type=authorization_code",
    "JSON": lambda name, value: json.dumps({"a": 1, name: value, "b": [True]}),
    "JSON, indented": lambda name, value: json.dumps({"a": 1, name: value, "b": [True]}, indent=4),
    "JSON, slashes escaped": lambda name, value: json.dumps({name: value}).replace("/", r"\/"),
    "JSON, all escaped": lambda name, value: (
        '{"' + name + '": "' + "".join(f"\\u{ord(char):04x}" for char in value) + '"}'
    ),
    "JSON in JSON": lambda name, value: json.dumps({"body": json.dumps({name: value, "x": "y"})}),
    "JSON in JSON in JSON": lambda name, value: json.dumps({"log": json.dumps({"body": json.dumps({name: value})})}),
    "JSON in HTML": lambda name, value: f'<div data-x="{html.escape(json.dumps({name: value}))}">',
    "JSON in a query": lambda name, value: "/x?data=" + quote(json.dumps({name: value}), safe=""),
    "URL in JSON": lambda name, value: json.dumps(
        {"url": f"https://a/cb?{name}={quote(value, safe='')}&scope=a"}
    ).replace("&", r"\u0026"),
    "list in JSON": lambda name, value: json.dumps({name: [value]}),
    "dict": lambda name, value: repr({name: value, "x": None}),
    "bytes dict": lambda name, value: repr({name.encode(): value.encode()}) if value.isascii() else repr({name: value}),
    "tuple": lambda name, value: repr([(name, value)]),
    "HAR": lambda name, value: json.dumps({"name": name, "value": value}),
    "HAR, indented": lambda name, value: json.dumps([{"name": name, "value": value}], indent=2),
    "quoted logfmt": lambda name, value: f"level=info {name}={json.dumps(value, ensure_ascii=False)} msg=x",
    "XML": lambda name, value: f"<a><{name}>{html.escape(value)}</{name}></a>",
    "XML attribute": lambda name, value: f'<add key="{name}" value="{html.escape(value)}"/>',
    "HTML form": lambda name, value: f"<input type='hidden' name='{name}' value='{html.escape(value)}'>",
    "curl": lambda name, value: f"curl -d '{name}={quote(value, safe='')}' https://a/token",
}
BARE = {
    "bearer": lambda value: f"> authorization: Bearer {value}",
    "bearer in JSON": lambda value: json.dumps({"headers": {"Authorization": f"Bearer {value}"}}),
    "bearer in a dict": lambda value: repr({"Authorization": f"bearer {value}"}),
    "DPoP": lambda value: f"Authorization: DPoP {value}",
    "basic": lambda value: "Authorization: Basic " + base64.b64encode(f"app:{value}".encode()).decode(),
    "bearer in prose": lambda value: f"sent Bearer {value} to the API",
    "cookie": lambda value: f"Cookie: a=1; sid={value}; theme=dark",
    "set-cookie": lambda value: f"set-cookie: sid={value}; Path=/; HttpOnly",
    "cookie in JSON": lambda value: json.dumps({"Cookie": f"sid={value}; b=2"}),
    "logfmt": lambda value: f"level=info client_secret={value} msg=x",
    "yaml": lambda value: f"client:\n  client_secret: {value}\n  id: x",
    "java map": lambda value: f"{{a=1, access_token={value}, token_type=bearer}}",
    "go map": lambda value: f"map[access_token:{value} token_type:bearer]",
    "go struct": lambda value: f"&{{AccessToken:{value} TokenType:bearer}}",
    "environment": lambda value: f"export CLIENT_SECRET={value}",
    "connection": lambda value: f"postgres://app:{quote(value, safe='')}@db:5432/x",
    "PHP": lambda value: f"Array\n(\n    [access_token] => {value}\n)",
    "option": lambda value: f"tool --client-secret {value} --verbose",
    "prose": lambda value: f"the client secret: {value}",
    "JWT": lambda value: (
        f"x {segment({'alg': 'RS256'})}.{segment({'sub': value})}.{base64.urlsafe_b64encode(value.encode()).decode()} y"
    ),
    "base64 of JSON": lambda value: base64.b64encode(json.dumps({"access_token": value}).encode()).decode(),
    "base64 of a form": lambda value: base64.b64encode(f"access_token={value}&x=1".encode()).decode(),
}


def views(text: str) -> list[str]:
    """A text and what it says once its encodings are undone."""
    found = {text}
    for _ in range(4):
        for view in list(found):
            unescaped = view.replace("\\/", "/").replace('\\"', '"').replace("\\\\", "\\")
            found |= {unquote(view), unquote_plus(view), html.unescape(view), unescaped}
    return list(found)


def leaks(text: str, secret: str) -> list[str]:
    pieces = {secret[at : at + 12] for at in range(len(secret) - 11)}
    return [piece for view in views(text) for piece in pieces if piece in view]


@LAWS
@given(name=NAMES, value=SECRETS, how=st.sampled_from(sorted(WRITTEN)))
def test_named_secret_never_appears(name: str, value: str, how: str) -> None:
    text = WRITTEN[how](name, value)
    result = Redactor().redact(text)
    assert not leaks(result.text, value)
    assert_lawful(text, result)


@LAWS
@given(value=TOKENS, how=st.sampled_from(sorted(BARE)))
def test_unnamed_secret_never_appears(value: str, how: str) -> None:
    text = BARE[how](value)
    result = Redactor().redact(text)
    assert not leaks(result.text, value)
    assert_lawful(text, result)


@LAWS
@given(value=SECRETS, hows=st.lists(st.sampled_from(sorted(WRITTEN)), min_size=2, max_size=4))
def test_same_secret_same_placeholder(value: str, hows: list[str]) -> None:
    # An unescaped plus sign is a space to one reader and a plus sign to the other, and so is a backslash before an escape.
    assume("+" not in value and "\\" not in value)
    one = Redactor()
    found = {secret.placeholder for how in hows for secret in one.redact(WRITTEN[how]("client_secret", value)).secrets}
    assert found == {"<client_secret:1>"}


def assert_lawful(text: str, result: Redacted) -> None:
    assert result.text.count("\n") == text.count("\n")
    again = Redactor().redact(result.text)
    assert again.text == result.text
    assert again.secrets == ()


SCRAPS = st.sampled_from(
    [
        *[
            "=",
            ":",
            "&",
            "?",
            ";",
            ",",
            "'",
            '"',
            "\\",
            "/",
            "%",
            "<",
            ">",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "@",
            ".",
            "-",
            "_",
            "+",
            "|",
            "#",
            "`",
            "~",
        ],
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "\\n",
        '\\"',
        "&quot;",
        "&amp;",
        "%22",
        "%3D",
        "%26",
        "%253D",
        "\\u0026",
        "\\u003d",
        "=>",
        "...",
        "\u2028",
        "\x85",
        "\u00a0",
        "\u2026",
        "code",
        "state",
        "token",
        "access_token",
        "client_secret",
        "password",
        "Authorization: ",
        "Bearer ",
        "Basic ",
        "Digest ",
        "Cookie: ",
        "Set-Cookie: ",
        "secret",
        "nonce",
        '"name":"',
        '"value":"',
        '"cookies":[{',
        "-u ",
        "curl ",
        "--token ",
        "https://",
        "app.example",
        "redirect_uri",
        "client_id",
        "grant_type",
        "null",
        "undefined",
        "<access_token:1>",
        "<email:2>",
        "***",
        "${X}",
        "YOUR_SECRET",
        "true",
        "invalid_grant",
        "AADSTS50011",
        "TokenException",
        "ann@mail.example",
        "ann%40mail.example",
        "eyJ",
        "eyJhbGciOiJub25lIn0",
        JWT,
        JWE,
        "Zx81JkQ0pLmN2vT7",
        "Zx81JkQ0pLmN2vT7" * 6,
        "hunter2",
        "p w",
        "4/0AX4XfWhAbcdefghijklmn",
        "4%2F0AX4XfWhAbcdefghijklmn",
        "ya29.a0AfB_byC123456",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        BASE64_KEY,
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "2025-02-12T11:04:38Z",
        "postgres://u:",
        "\tTRUE\t/\tFALSE\t0\tsid\t",
        "400",
        "ß",
        "\ud83d",
        '<input name="',
        "<password>",
        "AUTH PLAIN ",
        "user",
        "at ",
    ]
)


@settings(LAWS, max_examples=600)
@given(st.lists(SCRAPS, max_size=30).map("".join))
def test_any_text_keeps_its_lines_and_is_stable(text: str) -> None:
    assert_lawful(text, Redactor().redact(text))


@LAWS
@given(st.lists(SCRAPS, max_size=30).map("".join))
def test_any_text_is_stable_with_hosts_and_addresses_hidden(text: str) -> None:
    once = Redactor(hide_hosts=True, hide_addresses=True).redact(text).text
    assert Redactor(hide_hosts=True, hide_addresses=True).redact(once).text == once


@LAWS
@given(st.lists(SCRAPS, max_size=30).map("".join))
def test_triggers_miss_nothing_that_finders_find(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    finders, dispatcher = redactor._machinery(False, False)
    found = set(redactor._search(data, finders, dispatcher))
    everywhere = {finding for finder in finders for finding in finder.find(data, 0, len(data))}
    assert {finding.parts for finding in everywhere} == {finding.parts for finding in found}


@pytest.mark.parametrize("name", sorted({name for table, _ in names._TABLES for name in names._phrases(table)}))
def test_triggers_miss_no_name_in_any_frame(name: str) -> None:
    finders, dispatcher = redactor._machinery(False, False)
    value = "V3LtH0jOEC9z294ZRj41RDClIoMJBi0e1tOQHjJ8HFBIpPmox1Z0"
    for frame, write in NAMED_FRAMES.items():
        for spelling in {name.replace(" ", "_")} if "option" in frame else {name, name.replace(" ", "_")}:
            data = write(spelling, value).encode()
            found = {finding.parts for finding in redactor._search(data, finders, dispatcher)}
            assert {one.parts for finder in finders for one in finder.find(data, 0, len(data))} == found, data


@LAWS
@given(st.lists(SCRAPS, max_size=60).map("".join))
def test_size_of_blocks_does_not_matter(text: str) -> None:
    whole = Redactor().redact(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redactor, "_BLOCK", 1)
        assert Redactor().redact(text) == whole


WORDS = st.sampled_from(
    [
        "INFO",
        "WARN",
        "ERROR",
        "DEBUG",
        "GET",
        "POST",
        "/api/v1/orders",
        "/oauth/authorize",
        "HTTP/1.1",
        "200",
        "401",
        "403",
        "500",
        "status=200",
        "took=35ms",
        "user",
        "request",
        "failed",
        "error=invalid_grant",
        'error_description="Bad',
        'Request"',
        "redirect_uri=https://app.example/cb",
        "client_id=my-client",
        "scope=openid",
        "state:",
        "token",
        "expired",
        "refresh",
        "code:",
        "400",
        "c.e.web.TokenController",
        "java.lang.IllegalStateException:",
        "at",
        "com.acme.TokenService.get(TokenService.java:12)",
        "grant_type=refresh_token",
        "[main]",
        "10.0.0.1:8080",
        "2025-02-12T11:04:38.123Z",
        '{"error":"invalid_client"}',
        "thread-1",
        "id=42",
        "count=7",
        "(code=190)",
        "trace_id=3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "access_token=null",
        "Bearer",
        "Basic",
        "key:",
        "not",
        "found",
        "Unauthorized",
    ]
)


@LAWS
@given(st.lists(st.lists(WORDS, min_size=1, max_size=12).map(" ".join), max_size=6).map("\n".join))
def test_ordinary_text_is_returned_unchanged(text: str) -> None:
    result = Redactor().redact(text)
    assert result.text == text
    assert result.secrets == ()


@pytest.mark.parametrize("unit", [*ADVERSARIAL.values(), *TABLES.values()], ids=[*ADVERSARIAL, *TABLES])
def test_adversarial_text_is_lawful(unit: str) -> None:
    """How long it takes is measured by benchmarks/linearity.py."""
    text = unit * (6_000 // len(unit))
    assert_lawful(text, Redactor().redact(text))


@pytest.mark.parametrize("apart", [0, 1, 1_000])
@pytest.mark.parametrize("heads", [["time,client_secret"], ["time,client_secret", "password,x", "state;b"]])
def test_no_row_is_read_twice_however_many_heads_there_are(
    heads: list[str], apart: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line for _ in range(20) for head in heads for line in (head, *["2026-03-04,x"] * apart)]
    read: list[tuple[int, str]] = []
    row = tables._row

    def counted(data: bytes, at: int, separator: str) -> list[tuple[int, int]]:
        read.append((at, separator))
        return row(data, at, separator)

    monkeypatch.setattr(tables, "_row", counted)
    text = "\n".join(lines).encode()
    found = list(tables._find_columns(text, 0, len(text)))
    assert len(found) == len(set(found))
    # Where a table ends, the next one's head is looked at from above and from below.
    assert len(read) <= len(set(read)) + text.count(b";")
    monkeypatch.undo()
    secret = "Zx81JkQ0pLmN2vT7"
    assert secret not in Redactor().redact("\n".join([*lines, heads[0], *["2026-03-04,"] * apart, f"x,{secret}"])).text


@given(st.lists(st.binary(min_size=20, max_size=20), min_size=1, max_size=8, unique=True), st.data())
def test_copies_are_found_alike_in_short_texts_and_in_long_ones(values: list[bytes], data: st.DataObject) -> None:
    memory = Memory()
    for value in values:
        memory.add(value, "token")
    written = data.draw(st.lists(st.sampled_from(values), min_size=1, max_size=5))
    text = b" ".join(written)
    short = set(memory.copies(text))
    assert {text[start:end] for start, end, _ in short} >= set(written)
    assert all(text[start:end] in values for start, end, _ in short)
    assert set(memory.copies(text + b" " * 5000)) <= short
