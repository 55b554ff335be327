"""How few questions the guide needs, whether its plan is cheap, and how fast it chooses.

    python benchmarks/questions.py STANDARD.jsonl [--dev DEV.jsonl] [--half 0|1] [--seed 1]

STANDARD.jsonl: standardised cases with a complete answer sheet (`facts`, null: nobody could tell), `text`, `cause`, `also`.
DEV.jsonl: real cases, whose `facts` are few. Questions are answered from the sheet; a fact that is null, or that the sheet
has no column for, is "don't know" and counts as a question. `--half` takes the cases whose id hashes to that half.
Against: the questions of the sheets in random order, and in the best fixed order (chosen greedily on these very cases).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from common import report

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.cases.model import CaseState
from oauth_doctor.engine.guide import Guide
from oauth_doctor.engine.guide.progress import step_shares
from oauth_doctor.engine.knowledge.names import NOT_OAUTH
from oauth_doctor.engine.learning import Learned
from oauth_doctor.engine.steps import applicable

GIVEN = ("provider", "platform")
MOST_QUESTIONS = 20
CAPS = (0, 3, 5, 8)


@dataclass
class Run:
    """One case: the place of the right cause after 0, 1, 2 ... questions, and where it ended."""

    places: list[int]
    state: CaseState
    seconds: list[float] = field(default_factory=list)


def read_cases(path: Path, half: int | None) -> list[dict[str, Any]]:
    """Cases with a cause, those of one half only if wanted."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        row
        for row in rows
        if row["cause"] != NOT_OAUTH
        and (half is None or int(hashlib.sha256(row["id"].encode()).hexdigest(), 16) % 2 == half)
    ]


class Simulation:
    """Plays the cases against a way of asking."""

    def __init__(
        self, doctor: Doctor, cases: Sequence[dict[str, Any]], *, text: bool, known: Sequence[str] | None
    ) -> None:
        self.doctor = doctor
        self.cases = cases
        self._text = text
        self._known = known
        self.columns = sorted({name for case in cases for name in case["facts"]} - set(GIVEN))

    def value(self, case: dict[str, Any], fact: str) -> Any:
        """What the sheet says, in the vocabulary's values; None when nobody could tell."""
        value = case["facts"].get(fact)
        known = self.doctor.knowledge.vocabulary.get(fact)
        if known is None:
            return None
        if isinstance(value, list) and known.values:
            value = [item for item in value if item in known.values]
        return None if value in (None, []) else value

    def start(self, case: dict[str, Any]) -> CaseState:
        """What is known before the first question."""
        names = case["facts"] if self._known is None else self._known
        answers = {name: value for name in names if (value := self.value(case, name)) is not None}
        texts = [case["text"]] if self._text and case["text"].strip() else []
        return CaseState(answers=answers, texts=texts)

    def place(self, guide: Guide, case: dict[str, Any], state: CaseState) -> int:
        """Rank of the right cause."""
        right = {case["cause"], *case.get("also", [])}
        ranked = [item.cause for item in guide.examine(state).ranked if item.cause != NOT_OAUTH]
        return next(place for place, cause in enumerate(ranked, 1) if cause in right)

    def answered(self, case: dict[str, Any], state: CaseState, fact: str) -> CaseState:
        """The state after one more question."""
        value = self.value(case, fact)
        if value is None:
            return state.model_copy(update={"unknown": [*state.unknown, fact]})
        return state.model_copy(update={"answers": {**state.answers, fact: value}})

    def guided(self, guide: Guide, case: dict[str, Any]) -> Run:
        """Ask what the guide asks until it stops."""
        state = self.start(case)
        run = Run([self.place(guide, case, state)], state)
        while len(run.places) <= MOST_QUESTIONS:
            examined = guide.examine(state)
            begin = time.perf_counter()
            sure = examined.ranked[0].probability >= guide.sure
            choice = None if sure else guide.choose(examined, state)
            run.seconds.append(time.perf_counter() - begin)
            if choice is None:
                break
            state = self.answered(case, state, choice.fact.id)
            run.places.append(self.place(guide, case, state))
        run.state = state
        return run

    def in_order(self, guide: Guide, case: dict[str, Any], order: Sequence[str]) -> Run:
        """Ask in a given order to its end."""
        state = self.start(case)
        run = Run([self.place(guide, case, state)], state)
        for fact in order:
            if fact not in state.answers:
                state = self.answered(case, state, fact)
                run.places.append(self.place(guide, case, state))
        run.state = state
        return run


