"""What is derived from the knowledge for scanning, on disk beside the compiled knowledge: checked before it is believed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from ..knowledge.cache import cache_folder

_KEPT = 8


def load(name: str) -> bytes | None:
    """What was stored under that name, or None when it is absent, unreadable or damaged."""
    folder = cache_folder()
    if folder is None:
        return None
    try:
        digest, _, body = (folder / f"scan-{name}").read_bytes().partition(b"\n")
    except OSError:
        return None
    return body if _digest(body) == digest else None


def store(name: str, body: bytes) -> None:
    """Keep it. A folder that cannot be written only costs time at the next start.

    A complete file appears under its name or none does, whichever of several processes comes first.
    """
    folder = cache_folder()
    if folder is None:
        return
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".writing-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_digest(body) + b"\n" + body)
            Path(temporary).replace(folder / f"scan-{name}")
        except OSError:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
        _forget_old(folder)


def is_usable() -> bool:
    """Whether what is stored can be loaded again."""
    folder = cache_folder()
    if folder is None:
        return False
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.access(folder, os.R_OK | os.W_OK | os.X_OK)


def forget(name: str) -> None:
    """What was stored under that name is of no use any more."""
    folder = cache_folder()
    if folder is not None:
        with contextlib.suppress(OSError):
            (folder / f"scan-{name}").unlink(missing_ok=True)


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=20).hexdigest().encode()


def _forget_old(folder: Path) -> None:
    ages = []
    for path in folder.glob("scan-*"):
        with contextlib.suppress(OSError):  # another process was faster
            ages.append((path.stat().st_mtime, path))
    for _, path in sorted(ages, reverse=True)[_KEPT:]:
        path.unlink(missing_ok=True)
