"""The session of a browser, and the proof that a form comes from our own page.

The session is a random number in a cookie that scripts cannot read. Every form carries a hash of it; another site can
make a browser send the cookie (it may not even do that: SameSite), but can read neither. Nothing is kept on the server,
so sessions outlive restarts and are shared by several workers.
"""

from __future__ import annotations

import hmac
import re
import secrets
from hashlib import blake2b
from urllib.parse import urlsplit

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

COOKIE = "oauth_doctor_session"
FIELD = "csrf"
_SESSION = re.compile(r"[A-Za-z0-9_-]{43}")


def session_of(request: Request) -> str:
    """The session of a request; a new one, which `keep` has to send, when it has none."""
    known: str | None = getattr(request.state, "session", None)
    if known is None:
        sent = request.cookies.get(COOKIE, "")
        known = sent if _SESSION.fullmatch(sent) else secrets.token_urlsafe(32)
        request.state.session = known
    return known


def token_of(request: Request) -> str:
    """What the forms of this session carry."""
    return blake2b(session_of(request).encode(), person=b"oauthdr-csrf", digest_size=24).hexdigest()


def keep(request: Request, response: Response) -> None:
    """Let the browser keep its session."""
    if request.cookies.get(COOKIE) != session_of(request):
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, session_of(request), httponly=True, samesite="lax", secure=secure, path="/")


def check(request: Request, sent: str) -> None:
    """Refuse a form that is not ours.

    Raises:
        HTTPException: 403.
    """
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower()
    if foreign or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403, "This form was sent by another site; nothing was changed.")
    if COOKIE not in request.cookies or not hmac.compare_digest(sent.encode(), token_of(request).encode()):
        raise HTTPException(
            403, "This page was too old, or cookies are off; nothing was changed. Go back, reload it and send it again."
        )
