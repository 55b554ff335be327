"""What the commands that keep cases share: `--database`, and opening it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .common import UsageError

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


def lessons(store: CaseStore, guide: Guide) -> Lessons:
    """What the cases of a store have taught."""
    from ..engine.cases.lessons import Lessons

    return Lessons(store, guide.outcome)
