# ruff: noqa: E501 - log lines are long
"""Writes realistic logs of any size: applications, web servers and systems through one collector, with incidents in between.

python benchmarks/loggen.py --size 1G --every 1000 [--seed 1] > /tmp/big.log

The same seed gives the same bytes. `--every N` puts one incident line among N lines; the incidents are of many causes and
providers, and those that take several lines share a request id and are interleaved with ordinary lines, as in a real
collector. `--every 0` writes ordinary lines only, among them the everyday failures of other software and the successful
sign-ins of an application that uses OAuth.
"""

from __future__ import annotations

import argparse
import random
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
_BODIES = 40_000
_LINES_A_SECOND = 400
_BLOCK = 8_000  # lines

PATHS = (
    "/",
    "/cart",
    "/checkout",
    "/api/v2/orders",
    "/api/v2/orders/{n}",
    "/static/app.{hex6}.js",
    "/search?q={word}",
    "/img/{n}.webp",
    "/health",
    "/login",
    "/account/settings",
)
WORDS = (
    "lamp",
    "garden",
    "winter",
    "shoes",
    "copper",
    "basket",
    "paper",
    "violin",
    "tent",
    "saddle",
    "mirror",
    "candle",
)
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "kube-probe/1.30", "python-requests/2.32.3", "Go-http-client/2.0",
)  # fmt: skip

# What goes on when nothing goes wrong, and what goes wrong every day elsewhere. {fields} are filled at random.
ORDINARY = (
    (9, "nginx", '{ip} - - "GET {path} HTTP/1.1" 200 {n} "-" "{agent}" rt=0.0{n2} rid={hex32}'),
    (2, "nginx", '{ip} - {user} "POST {path} HTTP/2.0" 201 {n} "https://shop.example{path}" "{agent}" rt=0.1{n2} rid={hex32}'),
    (1, "nginx", '{ip} - - "GET {path} HTTP/1.1" 404 {n} "-" "{agent}" rt=0.0{n2} rid={hex32}'),
    (1, "nginx", '{ip} - - "GET {path} HTTP/1.1" 499 0 "-" "{agent}" rt=3.{n2} rid={hex32}'),
    (1, "nginx", '{ip} - - "GET /oauth2/authorization/keycloak HTTP/1.1" 302 0 "-" "{agent}" rt=0.00{n2} rid={hex32}'),
    (6, "orders", "INFO  [exec-{n2}] [{hex16}] shop.orders.OrderService : order {n} accepted, {n2} items, total {n}.{n2} EUR"),
    (4, "orders", "DEBUG [exec-{n2}] [{hex16}] shop.orders.Repository : select took {n2} ms, {n} rows"),
    (2, "orders", "INFO  [exec-{n2}] [{hex16}] shop.http.Access : PUT /internal/stock/{n} answered 204 in {n2} ms"),
    (1, "orders", "WARN  [exec-{n2}] [{hex16}] shop.cache.Regions : region products is {n2} % full, {n} entries evicted"),
    (1, "orders", "ERROR [exec-{n2}] [{hex16}] shop.mail.Outbox : cannot deliver mail {n}: 451 4.7.1 try again later"),
    (1, "orders", "ERROR [exec-{n2}] [{hex16}] shop.orders.Payment : card {n} refused by the bank: insufficient funds"),
    (2, "web", '{{"level":"info","ms":{n2},"request_id":"{hex32}","msg":"page rendered","route":"{path}","user":{n}}}'),
    (1, "web", '{{"level":"warn","ms":{n},"request_id":"{hex32}","msg":"slow query","table":"{word}s"}}'),
    (1, "web", '{{"level":"info","ms":{n2},"request_id":"{hex32}","msg":"signed in","provider":"keycloak","user":{n},"new":false}}'),
    (1, "web", '{{"level":"debug","ms":{n2},"request_id":"{hex32}","msg":"access token refreshed","expires_in":300,"user":{n}}}'),
    (1, "web", '{{"level":"error","ms":{n},"request_id":"{hex32}","msg":"connect ECONNREFUSED 10.0.3.{n2}:6379","service":"cache"}}'),
    (3, "kubelet", "I0302 {n} pod_workers.go:{n} \"Pod sandbox changed\" pod=\"shop/{word}-{hex10}-{hex6}\" attempt={n2}"),
    (1, "kubelet", 'E0302 {n} remote_image.go:{n} "PullImage from image service failed" err="rpc error: code = NotFound" image="registry.example/{word}:{n}"'),
    (2, "sshd", "Connection closed by {ip} port {n} [preauth]"),
    (1, "sshd", "Failed password for invalid user {word} from {ip} port {n} ssh2"),
    (1, "sshd", "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={ip}"),
    (1, "cron", "(root) CMD (run-parts /etc/cron.hourly)"),
    (1, "systemd", "Started session-{n}.scope - Session {n} of user {user}."),
    (2, "kernel", "[UFW BLOCK] IN=eth0 OUT= SRC={ip} DST=10.0.0.5 LEN=40 TTL=2{n2} ID={n} PROTO=TCP SPT={n} DPT=22 SYN"),
    (2, "postgres", "[{n}] LOG:  checkpoint complete: wrote {n} buffers ({n2}.1%); write=2.{n2} s, sync=0.0{n2} s"),
    (1, "postgres", '[{n}] FATAL:  password authentication failed for user "{word}"'),
    (1, "postgres", '[{n}] ERROR:  duplicate key value violates unique constraint "{word}_pkey"'),
    (1, "postfix/smtpd", "warning: unknown[{ip}]: SASL LOGIN authentication failed: generic failure"),
    (2, "hdfs", "INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_{n}{n} terminating"),
    (1, "kafka", "[2026-03-02] INFO [GroupCoordinator {n2}]: Member consumer-{n}-{uuid} in group {word} has left (kafka.coordinator.group)"),
    (1, "kafka", "[2026-03-02] WARN [AdminClient clientId=admin-{n}] Connection to node -1 could not be established. Broker may not be available."),
)  # fmt: skip

