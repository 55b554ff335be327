"""The door for webhooks: POST /hooks/NAME. It demands signatures, so that it may be published without a log-in."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from starlette.types import Message, Receive, Scope, Send

from ...engine.cases.errors import StoreError
from ..logs import log_failure, write_log
from ..services import Services
from ..slack.door import SlackDoor
from .config import read_config
from .outgoing import Sending
from .receive import Received, Receiver

MOUNT = "/hooks/"
_LARGEST = 1 << 20  # bytes of one webhook
_THREADS = 4


class Hooks:
    """ASGI application for everything that is configured.

    Raises:
        ConfigError: the configuration is wrong.
    """

    def __init__(self, path: Path, services: Services) -> None:
        knowledge = services.doctor.knowledge
        config = read_config(path, knowledge)
        self._receiver = Receiver(config, services.doctor, services.store, services.look)
        self._sending = Sending(config, knowledge, services.store, services.look) if config.senders else None
        self._slack = (
            SlackDoor(config.slack, services.store, knowledge, services.look) if config.slack is not None else None
        )
        self._pool = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="hooks")

    def start(self) -> None:
        """Begin to send what is owed."""
        if self._sending is not None:
            self._sending.start()

    def stop(self) -> None:
        """End it."""
        if self._sending is not None:
            self._sending.stop()
        if self._slack is not None:
            self._slack.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        name = str(scope.get("path", "")).removeprefix(MOUNT)
        if scope["method"] != "POST":
            await _answer(send, Received(405, "expected POST"), [(b"allow", b"POST")])
            return
        body = await _body(receive)
        if body is None:
            await _answer(send, Received(413, f"expected at most {_LARGEST >> 20} MiB"))
            return
        headers: dict[str, str] = {}
        for key, value in scope["headers"]:
            # A header that comes twice is none that was signed.
            known = key.decode("latin-1").lower()
            headers[known] = (
                f"{headers[known]}, {value.decode('latin-1')}" if known in headers else value.decode("latin-1")
            )
        run = asyncio.get_running_loop().run_in_executor
        try:
            if name == "slack" and self._slack is not None:
                status, kind, content = await run(self._pool, self._slack.handle, headers, body)
                await _send(send, status, kind, content)
            else:
                received = await run(self._pool, self._receiver.receive, name, headers, body)
                if received.accepted and self._sending is not None:
                    self._sending.wake()
                status = received.status
                await _answer(send, received)
        except StoreError:
            status = 503
            write_log("waiting", where="hooks", reason="the database does not answer")
            await _answer(send, Received(503, "not now; send it again"), [(b"retry-after", b"30")])
        except Exception as error:  # noqa: BLE001 - a bug; it is answered, and told without what was sent
            status = 500
            log_failure(error, "hooks")
            await _answer(send, Received(500, "this went wrong in oauth-doctor itself"))
        write_log("hook", sender=name[:40] if status != 404 else "-", status=status)


async def _body(receive: Receive) -> bytes | None:
    parts, size = [], 0
    while True:
        message: Message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= _LARGEST:
            parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts) if size <= _LARGEST else None
        if size > 16 * _LARGEST:
            return None


async def _answer(send: Send, received: Received, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    told = received.body if received.body is not None else {"said": received.said, "case": received.case}
    content = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
    await _send(send, received.status, "application/json", content, headers)


async def _send(
    send: Send, status: int, kind: str, content: bytes, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    shown = [
        (b"content-type", kind.encode()),
        (b"content-length", b"%d" % len(content)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*shown, *(headers or [])]})
    await send({"type": "http.response.body", "body": content})
