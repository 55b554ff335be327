"""One case worked on in the terminal: its entries, in memory or stored, and the way back. No input or output in here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..engine.cases.errors import CaseConflictError
from ..engine.cases.model import Answered, CaseState, Closed, Entry, Pasted, StepTried, Unknown, replay
from ..engine.guide.undo import taken_back

if TYPE_CHECKING:
    from ..engine.cases import Case
    from ..engine.cases.store import CaseStore
    from ..engine.guide import Guide, View


class Interview:
    """A case in the making. Once it is stored, every entry is on the disk before the next question.

    Args:
        store: where the case is, or may be, kept; case: the stored case to go on with.
    """

    def __init__(self, guide: Guide, case: Case | None = None, store: CaseStore | None = None) -> None:
        self.guide = guide
        self._vocabulary = guide.vocabulary
        self._store = store
        self._case = case
        self._entries: list[Entry] = list(case.entries) if case else []
        self._order = [entry.fact for entry in self._entries if isinstance(entry, (Answered, Unknown))]
        self._view: View | None = None

    @property
    def id(self) -> str | None:
        """Id of the stored case; None while it is only in memory."""
        return self._case.id if self._case else None

    @property
    def state(self) -> CaseState:
        """What holds now."""
        return replay(self._entries)

    @property
    def asked(self) -> int:
        """How many questions were answered or passed over."""
        state = self.state
        return len(state.answers) + len(state.unknown)

    def view(self) -> View:
        """The case as it stands."""
        if self._view is None:
            self._view = self.guide.look(self.state)
        return self._view

    def answer(self, fact: str, value: Any) -> None:
        """Take an answer; None means that nobody can tell.

        Raises:
            FactError: unknown fact, or a value outside the vocabulary. Nothing is changed then.
        """
        now = datetime.now(UTC)
        known = self._vocabulary[fact].read(value)
        if known:
            several = self._vocabulary[fact].several
            self._add(Answered(at=now, fact=fact, value=list(known) if several else known[0]))
        else:
            self._add(Unknown(at=now, fact=fact))
        self._order.append(fact)

    def back(self) -> str | None:
        """Take back the latest answer; its fact, or None when there is none."""
        while self._order:
            fact = self._order.pop()
            entry = taken_back(self._entries, fact, datetime.now(UTC))
            if entry is not None:
                self._add(entry)
                return fact
        return None

    def paste(self, text: str) -> None:
        """Add a text that turned up."""
        if text.strip():
            self._add(Pasted(at=datetime.now(UTC), text=text))

    def tried(self, cause: str, step: str, result: Any) -> None:
        """A step was carried out: solved, failed or skipped."""
        self._add(StepTried(at=datetime.now(UTC), cause=cause, step=step, result=result))

    def close(self, cause: str | None) -> None:
        """The case is over."""
        self._add(Closed(at=datetime.now(UTC), cause=cause))

    def save(self, store: CaseStore, title: str) -> str:
        """Store the case as it is, and from now on every entry; its id."""
        if self._case is None:
            self._store = store
            self._case = store.create(title, entries=self._entries)
        return self._case.id

    def _add(self, entry: Entry) -> None:
        entries: Sequence[Entry]
        if self._case is not None and self._store is not None:
            try:
                self._case = self._store.append(self._case.id, [entry], revision=self._case.revision)
            except CaseConflictError:
                self._case = self._store.load(self._case.id)
                self._entries, self._view = list(self._case.entries), None
                raise
            entries = self._case.entries
        else:
            entries = [*self._entries, entry]
        self._entries, self._view = list(entries), None
