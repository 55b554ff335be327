"""Webhooks: nothing is lost, what comes twice has the same id, signatures can be checked, and targets are the allowed ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from components import running_postgres
from hypothesis import given
from hypothesis import strategies as st
from service_fixtures import run_cli, serving

from oauth_doctor.engine.cases.model import Answered, Closed, Pasted
from oauth_doctor.engine.cases.outbox import WebhookEvent
from oauth_doctor.engine.cases.store import CaseConflictError, CaseStore
from oauth_doctor.service.delivery import Patience
from oauth_doctor.service.webhooks.dispatcher import Dispatcher
from oauth_doctor.service.webhooks.endpoints import EndpointError, EndpointStore
from oauth_doctor.service.webhooks.signing import SignatureError, headers_for, new_secret, verify
from oauth_doctor.service.webhooks.targets import TargetError, _is_public, read_target, resolve

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
QUICK = Patience(first=0.05, longest=0.2, attempts=4, seconds=2, pause=0.05)


class Receiver(ThreadingHTTPServer):
    """Keeps what it gets; `answer` decides what to say."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[int], tuple[int, dict[str, str]]] = lambda number: (204, {})
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, headers = self.server.answer(len(self.server.got))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        receiver.server_close()


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('hooks')}/cases.db"
    else:
        with running_postgres() as postgres:
            yield postgres.new_database()


@pytest.fixture
def store(database: str) -> Iterator[CaseStore]:
    opened = CaseStore(database)
    yield opened
    for one in EndpointStore(opened).endpoints():
        EndpointStore(opened).remove(one.id)
    opened.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as started:
        yield started


def phase(value: str = "callback") -> Answered:
    return Answered(at=NOW, fact="phase", value=value)


def deliver(store: CaseStore, seconds: float = 20) -> None:
    """Until nothing is pending."""
    dispatcher = Dispatcher(store, QUICK)
    end = time.monotonic() + seconds
    while EndpointStore(store).deliveries(state="pending", limit=1) and time.monotonic() < end:
        dispatcher.deliver_due()
        time.sleep(0.02)
    assert not EndpointStore(store).deliveries(state="pending", limit=1)


def test_every_event_of_a_case_arrives_signed_and_without_its_text(store: CaseStore, receiver: Receiver) -> None:
    endpoint, secret = EndpointStore(store).add(receiver.url, allow_private=True)
    case = store.create("Calendar", entries=[Pasted(at=NOW, text="invalid_grant for somebody")])
    store.append(case.id, [phase(), Closed(at=NOW, cause="redirect-uri-mismatch")], revision=1)
    deliver(store)
    events = [WebhookEvent.model_validate_json(body) for _, body in receiver.got]
    kinds = sorted((event.data.revision, event.type) for event in events)
    assert kinds == [(0, "case.created"), (1, "case.entry"), (2, "case.entry"), (3, "case.closed"), (3, "case.entry")]
    assert {event.data.case_id for event in events} == {case.id}
    closed = next(event for event in events if event.type == "case.closed")
    assert (closed.data.closed, closed.data.cause) == (True, "redirect-uri-mismatch")
    for headers, body in receiver.got:
        assert b"invalid_grant" not in body
        assert verify(secret, headers, body, time.time()) == headers["webhook-id"]
        key = base64.b64decode(secret.removeprefix("whsec_"))
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        right = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{right}"
    assert {one.state for one in EndpointStore(store).deliveries(endpoint=endpoint.id)} == {"delivered"}


def test_only_wanted_events_are_sent(store: CaseStore, receiver: Receiver) -> None:
    EndpointStore(store).add(receiver.url, ["case.closed"], allow_private=True)
    case = store.create(entries=[phase()])
    store.append(case.id, [Closed(at=NOW)], revision=1)
    deliver(store)
    assert [json.loads(body)["type"] for _, body in receiver.got] == ["case.closed"]


def test_what_is_rolled_back_is_not_told(store: CaseStore, receiver: Receiver) -> None:
    EndpointStore(store).add(receiver.url, allow_private=True)
    case = store.create()
    store.append(case.id, [phase()], revision=0)
    with pytest.raises(CaseConflictError):
        store.append(case.id, [phase("refresh")], revision=0)

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.append(case.id, [phase("refresh")], revision=1, also=fail)
    deliver(store)
    assert len(receiver.got) == 2


def test_a_failing_receiver_is_tried_again_under_the_same_id(store: CaseStore, receiver: Receiver) -> None:
    EndpointStore(store).add(receiver.url, ["case.created"], allow_private=True)
    receiver.answer = lambda number: (500, {}) if number < 3 else (200, {})
    store.create()
    deliver(store)
    assert len(receiver.got) == 3
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert EndpointStore(store).deliveries()[0].attempts == 3


