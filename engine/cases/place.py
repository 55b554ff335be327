"""Where the cases are: a file in the user's data folder, or the database that an address names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .errors import StoreError

EXPECTED = "sqlite:///FILE or postgresql://USER@HOST/NAME"


@dataclass(frozen=True, slots=True)
class Place:
    """A database: `url` as SQLAlchemy wants it; `name` for messages, without a password; `file` for SQLite."""

    url: str
    name: str
    file: Path | None


def data_folder() -> Path:
    """The user's data folder for this program: OAUTH_DOCTOR_DATA, else below XDG_DATA_HOME or ~/.local/share.

    Raises:
        StoreError: there is no home directory.
    """
    configured = os.environ.get("OAUTH_DOCTOR_DATA")
    if configured:
        return Path(configured)
    base = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return (Path(base) if base else Path.home() / ".local" / "share") / "oauth-doctor"
    except RuntimeError:
        raise StoreError("no home directory to keep cases in; set OAUTH_DOCTOR_DATA to a folder") from None


def find_place(url: str | None) -> Place:
    """The database of that address; without one OAUTH_DOCTOR_DATABASE, else `cases.db` in the data folder.

    Raises:
        StoreError: another kind of address.
    """
    url = url or os.environ.get("OAUTH_DOCTOR_DATABASE") or None
    if url is None:
        file = data_folder() / "cases.db"
        return Place(f"sqlite:///{file}", str(file), file)
    scheme, separator, rest = url.partition("://")
    if separator and scheme in ("sqlite", "sqlite+pysqlite"):
        path = rest.removeprefix("/")
        if not rest.startswith("/") or not path or path == ":memory:" or "?" in path:
            raise StoreError(f"database {_shown(url)}: names no file; expected {EXPECTED}")
        return Place(f"sqlite:///{path}", path, Path(path))
    if separator and scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return Place(f"postgresql+psycopg://{rest}", _shown(url), None)
    raise StoreError(f"database {_shown(url)}: expected {EXPECTED}")


def _shown(url: str) -> str:
    """The address without what may be secret: user information and parameters."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "address"
    if not parts.scheme or not url.startswith(f"{parts.scheme}://"):
        return "address"
    port = parts.netloc.rpartition(":")[2] if parts.netloc.rpartition("@")[2].count(":") == 1 else ""
    return f"{parts.scheme}://{host}{':' + port if port else ''}{unquote(parts.path)}"
