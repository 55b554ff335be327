"""HTML to text. Names of secrets may stand in tags and table heads, so secrets are replaced before the tags are taken out."""

from __future__ import annotations

import html
import re

from .redactor import Redactor

_PLACEHOLDER = re.compile(r"<([a-z][a-z0-9_]{0,40}:[0-9]{1,7})>")
_TAG = re.compile(r"<(?:(br|/p|/div|/tr|/li|/h\d|/pre)|[/!?a-zA-Z])[^<>]{0,2000}>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(/?)(script|style|head)\b", re.IGNORECASE)


def text_of_html(page: str) -> str:
    """What a page says, without its secrets, line by line; scripts, styles and the head are left out."""
    shown = _PLACEHOLDER.sub(r"&lt;\1&gt;", Redactor().redact(_visible(page.replace("\r", ""))).text)
    text = html.unescape(_TAG.sub(lambda tag: "\n" if tag[1] else " ", shown))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _visible(page: str) -> str:
    parts, begin, inside, since = [], 0, "", 0
    for tag in _HIDDEN.finditer(page):
        name = tag[2].lower()
        if not inside and not tag[1]:
            inside, since = name, tag.start()
        elif tag[1] and name == inside:
            parts.append(page[begin:since])
            begin, inside = tag.start(), ""
    return "".join([*parts, page[begin:]])