def share(runs: Sequence[Run], first: int, cap: int | None = None) -> float:
    """Share of the cases whose right cause is among the `first` after at most `cap` questions."""
    return statistics.fmean(run.places[-1 if cap is None else min(cap, len(run.places) - 1)] <= first for run in runs)


def questions(runs: Sequence[Run], cap: int = MOST_QUESTIONS) -> float:
    """Mean number of questions when asking ends after `cap` of them at the latest."""
    return statistics.fmean(min(len(run.places) - 1, cap) for run in runs)


def needed(runs: Sequence[Run], first: int, wanted: float) -> float | None:
    """Mean number of questions after which the wanted share is reached; None if it never is."""
    most = max(len(run.places) for run in runs)
    return next((questions(runs, cap) for cap in range(most) if share(runs, first, cap) >= wanted), None)


def best_order(simulation: Simulation, guide: Guide) -> list[str]:
    """The best fixed order, chosen greedily by the share of first places, then of first three, on these cases."""
    states = [simulation.start(case) for case in simulation.cases]
    left, order = list(simulation.columns), []
    while left:
        scored = []
        for fact in left:
            after = [
                simulation.answered(case, state, fact) for case, state in zip(simulation.cases, states, strict=True)
            ]
            places = [simulation.place(guide, case, state) for case, state in zip(simulation.cases, after, strict=True)]
            scored.append((sum(p == 1 for p in places) + sum(p <= 3 for p in places), fact, after))
        best = max(scored, key=lambda item: (item[0], item[1]))
        order.append(best[1])
        left.remove(best[1])
        states = best[2]
    return order


def describe(name: str, runs: Sequence[Run]) -> None:
    """Shares after so many questions and at the stop, and how many questions that took."""
    numbers = sorted(len(run.places) - 1 for run in runs)
    caps = ", ".join(f"{cap}: {share(runs, 1, cap):.2f}/{share(runs, 3, cap):.2f}" for cap in CAPS)
    print(
        f"{name}: {len(runs)} cases; right first/in three after questions {caps}, stop: {share(runs, 1):.2f}/"
        f"{share(runs, 3):.2f}; questions mean {statistics.fmean(numbers):.1f}, 90th percentile {numbers[int(0.9 * (len(numbers) - 1))]}",
        flush=True,
    )


def aim(name: str, runs: Sequence[Run], first: float, three: float, most: float) -> None:
    """Figures at the stop as ratios to the aim (for shares: wanted over reached, 1 or less is within)."""
    report(f"{name}: wanted share first, over reached", first / max(share(runs, 1), 1e-9), 1, "")
    report(f"{name}: wanted share among three, over reached", three / max(share(runs, 3), 1e-9), 1, "")
    report(f"{name}: mean questions until the stop", questions(runs), most, "questions")


def compare_orders(name: str, simulation: Simulation, guide: Guide, runs: Sequence[Run], seed: int) -> None:
    """Questions for the same share as a fixed and a random order."""
    source = random.Random(seed)
    order = best_order(simulation, guide)
    fixed = [simulation.in_order(guide, case, order) for case in simulation.cases]
    mixed = [
        simulation.in_order(guide, case, source.sample(simulation.columns, len(simulation.columns)))
        for case in simulation.cases
    ]
    describe(f"{name}, fixed order", fixed)
    describe(f"{name}, random order", mixed)
    for other, others in (("fixed", fixed), ("random", mixed)):
        for first in (1, 3):
            wanted = min(share(runs, first), max(share(others, first, cap) for cap in range(MOST_QUESTIONS)))
            mine, theirs = needed(runs, first, wanted), needed(others, first, wanted)
            if mine is not None and theirs:
                report(
                    f"{name}: questions for {wanted:.2f} {'first' if first == 1 else 'among three'}, against {other} order",
                    mine / theirs,
                    0.6,
                    "of theirs",
                )


def repair_cost(doctor: Doctor, cause: str, order: Sequence[tuple[str, str]], atoms: set[int]) -> float:
    """Expected minutes until the problem is gone, if this is the cause and its steps work at all."""
    knowledge = doctor.knowledge
    effort = knowledge.effort
    shares = step_shares(knowledge, knowledge.causes[cause], applicable(knowledge.causes[cause], atoms), Learned())
    whole = sum(shares.values())
    spent = total = 0.0
    who: str | None = None
    for key, step_id in order:
        step = next(one for one in knowledge.causes[key].steps if one.id == step_id)
        spent += max(step.minutes, 1) + (effort["risk"] if step.risk else 0.0)
        if step.who != who:
            spent += effort["hand_over"].get(step.who, 0.0)
        who = step.who
        if key == cause:
            total += shares[step_id] / whole * spent
    return total


