"""Secrets as their issuers generate them: those that show what they are, and those that only their names tell."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOWER = UPPER.lower()
DIGITS = "0123456789"
ALNUM = UPPER + LOWER + DIGITS
URL_SAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"
HEX = DIGITS + "abcdef"


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


def pem(source: random.Random) -> tuple[str, str]:
    """What is written on a private key, and its base64."""
    kind = source.choice(
        ("RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY")
    )
    return kind, base64.b64encode(source.randbytes(source.choice((300, 610, 1190)))).decode()


def saml(source: random.Random) -> tuple[str, str]:
    """What identifies and proves in a response, and the response as it is sent."""
    name, signature = chars(source, 30), chars(source, 120, BASE64)
    xml = (
        f'<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_{chars(source, 32, HEX)}">'
        f"<saml:NameID>{name}</saml:NameID><ds:SignatureValue>{signature}</ds:SignatureValue></samlp:Response>"
    )
    return f"{name} {signature}", base64.b64encode(xml.encode()).decode()


def telling(kind: str, rest: str) -> str:
    """Of a JWT, who it is about and what proves it; all other claims are the same in all of them."""
    if kind != "jwt":
        return rest
    body, _, signature = rest.partition(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return f"{claims['sub']} {signature}"