# Incidents, each a list of (program, message). All lines of one share {rid}. Written for this benchmark.
INCIDENTS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("web", '{{"level":"error","request_id":"{rid}","msg":"token request failed","url":"https://login.microsoftonline.com/{uuid}/oauth2/v2.0/token","error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys for app \'{uuid}\' are expired. Trace ID: {uuid}"}}'),),
    (("web", '{{"level":"error","request_id":"{rid}","msg":"token request failed","error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Ensure the secret being sent is the client secret value, not the client secret ID, for app {uuid}"}}'),),
    (("web", '{{"level":"error","request_id":"{rid}","msg":"sign-in failed","error":"invalid_request","error_description":"AADSTS50011: The redirect URI \'http://shop.example/callback\' specified in the request does not match the redirect URIs configured for the application {uuid}"}}'),),
    (("web", '{{"level":"error","request_id":"{rid}","msg":"sign-in failed","error":"access_denied","error_description":"AADSTS65001: The user or administrator has not consented to use the application with ID {uuid}"}}'),),
    (("web", '{{"level":"warn","request_id":"{rid}","msg":"sign-in failed","error":"invalid_grant","error_description":"AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor authentication"}}'),),
    (("orders", "WARN  [exec-{n2}] [{rid}] shop.sync.Calendar : refresh for account {n} failed: POST https://oauth2.googleapis.com/token 400 invalid_grant: Token has been expired or revoked."),),
    (("orders", "ERROR [exec-{n2}] [{rid}] shop.sync.Drive : 403 Request had insufficient authentication scopes. status: PERMISSION_DENIED reason: ACCESS_TOKEN_SCOPE_INSUFFICIENT service drive.googleapis.com"),),
    (("orders", "ERROR [exec-{n2}] [{rid}] shop.sync.Calendar : Error 400: redirect_uri_mismatch at https://accounts.google.com/o/oauth2/v2/auth client_id={n}-{hex16}.apps.googleusercontent.com"),),
    (
        ("nginx", '{ip} - - "GET /realms/shop/protocol/openid-connect/auth?client_id=shop-web&redirect_uri=https%3A%2F%2Fwww.shop.example%2Fcb&response_type=code HTTP/1.1" 400 {n} "-" "{agent}" rt=0.0{n2} rid={rid}'),
        ("keycloak", 'WARN  [org.keycloak.events] (executor-thread-{n2}) type="LOGIN_ERROR", realmId="shop", clientId="shop-web", userId="null", ipAddress="{ip}", error="invalid_redirect_uri", redirect_uri="https://www.shop.example/cb", req_id={rid}'),
    ),
    (("keycloak", 'WARN  [org.keycloak.events] (executor-thread-{n2}) type="CODE_TO_TOKEN_ERROR", realmId="shop", clientId="shop-web", ipAddress="{ip}", error="invalid_client_credentials", grant_type="authorization_code", req_id={rid}'),),
    (("keycloak", 'WARN  [org.keycloak.events] (executor-thread-{n2}) type="REFRESH_TOKEN_ERROR", realmId="shop", clientId="shop-app", ipAddress="{ip}", error="invalid_token", reason="Maximum allowed refresh token reuse exceeded", grant_type="refresh_token", req_id={rid}'),),
    (("keycloak", 'WARN  [org.keycloak.events] (executor-thread-{n2}) type="CODE_TO_TOKEN_ERROR", realmId="shop", clientId="shop-app", ipAddress="{ip}", error="invalid_grant", reason="PKCE verification failed: Code mismatch", grant_type="authorization_code", req_id={rid}'),),
    (
        ("orders", "INFO  [exec-{n2}] [{rid}] shop.auth.Login : callback received, state={hex16}, exchanging the code"),
        ("orders", 'ERROR [exec-{n2}] [{rid}] shop.auth.Login : [invalid_grant] authorization code has already been used, oauth token endpoint answered 400'),
    ),
    (
        ("orders", "ERROR [exec-{n2}] [{rid}] o.s.security.oauth2.client.web : authentication failed"),
        ("orders", "ERROR [exec-{n2}] [{rid}] o.s.security.oauth2.client.web : org.springframework.security.oauth2.core.OAuth2AuthenticationException: [authorization_request_not_found] "),
    ),
    (("orders", "ERROR [exec-{n2}] [{rid}] shop.api.Bearer : JWT rejected: com.nimbusds.jwt.proc.BadJWTException: Expired JWT, bearer token of client mobile-{n}"),),
    (("orders", "ERROR [exec-{n2}] [{rid}] shop.api.Bearer : invalid_token: The aud claim is not valid, expected api://orders, got [account], issuer https://id.shop.example/realms/shop"),),
    (("orders", "ERROR [exec-{n2}] [{rid}] shop.auth.Discovery : oidc: issuer did not match the issuer returned by provider, expected \"https://id.shop.example/realms/shop\" got \"http://id.shop.example/realms/shop\""),),
    (("web", '{{"level":"error","request_id":"{rid}","msg":"OAuthCallbackError: checks.state argument is missing","lib":"next-auth"}}'),),
    (("web", '{{"level":"error","request_id":"{rid}","msg":"oauth2: cannot fetch token: 401 Unauthorized","response":{{"error":"invalid_client","error_description":"Client authentication failed"}}}}'),),
    (("web", '{{"level":"error","request_id":"{rid}","msg":"salesforce token refresh failed","error":"invalid_grant","error_description":"expired access/refresh token","host":"login.salesforce.com"}}'),),
    (("web", '{{"level":"error","request_id":"{rid}","msg":"slack api call failed","ok":false,"error":"missing_scope","needed":"channels:history","provided":"chat:write","host":"slack.com"}}'),),
    (("web", '{{"level":"error","request_id":"{rid}","msg":"okta","errorCode":"invalid_scope","errorSummary":"One or more scopes are not configured for the authorization server resource.","error":"invalid_scope","host":"shop.okta.com"}}'),),
    (("web", '{{"level":"error","request_id":"{rid}","msg":"callback","query":"error=unauthorized_client&error_description=Grant+type+%27refresh_token%27+not+allowed+for+the+client.","host":"shop.eu.auth0.com"}}'),),
    (("sync", "requests_oauthlib.compliance: oauthlib.oauth2.rfc6749.errors.InsecureTransportError: (insecure_transport) OAuth 2 MUST utilize https. job={rid}"),),
    (("sync", "oauthlib.oauth2.rfc6749.errors.MismatchingStateError: (mismatching_state) CSRF Warning! State not equal in request and response. job={rid}"),),
    (("sync", "google.auth.exceptions.RefreshError: ('invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.') job={rid}"),),
    (("sync", "github: The redirect_uri is not associated with this application. error=redirect_uri_mismatch&error_uri=https://docs.github.com/apps job={rid}"),),
    (("sync", "github oauth: error=bad_verification_code&error_description=The+code+passed+is+incorrect+or+expired. job={rid}"),),
    (("sync", "quickbooks token endpoint https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer answered 400 {{\"error\":\"invalid_grant\",\"error_description\":\"Token invalid\"}} job={rid}"),),
    (("gateway", "level=error caller=jwt.go rid={rid} msg=\"token verification failed\" err=\"oidc: token is expired (Token Expiry: 2026-03-01 22:10:05 +0000 UTC)\""),),
    (("gateway", "level=error caller=jwks.go rid={rid} msg=\"cannot verify id_token\" err=\"failed to verify signature: failed to verify id token signature\" kid={hex16}"),),
    (("gateway", "level=error caller=token.go rid={rid} msg=\"oauth2: token endpoint\" err=\"tls: failed to verify certificate: x509: certificate signed by unknown authority\" url=https://id.shop.example/realms/shop/protocol/openid-connect/token"),),
)  # fmt: skip


