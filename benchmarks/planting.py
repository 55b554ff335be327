"""Seeded texts with planted secrets: every kind, in every format and encoding. What redaction is measured against.

A secret is generated like its issuer generates it; a frame writes it as some program would. `plant` puts many of them
into one text and remembers them, `Search` finds what is left of them in an output.
"""

from __future__ import annotations

import base64
import html
import json
import quopri
import random
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus, unquote

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOWER = UPPER.lower()
DIGITS = "0123456789"
ALNUM = UPPER + LOWER + DIGITS
URL_SAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"
HEX = DIGITS + "abcdef"


@dataclass(frozen=True)
class Planted:
    """A secret in a text.

    Attributes:
        kind: what it is.
        frame: how it is written.
        value: the secret itself.
        telling: the part of it that must not be seen anywhere; the rest is the same for everybody.
    """

    kind: str
    frame: str
    value: str
    telling: str


def chars(source: random.Random, count: int, alphabet: str = ALNUM) -> str:
    """Generated characters, digits and letters among them."""
    text = "".join(source.choices(alphabet, k=count))
    if count >= 2 and len(alphabet) > 30:
        at = source.randrange(count - 1)
        text = text[:at] + source.choice(UPPER) + source.choice(DIGITS) + text[at + 2 :]
    return text


def guid(source: random.Random) -> str:
    text = chars(source, 32, HEX)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


# --- Secrets that show what they are: prefix, and how the rest is generated -------------------------------------------

