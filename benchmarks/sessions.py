"""Interleaved questionnaire sessions on PostgreSQL while workers are killed (SIGKILL): no answer lost, no case mixed up.

    python benchmarks/sessions.py [--sessions 500] [--answers 5] [--clients 16] [--every 2.0]

Every client goes on with a session at random, sends an answer with If-Match and an Idempotency-Key, and sends it again until it is
answered. At the end every case is compared with what was sent. The issue's figure is --sessions 10000.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]
import httpx
from common import none_of
from components import running_postgres
from service_fixtures import Started, serving

from oauth_doctor.engine.cases.store import CaseStore

FACTS = ["worked_before", "behind_proxy", "earlier_grant", "browser_dependent", "several_instances", "just_changed"]


class Clients:
    """What was sent, and what was answered."""

    def __init__(self, url: str, options: argparse.Namespace) -> None:
        self.url = url
        self.options = options
        self.sent: dict[str, list[tuple[str, bool]]] = {}
        self.again = 0
        self.lock = threading.Lock()
        self.left = [f"session-{number}" for number in range(options.sessions)]
        self.open: list[str] = []
        self.broken: list[str] = []

    def post(self, client: httpx.Client, place: str, body: object, headers: dict[str, str]) -> httpx.Response:
        """Send it until it is answered."""
        while True:
            try:
                answer = client.post(f"{self.url}{place}", json=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code < 500:
                return answer
            with self.lock:
                self.again += 1
            time.sleep(0.05)

    def work(self, seed: int) -> None:
        """One client: any session that nobody else has in hand, one answer at a time."""
        source = random.Random(seed)
        with httpx.Client(timeout=30) as client:
            while True:
                with self.lock:
                    if self.left and (not self.open or source.random() < 0.4):
                        case = self.left.pop()
                    elif self.open:
                        case = self.open.pop(source.randrange(len(self.open)))
                    elif self.left:
                        continue
                    else:
                        return
                said = self.sent.setdefault(case, [])
                if not self.step(client, case, said, source):
                    with self.lock:
                        self.broken.append(case)
                    continue
                if len(said) < self.options.answers:
                    with self.lock:
                        self.open.append(case)

    def step(self, client: httpx.Client, case: str, said: list[tuple[str, bool]], source: random.Random) -> bool:
        """Open the session if need be, and send one answer; whether that went as it should."""
        if not said:
            opened = self.post(client, "/v1/cases", {"id": case, "title": case}, {"Idempotency-Key": f"open-{case}"})
            if opened.status_code != 201:
                return False
        fact, value = source.choice(FACTS), source.random() < 0.5
        body = {"kind": "answered", "fact": fact, "value": value, "by": case}
        headers = {"If-Match": f'"{len(said)}"', "Idempotency-Key": f"{case}-{len(said)}"}
        answer = self.post(client, f"/v1/cases/{case}/entries", body, headers)
        said.append((fact, value))
        return answer.status_code == 201 and answer.json()["revision"] == len(said)


def kill(started: Started, every: float, over: threading.Event, killed: list[int], seed: int) -> None:
    """Kill a worker now and then."""
    source = random.Random(seed)
    while not over.wait(source.uniform(0.5, 1.5) * every):
        workers = started.worker_pids()
        if len(workers) > 1:
            victim = source.choice(workers)
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--answers", type=int, default=5)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--every", type=float, default=4.0, help="seconds between kills, on average")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_postgres() as postgres:
        database = postgres.new_database()
        with serving(Path(folder), database, "--workers", "2", "--api-only") as started:
            clients = Clients(started.url, options)
            over, killed = threading.Event(), []  # type: ignore[var-annotated]
            killer = threading.Thread(target=kill, args=(started, options.every, over, killed, options.seed))
            threads = [threading.Thread(target=clients.work, args=(options.seed + n,)) for n in range(options.clients)]
            begin = time.perf_counter()
            for thread in (killer, *threads):
                thread.start()
            for thread in threads:
                thread.join()
            over.set()
            killer.join()
            seconds = time.perf_counter() - begin
        lost = mixed = 0
        store = CaseStore(database)
        for case, said in clients.sent.items():
            stored = [(entry.fact, entry.value) for entry in store.load(case).entries]  # type: ignore[union-attr]
            lost += stored != said
            mixed += any(entry.by != case for entry in store.load(case).entries)
        print(
            f"{len(clients.sent):,} sessions, {sum(map(len, clients.sent.values())):,} answers in {seconds:.0f} s,"
            f" {len(killed)} workers killed, {clients.again} requests sent again, {len(clients.broken)} refused"
        )
        none_of("sessions with a lost or doubled answer", lost)
        none_of("sessions with another's answer", mixed)
        none_of("answers refused that should not be", len(clients.broken))


if __name__ == "__main__":
    main()
