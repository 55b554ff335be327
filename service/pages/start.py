"""The first page: paste a text, or start with questions."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from ...engine import Doctor, FactError, Redactor
from ...engine.cases import Answered, Entry
from ..services import Services, services_of
from . import forms
from .casepage import value_label
from .cases import see
from .forms import Form, form_of
from .render import page

router = APIRouter()
_AT_START = ("provider", "platform")
_RECENT = 6
_LONGEST_TITLE = 90
_LOG_PREFIX = re.compile(  # time, level and thread say nothing in a list
    r"^(?:[\[(]?[0-9]{2,4}[-/.][0-9]{2}[-/.][0-9]{2,4}[T ][0-9:.,]{5,15}Z?(?:[+-][0-9:]{4,6})?[\])]? {0,3})?"
    r"(?:(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL) {1,3})?(?:\[[^\]]{1,40}\] {0,3})?(?=[^ ])"
)


@router.get("/")
def start(request: Request, services: Annotated[Services, Depends(services_of)]) -> Response:
    """The start page."""
    knowledge = services.doctor.knowledge
    values = {
        "recent": services.store.find(limit=_RECENT),
        "titles": {key: cause.title for key, cause in knowledge.causes.items()},
        "providers": [(slug, entry.name) for slug, entry in knowledge.providers.items() if slug != "generic"],
        "platforms": [(slug, entry.name) for slug, entry in knowledge.platforms.items() if slug != "generic"],
        "largest": services.settings.largest_body >> 20,
    }
    return page(request, "start.html", values, section="start")


@router.post("/cases")
def create(services: Annotated[Services, Depends(services_of)], form: Annotated[Form, Depends(form_of)]) -> Response:
    """A new case, with a text or with questions ahead."""
    doctor = services.doctor
    entries: list[Entry] = []
    for fact in _AT_START:
        value = form.get(fact)
        if value:
            try:
                doctor.knowledge.vocabulary[fact].read(value)
            except FactError as error:
                raise forms.FormError(f"This answer cannot be taken: {error}.") from None
            entries.append(Answered(at=datetime.now(UTC), fact=fact, value=value))
    if form.get("start") != "questions" or form.text.strip():
        entries.append(forms.text_entry(form))
    title = form.get("title") or _title(doctor, form.text, entries)
    return see(services.store.create(title, entries=entries).id)


def _title(doctor: Doctor, text: str, entries: list[Entry]) -> str:
    """What tells one case from another in a list: the telling line of its text, else what is connected with what."""
    if text.strip():
        found = doctor.diagnose(text, steps=False).causes[:1]
        excerpts = [item.excerpt for cause in found for item in cause.evidence if item.excerpt and item.weight > 0]
        first = next(line for line in text.split("\n") if line.strip())
        line = excerpts[0] if excerpts else Redactor().redact(first[:2000]).text
        return _LOG_PREFIX.sub("", line.strip()[:1000])[:_LONGEST_TITLE]
    known = [value_label(doctor.knowledge, one.fact, one.value) for one in entries if isinstance(one, Answered)]
    return " with ".join(known)
