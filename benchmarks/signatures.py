"""Webhooks that must not be believed: wrong, old, replayed or without signature. Allowed: none is accepted.

They go through the same `Receiver` that answers POST /hooks/NAME, with the database in which seen webhooks are noted; only
the HTTP around it is left out. For every scheme; right ones are sent in between and have to be accepted.

    python benchmarks/signatures.py [--bodies 1000000]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime

from common import report

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.cases.store import CaseStore
from oauth_doctor.engine.guide import Guide
from oauth_doctor.service.helpdesk.config import Config, Sender
from oauth_doctor.service.helpdesk.mapping import Mapping
from oauth_doctor.service.helpdesk.receive import Receiver
from oauth_doctor.service.helpdesk.signatures import headers_for, schemes

NOW = 1_764_061_921
RIGHT_EVERY = 5000
WEIGHTS = (4, 4, 4, 4, 4, 4, 4, 4, 1)  # a replay costs a look into the database, the others do not get that far
KINDS = (
    "wrong",
    "altered body",
    "altered time",
    "other secret",
    "other scheme",
    "missing",
    "old",
    "future",
    "replayed",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bodies", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return run(arguments.bodies, arguments.seed, f"sqlite:///{folder}/cases.db")


def run(bodies: int, seed: int, database: str) -> int:
    draw = random.Random(seed)
    doctor, store = Doctor(), CaseStore(database)
    guide = Guide(doctor)
    senders = {name: _sender(name) for name in schemes()}
    receiver = Receiver(Config(senders=senders), doctor, store, lambda state: (guide.look(state), []))
    accepted: dict[str, list[tuple[dict[str, str], bytes]]] = {name: [] for name in senders}
    sent, believed, answers = Counter[str](), Counter[str](), Counter[int]()
    right = taken = 0
    begin = time.perf_counter()
    names = sorted(senders)
    for number in range(bodies):
        name = names[number % len(names)]
        if number % RIGHT_EVERY < len(names):
            headers, body = _right(senders[name], number, draw)
            right += 1
            if receiver.receive(name, headers, body, NOW).accepted:
                taken += 1
                accepted[name].append((headers, body))
        kind = draw.choices(KINDS, WEIGHTS)[0]
        made = _bad(senders, name, kind, number, draw, accepted[name])
        if made is None:  # a token says nothing of time or body
            kind = draw.choice(("wrong", "missing"))
            made = _bad(senders, name, kind, number, draw, accepted[name])
        assert made is not None
        headers, body, now = made
        received = receiver.receive(name, headers, body, now)
        sent[kind] += 1
        answers[received.status] += 1
        believed[kind] += received.status < 400
    seconds = time.perf_counter() - begin
    for kind in sorted(sent):
        print(f"{kind}: {sent[kind]} sent, {believed[kind]} accepted")
    print(f"answered: {dict(sorted(answers.items()))}; {seconds:.0f} s, {bodies / seconds:.0f} a second")
    print(f"webhooks that must not be believed: {bodies}, accepted: {sum(believed.values())}, allowed: 0")
    good = report("right webhooks not accepted", (right - taken) / max(right, 1), 1e-9, "of all")
    print(f"right webhooks: {right} sent, {taken} accepted")
    store.close()
    return 0 if good and not sum(believed.values()) else 1


def _sender(name: str) -> Sender:
    mapping = Mapping.model_validate({"signature": name, "ticket": "$.ticket", "text": "$.text"})
    return Sender(name=name, mapping=mapping, scheme=schemes()[name], keys=(_secret(name),), variables={}, values={})


def _secret(name: str, salt: str = "") -> str:
    return "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=" if not salt else "whsec_" + (salt * 32)[:32]


def _stamp(name: str, at: int) -> str:
    clock = schemes()[name].clock
    return datetime.fromtimestamp(at, UTC).isoformat() if clock == "iso8601" else str(at)


def _right(sender: Sender, number: int, draw: random.Random, at: int = NOW) -> tuple[dict[str, str], bytes]:
    text = draw.choice(("invalid_grant", "redirect_uri_mismatch", "AADSTS7000215"))
    body = json.dumps({"ticket": number % 500, "text": f"{text} {number} {draw.random()}"}).encode()
    identifier = f"msg_{number}_{draw.random():.12f}".replace(".", "_")
    return headers_for(sender.scheme, sender.keys[0], _stamp(sender.name, at), body, identifier), body


def _bad(
    senders: dict[str, Sender],
    name: str,
    kind: str,
    number: int,
    draw: random.Random,
    accepted: list[tuple[dict[str, str], bytes]],
) -> tuple[dict[str, str], bytes, int] | None:
    sender, scheme = senders[name], senders[name].scheme
    if kind == "replayed":
        headers, body = draw.choice(accepted)
        if scheme.several and draw.random() < 0.5:  # the same signature, among others
            headers = {**headers, scheme.header: f"v1,AAAA {headers[scheme.header]} v1,BBBB"}
        extra = {"x-slack-retry-num": "1", "x-request-id": str(number)}
        return {**headers, **extra}, body, NOW + draw.randrange(-300, 301)
    at = NOW
    if kind in ("old", "future"):
        if scheme.timestamp is None:
            return None
        off = draw.choice((301, 302, 600, 3600, 86_400, 10**8)) + draw.randrange(10**6)
        at = NOW - off if kind == "old" else NOW + off
    headers, body = _right(sender, number, draw, at)
    if kind in ("old", "future"):
        return headers, body, NOW
    given = headers[scheme.header]
    if kind == "missing":
        wanted = [header for header in (scheme.header, scheme.timestamp, scheme.id) if header]
        headers[draw.choice(wanted)] = ""
        if draw.random() < 0.5:
            headers = {key: value for key, value in headers.items() if value}
    elif kind == "wrong":
        headers[scheme.header] = _damaged(given, draw)
    elif not scheme.signed:
        return None
    elif kind == "altered body":
        place = draw.randrange(len(body))
        body = body[:place] + bytes([body[place] ^ (1 << draw.randrange(8))]) + body[place + 1 :]
    elif kind == "altered time":
        if scheme.timestamp is None:
            return None
        headers[scheme.timestamp] = _stamp(name, NOW + draw.choice((-200, -1, 1, 30)))
    elif kind == "other secret":
        headers[scheme.header] = headers_for(
            scheme, _secret(name, draw.choice("ABCDEFGH")), _stamp(name, at), body, headers.get(scheme.id or "", "")
        )[scheme.header]
    else:
        other = draw.choice([one for one in senders if one not in (name, "token") and one != _twin(name)])
        made = headers_for(schemes()[other], sender.keys[0], _stamp(other, at), body, "msg_1")
        headers[scheme.header] = made[schemes()[other].header]
    return headers, body, NOW


def _twin(name: str) -> str:
    """Schemes whose headers hold the same signature under different names."""
    return {"github": "hub-sha256", "hub-sha256": "github"}.get(name, "")


def _damaged(given: str, draw: random.Random) -> str:
    way = draw.randrange(6)
    place = draw.randrange(len(given))
    if way == 0:
        other = draw.choice([one for one in "0123456789abcdefXYZ" if one != given[place]])
        return given[:place] + other + given[place + 1 :]
    if way == 1:
        return given[:place]  # nothing at all, too
    if way == 2:
        return given + draw.choice(("0", "=", "a", "\u00e9"))
    if way == 3:
        return given.swapcase()
    if way == 4:
        return "".join(draw.choice("0123456789abcdef") for _ in range(64))
    return given[1:]


if __name__ == "__main__":
    sys.exit(main())