def _fill(text: str, source: random.Random, rid: str) -> str:
    hexes = f"{source.getrandbits(128):032x}"
    fields = {
        "path": source.choice(PATHS), "n": source.randrange(1000, 99999), "n2": source.randrange(10, 99),
        "hex6": hexes[:6], "hex10": hexes[6:16], "hex16": hexes[:16], "hex32": hexes, "rid": rid,
        "uuid": f"{hexes[:8]}-{hexes[8:12]}-4{hexes[13:16]}-a{hexes[17:20]}-{hexes[20:]}",
        "ip": f"198.51.100.{source.randrange(256)}", "user": f"u{source.randrange(9999)}",
        "word": source.choice(WORDS), "agent": source.choice(AGENTS),
    }  # fmt: skip
    return text.format(**{**fields, "path": fields["path"].format(**fields)})


def hash_of(text: str) -> int:
    """A number for a text, the same in every process."""
    return zlib.crc32(text.encode())


def fill_line(program: str, message: str, source: random.Random, rid: str) -> bytes:
    """One line without its time stamp."""
    host = f"node{source.randrange(1, 7)}"
    process = 300 + (hash_of(host + program) + source.randrange(2)) % 32000  # two processes a program and host
    mark = program if program == "kernel" else f"{program}[{process}]"
    return f"{host} {mark}: {_fill(message, source, rid)}\n".encode()