def test_it_is_given_up_after_the_last_attempt_and_can_be_replayed(store: CaseStore, receiver: Receiver) -> None:
    endpoints = EndpointStore(store)
    endpoints.add(receiver.url, ["case.created"], allow_private=True)
    receiver.answer = lambda number: (500, {})
    store.create()
    deliver(store)
    assert len(receiver.got) == QUICK.attempts
    failed = endpoints.deliveries(state="failed")[0]
    assert failed.outcome == "answered 500"
    receiver.answer = lambda number: (204, {})
    assert endpoints.replay(event=failed.event) == 1
    deliver(store)
    assert endpoints.deliveries()[0].state == "delivered"
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_redirects_are_not_followed(store: CaseStore, receiver: Receiver) -> None:
    EndpointStore(store).add(receiver.url, ["case.created"], allow_private=True)
    with receiving() as other:
        receiver.answer = lambda number: (307, {"Location": other.url})
        store.create()
        deliver(store)
        assert other.got == []
    assert EndpointStore(store).deliveries()[0].outcome == "answered 307"


def test_retry_after_is_respected_and_gone_disables(store: CaseStore, receiver: Receiver) -> None:
    endpoints = EndpointStore(store)
    endpoint, _ = endpoints.add(receiver.url, ["case.created"], allow_private=True)
    receiver.answer = lambda number: (429, {"Retry-After": "3600"})
    store.create()
    patient = Dispatcher(store, Patience(first=0.05, longest=7200, attempts=4, seconds=2))
    assert patient.deliver_due() == 1
    due = endpoints.deliveries()[0].due
    assert due is not None
    assert timedelta(minutes=59) < due - datetime.now(UTC) < timedelta(minutes=61)
    receiver.answer = lambda number: (410, {})
    endpoints.replay(event=endpoints.deliveries()[0].event)
    deliver(store)
    assert endpoints.load(endpoint.id).disabled == "it answered 410 Gone"
    store.create()
    assert len(endpoints.deliveries()) == 1


def test_while_a_secret_is_rotated_both_are_signed_with(store: CaseStore, receiver: Receiver) -> None:
    endpoint, old = EndpointStore(store).add(receiver.url, ["case.created"], allow_private=True)
    _, new = EndpointStore(store).rotate(endpoint.id, timedelta(hours=1))
    store.create()
    deliver(store)
    headers, body = receiver.got[0]
    assert verify(old, headers, body, time.time()) == verify(new, headers, body, time.time())
    EndpointStore(store).rotate(endpoint.id, timedelta(0))
    store.create()
    deliver(store)
    with pytest.raises(SignatureError):
        verify(new, *receiver.got[1], time.time())


def test_several_dispatchers_lose_nothing(database: str, store: CaseStore, receiver: Receiver) -> None:
    EndpointStore(store).add(receiver.url, ["case.entry"], allow_private=True)
    receiver.answer = lambda number: (503, {}) if number % 3 == 0 else (204, {})
    dispatchers = [
        Dispatcher(CaseStore(database), Patience(first=0.05, longest=0.1, pause=0.02, attempts=50)) for _ in range(3)
    ]
    for one in dispatchers:
        one.start()
    wanted = set()
    for number in range(40):
        case = store.create(entries=[phase()])
        wanted.add(case.id)
        if number % 2:
            store.append(case.id, [phase("refresh")], revision=1)
    end = time.monotonic() + 60
    while EndpointStore(store).deliveries(state="pending", limit=1) and time.monotonic() < end:
        time.sleep(0.05)
    for one in dispatchers:
        one.stop()
    told = {(json.loads(body)["data"]["case_id"], json.loads(body)["data"]["revision"]) for _, body in receiver.got}
    assert {case for case, _ in told} == wanted
    assert len(told) == 60
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 60


def test_a_deleted_case_is_not_told_of_any_more(store: CaseStore, receiver: Receiver) -> None:
    EndpointStore(store).add(receiver.url, allow_private=True)
    case = store.create(entries=[phase()])
    store.delete(case.id)
    deliver(store)
    assert receiver.got == []


