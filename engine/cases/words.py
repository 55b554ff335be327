"""An entry of a case in words, for histories."""

from __future__ import annotations

from .model import Answered, Closed, Entry, Pasted, Reopened, StepTried, Unknown, Withdrawn


def in_words(entry: Entry) -> str:
    """One line; of a text only how long it is."""
    match entry:
        case Pasted():
            count = entry.text.count("\n") + 1
            return f"text of {count:,} line{'' if count == 1 else 's'}"
        case Answered():
            values = entry.value if isinstance(entry.value, list) else [entry.value]
            shown = ", ".join(("yes" if value else "no") if isinstance(value, bool) else str(value) for value in values)
            return f"{entry.fact} = {shown}"
        case Unknown():
            return f"{entry.fact} is not known"
        case Withdrawn():
            return f"{entry.fact} is taken back"
        case StepTried():
            result = {"solved": "fixed it", "failed": "did not help", "skipped": "was skipped"}[entry.result]
            return f"step {entry.step} of {entry.cause} {result}"
        case Closed():
            return f"closed, {entry.cause or 'unsolved'}" + (f": {entry.note}" if entry.note else "")
        case Reopened():
            return "reopened"