def interval(mine: Sequence[float], theirs: Sequence[float], rounds: int = 2000) -> tuple[float, float]:
    """Bootstrap interval (95 %) of the ratio of the means: few cases with a late cause decide them."""
    source = random.Random(1)
    pairs = list(zip(mine, theirs, strict=True))
    ratios = []
    for _ in range(rounds):
        drawn = source.choices(pairs, k=len(pairs))
        ratios.append(sum(pair[0] for pair in drawn) / sum(pair[1] for pair in drawn))
    ratios.sort()
    return ratios[int(0.025 * rounds)], ratios[int(0.975 * rounds)]


def compare_plans(
    name: str, doctor: Doctor, guide: Guide, cases: Sequence[dict[str, Any]], runs: Sequence[Run]
) -> None:
    """Expected cost of repair of the plan, of the order by probability alone, and of one fixed order of causes."""
    causes = doctor.knowledge.causes
    by_prior = sorted(causes, key=lambda key: (-causes[key].prior, key))
    costs: dict[str, list[float]] = {"plan": [], "probability": [], "fixed": []}
    for case, run in zip(cases, runs, strict=True):
        examined = guide.examine(run.state)
        ranked = [item.cause for item in examined.ranked if item.cause in causes]
        atoms = examined.atoms
        orders = {
            "plan": [(one.cause, one.step) for one in guide.ordered_steps(examined, run.state)],
            "probability": [(key, step.id) for key in ranked for step in applicable(causes[key], atoms)],
            "fixed": [(key, step.id) for key in by_prior for step in applicable(causes[key], atoms)],
        }
        for kind, order in orders.items():
            costs[kind].append(repair_cost(doctor, case["cause"], order, atoms))
    mean = {kind: statistics.fmean(values) for kind, values in costs.items()}
    print(f"{name}: expected minutes of repair " + ", ".join(f"{kind} {value:.0f}" for kind, value in mean.items()))
    low, high = interval(costs["plan"], costs["probability"])
    print(f"{name}: 95 % bootstrap interval of the ratio to the order by probability: {low:.2f} to {high:.2f}")
    for other in ("probability", "fixed"):
        report(f"{name}: cost of the plan against {other} order", mean["plan"] / mean[other], 0.8, "of theirs")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("standard", type=Path)
    parser.add_argument("--dev", type=Path)
    parser.add_argument("--half", type=int, choices=[0, 1])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="without the comparison of orders")
    options = parser.parse_args()
    doctor = Doctor(evaluator="own")
    cases = read_cases(options.standard, options.half)
    columns = {name for case in cases for name in case["facts"]}
    outside = [fact.id for fact in doctor.knowledge.vocabulary if fact.question and fact.id not in columns]
    all_questions, sheet_questions = Guide(doctor, never=GIVEN), Guide(doctor, never=(*GIVEN, *outside))
    seconds: list[float] = []

    ways: list[tuple[str, bool, tuple[float, float, float]]] = [
        ("without text", False, (0.6, 0.85, 8)),
        ("with text", True, (0.85, 0.95, 3)),
    ]
    for name, text, wanted in ways:
        simulation = Simulation(doctor, cases, text=text, known=GIVEN)
        runs = [simulation.guided(sheet_questions, case) for case in cases]
        describe(name, runs)
        aim(name, runs, *wanted)
        describe(f"{name}, also questions that no sheet answers", [simulation.guided(all_questions, c) for c in cases])
        if not options.quick:
            compare_orders(name, simulation, sheet_questions, runs, options.seed)
        compare_plans(name, doctor, sheet_questions, cases, runs)
        seconds += [one for run in runs for one in run.seconds]
    if options.dev:
        real = read_cases(options.dev, options.half)
        simulation = Simulation(doctor, real, text=True, known=None)
        runs = [simulation.guided(all_questions, case) for case in real]
        describe("real cases, text and facts", runs)
        compare_plans("real cases", doctor, all_questions, real, runs)
        seconds += [one for run in runs for one in run.seconds]
    asked = [one for one in seconds if one > 1e-5]
    report("choosing the next question, median", statistics.median(asked) * 1e3, 30, "ms")


if __name__ == "__main__":
    main()