FORMATTED: dict[str, Callable[[random.Random], tuple[str, str]]] = {
    name: (lambda source, prefix=prefix, count=count, alphabet=alphabet: (prefix, chars(source, count, alphabet)))
    for name, prefix, count, alphabet in (
        ("google access token", "ya29.a0", 120, URL_SAFE),
        ("google refresh token", "1//0", 95, URL_SAFE),
        ("google code", "4/0A", 70, URL_SAFE),
        ("google client secret", "GOCSPX-", 28, URL_SAFE),
        ("google api key", "AIzaSy", 33, URL_SAFE),
        ("github personal token", "ghp_", 36, ALNUM),
        ("github oauth token", "gho_", 36, ALNUM),
        ("github user token", "ghu_", 36, ALNUM),
        ("github server token", "ghs_", 36, ALNUM),
        ("github refresh token", "ghr_", 76, ALNUM),
        ("github fine-grained token", "github_pat_", 82, ALNUM),
        ("gitlab personal token", "glpat-", 20, URL_SAFE),
        ("gitlab application secret", "gloas-", 64, HEX),
        ("gitlab runner token", "glrt-", 20, URL_SAFE),
        ("gitlab trigger token", "glptt-", 40, HEX),
        ("slack bot token", "xoxb-", 24, ALNUM),
        ("slack user token", "xoxp-", 32, ALNUM),
        ("slack refresh token", "xoxe-1-", 60, ALNUM),
        ("slack app token", "xapp-1-", 64, HEX),
        ("slack webhook", "https://hooks.slack.com/services/T", 30, ALNUM),
        ("aws key id", "AKIA", 16, UPPER + "234567"),
        ("aws session key id", "ASIA", 16, UPPER + "234567"),
        ("amazon login secret", "amzn1.oa2-cs.v1.", 64, HEX),
        ("amazon refresh token", "Atzr|", 120, URL_SAFE),
        ("stripe secret key", "sk_live_", 24, ALNUM),
        ("stripe restricted key", "rk_test_", 24, ALNUM),
        ("stripe webhook secret", "whsec_", 32, ALNUM),
        ("meta user token", "EAA", 150, ALNUM),
        ("instagram token", "IGQV", 120, ALNUM),
        ("microsoft refresh token", "0.AXoA", 120, URL_SAFE),
        ("microsoft live refresh token", "M.C105_BAY.0.U.-", 90, ALNUM),
        ("okta api token", "00", 40, URL_SAFE),
        ("atlassian token", "ATATT3xFfGF0", 170, URL_SAFE),
        ("atlassian client token", "ATCTT3xFfGN0", 170, URL_SAFE),
        ("bitbucket app password", "ATBB", 32, ALNUM),
        ("shopify access token", "shpat_", 32, HEX),
        ("shopify shared secret", "shpss_", 32, HEX),
        ("twilio api key", "SK", 32, HEX),
        ("npm token", "npm_", 36, ALNUM),
        ("pypi token", "pypi-AgEIcHlwaS5vcmc", 120, URL_SAFE),
        ("digitalocean token", "dop_v1_", 64, HEX),
        ("digitalocean refresh token", "dor_v1_", 64, HEX),
        ("vault service token", "hvs.", 90, URL_SAFE),
        ("vault batch token", "hvb.", 130, URL_SAFE),
        ("hugging face token", "hf_", 34, ALNUM),
        ("openai key", "sk-proj-", 60, ALNUM),
        ("anthropic key", "sk-ant-api03-", 90, URL_SAFE),
        ("linear key", "lin_api_", 40, ALNUM),
        ("figma token", "figd_", 40, URL_SAFE),
        ("databricks token", "dapi", 32, HEX),
        ("doppler token", "dp.pt.", 43, ALNUM),
        ("grafana token", "glsa_", 41, ALNUM),
        ("new relic key", "NRAK-", 27, UPPER + DIGITS),
        ("sentry token", "sntrys_", 120, ALNUM),
        ("supabase token", "sbp_", 40, HEX),
        ("contentful token", "CFPAT-", 43, URL_SAFE),
        ("rubygems key", "rubygems_", 48, HEX),
        ("mailgun key", "key-", 32, HEX),
        ("square token", "sq0atp-", 22, URL_SAFE),
        ("square secret", "sq0csp-", 43, URL_SAFE),
        ("paypal access token", "A21AA", 92, URL_SAFE),
        ("intuit refresh token", "AB1112345678901", 36, ALNUM),
        ("planetscale password", "pscale_pw_", 43, URL_SAFE),
        ("postman key", "PMAK-", 59, HEX),
        ("heroku key", "HRKU-AA", 58, URL_SAFE),
        ("docker hub token", "dckr_pat_", 27, URL_SAFE),
        ("tailscale key", "tskey-auth-k", 36, ALNUM),
        ("circleci token", "CCIPAT_", 60, ALNUM),
        ("buildkite token", "bkua_", 40, HEX),
        ("pulumi token", "pul-", 40, HEX),
        ("replicate token", "r8_", 37, ALNUM),
        ("groq key", "gsk_", 52, ALNUM),
        ("1password token", "ops_eyJ", 200, ALNUM),
        ("plaid token", "access-production-", 36, HEX),
        ("age key", "AGE-SECRET-KEY-1", 58, UPPER + DIGITS),
        ("vercel webhook", "https://hooks.zapier.com/hooks/catch/", 20, DIGITS + LOWER),
        ("easypost key", "EZAK", 54, ALNUM),
        ("shippo token", "shippo_live_", 40, HEX),
        ("notion token", "ntn_", 46, ALNUM),
        ("asana token", "1/1200000000000000:", 32, HEX),
        ("yandex token", "y0_AgAAAA", 50, URL_SAFE),
        ("vk token", "vk1.a.", 180, URL_SAFE),
        ("alibaba key id", "LTAI5t", 18, ALNUM),
        ("cloudflare origin key", "v1.0-", 60, HEX),
        ("facebook app token", "123456789012345|", 27, URL_SAFE),
        ("discord webhook", "https://discord.com/api/webhooks/123456789012345678/", 68, URL_SAFE),
        ("telegram bot token", "110201543:AA", 33, URL_SAFE),
        ("hubspot token", "pat-na1-", 36, HEX),
        ("zoho token", "1000.", 65, HEX),
        ("dropbox token", "sl.B", 130, URL_SAFE),
        ("linkedin token", "AQV", 300, URL_SAFE),
        ("salesforce session", "00D5g000001abcd!", 96, ALNUM + "._"),
        ("salesforce refresh token", "5Aep861", 80, ALNUM + "._"),
        ("microsoft code", "0.AXoA", 200, URL_SAFE),
        ("adobe secret", "p8e-", 32, URL_SAFE),
        ("terraform token", "tfc", 0, ""),
        ("sendgrid key", "SG.", 0, ""),
        ("microsoft client secret", "", 0, ""),
        ("azure devops token", "", 0, ""),
        ("keycloak code", "", 0, ""),
        ("jwt", "", 0, ""),
        ("jwe", "", 0, ""),
        ("hex-dotted zoho", "1000.", 0, ""),
    )
}


