"""What all routes share: the doctor, the guide and the stored cases of one server."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from datetime import datetime

from fastapi import Request

from ..engine import Doctor, FactError
from ..engine.cases import Case, CaseState
from ..engine.cases.lessons import Lessons, Mark
from ..engine.cases.store import CaseStore
from ..engine.guide import Guide, View
from .settings import Settings

_FRESH = 5.0  # seconds that what was learned is used without looking for more
_REMEMBERED = 64  # views of cases; one is some 50 kB


class Services:
    """Made once a server; everything in it is thread-safe. `doctor` is one that exists already.

    Raises:
        KnowledgeError: the knowledge is invalid.
        StoreError: the database cannot be opened.
    """

    def __init__(self, settings: Settings, doctor: Doctor | None = None) -> None:
        self.settings = settings
        self.doctor = doctor or Doctor(knowledge=list(settings.knowledge))
        self.store = CaseStore(settings.database)
        self._lock = threading.Lock()
        self._learning = threading.Lock()
        self._mark: Mark | None = None
        self._looked = -math.inf
        self._seen: OrderedDict[tuple[str, datetime, int], tuple[View, list[str]]] = OrderedDict()
        self._guide = Guide(self.doctor)
        self._lessons = Lessons(self.store, self._guide.outcome)

    @property
    def guide(self) -> Guide:
        """The guide through cases, with what the closed ones have taught; that is looked up every few seconds."""
        if time.monotonic() - self._looked >= _FRESH and self._learning.acquire(blocking=False):
            try:
                self._learn()
            finally:
                self._learning.release()
        return self._guide

    def _learn(self) -> None:
        mark = self._lessons.mark()
        if mark != self._mark:
            learned = self._lessons.learned()
            with self._lock:
                if learned != self._guide.learned:
                    self._guide = self._guide.with_learned(learned)
                    self._seen.clear()
            self._mark = mark
        self._looked = time.monotonic()

    def look(self, state: CaseState) -> tuple[View, list[str]]:
        """The case as it stands, and the facts whose stored answers the knowledge of today does not know any more.

        Such answers are left out: a case that was stored once must not become unreadable.
        """
        try:
            return self.guide.look(state), []
        except FactError:
            known = {fact: value for fact, value in state.answers.items() if self._is_answer(fact, value)}
            unknown = [fact for fact in state.unknown if fact in self.doctor.knowledge.vocabulary]
            left_out = [fact for fact in state.answers if fact not in known]
            return self.guide.look(state.model_copy(update={"answers": known, "unknown": unknown})), left_out

    def look_at(self, case: Case) -> tuple[View, list[str]]:
        """`look` of a stored case. What is stored is never changed in place, so that what was seen once is remembered."""
        key = (case.id, case.created, case.revision)
        with self._lock:
            if key in self._seen:
                self._seen.move_to_end(key)
                return self._seen[key]
        found = self.look(case.state)
        with self._lock:
            self._seen[key] = found
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return found

    def close(self) -> None:
        """Give back the connections."""
        self.store.close()

    def _is_answer(self, fact: str, value: object) -> bool:
        try:
            self.doctor.knowledge.vocabulary[fact].read(value)
        except FactError:
            return False
        return True


def services_of(request: Request) -> Services:
    """The services of the server that handles a request; use as `Annotated[Services, Depends(services_of)]`."""
    services: Services = request.app.state.services
    return services
