"""The compiled knowledge on disk: keyed by content, written atomically, checked before it is believed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

_KEPT = 4


def cache_folder() -> Path | None:
    """The user's cache folder for this program; None when the environment switches caching off."""
    configured = os.environ.get("OAUTH_DOCTOR_CACHE")
    if configured is not None:
        return Path(configured) if configured else None
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "oauth-doctor"
    except RuntimeError:  # no home directory
        return None


def load(key: str) -> dict[str, Any] | None:
    """The compiled knowledge of that key, or None when it is absent, unreadable or damaged."""
    folder = cache_folder()
    if folder is None:
        return None
    try:
        digest, _, body = (folder / f"knowledge-{key}.json").read_bytes().partition(b"\n")
    except OSError:
        return None
    if hashlib.blake2b(body, digest_size=20).hexdigest().encode() != digest:
        return None
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def store(key: str, compiled: dict[str, Any]) -> None:
    """Keep the compiled knowledge. A folder that cannot be written only costs time at the next start."""
    folder = cache_folder()
    if folder is None:
        return
    body = json.dumps(compiled, separators=(",", ":")).encode()
    digest = hashlib.blake2b(body, digest_size=20).hexdigest().encode()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # A complete file appears under its name or none does, whichever process comes first.
        descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".writing-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(digest + b"\n" + body)
            Path(temporary).replace(folder / f"knowledge-{key}.json")
        except OSError:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
        _forget_old(folder)


def _forget_old(folder: Path) -> None:
    entries = sorted(folder.glob("knowledge-[0-9a-f]*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in entries[_KEPT:]:
        path.unlink(missing_ok=True)
