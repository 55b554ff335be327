"""What a diagnosis needs stays; secrets are replaced wherever and however they are written."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from secret_samples import BASE64_KEY, JWE, JWT, redact

from oauth_doctor.engine.redaction import Redactor

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
Error code: 0xCAA82EE7
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
        "I set the id token hint to V3LtH0jOEC9294ZRj41RDClIoMJBi0e1tOQ as told.",
        "I set the id token hint to <id_token:1> as told.",
    ),
    (
        '<add key="access token" value="V3LtH0jOEC9294ZRj41RDClIoMJBi0e1tOQ"/>',
        '<add key="access token" value="<access_token:1>"/>',
    ),
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


def test_ordinary_log_is_not_even_copied() -> None:
    text = (KEPT[0] + "\n    at com.acme.orders.OrderService.load(OrderService.java:112)\n") * 1_000
    result = Redactor().redact(text)
    assert result.text is text
