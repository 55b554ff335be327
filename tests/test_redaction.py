"""Secrets are replaced wherever and however they are written; everything that a diagnosis needs stays."""

from __future__ import annotations

import base64
import html
import json
import re
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from oauth_doctor.engine.redaction import Redacted, Redactor, names, redactor

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))
from adversarial import ADVERSARIAL

LAWS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def redact(text: str) -> str:
    return Redactor().redact(text).text


def segment(members: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()


HEADER = {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
PAYLOAD = {
    "iss": "https://idp.example/v2.0",
    "aud": ["api", "account"],
    "sub": "u-1",
    "exp": 1700000000,
    "email": "ann@mail.example",
    "name": "Ann Example",
    "nonce": "n-1",
    "scp": "read write",
    "appid": "42",
    "ver": "2.0",
    "preferred_username": "ann",
}
JWT = f"{segment(HEADER)}.{segment(PAYLOAD)}.{'Sx9_kQ2-' * 10}"
JWE = f"{segment({'alg': 'dir', 'enc': 'A256GCM'})}..YWJjZGVmZ2hpamts.{'cHJ1ZWY4Nzk' * 6}.dGFnZ3RhZzEyMw"
BASE64_KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"


# --- What stays -------------------------------------------------------------------------------------------------------

KEPT = r"""
2025-02-12 11:04:38,123 INFO [exec-1] c.e.web.OrderController : GET /api/orders/1234?page=2 status=200 took=35ms
token expired
Token expired at 2025-02-12T11:04:38Z
code: 400
code=400
HTTP status code=403 Forbidden
error code 190
"code":403
{"code":"invalid_grant"}
{"error":{"code":190,"error_subcode":463,"fbtrace_id":"AQ3r0mG3l5n8b1Yk7QzVf2p"}}
code=AADSTS50011
https://app.example/cb?error=access_denied&error_code=AADSTS65004&code=invalid_grant
Trace ID: 0f1e2d3c-aaaa-4bbb-8ccc-1234567890ab Correlation ID: 9d8c7b6a-aaaa-4bbb-8ccc-1234567890ab Timestamp: 2025-02-12 11:04:38Z
access_token=null
access_token=undefined
access_token=&token_type=bearer
{"access_token":null,"refresh_token":""}
Authorization: Bearer null
Authorization: Bearer undefined
Authorization: Bearer
Authorization: Basic
Authorization: [object Object]
Authorization: Bearer [object Object]
WWW-Authenticate: Bearer error="invalid_token", error_description="The access token expired"
www-authenticate: Bearer realm="https://login.example", error="insufficient_scope", scope="email openid"
client_secret=***
client_secret=${CLIENT_SECRET}
client_secret: {{ .Values.clientSecret }}
client_secret=YOUR_CLIENT_SECRET
"client_secret": "your-client-secret"
"clientSecret": process.env.CLIENT_SECRET,
client_secret: os.environ["CLIENT_SECRET"]
CLIENT_SECRET=<your secret here>
password=REDACTED
"password"=>"[FILTERED]"
"password": "********"
token = token.getAccessToken()
var token = await GetTokenAsync(code);
access_token=AccessTokenHelper
access_token: str | None = None
password: required
password: ["This field is required."]
"token": "Token is invalid or expired"
grant_type=password&username=bob
response_type=code&scope=openid
"grant_types_supported":["authorization_code","refresh_token","password"]
"token_endpoint":"https://login.example/oauth2/token"
"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post","private_key_jwt"]
code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256
client_id=1234567890-abcdefghijklmnop.apps.googleusercontent.com
redirect_uri=https%3A%2F%2Fapp.example%2Fcallback
IDX10501: Signature validation failed. Unable to match key: kid: 'nOo3ZDrODXEK1jKWhXslHR_KXEg'
Thumbprint of key used by client: '8B1F2C3D4E5F60718293A4B5C6D7E8F901234567'
    at org.springframework.security.oauth2.client.endpoint.AuthorizationCodeTokenClient.getTokenResponse(TokenClient.java:84)
org.springframework.security.oauth2.core.OAuth2AuthorizationException: [invalid_token_response] An error occurred
Microsoft.IdentityModel.Tokens.SecurityTokenInvalidAudienceException: IDX10214: Audience validation failed.
oauthlib.oauth2.rfc6749.errors.InvalidClientSecretError: (invalid_client) Unauthorized
FetchAccessToken: HttpRequestException
InvalidTokenError: Token: Oauth2Exception
    at Server.<anonymous> (/app/node_modules/.pnpm/next-auth@4.22.1_react@18.2.0/node_modules/next-auth/core/index.js:12:1)
onLoad@main.js:10:3
java.base@17.0.1/java.lang.Thread.run(Thread.java:833)
user@1000.service: Main process exited
state: running
"state":"CA","zip":"94043"
State: Active: active (running)
Nonce too high. Expected nonce to be 5 but got 7
code: 'ECONNREFUSED', errno: -111
code: 'ERR_TLS_CERT_ALTNAME_INVALID'
"code":"InvalidAuthenticationToken","message":"CompactToken parsing failed with error code: 80049217"
"code": "auth/invalid-credential"
"code":"Authorization_RequestDenied"
invalid password: expected 8 characters
client_secret: missing
Bearer authentication failed
the bearer access token provided has expired
PWD=/home/deploy/app
SECRET_FILE=/run/secrets/client_secret
secret: my-tls-cert
Set-Cookie: sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=None; Secure
https://localhost:3000/@vite/client
scope=openid+profile+email+offline_access
334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==
-----BEGIN CERTIFICATE-----
if (token == null) throw new TokenException("token is null");
$token = $provider->getAccessToken('authorization_code', ['code' => $_GET['code']]);
code: req.query.code,
x-request-id: 3f2504e0-4f89-11d3-9a0c-0305e82c3301
type=CODE_TO_TOKEN_ERROR, realmId=master, error=invalid_code, code_id=3f2504e0-4f89-11d3-9a0c-0305e82c3301
refresh_token=eyJ0...
docker run -u 1000:1000 app
""".strip("\n").split("\n")


@pytest.mark.parametrize("text", KEPT)
def test_stays(text: str) -> None:
    assert redact(text) == text


# --- What is replaced -------------------------------------------------------------------------------------------------

REPLACED = [
    (
        "GET /cb?code=SplxlOBeZQQYbYS6WxSbIA&state=xyz123 HTTP/1.1",
        "GET /cb?code=<authorization_code:1>&state=<state:1> HTTP/1.1",
    ),
    (
        "https://app.example/callback?code=abcdef&state=af0",
        "https://app.example/callback?code=<authorization_code:1>&state=<state:1>",
    ),
    (
        "next=https%3A%2F%2Fapp%2Fcb%3Fcode%3D4%252F0AQSTgQF9xabcdefgh%26state%3Dabc123XYZ",
        "next=https%3A%2F%2Fapp%2Fcb%3Fcode%3D<authorization_code:1>%26state%3D<state:1>",
    ),
    (
        "grant_type=authorization_code&code=n0Tr4nd0m&client_secret=s3c%2B1&code_verifier=dBjftJeZ4CVP-mB92K27uhb",
        "grant_type=authorization_code&code=<authorization_code:1>&client_secret=<client_secret:1>&code_verifier=<code_verifier:1>",
    ),
    (r'"{\"access_token\":\"2YotnFZFEjr1zCsicMWpAA\",\"a\":1}"', r'"{\"access_token\":\"<access_token:1>\",\"a\":1}"'),
    (
        r"{\\\"access_token\\\":\\\"2YotnFZ\\\",\\\"x\\\":1}",
        r"{\\\"access_token\\\":\\\"<access_token:1>\\\",\\\"x\\\":1}",
    ),
    ("{&quot;access_token&quot;:&quot;2YotnFZ&quot;}", "{&quot;access_token&quot;:&quot;<access_token:1>&quot;}"),
    ("%7B%22access_token%22%3A%222YotnFZ%22%7D", "%7B%22access_token%22%3A%22<access_token:1>%22%7D"),
    (
        "{'code': ['4/0AX4XfWhAb-cd'], 'state': ['Zp3Qm0r7uV']}",
        "{'code': ['<authorization_code:1>'], 'state': ['<state:1>']}",
    ),
    ("map[code:[4/0AX4XfWhAbcd] state:[Zp3Qm0r7uV]]", "map[code:[<authorization_code:1>] state:[<state:1>]]"),
    (
        'Parameters: {"code"=>"4/0AX4XfWhAbcd", "controller"=>"auth"}',
        'Parameters: {"code"=>"<authorization_code:1>", "controller"=>"auth"}',
    ),
    ('["access_token"]=>\n  string(12) "abcdef123456"', '["access_token"]=>\n  string(12) "<access_token:1>"'),
    (
        "{access_token=abc123, token_type=bearer, password=hunter2}",
        "{access_token=<access_token:1>, token_type=bearer, password=<password:1>}",
    ),
    (
        'client_secret=Zx8.~Q level=info password="p w d"',
        'client_secret=<client_secret:1> level=info password="<password:1>"',
    ),
    ("<access_token>2YotnFZFEjr1</access_token>", "<access_token><access_token:1></access_token>"),
    ('<add key="ClientSecret" value="Zx8abcdefgh" />', '<add key="ClientSecret" value="<client_secret:1>" />'),
    (
        '<input type="hidden" name="code" value="4/0AX4XfWh2" />',
        '<input type="hidden" name="code" value="<authorization_code:1>" />',
    ),
    (
        '{"name": "Authorization", "value": "Bearer abcdef123456"}',
        '{"name": "Authorization", "value": "Bearer <access_token:1>"}',
    ),
    (
        '"cookies": [{"name": "sid", "value": "a1"}, {"name":"b","value":"q1"}]',
        '"cookies": [{"name": "sid", "value": "<cookie:1>"}, {"name":"b","value":"<cookie:2>"}]',
    ),
    ("Authorization: Bearer mF_9.B5f-4.1JqM", "Authorization: Bearer <access_token:1>"),
    ("authorization: DPoP Kz~8mXK1EalYznwH-LC-1fBAo", "authorization: DPoP <access_token:1>"),
    ("Authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW", "Authorization: Basic <credential:1>"),
    ("Authorization: ApiKey abcDEF123456", "Authorization: ApiKey <api_key:1>"),
    ("Authorization: Negotiate YIIZhgYGKwYBBQUCoIIZejCCGXag", "Authorization: Negotiate <credential:1>"),
    (
        'Authorization: Digest username="mufasa", realm="api", nonce="7ypf/xlj9XXw", uri="/d", qop=auth, nc=00000001, response="753927fa0e85"',
        'Authorization: Digest username="mufasa", realm="api", nonce="<nonce:1>", uri="/d", qop=auth, nc=00000001, response="<signature:1>"',
    ),
    (
        'Authorization: OAuth oauth_consumer_key="dpf43", oauth_token="nnch734d", oauth_signature_method="HMAC-SHA1", oauth_signature="tR3%2BTy"',
        'Authorization: OAuth oauth_consumer_key="dpf43", oauth_token="<access_token:1>", oauth_signature_method="HMAC-SHA1", oauth_signature="<signature:1>"',
    ),
    (
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/s3, SignedHeaders=host;range;x-amz-date, Signature=fe5f80f77d5f",
        "Authorization: AWS4-HMAC-SHA256 Credential=<api_key:1>/20130524/s3, SignedHeaders=host;range;x-amz-date, Signature=<signature:1>",
    ),
    ("Bearer Bearer abcdefgh12345678ijkl", "Bearer Bearer <access_token:1>"),
    (
        "curl -H \"Authorization: Bearer ab12\" -H 'X-Api-Key: k3yab' https://api",
        "curl -H \"Authorization: Bearer <access_token:1>\" -H 'X-Api-Key: <api_key:1>' https://api",
    ),
    ("curl -u app:s3cr3tvalue https://id/token", "curl -u app:<password:1> https://id/token"),
    ("app --client-secret abcDEF1234 --verbose", "app --client-secret <client_secret:1> --verbose"),
    ("Cookie: sid=abc123; theme=dark", "Cookie: sid=<cookie:1>; theme=<cookie:2>"),
    (
        "Set-Cookie: sid=38afes7a8; Path=/; HttpOnly; SameSite=Lax; Expires=Wed, 21 Oct 2015 07:28:00 GMT",
        "Set-Cookie: sid=<cookie:1>; Path=/; HttpOnly; SameSite=Lax; Expires=Wed, 21 Oct 2015 07:28:00 GMT",
    ),
    (
        '"set-cookie": ["sid=s%3Aab; Path=/", "x=1y2; SameSite=None"]',
        '"set-cookie": ["sid=<cookie:1>; Path=/", "x=<cookie:2>; SameSite=None"]',
    ),
    (".example.com\tTRUE\t/\tFALSE\t0\tsid\tabc123", ".example.com\tTRUE\t/\tFALSE\t0\tsid\t<cookie:1>"),
    ("postgres://app:p/ss@w0rd@db.internal:5432/app", "postgres://app:<password:1>@db.internal:5432/app"),
    ("redis://:s3cr3t@cache:6379/0", "redis://:<password:1>@cache:6379/0"),
    (
        "Server=tcp:x.example;User ID=sa;Password=Sup3r;Encrypt=True",
        "Server=tcp:x.example;User ID=sa;Password=<password:1>;Encrypt=True",
    ),
    ("user ann+tag@mail.example.co.uk", "user <email:1>"),
    ("ann%40mail.example and ann%2540mail.example and ann\\u0040mail.example", "<email:1> and <email:1> and <email:1>"),
    ("Malformed auth code 4fG7hJ9kLmN2pQ5rStUvWxYz", "Malformed auth code <authorization_code:1>"),
    (
        r'"https:\/\/app\/cb?code=4\/0AX4XfWhAb12\u0026state=Zp3Qm0r7uV"',
        r'"https:\/\/app\/cb?code=<authorization_code:1>\u0026state=<state:1>"',
    ),
    ("AUTH XOAUTH2 dXNlcj1hQGIuYwFhdXRoPUJlYXJlciB5YTI5LmFiYwEB", "AUTH XOAUTH2 <credential:1>"),
    ("webhookSecretV2: k3Jd82jsdkLQp02mxZ", "webhookSecretV2: <credential:1>"),
    ('"password": 123456, "x": 1', '"password": "<password:1>", "x": 1'),
    ("password: hunter", "password: <password:1>"),
    ("Client secret: Zx81abcd", "Client secret: <client_secret:1>"),
    ('client_secret=" abcd "', 'client_secret=" <client_secret:1> "'),
    (
        "client_assertion=" + JWT + "&client_assertion_type=urn%3Ax",
        "client_assertion=<assertion:1>&client_assertion_type=urn%3Ax",
    ),
    ("bare " + JWT + ", and", "bare <jwt:1>, and"),
    ("five parts " + JWE + " here", "five parts <jwt:1> here"),
    ("blob " + base64.b64encode(JWT.encode()).decode() + " here", "blob <jwt:1> here"),
    (
        "blob " + base64.b64encode(b'{"access_token": "Zx81JkQ0pLmN2vT7"}').decode() + " here",
        "blob <credential:1> here",
    ),
    ("saml PHNhbWxwOlJlc3BvbnNlIHhtbG5zOnNhbWxwPSJ1cm46b2FzaXM6 end", "saml <saml:1> end"),
    (
        f"-----BEGIN PRIVATE KEY-----\\n{BASE64_KEY}\\nab==\\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\\n<private_key:1>\\n-----END PRIVATE KEY-----",
    ),
    (
        "api.telegram.example/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1/getMe",
        "api.telegram.example/bot<access_token:1>/getMe",
    ),
]


@pytest.mark.parametrize(("text", "expected"), REPLACED, ids=range(len(REPLACED)))
def test_is_replaced(text: str, expected: str) -> None:
    assert redact(text) == expected
    assert redact(expected) == expected


FORMATS = {
    "ya29.a0AfB_byC1234567890abcdefghij": "access_token",
    "1//0gAbCdEf9hIjKlMnOpQr-stuv": "refresh_token",
    "4/0AX4XfWhabcdefghijklmnop": "authorization_code",
    "GOCSPX-abcdefGHIJKL123456789mnop": "client_secret",
    "AIzaSyA1234567890abcdefghijklmnopqrstu0": "api_key",
    "gho_16C7e42F292c6912E7710c838347Ae178B4a": "access_token",
    "github_pat_11ABCDEFG0abcdefghijkl_0123456789abcdefghijklmnop": "access_token",
    "glpat-abcdEFGH1234_-xyz567": "access_token",
    "gloas-0123456789abcdef0123456789abcdef": "client_secret",
    "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx": "access_token",
    "xapp-1-A0123-456-0123456789abcdef": "access_token",
    "AKIAIOSFODNN7EXAMPLE": "api_key",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc": "api_key",
    "whsec_abcdef0123456789ABCDEF": "credential",
    "EAAGm0PX4ZCpsBAKZCZA9bZB1k2j3h4g5f6d": "access_token",
    "Abc8Q~dEfGhIjKlMnOpQrStUvWxYz0123456789a": "client_secret",
    "0.AXoAabcdefghijklmnopqrstuvwx.AgABAAEAAAD--DLA3VO7QrddgJg7WevrAgDs_wQA9P8abc": "refresh_token",
    "M.C105_BAY.2.U.1a2b3c4d-5e6f-7890-abcd-ef0123456789": "refresh_token",
    "00QCjAl4MlV-WPXM7ABCDEFGHI2jkl0123456789xy": "api_key",
    "shpat_0123456789abcdef0123456789abcdef": "access_token",
    "SG.abcdefghijklmnop123456.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG": "api_key",
    "pat-na1-3f2504e0-4f89-11d3-9a0c-0305e82c3301": "access_token",
    "ATATT3xFfGF0abcdefghijklmnopqrstuvwxyz0123456789": "access_token",
    "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs": "access_token",
    "npm_abcdefghijklmnopqrstuvwxyz0123456789": "access_token",
    "dop_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef": "access_token",
}


@pytest.mark.parametrize(("token", "kind"), FORMATS.items(), ids=range(len(FORMATS)))
def test_provider_format_needs_no_name(token: str, kind: str) -> None:
    escaped = token.replace("/", r"\/")
    assert redact(f"the {token} was, ({token}) '{token}' {quote(token, safe='')} {escaped}") == (
        f"the <{kind}:1> was, (<{kind}:1>) '<{kind}:1>' <{kind}:1> <{kind}:1>"
    )


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


# --- Laws -------------------------------------------------------------------------------------------------------------

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


@pytest.mark.parametrize("unit", ADVERSARIAL.values(), ids=ADVERSARIAL)
def test_adversarial_text_is_lawful(unit: str) -> None:
    """How long it takes is measured by benchmarks/linearity.py."""
    text = unit * (6_000 // len(unit))
    assert_lawful(text, Redactor().redact(text))


def test_ordinary_log_is_not_even_copied() -> None:
    text = (KEPT[0] + "\n    at com.acme.orders.OrderService.load(OrderService.java:112)\n") * 1_000
    result = Redactor().redact(text)
    assert result.text is text