def _segment(members: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()


def _jwt(source: random.Random) -> tuple[str, str]:
    head = _segment({"alg": "RS256", "kid": "k1", "typ": "JWT"}) + "."
    body = _segment({"sub": chars(source, 24), "iss": "https://idp.example", "aud": "api", "exp": 1767225600})
    return head, body + "." + chars(source, 86, URL_SAFE)


def _email(source: random.Random) -> tuple[str, str]:
    return "", f"{chars(source, 8, LOWER)}.{chars(source, 7, LOWER)}@mail-{chars(source, 4, LOWER)}.example.com"


FORMATTED |= {
    "terraform token": lambda source: ("", f"{chars(source, 14)}.atlasv1.{chars(source, 67)}"),
    "sendgrid key": lambda source: ("SG.", f"{chars(source, 22, URL_SAFE)}.{chars(source, 43, URL_SAFE)}"),
    "microsoft client secret": lambda source: ("", f"{chars(source, 3)}8Q~{chars(source, 34)}"),
    "azure devops token": lambda source: ("", f"{chars(source, 64)}JQQJ99{chars(source, 14)}"),
    "keycloak code": lambda source: ("", f"{guid(source)}.{guid(source)}.{guid(source)}"),
    "jwt": _jwt,
    "jwe": lambda source: (
        _segment({"alg": "dir", "enc": "A256GCM"}) + "..",
        f"{chars(source, 16, URL_SAFE)}.{chars(source, 120, URL_SAFE)}.{chars(source, 22, URL_SAFE)}",
    ),
    "zoho token": lambda source: ("1000.", f"{chars(source, 32, HEX)}.{chars(source, 32, HEX)}"),
    "hubspot token": lambda source: ("pat-na1-", guid(source)),
    "plaid token": lambda source: ("access-production-", guid(source)),
    "slack bot token": lambda source: ("xoxb-", f"{chars(source, 12, DIGITS)}-{chars(source, 24)}"),
    "email": _email,
}
del FORMATTED["hex-dotted zoho"]

# --- Secrets that only their names tell -------------------------------------------------------------------------------

OPAQUE: dict[str, Callable[[random.Random], str]] = {
    "url-safe": lambda source: chars(source, source.randint(24, 90), URL_SAFE).strip("-_"),
    "base64": lambda source: base64.b64encode(source.randbytes(source.choice((24, 32, 48)))).decode(),
    "hex": lambda source: chars(source, source.choice((32, 40, 64)), HEX),
    "alphanumeric": lambda source: chars(source, source.randint(20, 60)),
}
PASSWORDS: dict[str, Callable[[random.Random], str]] = {
    "password": lambda source: chars(source, source.randint(10, 16)),
    "password with signs": lambda source: (
        chars(source, 5) + source.choice("!$*-_.~") + chars(source, 4) + source.choice("!$*-_.~") + chars(source, 4)
    ),
}
NAMES = (
    *("access_token", "refresh_token", "id_token", "client_secret", "code_verifier", "clientSecret", "accessToken"),
    *(
        "refreshToken",
        "ACCESS_TOKEN",
        "device_code",
        "api_key",
        "apiKey",
        "X-Api-Key",
        "client_assertion",
        "app_secret",
    ),
    *("consumer_secret", "oauth_token_secret", "session_token", "id_token_hint", "subject_token", "private_token"),
    *("aws_secret_access_key", "AWS_SESSION_TOKEN", "signing_secret", "webhook_secret", "auth_token", "authToken"),
    *("secret_key", "subscription-key", "registration_access_token", "csrf_token", "__RequestVerificationToken"),
)
PASSWORD_NAMES = ("password", "passwd", "PASSWORD", "db_password", "userPassword", "spring.datasource.password")


def _lines(value: str, width: int) -> list[str]:
    return [value[at : at + width] for at in range(0, len(value), width)]


def _har(name: str, value: str) -> str:
    return json.dumps(
        {
            "log": {
                "version": "1.2",
                "creator": {"name": "b", "version": "1"},
                "entries": [
                    {
                        "request": {
                            "method": "POST",
                            "url": f"https://app.example/cb?scope=a&{name}={quote(value, safe='')}",
                            "headers": [
                                {"name": "Authorization", "value": f"Bearer {value}"},
                                {"name": "Cookie", "value": f"sid={quote(value, safe='')}; a=b"},
                            ],
                            "queryString": [{"name": name, "value": value}],
                            "cookies": [{"name": "sid", "value": quote(value, safe="")}],
                            "postData": {
                                "mimeType": "application/x-www-form-urlencoded",
                                "text": f"grant_type=x&{name}={quote_plus(value)}",
                                "params": [{"name": name, "value": value}],
                            },
                        },
                        "response": {
                            "status": 200,
                            "headers": [
                                {"name": "Set-Cookie", "value": f"sid={quote(value, safe='')}; Path=/; HttpOnly"}
                            ],
                            "content": {
                                "mimeType": "application/json",
                                "encoding": "base64",
                                "text": base64.b64encode(
                                    json.dumps({"token_type": "Bearer", name: value}).encode()
                                ).decode(),
                            },
                        },
                    }
                ],
            }
        }
    )


STAMP = "2026-03-04T05:06:07.890Z"


def _split(value: str, width: int, prefix: str) -> str:
    return "\n".join(prefix + line for line in _lines(value, width))


NAMED_FRAMES: dict[str, Callable[[str, str], str]] = {
    "log": lambda n, v: f"{STAMP} INFO [exec-1] c.e.TokenClient : response {n}={v} expires_in=3600",
    "log, quoted": lambda n, v: f'{STAMP} DEBUG sending {n}="{v}" to https://idp.example/token',
    "log, colon": lambda n, v: f"{STAMP} DEBUG {n}: {v}",
    "logfmt": lambda n, v: f"ts={STAMP} level=info {n}={json.dumps(v)} msg=done",
    "JSON line": lambda n, v: json.dumps({"ts": STAMP, "level": "info", "token": {n: v}, "msg": "done"}),
    "JSON, indented": lambda n, v: json.dumps({"a": {n: v, "expires_in": 3600}}, indent=2),
    "JSON in a JSON line": lambda n, v: json.dumps({"ts": STAMP, "body": json.dumps({n: v, "scope": "a"})}),
    "JSON thrice": lambda n, v: json.dumps({"log": json.dumps({"body": json.dumps({n: v, "scope": "a"})})}),
    "JSON, all escaped": lambda n, v: f'{{"{n}": "' + "".join(f"\\u{ord(char):04x}" for char in v) + '"}',
    "HAR": _har,
    "curl -v": lambda n, v: (
        f"> POST /token HTTP/1.1\n> Host: idp.example\n> Authorization: Bearer {v}\n> {n}: {v}\n>\n"
        f"< HTTP/1.1 200 OK\n< Set-Cookie: sid={quote(v, safe='')}; Path=/; Secure\n<\n{json.dumps({n: v})}"
    ),
    "curl command": lambda n, v: f"curl -X POST -d '{n}={quote(v, safe='')}&grant_type=x' https://idp.example/token",
    "curl command, lines": lambda n, v: (
        f"curl https://idp.example/token \\\n  -d grant_type=x \\\n  --data-urlencode '{n}={v}'"
    ),
    "URL": lambda n, v: f"GET https://app.example/cb?scope=a&{n}={quote(v, safe='')}&client_id=web HTTP/1.1",
    "URL, fragment": lambda n, v: f"https://app.example/cb#{n}={quote(v, safe='')}&token_type=bearer",
    "URL in URL": lambda n, v: (
        "GET /login?next=" + quote(f"https://app.example/cb?{n}={quote(v, safe='')}&scope=b", safe="")
    ),
    "URL in URL in URL": lambda n, v: (
        "GET /x?u=" + quote(quote(f"/cb?{n}={quote(v, safe='')}&scope=b", safe=""), safe="")
    ),
    "access log": lambda n, v: (
        f'192.0.2.7 - - [04/Mar/2026:05:06:07 +0000] "GET /cb?{n}={quote(v, safe="")}&scope=a HTTP/1.1" 302 0 '
        f'"https://idp.example/?{n}={quote(v, safe="")}" "Mozilla/5.0"'
    ),
    "form body": lambda n, v: f"grant_type=refresh_token&{n}={quote_plus(v)}&client_id=web",
    "header": lambda n, v: f"POST /token HTTP/1.1\nHost: idp.example\nX-{n}: {v}\nAccept: */*\n",
    "bearer": lambda _, v: f"authorization: Bearer {v}",
    "bearer in a JSON line": lambda _, v: json.dumps({"headers": {"Authorization": f"Bearer {v}"}}),
    "DPoP": lambda _, v: f"Authorization: DPoP {v}",
    "basic": lambda _, v: "Authorization: Basic " + base64.b64encode(f"web:{v}".encode()).decode(),
    "token scheme": lambda _, v: f"Authorization: token {v}",
    "digest": lambda _, v: f'Authorization: Digest username="u", realm="r", nonce="{v}", uri="/", response="{v}"',
    "oauth 1": lambda _, v: (
        f'Authorization: OAuth oauth_consumer_key="web", oauth_token="{quote(v, safe="")}", oauth_signature="{quote(v, safe="")}"'
    ),
    "signature scheme": lambda _, v: (
        f"Authorization: AWS4-HMAC-SHA256 Credential=x/20260304/eu/s3/aws4_request, SignedHeaders=host, Signature={v}"
    ),
    "unknown scheme": lambda _, v: f"Authorization: Acme-Auth {v}",
    "proxy": lambda _, v: f"Proxy-Authorization: Bearer {v}",
    "cookie": lambda _, v: f"Cookie: theme=dark; sid={quote(v, safe='')}; lang=de",
    "set-cookie": lambda _, v: f"Set-Cookie: __Host-sid={quote(v, safe='')}; Path=/; Secure; HttpOnly; SameSite=Lax",
    "cookie in a JSON line": lambda _, v: json.dumps({"request": {"cookie": f"sid={quote(v, safe='')}; b=2"}}),
    "cookie jar": lambda _, v: f".app.example\tTRUE\t/\tTRUE\t1767225600\tsid\t{v}",
    "YAML": lambda n, v: f"oauth:\n  client_id: web\n  {n}: {v}\n  scope: openid",
    "YAML, quoted": lambda n, v: f"oauth:\n  {n}: '{v}'\n",
    "YAML, folded": lambda n, v: f"oauth:\n  {n}: >-\n    {v}\n  scope: openid",
    "kubernetes secret": lambda n, v: f"kind: Secret\ndata:\n  {n}: {base64.b64encode(v.encode()).decode()}\n",
    "env": lambda n, v: f"CLIENT_ID=web\nexport APP_{n.upper().replace('-', '_').replace('.', '_')}={v}\n",
    "env, JSON": lambda n, v: json.dumps({"Env": ["PATH=/bin", f"{n}={v}"]}),
    "properties": lambda n, v: f"app.oauth.{n}={v}\napp.oauth.client-id=web\n",
    "properties, spaced": lambda n, v: f"app.oauth.{n} = {v}\n",
    "TOML": lambda n, v: f'[oauth]\n{n} = "{v}"\n',
    "PHP": lambda n, v: f"Array\n(\n    [{n}] => {v}\n    [scope] => a\n)",
    "PHP code": lambda n, v: f"define('{n}', '{v}');\n$config['{n}'] = '{v}';",
    "Python": lambda n, v: f"DEBUG:oauthlib:{ {n: v, 'scope': 'a'} }",
    "Python, tuples": lambda n, v: repr([("grant_type", "x"), (n, v)]),
    "Ruby": lambda n, v: f'Parameters: {{"{n}"=>"{v}", "scope"=>"a"}}',
    "Java": lambda n, v: f"TokenResponse{{{n}={v}, scope=a}}",
    "Java, quoted": lambda n, v: f"TokenResponse({n}='{v}', scope='a')",
    "Go": lambda n, v: f"map[{n}:{v} scope:a]",
    "Go struct": lambda n, v: f'&oauth2.Token{{{n}:"{v}", Type:"bearer"}}',
    ".NET": lambda n, v: f"TokenResponse {{ {n} = {v}, Scope = a }}",
    "Rust": lambda n, v: f'Token {{ {n}: Some("{v}"), scope: None }}',
    "XML": lambda n, v: f"<r><{n.replace('.', '-')}>{html.escape(v)}</{n.replace('.', '-')}><scope>a</scope></r>",
    "XML, attribute": lambda n, v: f'<add key="{n}" value="{html.escape(v)}"/>',
    "XML, own attribute": lambda n, v: f'<client id="web" {n}="{html.escape(v)}"/>',
    "SOAP": lambda _, v: (
        f"<wsse:UsernameToken><wsse:Username>u</wsse:Username><wsse:Password Type='t'>{html.escape(v)}</wsse:Password></wsse:UsernameToken>"
    ),
    "HTML form": lambda n, v: f'<input type="hidden" name="{n}" value="{html.escape(v)}">',
    "HTML of JSON": lambda n, v: f'<div data-x="{html.escape(json.dumps({n: v}))}"></div>',
    "HTML table": lambda n, v: f"<tr><td>{n}</td><td>{html.escape(v)}</td></tr>",
    "Markdown table": lambda n, v: f"| name | value |\n|---|---|\n| {n} | {v} |",
    "Markdown code": lambda n, v: f"My `{n}` is `{v}`, what is wrong?",
    "prose": lambda n, v: f"I set the {n.replace('_', ' ')} to {v} as told.",
    "ticket": lambda n, v: f"Hello,\n\nthe {n.replace('_', ' ')}: {v}\n\nRegards",
    "e-mail": lambda n, v: f"From: it\nSubject: login\nContent-Type: text/plain\n\nWe use {n}={v} for it.\n",
    "e-mail, quoted-printable": lambda n, v: (
        "From: it\nContent-Transfer-Encoding: quoted-printable\n\n"
        + quopri.encodestring(
            f"We call https://app.example/cb?scope=a&{n}={quote(v, safe='')}&client_id=web for it.".encode()
        ).decode()
    ),
    "e-mail, base64": lambda n, v: (
        "From: it\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(f"Hello,\nwe use {n}={v} for it.\n".encode()).decode()
    ),
    "CSV": lambda n, v: f"time,user,{n},scope\n{STAMP},7,{v},openid\n{STAMP},8,{v},openid",
    "CSV, quoted": lambda n, v: f'"time","{n}","scope"\n"{STAMP}","{v}","openid"',
    "TSV": lambda n, v: f"time\t{n}\tscope\n{STAMP}\t{v}\topenid",
    "SQL": lambda n, v: f"UPDATE clients SET {n} = '{v}' WHERE id = 7;",
    "SQL insert": lambda n, v: f"INSERT INTO clients (id, {n}) VALUES (7, '{v}');",
    "option": lambda n, v: f"tool --{n.replace('_', '-').replace('.', '-')} {v} --verbose",
    "option, equals": lambda n, v: f"tool --{n.replace('_', '-').replace('.', '-')}={v} --verbose",
    "wrapped": lambda n, v: f'{{"{n}":"' + "\n".join(_lines(v * 3, 76)) + '"}',
    "split over log lines": lambda n, v: _split(f'{{"{n}":"{v * 3}"}}', 90, f"{STAMP} INFO [main] c.e.Dump : "),
    "split over syslog lines": lambda n, v: _split(f"body {n}={v * 3}&scope=a", 100, "Mar  4 05:06:07 web1 app[812]: "),
    "base64 of JSON": lambda n, v: "blob " + base64.b64encode(json.dumps({n: v}).encode()).decode(),
    "base64 of a form": lambda n, v: "blob " + base64.b64encode(f"{n}={quote(v, safe='')}&scope=a".encode()).decode(),
    "base64 of headers": lambda _, v: (
        "blob " + base64.b64encode(f"POST / HTTP/1.1\r\nAuthorization: Bearer {v}\r\n\r\n".encode()).decode()
    ),
    "base64 twice": lambda n, v: "blob " + base64.b64encode(base64.b64encode(json.dumps({n: v}).encode())).decode(),
    "header dump in a JSON line": lambda n, v: json.dumps(
        {"raw": f"HTTP/1.1 200 OK\r\nSet-Cookie: sid={quote(v, safe='')}; Path=/\r\n\r\n{n}={quote(v, safe='')}"}
    ),
    "query of JSON": lambda n, v: "/x?data=" + quote(json.dumps({n: v}), safe=""),
    "postMessage": lambda n, v: f"window.postMessage({json.dumps({n: v})}, '*')",
    "JavaScript": lambda n, v: f'const {n.replace("-", "_").replace(".", "_")} = "{v}";',
    "GraphQL": lambda n, v: json.dumps(
        {"query": f'mutation {{ login({n.replace("-", "_").replace(".", "_")}: "{v}") {{ ok }} }}'}
    ),
    "multipart": lambda n, v: f'--b1\nContent-Disposition: form-data; name="{n}"\n\n{v}\n--b1--',
    "Windows registry": lambda n, v: f'"{n}"="{v}"',
    "netrc": lambda _, v: f"machine idp.example login web password {v}",
    "npmrc": lambda _, v: f"//registry.example/:_authToken={v}",
    "docker config": lambda _, v: json.dumps(
        {"auths": {"r.example": {"auth": base64.b64encode(f"web:{v}".encode()).decode()}}}
    ),
    "docker -e": lambda n, v: f"docker run -e {n.upper().replace('-', '_').replace('.', '_')}={v} image",
    "copies": lambda n, v: (
        f"{n}={v}\nthe value {v} was refused (see /x/{quote(v, safe='')})" if len(v) > 15 else f"{n}={v}"
    ),
}
PASSWORD_FRAMES: dict[str, Callable[[str, str], str]] = {
    "postgres": lambda _, v: (
        f"could not connect: postgres://app:{quote(v, safe='')}@db.internal:5432/app?sslmode=require"
    ),
    "mongodb": lambda _, v: f"mongodb+srv://app:{quote(v, safe='')}@cluster0.abc.mongodb.example/app",
    "redis": lambda _, v: f"redis://:{quote(v, safe='')}@cache:6379/0",
    "amqp in a JSON line": lambda _, v: json.dumps({"url": f"amqp://app:{quote(v, safe='')}@mq:5672/%2f"}),
    "jdbc": lambda _, v: f"jdbc:mysql://db:3306/app?user=app&password={quote(v, safe='')}&useSSL=true",
    "jdbc, oracle": lambda _, v: f"jdbc:oracle:thin:app/{v}@//db:1521/app",
    "ado.net": lambda _, v: f"Server=tcp:db,1433;User ID=app;Password={v};Encrypt=True",
    "ado.net, Pwd": lambda _, v: f'connectionString="Server=db;Uid=app;Pwd={v};"',
    "libpq": lambda _, v: f"host=db user=app password={v} dbname=app",
    "url": lambda _, v: f"git clone https://app:{quote(v, safe='')}@git.example/x.git",
    "curl -u": lambda _, v: f"curl -s -u 'app:{v}' https://idp.example/token",
    "curl --user": lambda _, v: f"curl --user app:{v} https://idp.example/token",
    "mysql -p": lambda _, v: f"mysql -u root --password={v} app",
    "sshpass": lambda _, v: f"PGPASSWORD={v} psql -h db",
    "storage": lambda _, v: (
        f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={base64.b64encode((v * 4).encode()).decode()};EndpointSuffix=x"
    ),
    "sas": lambda _, v: (
        f"https://a.blob.example/c?sv=2024-01-01&se=2026-01-01&sp=r&sig={quote(base64.b64encode((v * 3).encode()).decode(), safe='')}"
    ),
}
BARE_FRAMES: dict[str, Callable[[str], str]] = {
    "prose": lambda v: f"We sent {v} and got 401.",
    "log": lambda v: f"{STAMP} ERROR rejected [{v}] for client web",
    "JSON line": lambda v: json.dumps({"ts": STAMP, "msg": f"rejected {v}", "args": [v]}),
    "URL path": lambda v: f"GET https://app.example/hook/{quote(v, safe='')}/x HTTP/1.1" if "://" not in v else v,
    "URL": lambda v: f"GET https://app.example/x?q={quote(v, safe='')}&y=1 HTTP/1.1",
    "escaped": lambda v: json.dumps({"x": json.dumps({"y": v.replace("/", "\\/")})}),
    "CSV": lambda v: f"7,{v},openid",
    "XML": lambda v: f"<x>{html.escape(v)}</x>",
    "Markdown": lambda v: f"- `{v}`",
    "env": lambda v: f"FOO={v}",
    "YAML": lambda v: f"foo: {v}",
    "quoted": lambda v: f"the token '{v}' and \"{v}\"",
    "base64 of JSON": lambda v: "blob " + base64.b64encode(json.dumps({"a": v}).encode()).decode(),
}


def _pem(source: random.Random) -> tuple[str, str]:
    kind = source.choice(
        ("RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY")
    )
    return kind, base64.b64encode(source.randbytes(source.choice((300, 610, 1190)))).decode()


def _armour(kind: str, body: str, width: int = 64) -> str:
    return "\n".join((f"-----BEGIN {kind}-----", *_lines(body, width), f"-----END {kind}-----"))


PEM_FRAMES: dict[str, Callable[[str], str]] = {
    "plain": lambda pem: pem,
    "indented": lambda pem: textwrap.indent(pem, "    "),
    "YAML": lambda pem: "private_key: |\n" + textwrap.indent(pem, "  "),
    "JSON": lambda pem: json.dumps({"type": "service_account", "private_key": pem + "\n"}),
    "JSON in JSON": lambda pem: json.dumps({"body": json.dumps({"private_key": pem + "\n"})}),
    "env": lambda pem: 'PRIVATE_KEY="' + pem.replace("\n", "\\n") + '"',
    "log prefixes": lambda pem: "\n".join("app_1  | " + line for line in pem.split("\n")),
    "log prefixes with times": lambda pem: "\n".join(
        f"2026-03-04T05:06:{number:02d}.{number:03d}Z INFO key: {line}" for number, line in enumerate(pem.split("\n"))
    ),
    "URL-encoded": lambda pem: "key=" + quote(pem, safe=""),
    "base64": lambda pem: "KEY_B64=" + base64.b64encode(pem.encode()).decode(),
    "CRLF": lambda pem: pem.replace("\n", "\r\n"),
}


def _saml(source: random.Random) -> tuple[str, str]:
    """What identifies and proves in a response, and the response as it is sent."""
    name, signature = chars(source, 30), chars(source, 120, BASE64)
    xml = (
        f'<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_{chars(source, 32, HEX)}">'
        f"<saml:NameID>{name}</saml:NameID><ds:SignatureValue>{signature}</ds:SignatureValue></samlp:Response>"
    )
    return f"{name} {signature}", base64.b64encode(xml.encode()).decode()


SAML_FRAMES: dict[str, Callable[[str], str]] = {
    "form": lambda v: f"SAMLResponse={quote_plus(v)}&RelayState=x",
    "HTML form": lambda v: f'<input type="hidden" name="SAMLResponse" value="{v}"/>',
    "JSON line": lambda v: json.dumps({"SAMLResponse": v}),
    "prose": lambda v: f"response {v} end",
    "wrapped": lambda v: "SAMLResponse:\n" + "\n".join(_lines(v, 76)),
}
SAML_XML_FRAMES: dict[str, Callable[[str], str]] = {
    "signature": lambda v: f"<ds:SignatureValue>{v}</ds:SignatureValue>",
    "signature, lines": lambda v: "<ds:SignatureValue>\n" + "\n".join(_lines(v, 64)) + "\n</ds:SignatureValue>",
    "cipher": lambda v: f"<xenc:CipherValue>{v}</xenc:CipherValue>",
}


def _telling(kind: str, rest: str) -> str:
    """Of a JWT, who it is about and what proves it; all other claims are the same in all of them."""
    if kind != "jwt":
        return rest
    body, _, signature = rest.partition(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return f"{claims['sub']} {signature}"


def planted(seed: int) -> Iterator[tuple[str, Planted]]:
    """Texts with their secrets, without end: all frames in turn, kinds and values by chance."""
    source = random.Random(seed)
    while True:
        for frame, write in NAMED_FRAMES.items():
            name = source.choice(NAMES)
            kind = source.choice(tuple(OPAQUE))
            value = OPAQUE[kind](source)
            yield write(name, value), Planted(f"{name} ({kind})", frame, value, value)
        for frame, write in NAMED_FRAMES.items():
            kind = source.choice(tuple(FORMATTED))
            prefix, rest = FORMATTED[kind](source)
            name = source.choice(NAMES)
            if "://" in prefix and ("split" in frame or frame == "wrapped"):
                continue  # these frames repeat the value
            yield write(name, prefix + rest), Planted(f"{name} ({kind})", frame, prefix + rest, _telling(kind, rest))
        for kind in FORMATTED:
            prefix, rest = FORMATTED[kind](source)
            frame = source.choice(tuple(BARE_FRAMES))
            yield (
                BARE_FRAMES[frame](prefix + rest),
                Planted(kind, f"bare: {frame}", prefix + rest, _telling(kind, rest)),
            )
        for frame, write in PASSWORD_FRAMES.items():
            value = PASSWORDS[source.choice(tuple(PASSWORDS))](source)
            yield write("", value), Planted("password", frame, value, value)
        for frame in (
            "log",
            "JSON line",
            "JSON in a JSON line",
            "URL",
            "form body",
            "YAML",
            "env",
            "properties",
            "XML",
            "SQL",
            "HAR",
            "Java",
            "ticket",
        ):
            value = PASSWORDS[source.choice(tuple(PASSWORDS))](source)
            name = source.choice(PASSWORD_NAMES)
            yield NAMED_FRAMES[frame](name, value), Planted(name, frame, value, value)
        for frame, write_pem in PEM_FRAMES.items():
            kind, body = _pem(source)
            yield write_pem(_armour(kind, body)), Planted(kind.lower(), f"PEM: {frame}", body, body)
        for frame, write_saml in SAML_FRAMES.items():
            telling, blob = _saml(source)
            yield write_saml(blob), Planted("saml", f"SAML: {frame}", blob, telling)
        for frame, write_saml in SAML_XML_FRAMES.items():
            blob = base64.b64encode(source.randbytes(256)).decode()
            yield write_saml(blob), Planted("saml signature", f"SAML: {frame}", blob, blob)


def plant(seed: int, count: int) -> tuple[list[str], list[Planted]]:
    """The first `count` texts of a seed, and their secrets."""
    texts, secrets = [], []
    for text, secret in planted(seed):
        texts.append(text)
        secrets.append(secret)
        if len(texts) == count:
            return texts, secrets
    raise AssertionError("planted() has no end")


class Search:
    """Finds what is left of secrets, in any encoding, in whole or in part.

    Args:
        secrets: what must not be there.
    """

    PIECE = 10
    """Characters of a secret that count as a leak."""

    def __init__(self, secrets: Iterable[Planted]) -> None:
        self._pieces: dict[str, Planted] = {}
        for secret in secrets:
            telling = secret.telling.removesuffix(".example.com")
            written = {
                telling,
                base64.b64encode(telling.encode()).decode(),
                telling.encode().hex(),
            }
            for form in written:
                for at in range(max(len(form) - self.PIECE, 0) + 1):
                    self._pieces.setdefault(form[at : at + self.PIECE], secret)

    def leaks(self, output: str) -> dict[Planted, str]:
        """Secrets of which something is left, with what is."""
        found: dict[Planted, str] = {}
        for view in self._views(output):
            for at in range(len(view) - self.PIECE + 1):
                piece = view[at : at + self.PIECE]
                if piece in self._pieces:
                    found.setdefault(self._pieces[piece], view[max(at - 60, 0) : at + 40])
        return found

    @staticmethod
    def _views(text: str) -> Iterator[str]:
        """A text, and what it says once its encodings are undone."""
        seen: set[int] = set()
        views = [text]
        for _ in range(3):
            views = [
                other
                for view in views
                for other in (view, unquote(view), html.unescape(view), _unescaped(view), _decoded(view))
                if other
            ]
            fresh = [view for view in views if hash(view) not in seen and not seen.add(hash(view))]  # type: ignore[func-returns-value]
            yield from fresh
            views = fresh


def _unescaped(text: str) -> str:
    text = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda escape: chr(int(escape[1], 16)), text)
    return text.replace("\\/", "/").replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


def _decoded(text: str) -> str:
    """All base64 in a text, decoded."""
    decoded = []
    for blob in re.findall(r"[A-Za-z0-9+/_-]{16,}", text):
        usable = blob[: len(blob) // 4 * 4].replace("-", "+").replace("_", "/")
        decoded.append(base64.b64decode(usable).decode("latin-1"))
    return "\n".join(decoded)
