"""What can go wrong with stored cases. Every message is one line and holds no secret."""

from __future__ import annotations

import re

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,60}")


class StoreError(Exception):
    """The cases cannot be read or written; the message names the database and what is expected."""


class CaseNotFoundError(StoreError):
    """There is no case of that id."""

    def __init__(self, case_id: str) -> None:
        self.case_id = case_id
        from ..redaction import Redactor

        # What is no id is not repeated: it may be anything that was pasted in the wrong place.
        shown = f"case {Redactor().scrub(case_id)!r}" if _ID.fullmatch(case_id) else "a case with this id"
        super().__init__(f"{shown} does not exist")


class CaseConflictError(StoreError):
    """Somebody else wrote to the case since it was read (or has taken its id). Nothing was written.

    Attributes:
        expected: the revision that the writer had read; actual: the one that is stored.
    """

    def __init__(self, case_id: str, expected: int, actual: int) -> None:
        self.case_id = case_id
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"case {case_id!r} was changed by somebody else (revision {actual}, read at {expected}); load it again"
            if actual != expected
            else f"case {case_id!r} exists already"
        )


class EntryError(StoreError, ValueError):
    """An entry cannot be stored as it is; the message says why and what is expected."""