def test_certificates_are_checked(store: CaseStore, receiver: Receiver, tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    done = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    serving_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving_tls.load_cert_chain(certificate, key)
    receiver.socket = serving_tls.wrap_socket(receiver.socket, server_side=True)
    EndpointStore(store).add(
        receiver.url.replace("http://127.0.0.1", "https://localhost"), ["case.created"], allow_private=True
    )
    store.create()
    Dispatcher(store, QUICK).deliver_due()
    assert receiver.got == []
    assert EndpointStore(store).deliveries()[0].outcome.startswith("not reached")
    trusting = ssl.create_default_context(cafile=str(certificate))
    EndpointStore(store).replay(event=EndpointStore(store).deliveries()[0].event)
    Dispatcher(store, QUICK, trust=trusting).deliver_due()
    assert len(receiver.got) == 1


# Where it may go ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["http://example.com/x", "ftp://example.com", "https://user:pw@example.com/", "https://example.com/#a", "https:///x",
     "https://example.com:99999/", "https://localhost/", "https://127.0.0.1/", "http://[::1]/", "https://exa mple.com/",
     "https://example.com/\r\nHost: x", "//example.com", "https://" + "a" * 3000],
)  # fmt: skip
def test_targets_that_are_not_taken(url: str) -> None:
    with pytest.raises(TargetError):
        read_target(url, allow_private=False)


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "127.0.0.1", "0.0.0.0", "100.64.0.1", "224.0.0.1",
     "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1"],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not _is_public(address)


def test_public_addresses_and_names_that_lead_inside() -> None:
    assert _is_public("93.184.216.34")
    assert _is_public("2606:2800:220:1:248:1893:25c8:1946")
    inside = read_target("https://localhost.localdomain/", allow_private=False)
    with pytest.raises((TargetError, OSError)):
        resolve(inside, allow_private=False)
    numeric = read_target("https://2130706433/", allow_private=False)  # 127.0.0.1 as one number
    with pytest.raises((TargetError, OSError)):
        resolve(numeric, allow_private=False)


def test_a_private_endpoint_has_to_be_allowed(store: CaseStore) -> None:
    with pytest.raises(EndpointError, match="allow-private"):
        EndpointStore(store).add("http://127.0.0.1:1/")
    with pytest.raises(EndpointError, match=r"case\.created"):
        EndpointStore(store).add("https://example.com/", ["case.opened"])


# Signatures ---------------------------------------------------------------------------------------------------------


@given(body=st.binary(max_size=300), other=st.binary(max_size=300), age=st.integers(-1000, 1000))
def test_only_the_right_body_at_the_right_time_is_believed(body: bytes, other: bytes, age: int) -> None:
    secret, now = new_secret(), 1_800_000_000
    headers = headers_for([secret], "msg_1", now - age, body)
    if abs(age) <= 300:
        assert verify(secret, headers, body, now) == "msg_1"
    else:
        with pytest.raises(SignatureError):
            verify(secret, headers, body, now)
    for wrong in ({**headers, "webhook-id": "msg_2"}, {**headers, "webhook-timestamp": str(now - age + 1)}):
        with pytest.raises(SignatureError):
            verify(secret, wrong, body, now)
    with pytest.raises(SignatureError):
        verify(new_secret(), headers, body, now)
    if other != body:
        with pytest.raises(SignatureError):
            verify(secret, headers, other, now)


def test_the_published_example_of_the_conventions_is_signed_alike() -> None:
    """The example of the Standard Webhooks specification's reference libraries."""
    from oauth_doctor.service.webhooks.signing import sign

    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(attempts=st.integers(1, 100), draw=st.floats(0, 1, exclude_max=True))
def test_waiting_grows_and_stays_within_bounds(attempts: int, draw: float) -> None:
    patience = Patience()
    wait = patience.wait(attempts, draw)
    assert 0 < wait <= patience.longest
    assert (
        wait >= patience.wait(attempts, 0) == min(patience.longest, patience.first * 2.0 ** min(attempts - 1, 40)) / 2
    )


# The whole way ------------------------------------------------------------------------------------------------------


def test_from_the_api_to_the_receiver_also_across_a_kill(tmp_path: Path, receiver: Receiver) -> None:
    database = f"sqlite:///{tmp_path}/cases.db"
    secret = run_cli("webhooks", "add", receiver.url, "--allow-private", "--database", database).strip()
    assert secret.startswith("whsec_")
    receiver.answer = lambda number: (503, {})
    with serving(tmp_path, database) as started, started.client() as client:
        case = client.post("/v1/cases", json={"entries": [{"kind": "unknown", "fact": "phase"}]}).json()["id"]
        started.process.kill()
    assert secret not in run_cli("webhooks", "list", "--database", database)
    receiver.answer = lambda number: (204, {})
    run_cli("webhooks", "replay", "--state", "pending", "--database", database)
    with serving(tmp_path, database):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            listed = run_cli("webhooks", "deliveries", "-o", "ndjson", "--database", database)
            states = [json.loads(line) for line in listed.splitlines()]
            if all(one["state"] == "delivered" for one in states):
                break
            time.sleep(0.2)
    assert sorted(one["type"] for one in states) == ["case.created", "case.entry"]
    assert {one["case_id"] for one in states} == {case}
    assert all(one["state"] == "delivered" for one in states)
    for headers, body in receiver.got:
        verify(secret, headers, body, time.time())