def ordinary_bodies(source: random.Random, number: int = _BODIES) -> list[bytes]:
    """Ordinary lines without their time stamps, in the proportions of `ORDINARY`."""
    weights = [weight for weight, _, _ in ORDINARY]
    rows = source.choices(ORDINARY, weights, k=number)
    return [fill_line(program, message, source, f"{source.getrandbits(128):032x}") for _, program, message in rows]


def blocks(size: int, every: int, seed: int = 1) -> Iterator[bytes]:
    """Blocks of whole lines, `size` bytes together (a last block is cut at a line border)."""
    source = random.Random(seed)
    bodies = ordinary_bodies(source)
    written = number = 0
    waiting: list[tuple[int, bytes]] = []  # the further lines of incidents, each with the number of its line
    while written < size:
        picked = source.choices(bodies, k=_BLOCK)
        if every:
            last = 0
            for place in range(source.randrange(every), _BLOCK, every):
                if waiting and waiting[0][0] <= number + place:
                    picked[place] = waiting.pop(0)[1]
                    continue
                first, *more = source.choice(INCIDENTS)
                rid = f"{source.getrandbits(128):032x}"
                picked[place] = fill_line(*first, source, rid)
                last = number + place
                for step, further in enumerate(more, start=1):
                    at = place + step * source.randrange(1, 4)
                    if at < _BLOCK and every > 8:
                        picked[at] = fill_line(*further, source, rid)
                    else:
                        waiting.append((last, fill_line(*further, source, rid)))
        lines = []
        for begin in range(0, _BLOCK, _LINES_A_SECOND):
            second = START + timedelta(seconds=(number + begin) // _LINES_A_SECOND)
            stamp = second.strftime("%Y-%m-%dT%H:%M:%S").encode()
            for place, body in enumerate(picked[begin : begin + _LINES_A_SECOND]):
                lines.append(b"%b.%06d+00:00 %b" % (stamp, place * 2500, body))
        number += _BLOCK
        block = b"".join(lines)
        if written + len(block) > size:
            block = block[: block.rfind(b"\n", 0, size - written) + 1]
            if not block:
                return
        written += len(block)
        yield block


def write_log(file: BinaryIO, size: int, every: int, seed: int = 1) -> None:
    """Write a log of `size` bytes."""
    file.writelines(blocks(size, every, seed))


def bytes_of(text: str) -> int:
    """`64M`, `1G` or a plain number of bytes."""
    unit = {"K": 10, "M": 20, "G": 30}.get(text[-1:].upper())
    return int(float(text[:-1]) * (1 << unit)) if unit else int(text)


def main() -> None:
    """Write to standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=bytes_of, default=bytes_of("64M"))
    parser.add_argument("--every", type=int, default=1000, help="one incident line among N (0: none)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write_log(sys.stdout.buffer, options.size, options.every, options.seed)


if __name__ == "__main__":
    main()
