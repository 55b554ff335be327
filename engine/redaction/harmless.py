"""What stands where a secret could stand and is none: dummies, masks, variables, words, error codes, code, paths.

They stay because they tell the cause: `Bearer null` and `client_secret=${SECRET}` are diagnoses by themselves.
All functions take a decoded value.
"""

from __future__ import annotations

from .patterns import compile_pattern
from .randomness import looks_random

_LONGEST = 200
"""No dummy is longer. The bound also keeps the cost of looking at a value and going on behind its name constant."""

PLACEHOLDER = compile_pattern(r"<([a-z][a-z_]{1,23}):([0-9]{1,9})>")
"""What this package writes. A value that holds one has been through a redactor, and stays as it is."""

LONGEST_VISIBLE = 11
"""Bytes of a masked or cut-off secret that may stay in sight."""

_NOTHING = frozenset(
    b"""null nil none undefined nan true false void empty blank missing unset notset not_set not-set n/a na tbd todo
    unknown default yes no on off null,null undefined,undefined (null) (none) (nil) (empty) (blank) (unset)
    [object [object+object] 0 1 -1 -""".split()
) | {b"[object object]", b"not set", b"not provided", b"not available", b"no token", b"no value"}

# Words that name the thing itself, or whose presence in a log is a statement about it.
_LABELS = frozenset(
    b"""access refresh id identity auth authorization authorize oauth oauth2 bearer basic token tokens secret secrets client
    consumer app application api key keys code codes password passwd pwd pass passphrase credential credentials session
    cookie state nonce verifier assertion signature jwt csrf xsrf user username email user-password google github
    gitlab slack azure okta auth0 microsoft facebook keycloak env value values string str text type name here goes this
    your my the a an some insert enter put paste replace with add example sample dummy fake placeholder demo changeme
    change me in and or of from for to new old current real actual long very super generated random
    is was be must should cannot can not has have had been are does did will
    invalid required missing expired incorrect wrong revoked failed failure error mismatch mismatched rejected denied
    unauthorized forbidden unsupported malformed inactive active valid ok success present absent received provided
    given found set changed updated rotated created issued requested requesting refreshing refreshed obtained stored
    saved loaded cached unavailable unverified verified disabled enabled
    hidden masked redacted removed filtered omitted sanitized scrubbed protected obfuscated censored encrypted
    info warn warning error debug trace fatal notice severe critical get post put patch delete http https
    int integer number boolean bool object array any optional bytes varchar char uuid unknown null none undefined""".split()
)

