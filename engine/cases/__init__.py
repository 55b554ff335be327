"""Cases: what was confirmed about one incident, in order, and where it is kept."""

from .model import (
    Answered,
    Case,
    CaseState,
    Closed,
    Entry,
    Pasted,
    Reopened,
    StepTried,
    Unknown,
    Withdrawn,
    replay,
)

__all__ = [
    "Answered",
    "Case",
    "CaseState",
    "Closed",
    "Entry",
    "Pasted",
    "Reopened",
    "StepTried",
    "Unknown",
    "Withdrawn",
    "replay",
]
