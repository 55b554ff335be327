"""Speed of the inference in process, and a soak that shows bounded memory.

    python benchmarks/inference.py [--soak 200000] [--seed 1] [--evaluator durable]

Facts to ranked causes with 400 generated rules, with the whole knowledge, and from 3 kB of text; on each evaluator. Then texts
that all differ, as a service sees them: 3 kB of log around one incident each, once all of them were seen.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import median_seconds, report

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.facts import Facts
from oauth_doctor.engine.inference import AtomIndex, make_evaluator
from oauth_doctor.engine.ranking import Evidence, Ranker

LINE = "2026-05-04 09:12:33 ERROR oauth2: cannot fetch token: 400 Bad Request {request} upstream said it could not be done\n"
PROGRAMS = ("nginx", "worker", "sync job", "mail queue", "billing", "report", "scheduler", "import of orders")
ENDING = '{"error":"invalid_grant","error_description":"Token has been expired or revoked."}\n'


def random_facts(doctor: Doctor, source: random.Random) -> dict[str, object]:
    """Answers as an agent might give them: some of the closed questions, an error, a status."""
    facts: dict[str, object] = {"provider": source.choice(["google", "microsoft", "salesforce", "keycloak"])}
    for fact in doctor.knowledge.vocabulary:
        if fact.values and not fact.several and fact.question and source.random() < 0.5:
            facts[fact.id] = source.choice(list(fact.values))
        elif fact.kind.value == "boolean" and source.random() < 0.3:
            facts[fact.id] = source.random() < 0.5
    facts["error"] = source.choice(["invalid_grant", "invalid_client", "access_denied", "invalid_scope"])
    facts["http_status"] = source.choice([400, 401, 403, 500])
    return facts


def four_hundred_rules(doctor: Doctor, evaluator: str, source: random.Random) -> float:
    """Median milliseconds from facts to ranked causes with 400 generated rules over the real vocabulary."""
    vocabulary = doctor.knowledge.vocabulary
    atoms = [["is", fact.id, value] for fact in vocabulary for value in fact.values if fact.question]
    atoms += [["is", "error", name] for name in ("invalid_grant", "invalid_client", "access_denied")]
    causes = list(doctor.knowledge.causes)
    conditions, evidence = [], []
    for number in range(400):
        picked = source.sample(range(len(atoms)), source.randint(1, 3))
        conditions.append(["all", [["atom", atom] for atom in picked]])
        evidence.append(Evidence(source.choice(causes), f"r{number}", "weak", 1.0, ()))
    index, rules, ranker = AtomIndex(atoms), make_evaluator(conditions, evaluator), Ranker(doctor.knowledge)
    cases = iter([random_facts(doctor, source) for _ in range(3300)])  # every case another one

    def diagnose() -> None:
        facts = Facts(vocabulary)
        for name, value in next(cases).items():
            facts.answer(name, value)
        held = index.true_atoms(facts.by_name())
        ranker.rank(facts, held, [evidence[number] for number in rules.fired(held)])

    median_seconds(diagnose, 300)
    return median_seconds(diagnose, 3000) * 1e3


def varied_texts(source: random.Random, number: int, length: int = 3000) -> list[str]:
    """Logs of different programs, each around another incident of the knowledge."""
    incidents = [
        json.loads(line)["text"]
        for path in sorted((Path(__file__).parents[1] / "kb" / "incidents").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    texts = []
    for incident in source.sample([one for one in incidents if one.strip()], number):
        before: list[str] = []
        while len(incident) + sum(map(len, before)) < length:
            before.append(LINE.format(request=f"request {source.randrange(10**6)} {source.choice(PROGRAMS)}"))
        texts.append("".join(before) + incident)
    return texts


def seconds_a_text(doctor: Doctor, texts: list[str]) -> list[float]:
    """How long each text takes when all were seen before."""
    taken = []
    for turn in range(2):
        for text in texts:
            begin = time.perf_counter()
            doctor.examine(text)
            if turn:
                taken.append(time.perf_counter() - begin)
    return taken


def resident_mb() -> float:
    """Resident memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def soak(doctor: Doctor, cases: list[dict[str, object]], number: int) -> None:
    """Many diagnoses; prints resident memory along the way."""
    expected = [doctor.examine("", facts).ranked[0].cause for facts in cases]
    wrong, start = 0, resident_mb()
    for turn in range(1, number + 1):
        case = turn % len(cases)
        wrong += doctor.examine("", cases[case]).ranked[0].cause != expected[case]
        if turn % max(number // 10, 1) == 0:
            print(f"soak: {turn:,} diagnoses, {resident_mb():.1f} MB resident", flush=True)
    print(
        f"soak: {wrong} wrong; memory {resident_mb():.1f} MB after, {start:.1f} MB before, ratio {resident_mb() / start:.2f}"
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--soak", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--evaluator", action="append", choices=["durable", "own"])
    options = parser.parse_args()
    text = "".join(LINE.format(request=f"request {n}") for n in range(22)) + ENDING
    for evaluator in options.evaluator or ("durable", "own"):
        try:
            doctor = Doctor(evaluator=evaluator)
        except ImportError:
            print(f"{evaluator}: not available on this Python")
            continue
        source = random.Random(options.seed)
        report(f"{evaluator}: facts to causes, 400 rules", four_hundred_rules(doctor, evaluator, source), 0.5, "ms")
        cases = iter([random_facts(doctor, source) for _ in range(2300)])
        median_seconds(lambda d=doctor, c=cases: d.examine("", next(c)), 300)
        whole = median_seconds(lambda d=doctor, c=cases: d.examine("", next(c)), 2000) * 1e3
        report(f"{evaluator}: facts to causes, {len(doctor.knowledge.conditions)} rules", whole, 1.0, "ms")
        doctor.warm_up()  # as programs that stay do
        doctor.examine(text)
        long = median_seconds(lambda d=doctor: d.examine(text), 200) * 1e3
        report(f"{evaluator}: {len(text)} characters of text to causes", long, 5.0, "ms")
        taken = seconds_a_text(doctor, varied_texts(source, 300))
        report(f"{evaluator}: 300 different texts of 3 kB, median", statistics.median(taken) * 1e3, 5.0, "ms")
        if options.soak:
            forgetful = make_evaluator(doctor.knowledge.conditions, evaluator, doctor.knowledge.network, remembered=0)
            soak(
                Doctor(knowledge=doctor.knowledge, evaluator=forgetful),
                [random_facts(doctor, source) for _ in range(200)],
                options.soak,
            )


if __name__ == "__main__":
    main()