_WORD = compile_pattern(r"[A-Z]+(?:[^A-Za-z0-9]|\z)|[A-Z]?[a-z]+[0-9]?|[A-Z]+|[0-9]+")
_MASK = compile_pattern(r"[*xX.#_?\-\\ \x80-\xff]*")
_MASK_RUN = compile_pattern(r"\*{3,}|[xX]{4,}|\.{3}|(?:\xe2\x80[\xa2\xa6]){1,}|#{4,}|_{5,}|-{5,}")
_VARIABLE = compile_pattern(
    r"<[A-Za-z/!][^<>]{0,190}>"
    r"|\$\{[^}]*\}?.*|\$\([A-Za-z][^)]*\)?.*|\$[A-Z_][A-Z0-9_]*|\{\{.*|\{[A-Za-z_$][A-Za-z0-9_.$ \-]*\}?|\{\}|%[A-Za-z_]{2,40}%"
    r"|#\{.*|@\{.*|%[a-zA-Z]|%\([A-Za-z_]+\)[a-z]?|%\{.*|\[[A-Za-z _*\-]*\]?|:[a-z_]+|@[A-Za-z_.]+@?"
)
_WORDS = compile_pattern(r"[A-Za-z]+(?:[ _.\-][A-Za-z]+)*")
_PLAIN = compile_pattern(r"[A-Z]?[a-z]+|[A-Z]+")
_KEBAB = compile_pattern(r"[a-z]+(?:[_.\-/:][a-z]+)+[0-9]?")
_CAMEL = compile_pattern(r"_?[A-Za-z]?[a-z]+(?:[A-Z][a-z]+|[A-Z]{2,4}(?:[A-Z][a-z]+)?)+[0-9]?")
_TYPE_NAME = compile_pattern(
    r"(?:[A-Za-z_][A-Za-z0-9_]*[.$\\/:]+)*[A-Z][A-Za-z0-9_]*"
    r"(?:Exception|Error|Failure|Fault|Warning|Handler|Helper|Provider|Manager|Service|Factory|Filter|Controller|Middleware)"
    r"|(?:[a-z][a-z0-9]*\.)+[A-Z][A-Za-z0-9$]*@[0-9a-f]{4,8}|(?:[A-Z][a-z]+)+\{[0-9a-f]{4,8}"  # Java's toString
)
_CODE = compile_pattern(
    r"[$@&*!]?[A-Za-z_]+[0-9]{0,2}[A-Za-z_]*(?:(?:\.|->|::|\?\.|\[['\":]?)[$A-Za-z_]+[0-9]{0,2}[A-Za-z_]*['\"]?\]?)*\(.*"
    r"|(?:[$@][A-Za-z_][A-Za-z0-9_]*|this|self|config|configuration|settings|env|process|os|ENV|request|req|res|resp"
    r"|response|params|session|user|data|options|opts|args|props|state|ctx|context|credentials|account|token|auth"
    r"|client|app|body|query|form|input|event|import|System|Environment|Configuration|secrets|vars?|local|module|result"
    r"|tokens|authentication|oauth|tokenResponse|payload|var|each|values|Values)"
    r"(?:(?:\.|->|::|\?\.)[$A-Za-z_][A-Za-z0-9_]*|\[['\":]?[A-Za-z_][A-Za-z0-9_\-]*['\"]?\]?)+(?:[;,)]*|\[)"
    r"|\$[A-Za-z_][A-Za-z0-9_]*|new [A-Z].*|\(\) ?=>.*|function\b.*|async\b.*|await .*|lambda\b.*"
)
_PATH = compile_pattern(
    r"(?:~|\.{1,2})?/(?:[A-Za-z0-9_.@ \-]+/)*[A-Za-z0-9_.@ \-]*|[A-Za-z]:[\\/].*|/[A-Za-z0-9_./\-]*\.[a-z]{2,5}"
    r"|(?:[A-Za-z0-9_\-]+/)+[A-Za-z0-9_\-]+\.(?:pem|key|json|ya?ml|txt|env|crt|cer|p12|pfx|jks)"
    r"|[A-Za-z0-9_\-]+\.(?:pem|key|json|ya?ml|txt|env|crt|cer|p12|pfx|jks|js|ts|py|java|go|cs|php|rb)"
)
_URL = compile_pattern(r"(?i)[a-z][a-z0-9+.\-]{1,30}://.*|data:.*|urn:[a-z0-9].*")
_STATEMENT = compile_pattern(
    r"(?i).*\b(?:required|invalid|valid|missing|expired|failed|incorrect|wrong|mismatch|match|matches|must|should|cannot|can't"
    r"|could|not|field|found|format|empty|least|characters|please|too|received|provided|unknown|parameter|already|used)\b.*"
)
_PROSE = compile_pattern(r"[^0-9_=+/\\{}<>|~^*]*[A-Za-z][^_=+\\{}<>|~^*]*")
_ERROR_CODE = compile_pattern(
    r"[A-Z]{1,12}[_\-]?[0-9]{1,9}[A-Z]?(?:[:.\-][0-9]{1,6})?"  # AADSTS50011, ORA-01017, P2025, ERR-4
    r"|[A-Z][A-Z0-9]*(?:[_\-][A-Z0-9]+)+"  # ERR_TLS_CERT_ALTNAME_INVALID
    r"|[A-Z]{4,40}"  # ECONNREFUSED
    r"|[A-Za-z]+[0-9]{0,2}(?:[_.\-/: ][A-Za-z]+[0-9]{0,2})*"  # invalid_grant, auth/invalid-credential, Bad Request
    r"|[A-Za-z]+[0-9]{1,8}"  # error1234
    r"|[\-+]?[0-9.,: ]+|[1-5][xX]{2}"  # 400, 1.2.3
    r"|(?:[A-Z][a-z]+)+(?:[._][A-Z][A-Za-z]*)*[0-9]{0,4}"  # AuthenticationFailed.Expired
)

