"""Reports from templates in kb/reports: Markdown, HTML, and a plain reply to the customer."""

from __future__ import annotations

from collections.abc import Mapping

from .diagnosis import Diagnosis
from .knowledge import Knowledge
from .knowledge.templates import render

_TEMPLATES: Mapping[str, str] = {
    "markdown": "markdown.md",
    "html": "page.html",
    "reply": "reply.txt",
    "reply-markdown": "reply.md",
    "reply-html": "reply.html",
}
_WHO = {
    "agent": "support agent",
    "user": "user",
    "client-admin": "administrator of the application",
    "provider-admin": "administrator at the provider",
    "developer": "developer",
}


def render_report(knowledge: Knowledge, diagnosis: Diagnosis, form: str) -> str:
    """Render a diagnosis as `markdown`, `html`, `reply`, `reply-markdown` or `reply-html`. Everything from logs and users is escaped in HTML.

    Raises:
        KeyError: no such form.
    """
    name = _TEMPLATES[form]
    value = diagnosis.model_dump()
    likely = [cause for place, cause in enumerate(value["causes"]) if place < 3 or cause["probability"] >= 0.05]
    variables = {"diagnosis": value, "causes": likely, "who": _WHO}
    return render(knowledge.reports[name], variables, html=form.endswith("html"))
