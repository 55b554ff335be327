"""One webhook: believed or refused, and what it says stored, exactly once.

That it was seen, what it adds to its case, and that an answer is owed are written in one transaction: a process that
dies leaves all of it or nothing, and a sender that tries again after a failure is heard.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ...engine import FactError
from ...engine.cases.clean import is_name
from ...engine.cases.errors import CaseConflictError, CaseNotFoundError, EntryError
from ...engine.cases.model import Answered, Case, Entry, Pasted, Reopened
from ...engine.cases.store import CaseStore
from ...engine.doctor import Doctor
from ...engine.guide import View
from . import outgoing
from .answer import answer_of, is_own
from .config import Config, Sender
from .mapping import Incoming, PayloadError, fill, read
from .seen import SeenError, Sighting
from .signatures import SignatureError, verify

_KEPT = timedelta(days=7)  # how long senders may send the same event again
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a webhook: HTTP status, one line, the case, and a body if the mapping has one."""

    status: int
    said: str
    case: str | None = None
    body: Any = None

    @property
    def accepted(self) -> bool:
        """Whether it was believed and acted on."""
        return self.status in (200, 202) and self.case is not None


class Receiver:
    """Thread-safe.

    Args:
        look: a case as it stands, see `Services.look`.
    """

    def __init__(
        self, config: Config, doctor: Doctor, store: CaseStore, look: Callable[[Any], tuple[View, list[str]]]
    ) -> None:
        self._config = config
        self._doctor = doctor
        self._store = store
        self._look = look

    def receive(self, name: str, headers: Mapping[str, str], body: bytes, now: float | None = None) -> Received:
        """Take one webhook.

        Args:
            headers: names in lower case; now: seconds since 1970, for tests.

        Raises:
            StoreError: the database cannot be read or written; nothing is done then.
        """
        sender = self._config.senders.get(name)
        if sender is None:
            return Received(404, "no such sender is configured")
        now = time.time() if now is None else now
        try:
            verified = verify(sender.scheme, sender.keys, headers, body, now)
        except SignatureError as error:
            return Received(401, str(error))
        timed = verified.timed or sender.mapping.sent_at is not None
        identity = f"body:{verified.identity}"
        try:
            incoming = read(sender.mapping, _json(body), sender.variables, now)
        except PayloadError as error:
            return Received(422, str(error))
        keys = [identity]
        if event := verified.id or incoming.event:
            keys.append(_key("event", event))
        # Senders repeat what was said before, such as a ticket's description with every comment.
        texts = {_key("text", f"{incoming.ticket}\0{text}"): text for text in incoming.texts}
        until = datetime.now(UTC) + _KEPT if timed else None
        seen = Sighting(name, [*keys, *texts], until).seen(self._store)
        if not seen.isdisjoint(keys):
            return _again(identity in seen)
        new = {key: text for key, text in texts.items() if key not in seen}
        try:
            return self._act(sender, incoming, list(new.values()), Sighting(name, [*keys, *new], until))
        except SeenError:  # the same one came twice at once
            return _again(identity in Sighting(name, keys, until).seen(self._store))

    def _act(self, sender: Sender, incoming: Incoming, texts: list[str], sighting: Sighting) -> Received:
        ignored = incoming.ignored or ("our own note" if any(is_own(text) for text in texts) else "")
        entries, left_out = self._entries(incoming, "\n".join(texts)) if not ignored else ([], [])
        if ignored or not entries:
            sighting.note_alone(self._store)
            return Received(200, f"ignored: {ignored or 'nothing new in it to diagnose'}")
        case_id = case_id_of(sender.name, incoming.ticket)

        def also(connection: Any, case: Case) -> None:
            sighting.note(connection)
            outgoing.owe(connection, sender, incoming.ticket, case)

        try:
            case = self._add(case_id, incoming.title or incoming.ticket, entries, also)
        except EntryError as error:
            return Received(422, str(error))
        said = "taken" + (f"; not understood: {', '.join(left_out)}" if left_out else "")
        body = None
        if sender.mapping.respond is not None:
            answer = answer_of(self._doctor.knowledge, case, self._look(case.state)[0], incoming.ticket)
            body = fill(sender.mapping.respond, sender.variables, answer)
        return Received(200 if body is not None else 202, said, case.id, body)

    def _add(self, case_id: str, title: str, entries: list[Entry], also: Callable[[Any, Case], None]) -> Case:
        for left in reversed(range(_TRIES)):
            try:
                case = self._store.load(case_id)
                again: list[Entry] = [Reopened(at=datetime.now(UTC))] if case.state.closed else []
                return self._store.append(case_id, [*again, *entries], revision=case.revision, also=also)
            except CaseNotFoundError:
                try:
                    return self._store.create(title, case_id=case_id, entries=entries, also=also)
                except CaseConflictError:
                    continue
            except CaseConflictError:
                if not left:
                    raise
        raise CaseConflictError(case_id, 0, 0)

    def _entries(self, incoming: Incoming, text: str) -> tuple[list[Entry], list[str]]:
        now = datetime.now(UTC)
        entries: list[Entry] = []
        left_out = []
        if text.strip():
            entries.append(Pasted(at=now, by=incoming.author, text=text))
        for fact, value in incoming.answers.items():
            try:
                self._doctor.knowledge.vocabulary[fact].read(value)
            except FactError:
                left_out.append(fact)
                continue
            entries.append(Answered(at=now, by=incoming.author, fact=fact, value=value))
        return entries, left_out


def case_id_of(sender: str, ticket: str) -> str:
    """The id of the case for a ticket: readable where the ticket's name allows it."""
    plain = f"{sender}-{ticket}"
    return plain if is_name(plain) else f"{sender}-{hashlib.sha256(ticket.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _key(kind: str, name: str) -> str:
    return f"{kind}:{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()}"


def _again(replayed: bool) -> Received:
    # What is equal to the last bit was seen by somebody else on the way; a sender that tries again signs anew.
    if replayed:
        return Received(403, "refused: this webhook was received before")
    return Received(200, "taken before; nothing is done twice")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise PayloadError("the body is not JSON") from None
