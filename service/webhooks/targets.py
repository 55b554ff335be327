"""Where a webhook may go, and the one request that takes it there.

The name is resolved once; what is connected to is the address that was checked, so that a name cannot answer differently
the second time. Redirects are not followed: they could lead anywhere.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_LONGEST_URL = 2000
_READ = 4096  # bytes of an answer; what it says is not kept


class TargetError(ValueError):
    """A webhook must not go there; the message says why and what is expected."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address to deliver to, taken apart and checked."""

    secure: bool
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said. `retry_after` in seconds."""

    status: int
    retry_after: int | None = None


def read_target(url: str, *, allow_private: bool) -> Target:
    """Take an address apart.

    Raises:
        TargetError: no https (http is for loopback), user information, fragment, or not an address at all.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise TargetError("the address cannot be read; expected https://HOST/PATH") from None
    if any(not "!" <= char <= "~" for char in url) or len(url) > _LONGEST_URL or not host:
        raise TargetError("the address cannot be read; expected https://HOST/PATH in ASCII without spaces")
    if parts.username is not None or parts.password is not None:
        raise TargetError("the address holds a user name or password; webhooks are signed instead")
    if parts.fragment:
        raise TargetError("the address has a fragment (#...), which is never sent")
    secure = parts.scheme == "https"
    if not secure and not (parts.scheme == "http" and _is_loopback(host)):
        raise TargetError(f"{parts.scheme or 'nothing'}:// is not taken; expected https:// (http:// only for loopback)")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if _is_loopback(host) and not allow_private:
        raise TargetError("the address is this machine's own; expected a public one (or --allow-private)")
    return Target(secure, host, port or (443 if secure else 80), path)


def resolve(target: Target, *, allow_private: bool) -> str:
    """An IP address of the target's host. All of them are checked, because any of them could be taken.

    Raises:
        TargetError: one of them is not public, and that is not allowed.
        OSError: the name cannot be resolved.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if not allow_private:
        for address in addresses:
            if not _is_public(address):
                raise TargetError("the host has an address that is not public (or use --allow-private)")
    return addresses[0]


def post(
    target: Target, address: str, body: bytes, headers: Mapping[str, str], seconds: float, trust: ssl.SSLContext | None
) -> Answer:
    """One POST to the address; what is answered is read and dropped.

    Raises:
        OSError, http.client.HTTPException: it did not get there, or there was no answer in time.
    """
    connection: http.client.HTTPConnection
    if target.secure:
        connection = _Pinned(target.host, target.port, address, seconds, trust or ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(address, target.port, timeout=seconds)
    try:
        default = target.port == (443 if target.secure else 80)
        name = f"[{target.host}]" if ":" in target.host else target.host
        shown = name if default else f"{name}:{target.port}"
        connection.request("POST", target.path, body, {**headers, "Host": shown, "Connection": "close"})
        response = connection.getresponse()
        response.read(_READ)
        return Answer(response.status, _seconds(response.getheader("Retry-After")))
    finally:
        connection.close()


class _Pinned(http.client.HTTPSConnection):
    """Connects to a given address, and expects the certificate of the name."""

    def __init__(self, host: str, port: int, address: str, seconds: float, trust: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=seconds, context=trust)
        self._address = address
        self._trust = trust

    def connect(self) -> None:
        """Open the connection."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        try:
            self.sock = self._trust.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


def _is_loopback(host: str) -> bool:
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        # Addresses that carry an IPv4 address in them lead there: mapped, 6to4, NAT64.
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(str(inner))
        if found.teredo is not None or found.is_site_local:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved and not found.is_unspecified


def _seconds(retry_after: str | None) -> int | None:
    if retry_after is None or not (retry_after.isascii() and retry_after.isdecimal() and len(retry_after) < 7):
        return None
    return int(retry_after)
