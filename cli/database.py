"""What the commands that keep cases share: `--database`, and opening it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .common import UsageError, complain

if TYPE_CHECKING:
    from ..engine.cases.lessons import Lessons
    from ..engine.cases.store import CaseStore
    from ..engine.guide import Guide

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="sqlite:///FILE or postgresql://...; else OAUTH_DOCTOR_DATABASE, else a file in your data folder.",
    ),
]


def open_store(database: str | None = None) -> CaseStore:
    """The stored cases.

    Raises:
        UsageError: what they need is not installed.
        StoreError: the database cannot be opened.
    """
    try:
        from ..engine.cases.store import CaseStore
    except ImportError:
        raise UsageError('stored cases need the extra "cases": sh install.sh cases') from None
    return CaseStore(database)


def store_if_any(database: str | None = None) -> CaseStore | None:
    """The stored cases where there are some to learn from. Without the option no failure of theirs stops anything.

    Raises:
        StoreError: the database that the option names cannot be opened.
    """
    from ..engine.cases.errors import StoreError
    from ..engine.cases.place import find_place

    if database is not None:
        return open_store(database)
    try:
        file = find_place(None).file
        return open_store() if file is None or file.exists() else None
    except UsageError:
        return None
    except StoreError as error:
        complain(f"{error}; going on without what was learned")
        return None


def lessons(store: CaseStore, guide: Guide) -> Lessons:
    """What the cases of a store have taught."""
    from ..engine.cases.lessons import Lessons

    return Lessons(store, guide.outcome)
