"""Error logs of the web servers nginx and Apache."""

from __future__ import annotations

import re
from datetime import datetime

from ..blocks import Head
from ..levels import level_of
from ..times import time_at
from .lines import LineReader

_NGINX = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[([a-z]{4,6})\] (\d{1,10})#(\d{1,10}): (?:\*(\d{1,20}) )?")
_APACHE = re.compile(
    r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})? \d{4}\] \[(?:[\w\-]{0,40}:)?([a-z]{4,7}\d?)\] "
    r"(?:\[pid (\d{1,10})(?::tid (\d{1,20}))?\] )?"
)


def head_of_nginx(line: str, reference: datetime | None = None) -> Head | None:
    """nginx: the number behind `*` is the connection, which joins the lines of one client."""
    found = _NGINX.match(line)
    if found is None:
        return None
    reading = time_at(line)
    stream = f"{found[2]}#{found[3]}" + (f"*{found[4]}" if found[4] else "")
    return Head(line, reading[0] if reading else None, level_of(found[1]), stream=stream)


def head_of_apache(line: str, reference: datetime | None = None) -> Head | None:
    """Apache 2.2 and 2.4, modules such as mod_auth_openidc included."""
    found = _APACHE.match(line)
    if found is None:
        return None
    reading = time_at(line)
    level = level_of(found[1].rstrip("12345678"))
    return Head(line, reading[0] if reading else None, level, stream=found[3] or found[2] or "")


NGINX_ERROR = LineReader("nginx-error", "nginx error logs", head_of_nginx, weight=0.97)
APACHE_ERROR = LineReader("apache-error", "Apache error logs", head_of_apache, weight=0.97)
