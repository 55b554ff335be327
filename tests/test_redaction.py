"""Values over several lines, what is told about a secret, numbering, hosts and addresses."""

from __future__ import annotations

import base64
import json
import re

import pytest
from secret_samples import BASE64_KEY, HEADER, JWE, JWT, redact, segment

from oauth_doctor.engine.redaction import Redactor, names, redactor

# --- Several lines ----------------------------------------------------------------------------------------------------


def test_private_key_keeps_its_frame_and_line_breaks() -> None:
    text = f"a\n  -----BEGIN RSA PRIVATE KEY-----\n  {BASE64_KEY}\n  {BASE64_KEY}\n  Qw==\n  -----END RSA PRIVATE KEY-----\nb"
    expected = "a\n  -----BEGIN RSA PRIVATE KEY-----\n  <private_key:1>\n  \n  \n  -----END RSA PRIVATE KEY-----\nb"
    assert redact(text) == expected


def test_private_key_behind_log_prefixes() -> None:
    lines = ["-----BEGIN PRIVATE KEY-----", BASE64_KEY, BASE64_KEY, "-----END PRIVATE KEY-----", "ready"]
    assert redact("\n".join("app_1  | " + line for line in lines)).split("\n")[1:3] == [
        "app_1  | <private_key:1>",
        "app_1  | ",
    ]


def test_cut_off_private_key_ends_where_the_log_goes_on() -> None:
    text = f"-----BEGIN EC PRIVATE KEY-----\n{BASE64_KEY}\nINFO next line of the log"
    assert redact(text) == "-----BEGIN EC PRIVATE KEY-----\n<private_key:1>\nINFO next line of the log"


@pytest.mark.parametrize("width", [64, 76, 120])
@pytest.mark.parametrize(
    "frame", ['{{"access_token":"{}","token_type":"Bearer"}}', "Authorization: Bearer {}", "  the token {}"]
)
def test_wrapped_token_is_followed(frame: str, width: int) -> None:
    pieces = [JWT[at : at + width] for at in range(0, len(JWT), width)]
    text = frame.format("\n".join(pieces)) + "\nHost: api.example"
    redacted = redact(text)
    assert redacted.count("\n") == text.count("\n")
    assert not any(piece[:12] in redacted for piece in pieces)
    assert redacted.endswith("\nHost: api.example")


def test_har_members_on_lines_of_their_own() -> None:
    har = {
        "headers": [
            {"name": "Authorization", "value": "Bearer abcdef1234567890"},
            {"name": "Cookie", "value": "sid=abc123"},
        ],
        "cookies": [{"name": "sid", "value": "abc123", "httpOnly": True}, {"name": "other", "value": "qq1"}],
        "queryString": [{"name": "code", "value": "4/0AQSTgQF9xAbCd"}, {"name": "client_id", "value": "my-client"}],
    }
    redacted = json.loads(redact(json.dumps(har, indent=2)))
    assert redacted["headers"][0]["value"] == "Bearer <access_token:1>"
    assert redacted["headers"][1]["value"] == "sid=<cookie:1>"
    assert [cookie["value"] for cookie in redacted["cookies"]] == ["<cookie:1>", "<cookie:2>"]
    assert [item["value"] for item in redacted["queryString"]] == ["<authorization_code:1>", "my-client"]


def test_bare_copy_of_a_known_secret() -> None:
    text = "CLIENT_SECRET=Zx81JkQ0pLmN2vT7\nthe value Zx81JkQ0pLmN2vT7 was refused (see /x/Zx81JkQ0pLmN2vT7)"
    assert (
        redact(text)
        == "CLIENT_SECRET=<client_secret:1>\nthe value <client_secret:1> was refused (see /x/<client_secret:1>)"
    )


TAILS = [
    "_value",
    "-prod",
    ".production",
    " dev",
    "Development",
    "_TEST",
    "_old",
    "_new",
    "_plain",
    "_text",
    "String",
    "_base64",
    "_hash",
    "12",
]


def test_every_spelling_of_a_name_is_known() -> None:
    for table, strength in names._TABLES:
        for phrase, kind in names._phrases(table).items():
            for tail in TAILS if strength != "weak" else [""]:
                for spelled in (
                    phrase.replace(" ", "_"),
                    phrase.title().replace(" ", ""),
                    phrase.upper().replace(" ", "-"),
                ):
                    own = names._KINDS.get(
                        names._squeeze(spelled + tail)
                    )  # "secret hash" is more than a secret with a tail
                    assert names.kind_of((spelled + tail).encode())[0] == (own[0] if own else kind)


def test_every_name_has_a_stem() -> None:
    for table, _ in names._TABLES:
        for phrase in names._phrases(table):
            for spelled in (phrase, phrase.replace(" ", ""), phrase.replace(" ", "_")):
                assert re.search(names.STEM, spelled)


# --- What is told about a secret --------------------------------------------------------------------------------------


def only(text: str) -> redactor.Secret:
    (secret,) = Redactor().redact(text).secrets
    return secret


