"""The door for Slack's requests: believed or refused, once, and answered before the work begins.

Slack wants an answer within three seconds and sends an event again that got none; what was noted as seen is then
answered without being done twice.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from ...engine.cases.store import CaseStore
from ...engine.guide import View
from ...engine.knowledge import Knowledge
from ..helpdesk.config import ConfigError, Slack
from ..helpdesk.seen import SeenError, Sighting
from ..helpdesk.signatures import SignatureError, schemes, verify

Answered = tuple[int, str, bytes]
_KEPT = timedelta(days=1)
_TEXT = "text/plain; charset=utf-8"


class SlackDoor:
    """Thread-safe.

    Raises:
        ConfigError: slack-bolt is not installed.
    """

    def __init__(
        self,
        config: Slack,
        store: CaseStore,
        knowledge: Knowledge,
        look: Callable[[Any], tuple[View, list[str]]],
    ) -> None:
        try:
            from slack_bolt import App, BoltRequest
            from slack_sdk import WebClient
            from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler, RateLimitErrorRetryHandler
        except ImportError:
            raise ConfigError('slack needs the extra "slack": sh install.sh slack') from None
        from .conversation import Conversation

        # It would log whole requests that it does not know.
        quiet = logging.getLogger("oauth_doctor.slack.bolt")
        quiet.setLevel(logging.CRITICAL)
        self._config = config
        self._store = store
        self._request = BoltRequest
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="slack")
        handlers = [ConnectionErrorRetryHandler(max_retry_count=2), RateLimitErrorRetryHandler(max_retry_count=5)]
        client = WebClient(config.bot_token, base_url=config.api, retry_handlers=handlers, logger=quiet, timeout=10)
        self._app = App(
            client=client,
            token=config.bot_token,
            signing_secret=config.signing_secrets[0],
            # Done here, with every secret in force and before anything else.
            request_verification_enabled=False,
            token_verification_enabled=False,
            logger=quiet,
            listener_executor=self._pool,
        )
        Conversation(client, store, knowledge, look, handlers).listen_to(self._app)

    def handle(self, headers: Mapping[str, str], body: bytes, now: float | None = None) -> Answered:
        """Take one request: status, content type and body of the answer.

        Raises:
            StoreError: the database cannot be read or written; nothing is done then.
        """
        now = time.time() if now is None else now
        try:
            verified = verify(schemes()["slack"], self._config.signing_secrets, headers, body, now)
        except SignatureError as error:
            return 401, _TEXT, str(error).encode()
        keys = [f"body:{verified.identity}"]
        if event := _event(headers, body):
            keys.append(f"event:{hashlib.sha256(event.encode()).hexdigest()}")
        try:
            Sighting("slack", keys, datetime.now(UTC) + _KEPT).note_alone(self._store)
        except SeenError:
            if "x-slack-retry-num" in headers:
                return 200, _TEXT, b""
            return 403, _TEXT, b"refused: this request was received before"
        text = body.decode("utf-8", "replace")
        response = self._app.dispatch(self._request(body=text, headers=dict(headers)))
        kind = "application/json" if response.body.startswith("{") else _TEXT
        return response.status, kind, response.body.encode()

    def close(self) -> None:
        """End after the work in hand."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _event(headers: Mapping[str, str], body: bytes) -> str:
    """The id of an event, which stays the same when Slack sends it again."""
    if not headers.get("content-type", "").startswith("application/json"):
        return ""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    event = payload.get("event_id") if isinstance(payload, dict) else None
    return event if isinstance(event, str) else ""
