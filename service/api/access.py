"""Who may: API keys as bearer tokens, or nobody's loopback as long as there are no keys."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request

from ..keys import ApiKey
from .context import Context, context
from .problems import Problem

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a key's id, or nothing on loopback without keys."""

    owner: str = ""
    key: ApiKey | None = None

    def may(self, scope: str) -> bool:
        """Whether the caller has a scope."""
        return self.key is None or self.key.may(scope)


class Allow:
    """A dependency: lets a request through when its key has the scope, and counts it against the key's rate."""

    def __init__(self, scope: str) -> None:
        self.scope = scope

    async def __call__(self, request: Request) -> Caller:
        """The caller.

        Raises:
            Problem: 401 without a good key, 403 without the scope, 429 too many requests.
        """
        known = context(request)
        header = request.headers.get("authorization")
        if header is None and await _open(known):
            _check_local(request)
            return Caller()
        key = await _key(known, header)
        request.scope["oauth_doctor.key"] = key.prefix
        if not key.may(self.scope):
            raise Problem(403, f"the key {key.prefix} lacks the scope {self.scope}", kind="scope")
        request.scope["oauth_doctor.headers"] = known.buckets.take(key.id, key.rate)
        return Caller(key.id, key)


async def _open(known: Context) -> bool:
    if not known.settings.open:
        return False
    required = known.keys.required_remembered()
    if required is None:
        required = await known.run(known.keys.required)
    return not required


async def _key(known: Context, header: str | None) -> ApiKey:
    scheme, _, token = (header or "").partition(" ")
    token = token.strip()
    found = None
    if scheme.lower() == "bearer" and token and len(token) < 200:
        good, found = known.keys.remembered(token)
        if not good:
            found = await known.run(known.keys.find, token)
    if found is None:
        said = "the key is unknown, expired or revoked" if header else "a key is needed: Authorization: Bearer odk_..."
        raise Problem(401, said, kind="key", headers={"WWW-Authenticate": 'Bearer realm="oauth-doctor"'})
    return found


def _check_local(request: Request) -> None:
    """Without keys, a page that some browser on this machine shows must not reach in, nor a name that resolves to it."""
    host = request.headers.get("host", "")
    if _name(host) not in _LOOPBACK:
        raise Problem(403, "without API keys only requests to localhost are taken; see `oauth-doctor keys create`")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host and origin not in context(request).settings.cors_origins:
        raise Problem(403, "without API keys pages of other origins are refused; see `oauth-doctor keys create`")


def _name(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()
