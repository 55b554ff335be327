"""What is said in Slack: each thread is a case, and one message in it shows where the case stands.

The ids of a case are those of its thread, so that nothing else has to be remembered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...engine import FactError
from ...engine.cases.errors import CaseConflictError, CaseNotFoundError, StoreError
from ...engine.cases.model import ENTRY, Answered, Case, Entry, Pasted, Reopened, StepTried, Unknown
from ...engine.cases.store import CaseStore
from ...engine.guide import View, dialogue
from ...engine.knowledge import Knowledge
from ..logs import log_failure, write_log
from .blocks import ACTION, CHECKS, blocks_of, text_of

if TYPE_CHECKING:
    from slack_bolt import App
    from slack_sdk import WebClient

COMMAND = "/oauth-doctor"
SHORTCUT = "diagnose_this"
_TRIES = 5
_HELP = (
    "Give me an error text or a few log lines: `/oauth-doctor Error 400: redirect_uri_mismatch`."
    " Or choose *Diagnose this* in the menu of a message. Secrets are removed before anything is stored."
)
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_LINK = re.compile(r"<((?:https?|mailto):[^<>|]{1,3000})(?:\|[^<>]{0,3000})?>")


class Conversation:
    """Thread-safe.

    Args:
        retries: how the client and answers to commands try again.
    """

    def __init__(
        self,
        client: WebClient,
        store: CaseStore,
        knowledge: Knowledge,
        look: Callable[[Any], tuple[View, list[str]]],
        retries: Sequence[Any],
    ) -> None:
        self._client = client
        self._store = store
        self._knowledge = knowledge
        self._look = look
        self._retries = list(retries)

    def listen_to(self, app: App) -> None:
        """Take part: everything is acknowledged first and done afterwards."""
        app.command(COMMAND)(ack=_acknowledge_command, lazy=[self._command])
        app.shortcut(SHORTCUT)(ack=_acknowledge, lazy=[self._shortcut])
        app.action(CHECKS)(_acknowledge)  # read when it is sent
        app.action(re.compile(f"^{ACTION}"))(ack=_acknowledge, lazy=[self._action])
        app.event("message")(ack=_acknowledge, lazy=[self._message])

        @app.error
        def failed(error: Exception) -> None:
            log_failure(error, "slack")

    # What people do ------------------------------------------------------------------------------------------------

    def _command(self, body: dict[str, Any]) -> None:
        text = _said(body.get("text", ""))
        if not text:
            return
        channel, user = body["channel_id"], body.get("user_id", "")

        def work() -> None:
            root = self._client.chat_postMessage(channel=channel, text="OAuth diagnosis: looking at it.")
            case_id = _case_id(body.get("team_id", ""), channel, root["ts"])
            case = self._add(case_id, [Pasted(at=_now(), by=user, text=text)])
            self._show(case, channel, update=root["ts"])

        self._tried(work, body.get("response_url"))

    def _shortcut(self, body: dict[str, Any]) -> None:
        message, channel = body.get("message", {}), body["channel"]["id"]
        text = _said(_text_of(message))
        root = message.get("thread_ts") or message["ts"]
        user = body.get("user", {}).get("id", "")

        def work() -> None:
            if not text:
                self._tell(body.get("response_url"), "There is no text in this message.")
                return
            case = self._add(
                _case_id(body.get("team", {}).get("id", ""), channel, root), [Pasted(at=_now(), by=user, text=text)]
            )
            self._show(case, channel, thread=root)

        self._tried(work, body.get("response_url"))

    def _action(self, body: dict[str, Any]) -> None:
        action = body["actions"][0]
        channel, user = body["channel"]["id"], body.get("user", {}).get("id", "")
        address = body.get("response_url")

        def work() -> None:
            case_id, send = _chosen(action, body)
            if not self._belongs(case_id, body) or send is None:
                self._tell(address, "This cannot be done from here.")
                return
            try:
                entry = self._entry(send, user)
            except (FactError, ValueError) as error:
                words = str(error) if isinstance(error, FactError) else "this is not known any more"
                self._tell(address, f"Not taken: {words}")
                return
            case = self._add(case_id, [entry], existing=True)
            self._show(case, channel, update=body["container"]["message_ts"])

        self._tried(work, address)

    def _message(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        root, text = event.get("thread_ts"), _said(_text_of(event))
        if not root or not text or event.get("bot_id") or event.get("subtype") not in (None, "file_share"):
            return
        channel = event["channel"]
        case_id = _case_id(body.get("team_id", ""), channel, root)

        def work() -> None:
            try:
                self._store.load(case_id)
            except CaseNotFoundError:
                return  # a thread that is none of ours
            case = self._add(case_id, [Pasted(at=_now(), by=event.get("user", ""), text=text)], existing=True)
            self._show(case, channel, thread=root)

        self._tried(work, None)

    # What comes of it ----------------------------------------------------------------------------------------------

    def _add(self, case_id: str, entries: list[Entry], *, existing: bool = False) -> Case:
        for left in reversed(range(_TRIES)):
            try:
                case = self._store.load(case_id)
                wants_more = case.state.closed and not any(isinstance(entry, Reopened) for entry in entries)
                again: list[Entry] = [Reopened(at=_now())] if wants_more else []
                return self._store.append(case_id, [*again, *entries], revision=case.revision)
            except CaseNotFoundError:
                if existing:
                    raise
                try:
                    return self._store.create("Slack", case_id=case_id, entries=entries)
                except CaseConflictError:
                    continue
            except CaseConflictError:
                if not left:
                    raise
        raise CaseConflictError(case_id, 0, 0)

    def _show(self, case: Case, channel: str, *, update: str | None = None, thread: str | None = None) -> None:
        shown = dialogue(self._look(case.state)[0])
        content: dict[str, Any] = {"channel": channel, "text": text_of(shown), "blocks": blocks_of(shown, case.id)}
        if update is not None:
            self._client.chat_update(ts=update, **content)
        else:
            self._client.chat_postMessage(thread_ts=thread, unfurl_links=False, unfurl_media=False, **content)

    def _tell(self, address: str | None, words: str) -> None:
        """Say something to the one who acted, only."""
        if address:
            from slack_sdk.webhook import WebhookClient

            client = WebhookClient(address, retry_handlers=self._retries, timeout=10)
            client.send(text=words, response_type="ephemeral", replace_original=False)

    def _tried(self, work: Callable[[], None], address: str | None) -> None:
        from slack_sdk.errors import SlackApiError

        try:
            work()
        except SlackApiError as error:
            reason = str(error.response.get("error", "unknown"))
            write_log("slack", outcome=reason)
            advice = " Invite me with /invite first." if reason in ("not_in_channel", "channel_not_found") else ""
            self._tell(address, f"Slack did not let me answer here ({reason}).{advice}")
        except CaseNotFoundError:
            self._tell(address, "This case was deleted.")
        except StoreError:
            write_log("slack", outcome="the database does not answer")
            self._tell(address, "This did not work: the cases cannot be stored at the moment. Please try again.")

    def _entry(self, send: dict[str, Any], user: str) -> Entry:
        """The entry that was chosen.

        Raises:
            FactError: a value that the fact does not have.
            ValueError: the knowledge of today does not know it.
        """
        entry: Entry = ENTRY.validate_python({**send, "at": _now(), "by": user})
        knowledge = self._knowledge
        if isinstance(entry, (Answered, Unknown)) and entry.fact not in knowledge.vocabulary:
            raise ValueError(entry.fact)
        if isinstance(entry, Answered):
            knowledge.vocabulary[entry.fact].read(entry.value)
        if isinstance(entry, StepTried) and entry.cause not in knowledge.causes:
            raise ValueError(entry.cause)
        return entry

    def _belongs(self, case_id: str, body: dict[str, Any]) -> bool:
        """Whether the case is one of the channel in which somebody acted."""
        prefix = _case_id(body.get("team", {}).get("id", ""), body["channel"]["id"], "")
        return case_id.startswith(prefix)


def _acknowledge(ack: Any) -> None:
    ack()


def _acknowledge_command(ack: Any, body: dict[str, Any]) -> None:
    if body.get("text", "").strip():
        ack()
    else:
        ack(text=_HELP, response_type="ephemeral")


def _chosen(action: dict[str, Any], body: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """The case, and the entry to add to it."""
    if action.get("type") == "plain_text_input":
        _, case_id, fact = [*str(action.get("block_id", "")).split("|"), "", ""][:3]
        return case_id, {"kind": "answered", "fact": fact, "value": str(action.get("value") or "").strip()}
    told = json.loads(action["value"])
    send = told.get("send")
    if send is not None and send.get("value") == []:
        values = body.get("state", {}).get("values", {}).values()
        chosen = [one["value"] for block in values for one in block.get(CHECKS, {}).get("selected_options") or ()]
        send = {**send, "value": chosen} if chosen else None
    return str(told.get("case", "")), send


def _text_of(message: dict[str, Any]) -> str:
    """The text of a message and of what is attached to it."""
    attached = [one.get("text") or one.get("fallback") or "" for one in message.get("attachments", ())]
    return "\n".join([message.get("text") or "", *attached])


def _said(text: str) -> str:
    """Slack's own escapes and links taken back."""
    text = _LINK.sub(r"\1", text)
    for escaped, char in _ESCAPES:
        text = text.replace(escaped, char)
    return text.strip().strip("`").strip()


def _case_id(team: str, channel: str, root: str) -> str:
    return f"slack-{team}-{channel}-{root}"


def _now() -> datetime:
    return datetime.now(UTC)
