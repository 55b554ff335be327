"""E-mail tickets (.eml): subject and body are one event; text attachments are read as logs of their own."""

from __future__ import annotations

import email
import re
from collections.abc import Sequence
from datetime import datetime
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime

from ..event import Event, Line
from ..reader import LONGEST_EVENT, Parser, Reader, decode
from ..vocabulary import vocabulary
from ..wrapping import Detect

_LARGEST_MAIL = 8 << 20
_MOST_PARTS = 50  # boundaries; nesting beyond that is no ticket
_LARGEST_ATTACHMENT = 1 << 20
_HEADER = re.compile(
    r"(?i)(?:from|to|cc|subject|date|received|return-path|mime-version|message-id|content-type|delivered-to|reply-to|x-[\w\-]{1,60}"
    r"|content-transfer-encoding|dkim-signature|authentication-results|in-reply-to|references|thread-\w{1,20}): ?"
)
_REQUIRED = re.compile(r"(?i)(?:from|subject): ?\S")
_TEXT_NAMES = (".log", ".txt", ".har", ".json", ".csv", ".eml", ".out", ".err")


class MailParser(Parser):
    """Collects a message and takes it apart at its end."""

    __slots__ = ("_cut", "_detect", "_held", "_last", "_size", "_source")
    _cut: bool
    _held: list[bytes]
    _last: int
    _size: int

    def __init__(self, source: str, detect: Detect) -> None:
        self._source = source
        self._detect = detect
        self._clear()

    def feed(self, line: Line) -> list[Event]:
        """As `Parser.feed`."""
        number, data = line
        if self._size + len(data) > _LARGEST_MAIL:
            self._cut = True
            return []
        if number == self._last and self._held:
            self._held[-1] += data
        else:
            self._held.append(data)
        self._last = number
        self._size += len(data) + 1
        return []

    def flush(self) -> list[Event]:
        """As `Parser.flush`."""
        lines, cut, last = self._held, self._cut, self._last
        self._clear()
        if not any(line.strip() for line in lines):
            return []
        raw = b"\n".join(lines)
        try:
            return (
                self._events(raw, last, cut)
                if raw.lower().count(b"boundary=") <= _MOST_PARTS
                else self._as_text(raw, last)
            )
        except Exception:  # noqa: BLE001 - the standard library's parser fails in many ways on what is no mail
            return self._as_text(raw, last)

    def _events(self, raw: bytes, last: int, cut: bool) -> list[Event]:
        message = email.message_from_bytes(raw)
        text = "\n".join(filter(None, (_subject(message), "", *_bodies(message)))).strip()
        event = Event(
            _date(message), "", text[:LONGEST_EVENT], self._source, 1, max(last, 1), vocabulary().ids_in(text[:LONGEST_EVENT]),
            cut=cut or len(text) > LONGEST_EVENT,
        )  # fmt: skip
        attached = [one for name, data in _attachments(message) for one in self._attached(name, data)]
        return [event, *attached] if text else attached

    def _attached(self, name: str, data: bytes) -> list[Event]:
        reader = self._detect(data[: 64 << 10], name)
        if reader.name == "email":
            return []
        return list(reader.events(enumerate(data.splitlines(), 1), f"{self._source}!{name}"))

    def _as_text(self, raw: bytes, last: int) -> list[Event]:
        text = decode(raw[: LONGEST_EVENT * 2])[:LONGEST_EVENT]
        return [
            Event(None, "", text, self._source, 1, max(last, 1), vocabulary().ids_in(text), cut=len(raw) > len(text))
        ]

    def _clear(self) -> None:
        self._held = []
        self._size = 0
        self._last = 0
        self._cut = False


def _subject(message: Message) -> str:
    raw = str(message.get("Subject", ""))[:2000]
    parts = [
        part.decode(charset or "utf-8", "replace") if isinstance(part, bytes) else part
        for part, charset in decode_header(raw)
    ]
    return " ".join("".join(parts).split())


def _date(message: Message) -> datetime | None:
    try:
        return parsedate_to_datetime(str(message.get("Date", ""))[:100])
    except (ValueError, TypeError, IndexError):
        return None


def _bodies(message: Message) -> list[str]:
    """The bodies: text where there is text, else HTML without its tags."""
    texts: list[str] = []
    pages: list[str] = []
    for part in message.walk():
        if part.is_multipart() or part.get_filename():
            continue
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html"):
            (texts if kind == "text/plain" else pages).append(_content(part))
    if not texts:
        from ...redaction.markup import text_of_html  # few mails need it, and every scan would wait for it

        return [text_of_html(page) for page in pages]
    return [text.replace("\r", "").strip() for text in texts]


def _content(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    try:
        return data.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def _attachments(message: Message) -> list[tuple[str, bytes]]:
    found = []
    for part in message.walk():
        name = part.get_filename()
        if part.is_multipart() or not name:
            continue
        shown = "".join(char if char.isprintable() else "?" for char in str(name))[:100]
        if part.get_content_maintype() == "text" or shown.lower().endswith(_TEXT_NAMES):
            data = part.get_payload(decode=True)
            if isinstance(data, bytes) and b"\x00" not in data[:1024]:
                found.append((shown, data[:_LARGEST_ATTACHMENT]))
    return found[:20]


class MailReader(Reader):
    """A message with headers, in any encoding."""

    name = "email"
    title = "e-mail (.eml)"
    documents = True

    def __init__(self, detect: Detect) -> None:
        self._detect = detect

    def sniff(self, sample: Sequence[str], name: str) -> float:
        """As `Reader.sniff`."""
        head = list(sample[:80])
        if "" in head:
            head = head[: head.index("")]
        headers = sum(_HEADER.match(line) is not None for line in head)
        required = any(_REQUIRED.match(line) for line in head)
        whole = bool(head) and _HEADER.match(head[0]) is not None
        if name.lower().endswith(".eml") and headers:
            return 1.0
        return 0.93 if required and whole and headers >= 3 else 0.0

    def parser(self, source: str, *, reference: datetime | None = None) -> Parser:
        """As `Reader.parser`."""
        return MailParser(source, self._detect)
