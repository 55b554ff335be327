"""The names under which secrets travel, in every spelling: `access_token`, `accessToken`, `ACCESS-TOKEN`, `access token`.

How much a name says decides what a value must look like to count (see parameters.py):

* strong: nothing but the secret carries this name;
* medium: mostly secrets, but also names of secrets (`secret: my-tls-cert`);
* weak: the name has other meanings (`code: 400`, `state: running`, `token: string`), so the value has to look generated,
  or to stand among OAuth parameters.

Sources: RFC 6749 (OAuth 2.0), RFC 7636 (PKCE), RFC 7521 (assertions), RFC 8628 (device grant), RFC 8693 (token exchange),
RFC 9449 (DPoP), OpenID Connect Core and Session Management, RFC 5849 (OAuth 1.0), SAML 2.0 bindings, vendors' headers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

Strength = Literal["strong", "medium", "weak"]

_STRONG: dict[str, str] = {
    "access_token": """access token,oauth token,oauth2 token,auth token,authn token,authentication token,bearer token,app token
        ,bot token,subject token,actor token,security token,private token,personal token,job token,deploy token
        ,provider token,impersonation token,registration token,initial token,rpt token,sso token,login token
        ,forwarded access token""",
    "refresh_token": "refresh token,offline token",
    "id_token": "id token,identity token,id token hint",
    "api_key": """api key,api token,subscription key,functions key,access key,shared access key,account key,storage key
        ,master key,developer token,secret access key,service role key,encryption key,license key""",
    "client_secret": "client secret,consumer secret,app secret,application secret,oauth secret,oauth client secret",
    "credential": """token secret,secret key,shared secret,signing secret,webhook secret,session secret,cookie secret,jwt secret
        ,auth secret,api secret,session token,magic link,basic auth""",
    "password": "password,passwd,passphrase,pwd,psw",
    "code_verifier": "code verifier,pkce verifier",
    "authorization_code": "authorization code,authorisation code,auth code,oauth code,oauth verifier,server auth code",
    "device_code": "device code",
    "user_code": "user code",
    "otp": "totp,mfa code,otp code,one time password,one time code",
    "csrf_token": "csrf token,xsrf token,authenticity token,csrf middleware token,request verification token,anti forgery token",
    "assertion": "client assertion",
    "saml": "saml response,saml request,saml art,wresult,cipher value",
    "signature": "app secret proof,amz signature,oauth signature,secret hash,hub signature,hub signature 256,signature value",
    "private_key": "private key",
    "cookie": """jsessionid,phpsessid,asp net session id,connect sid,auth session id,keycloak identity,keycloak session
        ,aspnetcore session,aspnetcore cookies""",
}
_MEDIUM: dict[str, str] = {"credential": "secret"}
_WEAK_ANYWHERE: dict[str, str] = {
    "access_token": "token",
    "assertion": "assertion",
    "signature": "signature,hmac",
    "credential": "credential,credentials,ticket",
    "session": "session id,session state,session key",
    "state": "relay state",
    "authorization_code": "verification code",
}
_WEAK_WORDS: dict[str, str] = {
    "authorization_code": "code",
    "state": "state,oauth state,oauth2 state,auth state",
    "nonce": "nonce,cnonce,oauth nonce",
    "signature": "sig",
    "session": "sid,session",
    "password": "pass,pw",
    "jwt": "jwt",
    "dpop_proof": "dpop",
    "credential": "auth",
    "otp": "otp",
}
_SPECIAL: dict[str, str] = {
    "authorization": "authorization",
    "set_cookie": "set cookie,set cookie2",
    "cookies": "cookie,cookies",
}

_TAIL = (
    r"(?:[_\-. ]?(?:value|val|prod|production|dev|development|test|staging|live|sandbox|old|new|primary|secondary|raw|plain"
    r"|text|string|str|base64|b64|hash|[0-9]{1,3}))?"
)


def _squeeze(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


def _phrases(table: dict[str, str]) -> dict[str, str]:
    return {
        " ".join(phrase.split()): kind
        for kind, phrases in table.items()
        for phrase in phrases.split(",")
        if phrase.strip()
    }


def _pattern(table: dict[str, str]) -> str:
    return "|".join(r"[_\-. ]?".join(phrase.split()) for phrase in _phrases(table))


_TABLES: tuple[tuple[dict[str, str], Strength], ...] = (
    (_STRONG, "strong"),
    (_MEDIUM, "medium"),
    (_WEAK_ANYWHERE, "weak"),
    (_WEAK_WORDS, "weak"),
    (_SPECIAL, "strong"),
)
_KINDS: dict[str, tuple[str, Strength]] = {
    _squeeze(phrase): (kind, strength)
    for table, strength in reversed(_TABLES)
    for phrase, kind in _phrases(table).items()
}

# In front of a name that is a word of its own. An escape sequence before it ends in a letter or digit: %26code, \ncode.
_BORDER = r"(?:\b|%(?:25){0,3}(?:26|3[BFbf]|2[0237BCbc]|[05][9ADBadb]|7[Bb])|\\u00(?:26|3[bBfF]|2[27])|\\[nrt])"

NAME = (
    f"(?:((?:{_pattern(_STRONG)}|{_pattern(_MEDIUM)}|{_pattern(_SPECIAL)}){_TAIL}|(?:{_pattern(_WEAK_ANYWHERE)})[0-9]?)"
    f"|{_BORDER}({_pattern(_WEAK_WORDS)}))"
)
"""Pattern (to be used with `(?i)`) of a secret's name. Its one or two groups hold the name."""

STEM = (
    r"(?:token|secret|key|pass|pwd|psw|pw|verifier|code|otp|link|assertion|saml|wresult|cipher|proof|sig|hash|hmac|cookie|sess"
    r"|sid|identity|credential|ticket|state|nonce|jwt|dpop|auth)"
)
"""Pattern (to be used with `(?i)`) of something that every name has in it. Much smaller than `NAME`: for triggers."""

GROUPS = 2
"""How many groups `NAME` has."""


@lru_cache(maxsize=1_000)
def kind_of(name: bytes) -> tuple[str, Strength]:
    """The kind of secret that a name promises, and how firmly.

    Args:
        name: what a group of `NAME` matched.

    Raises:
        KeyError: not such a name.
    """
    squeezed = _squeeze(name.decode("ascii"))
    while squeezed not in _KINDS and squeezed:
        for tail in _TAILS:
            if squeezed.endswith(tail):
                squeezed = squeezed[: -len(tail)]
                break
        else:
            break
    return _KINDS[squeezed]


_TAILS = (
    *[
        "value",
        "val",
        "production",
        "prod",
        "development",
        "dev",
        "test",
        "staging",
        "live",
        "sandbox",
        "old",
        "new",
        "primary",
        "secondary",
        "raw",
        "plain",
        "text",
    ],
    *["string", "str", "base64", "b64", "hash", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
)
