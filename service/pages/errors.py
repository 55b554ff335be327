"""What went wrong, as a page: says what to do, and gives back what was typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ...engine import InputError
from ...engine.cases.store import CaseNotFoundError, EntryError, StoreError
from ..security import BodyTooLargeError
from .forms import Form, FormError
from .render import page

_TITLES = {
    400: "This cannot be understood",
    403: "Refused",
    404: "Not found",
    405: "Not possible here",
    413: "Too large",
    422: "Not taken",
    503: "The cases cannot be reached",
}
API = "/v1"  # below it no page is shown, and errors are the API's own affair


def add_to(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(HTTPException, _for_pages(_http, http_exception_handler))
    app.add_exception_handler(RequestValidationError, _for_pages(_validation, request_validation_exception_handler))
    for kind in (FormError, EntryError, InputError):
        app.add_exception_handler(kind, _handler(422))
    app.add_exception_handler(CaseNotFoundError, _handler(404))
    app.add_exception_handler(StoreError, _handler(503))


def is_page(request: Request) -> bool:
    """Whether whoever asked wants a page."""
    return not request.url.path.startswith(API)


Handler = Callable[[Request, Exception], Awaitable[Response]]


def _for_pages(ours: Callable[[Request, Exception], Response], theirs: Callable[..., Awaitable[Response]]) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        return ours(request, error) if is_page(request) else await theirs(request, error)

    return handle


def _handler(status: int) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        return _refused(request, status, str(error))

    return handle


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = str(error.detail)
    if isinstance(error, BodyTooLargeError):
        words = (
            f"At most {error.largest >> 20} MiB can be sent at once. Cut the file to the lines around the failure, or let"
            " `oauth-doctor scan` read it where it is."
        )
    elif error.status_code == 404:
        words = "There is no such page. It may have been deleted, or the address is not complete."
    elif error.status_code == 405:
        words = "This address takes forms only. Go back to the page that it belongs to."
    return _refused(request, error.status_code, words)


def _validation(request: Request, error: Exception) -> Response:
    return _refused(request, 400, "A part of the address is not what it should be. Go back and try again.")


def _refused(request: Request, status: int, words: str) -> Response:
    form: Form = getattr(request.state, "form", None) or Form()
    referer = request.url.path.split("/")
    back = f"/cases/{referer[2]}" if len(referer) > 3 and referer[1] == "cases" and status != 404 else "/"
    values = {
        "title": _TITLES.get(status, "It did not work"),
        "words": words,
        "text": form.text,
        "note": form.get("note"),
        "form": form,
        "retry": request.url.path if status in (422, 503) and form.fields else "",
        "back": back,
    }
    return page(request, "refused.html", values, status=status)
