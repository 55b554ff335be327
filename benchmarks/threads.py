"""Threads share one doctor: what they are told is what one thread is told, byte for byte.

python benchmarks/threads.py [--threads 8] [--diagnoses 50000]
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import none_of
from inference import random_facts

from oauth_doctor.engine import Doctor

TEXTS = ["", "", "", "Error 400: redirect_uri_mismatch", "AADSTS50011", '{"error":"invalid_grant"}']


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--diagnoses", type=int, default=50_000, help="of each thread")
    parser.add_argument("--cases", type=int, default=500, help="different ones")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    doctor, source = Doctor(), random.Random(options.seed)
    cases = [(source.choice(TEXTS), random_facts(doctor, source)) for _ in range(options.cases)]

    def told(number: int) -> bytes:
        text, facts = cases[number]
        return hashlib.sha256(doctor.diagnose(text, facts).to_json().encode()).digest()

    serial = [told(number) for number in range(len(cases))]
    fresh = Doctor()  # nothing compiled or remembered yet: the threads race for that too
    doctor = fresh
    different = [0] * options.threads

    def work(mine: int) -> None:
        order = random.Random(options.seed + mine + 1)
        for _ in range(options.diagnoses):
            number = order.randrange(len(cases))
            different[mine] += told(number) != serial[number]

    begin = time.perf_counter()
    threads = [threading.Thread(target=work, args=(mine,)) for mine in range(options.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begin
    print(f"{options.threads} threads x {options.diagnoses:,} diagnoses in {seconds:.0f} s")
    none_of("diagnoses that differ from the serial ones", sum(different))


if __name__ == "__main__":
    main()
