"""Which reader a sample wants. The one list of all readers."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from .formats.access import ACCESS, ENVOY, HAPROXY
from .formats.cef import CEF
from .formats.containers import container_readers
from .formats.dialogues import CURL, HTTP
from .formats.exports import export_readers
from .formats.har import HAR
from .formats.jsonlines import JsonReader
from .formats.logfmt import LOGFMT
from .formats.mail import MailReader
from .formats.servers import APACHE_ERROR, NGINX_ERROR
from .formats.syslog import syslog_readers
from .formats.tables import CSV
from .formats.text import TextReader
from .reader import Reader, decode

_MOST_SAMPLED = 64 << 10
_MOST_LINES = 400
_LONGEST_SAMPLED = 16 << 10


@lru_cache(maxsize=1)
def readers() -> Mapping[str, Reader]:
    """Every reader by name. Where two fit equally, the earlier one is taken."""
    known = [
        HAR, *export_readers(), *container_readers(detect_inner), *syslog_readers(detect_inner), CEF, NGINX_ERROR, APACHE_ERROR,
        ACCESS, ENVOY, HAPROXY, CURL, HTTP, MailReader(detect), CSV, LOGFMT, JsonReader(), TextReader(),
    ]  # fmt: skip
    return MappingProxyType({reader.name: reader for reader in known})


def reader_named(name: str) -> Reader:
    """A reader by its name.

    Raises:
        ValueError: no such reader; the message names those that there are.
    """
    known = readers()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(
        f"no log format {name!r}{hint} expected one of {', '.join(known)}".replace("? expected", "? Expected")
    )


def detect(sample: bytes, name: str = "") -> Reader:
    """The reader that fits best.

    Args:
        sample: the first bytes of the log, decompressed; 64 KiB are enough.
        name: the file's name, which may be empty.
    """
    return _best(sample, name, wrapping=True)


def detect_inner(sample: bytes, name: str = "") -> Reader:
    """The same for what was unwrapped already: one wrapping around another is not looked for, except syslog in containers."""
    return _best(sample, name, wrapping=False)


def _best(sample: bytes, name: str, *, wrapping: bool) -> Reader:
    lines = [decode(line)[:_LONGEST_SAMPLED] for line in sample[:_MOST_SAMPLED].split(b"\n")[:_MOST_LINES]]
    if len(sample) >= _MOST_SAMPLED and len(lines) > 1:
        lines.pop()  # is cut
    best, most = readers()["text"], 0.0
    for reader in readers().values():
        if not wrapping and reader.name in _NOT_INSIDE:
            continue
        fits = reader.sniff(lines, name)
        if fits > most:
            best, most = reader, fits
    return best


_NOT_INSIDE = frozenset({"docker", "collector", "cri", "kubernetes", "syslog", "journald", "har", "email"})
