"""What can go wrong with stored cases. Every message is one line and holds no secret."""

from __future__ import annotations


class StoreError(Exception):
    """The cases cannot be read or written; the message names the database and what is expected."""


class CaseNotFoundError(StoreError):
    """There is no case of that id."""

    def __init__(self, case_id: str) -> None:
        self.case_id = case_id
        super().__init__(f"case {case_id[:100]!r} does not exist")


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
