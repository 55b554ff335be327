"""HAR: every exchange that a browser recorded is one event, written as a dialogue."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..event import Event
from ..levels import level_of_status
from ..reader import LONGEST_EVENT, Parser, Reader
from ..times import time_of
from ..vocabulary import vocabulary
from .jsonlines import JsonParser

_LONGEST_BODY = 16 << 10
_TEXTUAL = ("json", "text", "xml", "form", "javascript")


def event_of_entry(
    entry: Mapping[str, Any], source: str, line: int, lines: int, reference: datetime | None = None
) -> Event | None:
    """The event of an entry (or of its request or response alone, when the entry was too large to be read whole)."""
    request, response = _mapping(entry.get("request")), _mapping(entry.get("response"))
    if not request and not response:
        if isinstance(entry.get("status"), int) and "content" in entry:
            response = entry
        elif isinstance(entry.get("url"), str) and "method" in entry:
            request = entry
        else:
            return None
    text = "\n".join([*_request(request), *_response(response, entry)])
    status = response.get("status")
    number = status if isinstance(status, int) else 0
    failed = bool(response.get("_error") or entry.get("_error"))
    return Event(
        time_of(entry.get("startedDateTime")),
        level_of_status(number) if 100 <= number < 600 else "error" if failed else "",
        text[:LONGEST_EVENT],
        source,
        line,
        lines,
        vocabulary().ids_in(text[:LONGEST_EVENT]),
        str(entry.get("pageref") or ""),
        cut=len(text) > LONGEST_EVENT,
    )


def _request(request: Mapping[str, Any]) -> Iterator[str]:
    if not request:
        return
    yield f"{request.get('method', 'GET')} {request.get('url', '')} {request.get('httpVersion') or 'HTTP/1.1'}"
    yield from _headers(request)
    posted = _mapping(request.get("postData"))
    if posted.get("text"):
        yield ""
        yield str(posted["text"])[:_LONGEST_BODY]
    elif isinstance(posted.get("params"), list):
        yield ""
        yield "&".join(f"{one.get('name')}={one.get('value', '')}" for one in posted["params"] if isinstance(one, dict))


def _response(response: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[str]:
    error = response.get("_error") or entry.get("_error")
    if error:
        yield f"network error: {error}"
    if not response.get("status"):
        return
    yield ""
    yield f"HTTP/1.1 {response['status']} {response.get('statusText') or ''}".rstrip()
    yield from _headers(response)
    content = _mapping(response.get("content"))
    body = content.get("text")
    if isinstance(body, str) and body and _is_text(content, response):
        if content.get("encoding") == "base64":
            body = _decoded(body)
        yield ""
        yield body[:_LONGEST_BODY]


def _is_text(content: Mapping[str, Any], response: Mapping[str, Any]) -> bool:
    """Scripts, styles and pages that were delivered well say nothing; bodies of failures always do."""
    kind = str(content.get("mimeType") or "").lower()
    status = response.get("status")
    if isinstance(status, int) and status >= 400:
        return not kind or any(word in kind for word in _TEXTUAL)
    return "json" in kind or "form" in kind or "text/plain" in kind


def _headers(message: Mapping[str, Any]) -> Iterator[str]:
    headers = message.get("headers")
    for one in headers[:200] if isinstance(headers, list) else []:
        if isinstance(one, dict) and not str(one.get("name", "")).startswith(":"):
            yield f"{one.get('name')}: {one.get('value', '')}"[:8192]


def _decoded(body: str) -> str:
    try:
        return base64.b64decode(body[: _LONGEST_BODY // 3 * 4], validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


class HarReader(Reader):
    """A browser's recording."""

    name = "har"
    title = "HAR (HTTP archive)"
    documents = True

    def sniff(self, sample: Sequence[str], name: str) -> float:
        """As `Reader.sniff`."""
        text = "\n".join(sample)[:8192]
        if name.lower().endswith(".har") and text.lstrip().startswith("{"):
            return 1.0
        return (
            0.98
            if '"log"' in text[:400] and ('"entries"' in text or '"creator"' in text) and text.lstrip()[:1] == "{"
            else 0.0
        )

    def parser(self, source: str, *, reference: datetime | None = None) -> Parser:
        """As `Reader.parser`."""
        return JsonParser(source, reference, event_of_entry)


HAR = HarReader()
