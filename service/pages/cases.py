"""Cases: the list, the working page, and what its forms do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from ...engine.cases import Case, Entry
from ...engine.cases.clean import clean_entries
from ...engine.cases.store import CaseConflictError
from ...engine.cases.words import in_words
from ..services import Services, services_of
from . import forms
from .casepage import case_values
from .forms import Form, form_of
from .render import page

router = APIRouter()
Shared = Annotated[Services, Depends(services_of)]
Sent = Annotated[Form, Depends(form_of)]
_PAGE = 30


@router.get("/cases")
def list_cases(request: Request, services: Shared, q: str = "", show: str = "all", before: str = "") -> Response:
    """The cases, latest first, with search."""
    closed = {"open": False, "closed": True}.get(show)
    found = services.store.find(q, closed=closed, limit=_PAGE + 1, before=before or None)
    more = found[_PAGE - 1].cursor if len(found) > _PAGE else ""
    values = {
        "cases": found[:_PAGE],
        "query": q[:1000],
        "show": show if closed is not None else "all",
        "older": urlencode({"q": q, "show": show, "before": more}) if more else "",
        "paged": bool(before),
        "titles": {key: cause.title for key, cause in services.doctor.knowledge.causes.items()},
    }
    return page(request, "cases.html", values, section="cases")


@router.get("/cases/{case_id}")
def show_case(request: Request, services: Shared, case_id: str, ask: str = "") -> Response:
    """The working page of one case."""
    return page(request, "case.html", case_values(services, services.store.load(case_id), ask), section="cases")


@router.get("/cases/{case_id}/text")
def whole_text(services: Shared, case_id: str) -> Response:
    """The redacted texts, all of them."""
    return PlainTextResponse(services.store.load(case_id).state.text)


@router.get("/cases/{case_id}/export")
def export_case(services: Shared, case_id: str) -> Response:
    """The case as JSON, as `oauth-doctor cases show --output json` writes it."""
    case = services.store.load(case_id)
    attachment = {"Content-Disposition": f'attachment; filename="case-{case.id}.json"'}
    return Response(case.model_dump_json(indent=2), media_type="application/json", headers=attachment)


@router.post("/cases/{case_id}/text")
def add_text(request: Request, services: Shared, case_id: str, form: Sent) -> Response:
    """A further text arrived."""
    return _append(request, services, case_id, form, [forms.text_entry(form)])


@router.post("/cases/{case_id}/answers")
def answer(request: Request, services: Shared, case_id: str, form: Sent) -> Response:
    """A question was answered, is not to be answered, or its answer is taken back."""
    return _append(request, services, case_id, form, [forms.answer_entry(form, services.doctor.knowledge)])


@router.post("/cases/{case_id}/steps")
def try_step(request: Request, services: Shared, case_id: str, form: Sent) -> Response:
    """A step was tried."""
    return _append(request, services, case_id, form, forms.step_entries(form, services.doctor.knowledge))


@router.post("/cases/{case_id}/close")
def close_case(request: Request, services: Shared, case_id: str, form: Sent) -> Response:
    """The case is over."""
    return _append(request, services, case_id, form, [forms.close_entry(form, services.doctor.knowledge)])


@router.post("/cases/{case_id}/reopen")
def reopen_case(request: Request, services: Shared, case_id: str, form: Sent) -> Response:
    """The case goes on."""
    return _append(request, services, case_id, form, [forms.reopen_entry()])


@router.post("/cases/{case_id}/title")
def rename_case(services: Shared, case_id: str, form: Sent) -> Response:
    """Another title."""
    services.store.rename(case_id, form.get("title"))
    return see(case_id)


@router.post("/cases/{case_id}/delete")
def delete_case(services: Shared, case_id: str, form: Sent) -> Response:
    """Remove the case for good, when that was confirmed."""
    if form.get("sure") != "yes":
        raise forms.FormError("The case was not deleted: tick the box to confirm that it shall be gone for good.")
    services.store.delete(case_id)
    return RedirectResponse("/cases", 303)


def see(case_id: str) -> Response:
    """On to the case; a reload then repeats nothing."""
    return RedirectResponse(f"/cases/{quote(case_id, safe='')}", 303)


def _append(request: Request, services: Services, case_id: str, form: Form, entries: Sequence[Entry]) -> Response:
    revision = forms.revision_of(form)
    try:
        services.store.append(case_id, entries, revision=revision)
    except CaseConflictError:
        case = services.store.load(case_id)
        if _is_in(entries, case, revision):
            return see(case_id)  # a second click
        clean = clean_entries(entries, case.entries)
        values = {
            "case": case,
            "since": [(entry.at, entry.by, in_words(entry)) for entry in case.entries[revision:]],
            "mine": [in_words(entry) for entry in clean],
            "form": _without_secrets(form, entries, clean),
            "action": request.url.path,
        }
        return page(request, "conflict.html", values, status=409, section="cases")
    return see(case_id)


def _without_secrets(form: Form, entries: Sequence[Entry], clean: Sequence[Entry]) -> Form:
    """The form with what the store would keep of its entries, which is all that is shown of it again."""
    kept = {
        value: now
        for before, after in zip(entries, clean, strict=True)
        for (_, value), (_, now) in zip(before, after, strict=True)
        if isinstance(value, str) and isinstance(now, str)
    }
    fields = [(name, kept.get(value.strip(), value)) for name, value in form.fields]
    return Form(fields, kept.get(form.text, form.text))


def _is_in(entries: Sequence[Entry], case: Case, revision: int) -> bool:
    """Whether exactly this was confirmed since then, by the same form sent twice."""
    since = case.entries[revision : revision + len(entries)]
    same = clean_entries(entries, case.entries[:revision])
    return [one.model_dump(exclude={"at", "by"}) for one in since] == [
        one.model_dump(exclude={"at", "by"}) for one in same
    ]
