"""Which secret has which placeholder, without knowing any secret."""

from __future__ import annotations

import secrets
from hashlib import blake2b

from .harmless import PLACEHOLDER

_SAME = bytes.maketrans(b"+", b" ")


class Placeholders:
    """Numbers secrets, kind by kind, in the order of their first sighting.

    It remembers keyed hashes only. The key is made anew for every instance, so that the hashes of one can be compared
    neither with another's nor with the hashes of guessed passwords.
    """

    __slots__ = ("_counts", "_key", "_known")

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, str] = {}
        self._counts: dict[str, int] = {}

    def of(self, core: bytes, kind: str) -> str:
        """The placeholder of a secret: that of its first sighting, or a new one of this kind.

        Args:
            core: the secret behind all encodings.
            kind: what this sighting is.
        """
        digest = self._digest(core)
        placeholder = self._known.get(digest)
        if placeholder is None:
            number = self._counts.get(kind, 0) + 1
            self._counts[kind] = number
            placeholder = self._known[digest] = f"<{kind}:{number}>"
        return placeholder

    def known(self, core: bytes) -> str | None:
        """The placeholder of a secret that was seen before."""
        return self._known.get(self._digest(core))

    @property
    def any_known(self) -> bool:
        """Whether there is any placeholder yet, given out or reserved."""
        return bool(self._counts)

    def reserve(self, data: bytes) -> None:
        """Never give out the placeholders that a text already holds: they stand for other secrets."""
        for found in PLACEHOLDER.finditer(data):
            kind = (found[1] or b"").decode("ascii")
            self._counts[kind] = max(self._counts.get(kind, 0), int(found[2] or 0))

    def _digest(self, core: bytes) -> bytes:
        # A plus sign and a space are one another's misreading, and line breaks come and go; neither makes two secrets
        # of one.
        return blake2b(core.translate(_SAME, b"\r\n"), key=self._key, digest_size=16).digest()