_STATUS = compile_pattern(r"0[xX][0-9A-Fa-f]{1,8}")  # 0x80090308: 32 bits at most, which no secret is


def is_dummy(value: bytes) -> bool:
    """Nothing, a mask, a variable, a placeholder or a label: never a secret, whatever the name beside it."""
    if len(value) > _LONGEST:
        return False
    if PLACEHOLDER.search(value):
        return True
    value = value.strip(b" \t\"'`")
    if value.lower() in _NOTHING or _VARIABLE.fullmatch(value):
        return True
    return _is_masked(value) or _is_label(value)


def is_statement(value: bytes) -> bool:
    """Words about the secret instead of the secret: "This field is required.", "Token is invalid or expired"."""
    return (
        len(value) <= _LONGEST
        and value.count(b" ") >= 2
        and _PROSE.fullmatch(value) is not None
        and _STATEMENT.fullmatch(value) is not None
    )


def is_code(value: bytes) -> bool:
    """Source text: a call, a member, a class name. Only meaningful for values that stand in no quotes."""
    if len(value) > _LONGEST:
        return False
    if _TYPE_NAME.fullmatch(value):
        return True
    # A call of a name that is no name, such as "aB3$x(9...", may be a password.
    found = _CODE.fullmatch(value)
    return found is not None and not looks_random(value) and not looks_random(value.partition(b"(")[0])


def is_camel_label(value: bytes) -> bool:
    """An identifier of several words that talks about tokens and the like: `AccessTokenHelper`, `clientSecret`."""
    if len(value) > _LONGEST or not _CAMEL.fullmatch(value):
        return False
    return any(word in _LABELS for word in _words(value))


def is_path(value: bytes) -> bool:
    """A file path or an absolute URL (whose own parameters are looked at by themselves)."""
    if len(value) <= _LONGEST and _PATH.fullmatch(value):
        return (value.count(b"/") + value.count(b"\\") <= 1 and b"." in value) or not looks_random(value, 12)
    return _URL.match(value[:_LONGEST]) is not None


def is_plain_word(value: bytes) -> bool:
    """One word, capitalised or not."""
    return len(value) <= _LONGEST and _PLAIN.fullmatch(value) is not None


def is_words(value: bytes) -> bool:
    """Words joined by hyphens, dots or underscores, such as the name of a resource."""
    return (
        len(value) <= _LONGEST
        and (_KEBAB.fullmatch(value) or _WORDS.fullmatch(value)) is not None
        and not (looks_random(value))
    )


def is_error_code(value: bytes) -> bool:
    """What error fields hold: `invalid_grant`, `AADSTS50011`, `ERR_BAD_REQUEST`, `auth/id-token-expired`, numbers."""
    if len(value) > _LONGEST:
        return False
    return _STATUS.fullmatch(value) is not None or (
        _ERROR_CODE.fullmatch(value) is not None and not looks_random(value, 8)
    )


def _words(value: bytes) -> list[bytes]:
    return [(match[0] or b"").strip(b" _-.").lower() for match in _WORD.finditer(value)]


def _is_label(value: bytes) -> bool:
    lowered = value.lower().rstrip(b".!?:;,")
    if lowered in _LABELS:
        return True
    words = lowered.replace(b"-", b" ").replace(b"_", b" ").replace(b".", b" ").replace(b"/", b" ").split()
    if not words or not all(word in _LABELS for word in words):
        return bool(words) and words[0] == b"your" and not looks_random(value)
    # "correct-password" style pass phrases aside, a run of labels is a label: client_secret, YOUR-API-KEY, my_token.
    return len(words) > 1


def _is_masked(value: bytes) -> bool:
    """Only mask characters, or a mask with so little beside it that nothing of use is left."""
    if not value:
        return True
    if _MASK.fullmatch(value):
        return len(value) >= 3 and len(set(value)) <= 3
    pieces = []
    at = 0
    for found in _MASK_RUN.finditer(value):
        pieces.append(found.start() - at)
        at = found.end()
    return bool(pieces) and max(*pieces, len(value) - at) <= LONGEST_VISIBLE
