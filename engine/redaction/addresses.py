"""Host names and IP addresses, hidden only on request: who hides them gives up causes that lie in them."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Finder, Finding
from .patterns import compile_pattern

HOST = "host"

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62}[A-Za-z0-9])?"
_HOST_NAME = rf"(?:{_LABEL}\.){{1,8}}[A-Za-z][A-Za-z0-9\-]{{1,23}}"
_URL_HOST = compile_pattern(
    rf"(?i)(?:[a-z][a-z0-9+.\-]{{1,30}}(?:://|%(?:25){{0,2}}3a%(?:25){{0,2}}2f%(?:25){{0,2}}2f|:\\{{1,8}}/\\{{1,8}}/)(?:[^\s/@\"'<>]{{0,300}}@)?"
    rf"|\b(?:host|hostname|origin|domain|enotfound|server|cn|x-forwarded-host|unknownhostexception)[\"']?[ ]?[:=]?[ ]?[\"']?)({_HOST_NAME})"
)
_URL_TRIGGER = (
    r"://|(?i:%3a%(?:25){0,2}2f)|:\\|(?i:\b(?:host|hostname|origin|domain|enotfound|server|cn|x-forwarded-host|unknownhostexception)"
    r"[\"']?[ ]?[:=]?[ ]?[\"']?[a-z0-9])"
)
_KEPT_HOSTS = (b"localhost", b"localhost.localdomain", b"example.com", b"example.org", b"example.net")
_FILE_ENDINGS = (b".js", b".py", b".java", b".go", b".php", b".rb", b".cs", b".html", b".json", b".ts")

_IP4 = compile_pattern(r"(?:^|[^\w.\-])([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?:[^\w.\-]|\.\s|\.?\z)")
_IP6 = compile_pattern(
    r"(?:^|[^\w:.])((?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?:[0-9]{1,3}\.){3}[0-9]{1,3})?)(?:[^\w:]|\z)"
)
_IP_TRIGGER = r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:"


def _find_hosts(data: bytes, start: int, end: int) -> Iterator[Finding]:
    for found in _URL_HOST.finditer(data, start, end):
        begin, stop = found.span(1)
        host = data[begin:stop].lower()
        if not (host in _KEPT_HOSTS or host.endswith(_FILE_ENDINGS)):
            yield Finding(((begin, stop),), HOST, 0)


def _find_addresses(data: bytes, start: int, end: int) -> Iterator[Finding]:
    import ipaddress  # rarely needed, and slow to load

    for pattern in (_IP4, _IP6):
        at = start
        while found := pattern.search(data, at, end):
            begin, stop = found.span(1)
            at = stop
            try:
                address = ipaddress.ip_address(data[begin:stop].decode("ascii"))
            except ValueError:
                continue
            # 127.0.0.1, ::1 and 0.0.0.0 name no machine, and are causes.
            if not (address.is_loopback or address.is_unspecified):
                yield Finding(((begin, stop),), "address", 0, echo=False)


HOSTS = Finder(_URL_TRIGGER, _find_hosts)
ADDRESSES = Finder(_IP_TRIGGER, _find_addresses)
