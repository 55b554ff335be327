"""Compiled knowledge on disk, so that a start need not compile it again.

A file is named after the content it was made from; it is JSON in sections (see packed.py), so that reading it can never
run code. It is written whole and renamed, so that many processes may start at once, and carries a digest, so that a
damaged file is noticed and made again. Beside it stand small files that remember which content the files of the
knowledge had when they looked (size, times) as they do now: then not one of them needs to be read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .packed import Packed, pack

_KEPT = 4
_KEY = re.compile(r"[0-9a-f]{40}")


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


def load(key: str) -> Packed | None:
    """The compiled knowledge of that key, or None when it is absent, unreadable or damaged."""
    body = _read(f"knowledge-{key}.json")
    try:
        return None if body is None else Packed(body)
    except ValueError:
        return None


def store(key: str, compiled: dict[str, Any]) -> None:
    """Keep the compiled knowledge. A folder that cannot be written only costs time at the next start."""
    _write(f"knowledge-{key}.json", pack(compiled))


def load_table(name: str) -> dict[str, Any]:
    """What was worked out about a part of the knowledge and kept under this name; empty when nothing was."""
    body = _read(f"knowledge-{name}.json")
    try:
        value = {} if body is None else json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def store_table(name: str, table: Mapping[str, Any]) -> None:
    """Keep what was worked out. Of names that begin with `words-` the last few are kept."""
    _write(f"knowledge-{name}.json", json.dumps(table, separators=(",", ":")).encode())


def key_of(stamp: str) -> str | None:
    """The key of the content behind files that look like this, when it is remembered."""
    body = _read(f"knowledge-{stamp}.seen")
    key = "" if body is None else body.decode("ascii", "replace")
    return key if _KEY.fullmatch(key) else None


def remember(stamp: str, key: str) -> None:
    """Remember the key of the content behind files that look like this."""
    _write(f"knowledge-{stamp}.seen", key.encode())


def _read(name: str) -> bytes | None:
    """What was written under a name, without its digest; None when it is absent, unreadable or damaged."""
    folder = cache_folder()
    if folder is None:
        return None
    try:
        data = (folder / name).read_bytes()
    except OSError:
        return None
    digest, _, body = data.partition(b"\n")
    return body if hashlib.blake2b(body, digest_size=20).hexdigest().encode() == digest else None


def _write(name: str, body: bytes) -> None:
    folder = cache_folder()
    if folder is None:
        return
    digest = hashlib.blake2b(body, digest_size=20).hexdigest().encode()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # A complete file appears under its name or none does, whichever process comes first.
        descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".writing-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(digest + b"\n" + body)
            Path(temporary).replace(folder / name)
        except OSError:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
        for kind in ("[0-9a-f]*.json", "[0-9a-f]*.seen", "words-*.json"):
            _forget_old(folder, f"knowledge-{kind}")


def _forget_old(folder: Path, pattern: str) -> None:
    entries = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in entries[_KEPT:]:
        path.unlink(missing_ok=True)
