"""Templates: everything that comes from cases or knowledge is escaped; nothing of it is ever a template."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps, urlize
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from ...engine import __version__
from ...engine.wording import percent
from .session import FIELD, keep, token_of

_FOLDER = Path(__file__).parent.parent
WHO = {
    "agent": "you",
    "user": "user",
    "client-admin": "application admin",
    "provider-admin": "provider admin",
    "developer": "developer",
}
RESULTS = {"solved": "fixed it", "failed": "did not help", "skipped": "skipped"}
_HTMX = {
    "allowEval": False,
    "includeIndicatorStyles": False,
    "historyCacheSize": 0,
    "selfRequestsOnly": True,
    # A page that explains what went wrong is shown as any other.
    "responseHandling": [{"code": "204", "swap": False}, {"code": "...", "swap": True}],
}


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that browsers may keep it for ever."""
    digest = blake2b((_FOLDER / "static" / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?v={digest}"


def prose(text: str) -> Markup:
    """Sentences of the knowledge: `code` between back quotes, addresses as links; everything else is escaped."""
    marked = "".join(
        f"<code>{escape(part)}</code>" if number % 2 else urlize(part, target="_blank", rel="noreferrer noopener")
        for number, part in enumerate(text.split("`") if text.count("`") % 2 == 0 else [text])
    )
    return Markup(marked)  # noqa: S704 - escaped piece by piece


def when(moment: datetime) -> str:
    """An instant for people, in UTC."""
    return moment.strftime("%Y-%m-%d %H:%M")


def effort(minutes: float) -> str:
    """A time that somebody needs, as exactly as it is known."""
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.0f} h"


@cache
def _environment() -> Environment:
    jinja = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    jinja.filters.update(effort=effort, percent=percent, prose=prose, when=when)
    jinja.globals.update(
        asset=asset,
        version=__version__,
        who=WHO,
        results=RESULTS,
        htmx_config=htmlsafe_json_dumps(_HTMX),
        csrf_field=FIELD,
    )
    return jinja


def page(
    request: Request, template: str, values: Mapping[str, Any], *, status: int = 200, section: str = ""
) -> HTMLResponse:
    """A page, with the session that its forms belong to. `section` is marked in the navigation."""
    html = _environment().get_template(template).render(csrf=token_of(request), section=section, **values)
    response = HTMLResponse(html, status)
    keep(request, response)
    return response
