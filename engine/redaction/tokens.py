"""Secrets that providers made recognisable: a fixed prefix or shape tells kind and provider without any name beside it.

The formats are those that the providers publish for secret scanning. An entry is (kind, pattern); the pattern begins
with the prefix, and a word border is demanded in front of it unless it says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .forms import is_joined
from .model import Finder, Finding
from .patterns import compile_pattern
from .randomness import looks_random
from .values import continued

_SLASH = r"(?:\\{0,8}/|%(?:25){0,3}2[fF]|\\{1,8}u002[fF]|&#x2[fF];)"
_GUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

_FORMATS: tuple[tuple[str, str], ...] = (
    # Google: access token, refresh token, authorization code, client secret, API key
    ("access_token", r"ya29\.[A-Za-z0-9._\-]{16,}"),
    ("refresh_token", rf"1{_SLASH}{{1,2}}0[A-Za-z0-9_\-]{{20,}}"),
    ("authorization_code", rf"4{_SLASH}[0P][A-Za-z0-9_\-]{{20,}}"),
    ("client_secret", r"GOCSPX-[A-Za-z0-9_\-]{16,}"),
    ("api_key", r"AIza[A-Za-z0-9_\-]{30,}"),
    # GitHub, GitLab, Bitbucket, Atlassian
    ("access_token", r"gh[pousr]_[A-Za-z0-9_.\-]{20,}"),
    ("access_token", r"github_pat_[A-Za-z0-9_]{20,}"),
    ("access_token", r"gl(?:pat|dt|rt|cbt|ptt|ft|agent|imt|ffct|soat|rtr)-[A-Za-z0-9_.\-]{16,}"),
    ("client_secret", r"gloas-[A-Za-z0-9_.\-]{16,}"),
    ("access_token", r"AT(?:ATT|CTT|BB)[A-Za-z0-9_=\-]{20,}"),
    # Slack, Discord, Telegram
    ("access_token", r"xox(?:[abcdeoprs]|e\.xox[bp])-[A-Za-z0-9\-]{10,}"),
    ("access_token", r"xapp-[A-Za-z0-9\-]{10,}"),
    ("credential", rf"hooks\.slack\.com{_SLASH}(?:services|workflows|triggers){_SLASH}[A-Za-z0-9_/]{{20,}}"),
    (
        "credential",
        rf"discord(?:app)?\.com{_SLASH}api{_SLASH}(?:v[0-9]{{1,2}}{_SLASH})?webhooks{_SLASH}[0-9]{{10,}}{_SLASH}[A-Za-z0-9_\-]{{30,}}",
    ),
    # Amazon: key ids, Login with Amazon
    ("api_key", r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}\b"),
    ("access_token", r"Atz[ar](?:\||%7[cC])[A-Za-z0-9_\-/+=%]{20,}"),
    ("client_secret", r"amzn1\.oa2-cs\.v[0-9]\.[A-Za-z0-9]{20,}"),
    # Stripe, PayPal, Square, Shopify
    ("api_key", r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,}"),
    ("credential", r"whsec_[A-Za-z0-9+/=]{16,}"),
    ("access_token", r"A21AA[A-Za-z0-9_\-]{40,}"),
    ("client_secret", r"sq0csp-[A-Za-z0-9_\-]{20,}"),
    ("access_token", r"sq0atp-[A-Za-z0-9_\-]{20,}"),
    ("access_token", r"shp(?:at|ca|pa|ua|tka)_[A-Za-z0-9]{16,}"),
    ("client_secret", r"shpss_[A-Za-z0-9]{16,}"),
    # Meta: user and page tokens, Instagram
    ("access_token", r"IG(?:QV|QW|AA)[A-Za-z0-9_\-]{20,}"),
    # Microsoft: refresh tokens and codes of Entra ID, of Microsoft accounts; storage keys and DevOps tokens
    ("refresh_token", r"[01]\.A[A-Za-z0-9_\-]{6,}(?:\.[A-Za-z0-9_\-]{1,8})?\.Ag[A-Za-z0-9_\-]{30,}[A-Za-z0-9_.\-]*"),
    ("authorization_code", r"O?AQABAA[A-Za-z0-9_\-]{30,}"),
    # Okta, Salesforce, Zoho, Intuit, Apple, HubSpot, Dropbox, LinkedIn, Keycloak (session.state.client)
    ("access_token", r"00D[A-Za-z0-9]{12,15}(?:!|%21)[A-Za-z0-9_.]{30,}"),
    ("refresh_token", r"5Aep[A-Za-z0-9]{3}[A-Za-z0-9_.]{40,}"),
    ("access_token", r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}"),
    ("refresh_token", r"AB11[0-9]{10}[A-Za-z0-9]{20,}"),
    ("access_token", rf"pat-(?:na|eu|ap)[0-9]-{_GUID}"),
    ("authorization_code", rf"{_GUID}\.{_GUID}\.{_GUID}"),
    # Others
    ("api_key", r"SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}"),
    ("access_token", r"npm_[A-Za-z0-9]{30,}"),
    ("access_token", r"do[opr]_v1_[A-Za-z0-9]{20,}"),
    ("access_token", r"hf_[A-Za-z0-9]{30,}"),
    ("api_key", r"SK[0-9a-f]{32}\b"),
    ("api_key", r"key-[0-9a-f]{32}\b"),
    ("access_token", r"lin_(?:api|oauth)_[A-Za-z0-9]{20,}"),
    ("access_token", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{40,}"),
    ("access_token", r"fig[dour]_[A-Za-z0-9_\-]{20,}"),
    ("api_key", r"PMAK-[A-Za-z0-9\-]{30,}"),
    ("access_token", r"dapi[0-9a-f]{32}"),
    ("access_token", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.\-]{20,}"),
    ("access_token", r"gl(?:sa|c)_[A-Za-z0-9+/=_]{30,}"),
    ("api_key", r"NRAK-[A-Z0-9]{20,}"),
    ("access_token", r"sntry[su]_[A-Za-z0-9+/=_\-]{30,}"),
    ("access_token", r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.\-]{30,}"),
    ("access_token", r"sbp_[0-9a-f]{40}"),
    ("access_token", r"CFPAT-[A-Za-z0-9_\-]{40,}"),
    ("access_token", r"ddp_[A-Za-z0-9]{30,}"),
    ("access_token", r"rubygems_[0-9a-f]{40,}"),
    ("access_token", r"tfp_[A-Za-z0-9_\-]{40,}"),
    ("access_token", r"dckr_(?:pat|oat)_[A-Za-z0-9_\-]{20,}"),
    ("api_key", r"HRKU-[A-Za-z0-9_\-]{30,}"),
    ("access_token", r"tskey-[a-z]{3,10}-[A-Za-z0-9\-]{16,}"),
    ("access_token", r"CCI(?:PAT|PRJ)_[A-Za-z0-9_]{20,}"),
    ("access_token", r"bk[upt]a_[0-9a-f]{40}"),
    ("access_token", r"pul-[0-9a-f]{40}"),
    ("access_token", r"r8_[A-Za-z0-9]{30,}"),
    ("api_key", r"gsk_[A-Za-z0-9]{40,}"),
    ("access_token", r"ops_eyJ[A-Za-z0-9+/=_\-]{40,}"),
    ("access_token", rf"(?:access|public|link)-(?:sandbox|development|production)-{_GUID}"),
    ("private_key", r"AGE-SECRET-KEY-1[A-Z0-9]{50,}"),
    ("api_key", r"EZ[AT]K[A-Za-z0-9]{50,}"),
    ("api_key", r"shippo_(?:live|test)_[0-9a-f]{40}"),
    ("access_token", r"y[0-9]__?[A-Za-z0-9_\-]{40,}"),
    ("access_token", r"vk[0-9]\.a\.[A-Za-z0-9_\-]{60,}"),
    ("api_key", r"LTAI[A-Za-z0-9]{16,24}\b"),
    ("api_key", r"v1\.0-[0-9a-f]{40,}"),
    ("client_secret", r"p8e-[A-Za-z0-9_\-]{30,}"),
    ("credential", rf"hooks\.zapier\.com{_SLASH}hooks{_SLASH}catch{_SLASH}[A-Za-z0-9/]{{12,}}"),
    ("credential", rf"webhook\.office\.com{_SLASH}webhookb2{_SLASH}[A-Za-z0-9@/\-]{{40,}}"),
    ("api_key", r"sgp_[A-Za-z0-9]{40,}"),
    ("access_token", r"pcsk_[A-Za-z0-9_]{40,}"),
)

# Prefixes that other things have too: what follows must look generated.
_AMBIGUOUS: tuple[tuple[str, str], ...] = (
    ("access_token", r"EAA[A-Za-z0-9]{20,}"),
    ("refresh_token", r"[01]\.A[A-Za-z0-9]{2}[A-Za-z0-9_\-]{40,}[A-Za-z0-9_.\-]*"),
    ("refresh_token", r"M\.[CR][0-9]{1,4}_[A-Z0-9]{2,5}\.[A-Za-z0-9_.*!$%\-]{16,}"),
    ("access_token", r"Ew[A-Z][A-Za-z0-9+/%=]{90,}"),
    ("api_key", r"00[A-Za-z0-9_\-]{39}(?:[A-Za-z0-9_]\b|-(?:[^A-Za-z0-9_\-]|\z))"),
    ("access_token", r"sl\.(?:u\.)?[A-Za-z0-9_\-]{60,}"),
    ("access_token", r"AQ[A-Za-z0-9_\-]{100,}"),
    ("access_token", r"pypi-[A-Za-z0-9_\-]{40,}"),
    ("api_key", r"sk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_\-]{24,}"),
    ("access_token", r"(?:ntn|secret)_[A-Za-z0-9]{40,}"),
    ("access_token", r"hv[sbr]\.[A-Za-z0-9_\-]{20,}"),
    ("access_token", r"v1\.M[A-Za-z0-9_\-]{40,}"),
)

# What is common to all secrets of these formats comes late in them: Discord, DevOps, Meta's app tokens, Mailchimp,
# Terraform, Asana; and without a border in front Entra ID's client secrets and Telegram's tokens.
_LATE: tuple[tuple[str, str, str], ...] = (  # kind, pattern, what is common
    (
        "access_token",
        r"\b[MNO][A-Za-z0-9_\-]{23,27}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{27,}",
        r"\b[MNO][A-Za-z0-9_\-]{12,}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{12}",
    ),
    (
        "authorization_code",
        r"\bc[0-9a-f]{32}\.[0-9]\.[a-z]{2,8}\.[A-Za-z0-9_\-]{16,}",
        r"[0-9a-f]\.[0-9]\.[a-z]{2,8}\.[A-Za-z0-9_\-]{12}",
    ),
    ("access_token", r"\b[A-Za-z0-9]{52,76}JQQJ99[A-Za-z0-9]{10,}", r"JQQJ99"),
    ("access_token", r"\b[0-9]{13,17}(?:\||%7[cC])[A-Za-z0-9_\-]{20,}", r"[0-9](?:\||%7[cC])[A-Za-z0-9_\-]{8}"),
    ("api_key", r"\b[0-9a-f]{32}-us[0-9]{1,2}\b", r"[0-9a-f]-us[0-9]"),
    ("access_token", r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-]{40,}", r"\.atlasv1\."),
    (
        "access_token",
        rf"(?:\b|%2[fF])[0-9]{_SLASH}[0-9]{{10,20}}(?::|%3[aA])[0-9a-f]{{32}}",
        r"[0-9]{10}(?::|%3[aA])[0-9a-f]{12}",
    ),
    ("client_secret", r"[A-Za-z0-9_.~\-]{3}[78]Q(?:~|%7[eE])[A-Za-z0-9_.~%\-]{25,40}", r"[78]Q(?:~|%7[eE])"),
    ("access_token", r"[0-9]{8,10}(?::|%(?:25){0,2}3[aA])AA[A-Za-z0-9_\-]{30,}", r"[0-9](?::|%(?:25){0,2}3[aA])AA"),
)

# A word border, or an escape sequence that ends in a letter or digit: %2Fya29.
_REST = r"(?:(?:25){0,3}[2-7][0-9A-Fa-f]|[nrt]|u00[0-9a-fA-F]{2}|)"
_BORDER = r"(?:\b|%(?:25){0,3}[2-7][0-9A-Fa-f]|\\[nrt]|\\u00[0-9a-fA-F]{2}|_)"


_LAST = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_=+/~!*$|"
"""What a token ends with. A hyphen or a full stop behind it mostly belongs to the text."""


def _by_kind(formats: tuple[tuple[str, str], ...]) -> dict[str, str]:
    by_kind: dict[str, list[str]] = {}
    for kind, pattern in formats:
        by_kind.setdefault(kind, []).append(pattern)
    return {kind: "|".join(patterns) for kind, patterns in by_kind.items()}


_COUNTED = 12


def _head(pattern: str) -> str:
    """The beginning of a pattern, as far as its first long count: enough to find candidates, in a small automaton."""
    count = next((count for count in _COUNT.finditer(pattern) if int(count[1]) > _COUNTED), None)
    return f"{pattern[: count.start()]}{{{_COUNTED}}}" if count else pattern


_COUNT = re.compile(r"\{(\d+)(?:,\d*)?\}")
_HEADS = f"{_BORDER}(?:{'|'.join(_head(pattern) for _, pattern in (*_FORMATS, *_AMBIGUOUS))})"
_HEAD = compile_pattern(_HEADS)
_CONSUMED = compile_pattern(rf"[%\\_]{_REST}")
_KINDS = tuple(
    (kind, table is _AMBIGUOUS, compile_pattern(pattern))
    for table in (_FORMATS, _AMBIGUOUS)
    for kind, pattern in _by_kind(table).items()
)
_LATE_PATTERNS = tuple((kind, compile_pattern(pattern)) for kind, pattern, _ in _LATE)
_LATE_TRIGGER = "|".join(common for _, _, common in _LATE)


def _find(data: bytes, start: int, end: int) -> Iterator[Finding]:
    at = start
    while head := _HEAD.search(data, at, end):
        begin = head.start()
        at = begin + 1
        if data[begin : begin + 1] in (b"%", b"\\", b"_") and (border := _CONSUMED.match(data, begin, end)):
            begin = border.end()  # no format begins like that
        for kind, ambiguous, pattern in _KINDS:
            found = pattern.match(data, begin, end)
            if found is None:
                continue
            if not ambiguous or looks_random(data[begin : found.end()]):
                for finding in _finding(data, begin, found.end(), kind):
                    at = max(at, finding.parts[-1][1])
                    yield finding
            break


def _find_late(data: bytes, start: int, end: int) -> Iterator[Finding]:
    for kind, pattern in _LATE_PATTERNS:
        for found in pattern.finditer(data, start, end):
            begin, stop = found.span()
            begin += 3 if data[begin : begin + 1] == b"%" else 0
            yield from _finding(data, begin, stop, kind)


def _finding(data: bytes, begin: int, stop: int, kind: str) -> Iterator[Finding]:
    while stop > begin and data[stop - 1] not in _LAST:
        stop -= 1
    if not is_joined(data, stop):
        yield Finding(((begin, stop), *continued(data, begin, stop)), kind, 1)


FINDERS = (Finder(_HEADS, _find, counts=True), Finder(_LATE_TRIGGER, _find_late))
