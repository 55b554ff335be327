"""Small servers that speak what the vendors document, over real HTTP, and remember what they were sent."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

Answer = tuple[int, dict[str, str], Any]


@dataclass
class Asked:
    """One request to a vendor."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Vendor:
    """A running server. `failures` are answered first, one a request: what rate limits and outages look like."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    failures: list[Answer] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def taken(self) -> list[Asked]:
        with self.lock:
            return list(self.asked)


@contextmanager
def vendor(answer: Callable[[Asked], Answer]) -> Iterator[Vendor]:
    """Start a server that answers by a function, and stop it at the end."""
    state = Vendor()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind = self.headers.get("Content-Type", "")
            try:
                body = json.loads(raw) if "json" in kind else {k: v[0] for k, v in parse_qs(raw.decode()).items()}
            except ValueError:
                body = None
            asked = Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            with state.lock:
                failure = state.failures.pop(0) if state.failures else None
                if failure is None:
                    state.asked.append(asked)
            status, headers, content = failure or answer(asked)
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_PUT = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def zendesk(asked: Asked) -> Answer:
    """Update Ticket, and Add Tags of the ticketing API."""
    if asked.headers.get("authorization") != basic("bot@example.com/token", "zd-token-1"):
        return 401, {}, {"error": "Couldn't authenticate you"}
    if asked.method == "PUT" and (match := re.fullmatch(r"/api/v2/tickets/(\d+)\.json", asked.path)):
        comment = asked.body["ticket"]["comment"]
        assert set(comment) == {"body", "public"}
        assert len(comment["body"]) <= 65_535
        return 200, {}, {"ticket": {"id": int(match[1])}, "audit": {"events": [{"type": "Comment", **comment}]}}
    if asked.method == "PUT" and re.fullmatch(r"/api/v2/tickets/\d+/tags\.json", asked.path):
        assert all(isinstance(tag, str) and " " not in tag for tag in asked.body["tags"])
        return 200, {}, {"tags": asked.body["tags"]}
    return 404, {}, {"error": "RecordNotFound"}


def freshdesk(asked: Asked) -> Answer:
    """Create a Note."""
    if asked.headers.get("authorization") != basic("fd-key-1", "X"):
        return 401, {}, {"code": "invalid_credentials"}
    if asked.method == "POST" and (match := re.fullmatch(r"/api/v2/tickets/(\d+)/notes", asked.path)):
        assert asked.body["private"] is True
        return 201, {}, {"id": 1, "ticket_id": int(match[1]), "body": asked.body["body"]}
    return 404, {}, {}


def intercom(asked: Asked) -> Answer:
    """Reply to a conversation."""
    if asked.headers.get("authorization") != "Bearer ic-token-1":
        return 401, {}, {"type": "error.list"}
    if asked.method == "POST" and re.fullmatch(r"/conversations/\d+/reply", asked.path):
        assert asked.body["message_type"] == "note"
        assert asked.body["type"] == "admin"
        return 200, {}, {"type": "conversation", "id": asked.path.split("/")[2]}
    return 404, {}, {}


def jira(asked: Asked) -> Answer:
    """Create request comment."""
    if asked.headers.get("authorization") != basic("bot@example.com", "ji-token-1"):
        return 401, {}, {}
    if asked.method == "POST" and re.fullmatch(r"/rest/servicedeskapi/request/[A-Z]+-\d+/comment", asked.path):
        assert asked.body["public"] is False
        assert len(asked.body["body"]) <= 32_767
        return 201, {}, {"id": "1", "body": asked.body["body"], "public": False}
    return 404, {}, {}