@pytest.mark.parametrize(
    ("text", "form", "length"),
    [
        ("a\n?code=4%2F0AbCd12xY&scope=x", ("percent_encoded", "has_slash"), 11),
        ('{"code":"4%252F0AbCd12xY"}', ("percent_encoded", "double_encoded", "has_slash"), 11),
        ("next=%3Fcode%3D4%252F0AbCd12xY%26scope%3Dx", ("percent_encoded", "has_slash"), 11),
        ('{"client_secret":"ab+cd/ef1"}', ("has_plus", "has_slash"), 9),
        ('{"client_secret":"pbkdf2_sha256$720000$tNZx$AAAA"}', ("stored_hash",), 30),
        ("?client_secret=ab+cd&x=1", ("has_space",), 5),
        ("?client_secret=ab%2Bcd&x=1", ("percent_encoded", "has_plus"), 5),
        ('"client_secret": " ab1c"', ("leading_space",), 4),
        ('"client_secret": "ab1c\\n"', ("trailing_space",), 5),
        ('"client_secret": "\\"ab1c\\""', ("quoted",), 6),
        ("client_secret=3f2504e0-4f89-11d3-9a0c-0305e82c3301", ("guid",), 36),
        ("Authorization: Basic YXBwOg==", ("empty",), 8),
    ],
)
def test_form_and_length(text: str, form: tuple[str, ...], length: int) -> None:
    secret = only(text)
    assert (secret.form, secret.length, secret.line) == (
        form,
        length,
        text.count("\n", 0, text.find("code")) + 1 if "?code" in text else 1,
    )


def test_jwt_tells_what_identifies_nobody() -> None:
    secret = only(f"id_token={JWT}")
    assert (secret.kind, secret.placeholder, secret.form, secret.length) == (
        "id_token",
        "<id_token:1>",
        ("jwt",),
        len(JWT),
    )
    assert secret.header == HEADER
    assert secret.claims == {
        "iss": "https://idp.example/v2.0",
        "aud": ("api", "account"),
        "exp": 1700000000,
        "scp": "read write",
        "appid": "42",
        "ver": "2.0",
        "sub": True,
        "email": True,
        "nonce": True,
        "name": True,
        "preferred_username": True,
    }


def test_jwe_tells_its_header_only() -> None:
    secret = only(f"Authorization: Bearer {JWE}")
    assert (secret.header, secret.claims, secret.form) == ({"alg": "dir", "enc": "A256GCM"}, {}, ("jwt", "jwe"))


def test_claims_hold_no_address() -> None:
    token = f"{segment(HEADER)}.{segment({'iss': 'robot@project.example.com', 'aud': 'a'})}.c2ln"
    assert only(f"assertion={token}").claims == {"iss": "<email:1>", "aud": "a"}


@pytest.mark.parametrize(
    "payload", ["[1]", "{", "[" * 100_000, '{"exp": 1e999, "iat": NaN}', '{"exp": ' + "9" * 5000 + "}", "\udcff"]
)
def test_odd_payloads_are_no_error(payload: str) -> None:
    body = base64.urlsafe_b64encode(payload.encode("utf-8", "surrogatepass")).rstrip(b"=").decode()
    assert only(f"access_token={segment(HEADER)}.{body}.c2ln").claims == {}


# --- Numbering --------------------------------------------------------------------------------------------------------


def test_one_secret_one_placeholder_in_every_encoding_and_text() -> None:
    one = Redactor()
    written = [
        "?code=4%2F0AbC+d1E2f%3D&state=1",
        '"code":"4/0AbC d1E2f="',
        r'"code":"4\/0AbC\u0020d1E2f\u003d"',
        "?u=%3Fcode%3D4%252F0AbC%2520d1E2f%253D%26scope%3D",
    ]
    assert [one.redact(text).secrets[0].placeholder for text in written] == ["<authorization_code:1>"] * 4
    assert one.redact("refresh_token=4/0AbC%20d1E2f%3D").text == "refresh_token=<authorization_code:1>"
    assert one.redact("code=4/0AbCe9=&state=2").secrets[0].placeholder == "<authorization_code:2>"


def test_two_states_can_be_told_apart() -> None:
    assert redact("/auth?state=abc&client_id=x\n/cb?code=1a2b3c&state=abd") == (
        "/auth?state=<state:1>&client_id=x\n/cb?code=<authorization_code:1>&state=<state:2>"
    )


def test_placeholders_in_the_text_are_not_given_out_again() -> None:
    assert redact("<client_secret:7> client_secret=qwe123") == "<client_secret:7> client_secret=<client_secret:8>"


def test_scrub_knows_what_it_has_seen() -> None:
    one = Redactor()
    assert one.scrub("Zx81JkQ0") == "Zx81JkQ0"
    one.redact("client_secret=Zx81JkQ0")
    assert one.scrub(" Zx81JkQ0 ") == "<client_secret:1>"
    assert one.scrub("ann@mail.example") == "<email:1>"
    assert one.scrub("invalid_grant") == "invalid_grant"
    assert one.scrub("") == ""


def test_instances_keep_no_secret() -> None:
    one = Redactor()
    one.redact("client_secret=Zx81JkQ0pLmN2vT7 Zx81JkQ0pLmN2vT7")
    held = [value for name in one._placeholders.__slots__ for value in [getattr(one._placeholders, name)]]
    assert "Zx81JkQ0" not in repr(held)


# --- Hosts and addresses, on request ----------------------------------------------------------------------------------


def test_hosts_and_addresses_stay_unless_asked() -> None:
    text = "http://a.internal.corp/x 10.1.2.3 127.0.0.1 fe80::1 ::1 http://localhost:8080 11:04:38 v1.2.3.400"
    assert redact(text) == text
    assert Redactor(hide_hosts=True, hide_addresses=True).redact(text).text == (
        "http://<host:1>/x <address:1> 127.0.0.1 <address:2> ::1 http://localhost:8080 11:04:38 v1.2.3.400"
    )
