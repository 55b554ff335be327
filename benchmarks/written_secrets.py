"""How programs, people and protocols write a secret down: formats and encodings, alone and in each other."""

from __future__ import annotations

import base64
import html
import json
import quopri
import textwrap
from collections.abc import Callable
from urllib.parse import quote, quote_plus


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


def armour(kind: str, body: str, width: int = 64) -> str:
    """A PEM text (RFC 7468)."""
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
