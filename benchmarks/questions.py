"""How few questions the guide needs, whether its plan is cheap, and how fast it chooses.

    python benchmarks/questions.py STANDARD.jsonl [--dev DEV.jsonl] [--half 0|1] [--way without|with] [--seed 1]

STANDARD.jsonl: standardised cases with a complete answer sheet (`facts`, null: nobody could tell), `text`, `cause`, `also`.
DEV.jsonl: real cases, whose `facts` are few. Questions are answered from the sheet; a fact that is null, or that the sheet
has no column for, is "don't know" and counts as a question, whoever asks. `--half` takes the cases whose id hashes to that
half; `--way` only the runs without or with the text.

Against fixed orders of the same questions, which like the guide never ask for what is known, and whose answers are ranked
by the same engine:
- learnt: chosen greedily on the cases of the other half, as whoever uses such an order has chosen it on earlier cases;
- learnt, stopping: the same, ended when one cause is as sure as makes the guide stop;
- seen: chosen on the very cases that it is measured on, so that no order known beforehand does better;
- random: another order for each case.
The plan is compared before the first question, at the stop, and as it is worked on: every step fails until the right one, the
plan is ordered anew after each, and the questionnaire goes on, at the price of its questions. Orders by probability and fixed
ones are gone through as they stand; by probability, also with the same feedback.

Compared is the mean number of questions when everybody is stopped after the first number of questions that reaches a share:
the highest share that both reach, and the mean over all shares from the start up to that one (a step of one case each).
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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from common import report

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.cases.model import CaseState, StepTried
from oauth_doctor.engine.examination import Examination
from oauth_doctor.engine.guide import Guide
from oauth_doctor.engine.guide.progress import step_shares
from oauth_doctor.engine.knowledge import Fact
from oauth_doctor.engine.knowledge.names import NOT_OAUTH
from oauth_doctor.engine.learning import Learned
from oauth_doctor.engine.steps import applicable

GIVEN = ("provider", "platform")
MOST_QUESTIONS = 20
CAPS = (0, 3, 5, 8)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


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
        self._shown: dict[str, frozenset[str]] = {}
        self._places: dict[tuple[str, frozenset[str], frozenset[str]], int] = {}
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

    def shown(self, guide: Guide, case: dict[str, Any]) -> frozenset[str]:
        """Facts that are known before the first question, from the text too."""
        if case["id"] not in self._shown:
            self._shown[case["id"]] = frozenset(guide.examine(self.start(case)).facts.names())
        return self._shown[case["id"]]

    def place(self, guide: Guide, case: dict[str, Any], state: CaseState) -> int:
        """Rank of the right cause."""
        key = case["id"], frozenset(state.answers), frozenset(state.unknown)
        if key not in self._places:
            right = {case["cause"], *case.get("also", [])}
            ranked = [item.cause for item in guide.examine(state).ranked if item.cause != NOT_OAUTH]
            self._places[key] = next(place for place, cause in enumerate(ranked, 1) if cause in right)
        return self._places[key]

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
            choice = guide.choose(examined, state)
            run.seconds.append(time.perf_counter() - begin)
            if choice is None:
                break
            state = self.answered(case, state, choice.fact.id)
            run.places.append(self.place(guide, case, state))
        run.state = state
        return run

    def in_order(self, guide: Guide, case: dict[str, Any], order: Sequence[str], *, stopping: bool = False) -> Run:
        """Ask what is not known in a given order: to its end, or until a cause is as sure as makes the guide stop."""
        state = self.start(case)
        run = Run([self.place(guide, case, state)], state)
        examined = guide.examine(state)
        shown = self.shown(guide, case)
        for fact in order:
            if stopping and guide.is_sure(examined, state):
                break
            if fact not in shown:
                state = self.answered(case, state, fact)
                run.places.append(self.place(guide, case, state))
                examined = guide.examine(state) if stopping else examined
        run.state = state
        return run


Half = tuple[Simulation, Simulation]  # cases that are measured, and those that an order is learnt from


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


def questions_compared(mine: Sequence[Run], theirs: Sequence[Run], first: int) -> tuple[float, float, float] | None:
    """The highest share that both reach, and my questions over theirs: for that share, and the mean over all up to it."""
    number = len(mine)
    top = min(share(mine, first), max(share(theirs, first, cap) for cap in range(MOST_QUESTIONS)))
    begin = max(share(mine, first, 0), share(theirs, first, 0))
    levels = [count / number for count in range(round(begin * number) + 1, round(top * number) + 1)]
    pairs = [(needed(mine, first, level), needed(theirs, first, level)) for level in levels]
    reached = [(one, other) for one, other in pairs if one is not None and other]
    if not reached:
        return None
    return top, reached[-1][0] / reached[-1][1], sum(one for one, _ in reached) / sum(other for _, other in reached)


def best_order(simulation: Simulation, guide: Guide) -> list[str]:
    """The best fixed order, chosen greedily by the share of first places and of first three on the simulation's cases."""
    states = [simulation.start(case) for case in simulation.cases]
    left, order = list(simulation.columns), []
    while left:
        scored = []
        for fact in left:
            after = [
                state if fact in simulation.shown(guide, case) else simulation.answered(case, state, fact)
                for case, state in zip(simulation.cases, states, strict=True)
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


def print_known(name: str, guide: Guide, halves: Sequence[Half]) -> None:
    """Of each question: in which share of the cases whose text does not answer it the sheet does."""
    told: dict[str, list[bool]] = {}
    for measured, _ in halves:
        for case in measured.cases:
            for fact in measured.columns:
                if fact not in measured.shown(guide, case):
                    told.setdefault(fact, []).append(measured.value(case, fact) is not None)
    shares = ", ".join(f"{fact} {statistics.fmean(known):.2f} of {len(known)}" for fact, known in sorted(told.items()))
    print(f"{name}: answered where asked: {shares}")


def aim(name: str, runs: Sequence[Run], first: float, three: float, most: float) -> None:
    """Figures at the stop as ratios to the aim (for shares: wanted over reached, 1 or less is within)."""
    report(f"{name}: wanted share first, over reached", first / max(share(runs, 1), 1e-9), 1, "")
    report(f"{name}: wanted share among three, over reached", three / max(share(runs, 3), 1e-9), 1, "")
    report(f"{name}: mean questions until the stop", questions(runs), most, "questions")


def compare_orders(name: str, halves: Sequence[Half], guide: Guide, runs: Sequence[Run], seed: int) -> None:
    """Questions for the same share as fixed orders and a random one."""
    source = random.Random(seed)
    others: dict[str, list[Run]] = {"learnt": [], "learnt, stopping": [], "seen": [], "random": []}
    for measured, other in halves:
        learnt, seen = best_order(other, guide), best_order(measured, guide)
        for case in measured.cases:
            mixed = source.sample(measured.columns, len(measured.columns))
            others["learnt"].append(measured.in_order(guide, case, learnt))
            others["learnt, stopping"].append(measured.in_order(guide, case, learnt, stopping=True))
            others["seen"].append(measured.in_order(guide, case, seen))
            others["random"].append(measured.in_order(guide, case, mixed))
    for other_name, other_runs in others.items():
        describe(f"{name}, order {other_name}", other_runs)
        for first, words in ((1, "first"), (3, "among three")):
            compared = questions_compared(runs, other_runs, first)
            if compared is not None:
                top, at_top, over_all = compared
                report(f"{name}: questions for {top:.2f} {words}, against order {other_name}", at_top, 0.6, "of theirs")
                report(f"{name}: the same, mean over all shares up to that", over_all, 0.6, "of theirs")


class Work:
    """Minutes that steps take one after the other, with the hand-over whenever somebody else does the next."""

    def __init__(self, doctor: Doctor) -> None:
        self.minutes = 0.0
        self._knowledge = doctor.knowledge
        self._who: str | None = None

    def do(self, cause: str, step_id: str) -> None:
        """Carry out a step."""
        effort = self._knowledge.effort
        step = next(one for one in self._knowledge.causes[cause].steps if one.id == step_id)
        self.minutes += max(step.minutes, 1) + (effort["risk"] if step.risk else 0.0)
        if step.who != self._who:
            self.minutes += effort["hand_over"].get(step.who, 0.0)
        self._who = step.who

    def ask(self, fact: Fact) -> None:
        """Ask a question."""
        effort = self._knowledge.effort
        self.minutes += effort["asking"] + effort["question"] * fact.cost


def solved_by(doctor: Doctor, cause: str, atoms: set[int]) -> dict[str, float]:
    """By step: how often it is the one that solves the problem, if this is the cause and its steps work at all."""
    knowledge = doctor.knowledge
    shares = step_shares(knowledge, knowledge.causes[cause], applicable(knowledge.causes[cause], atoms), Learned())
    whole = sum(shares.values())
    return {step: share / whole for step, share in shares.items()}


def repair_cost(doctor: Doctor, cause: str, order: Sequence[tuple[str, str]], atoms: set[int]) -> float:
    """Expected minutes until the problem is gone, if this is the cause and its steps work at all."""
    shares, work, total = solved_by(doctor, cause, atoms), Work(doctor), 0.0
    for key, step in order:
        work.do(key, step)
        if key == cause:
            total += shares[step] * work.minutes
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


def repair_cost_worked_on(
    doctor: Doctor, guide: Guide, simulation: Simulation, case: dict[str, Any], state: CaseState, *, by_plan: bool
) -> float:
    """As `repair_cost`, when what failed is told: the rest is ordered anew after each step, and questions go on.

    Args:
        by_plan: by the guide's plan; otherwise cause by cause, the likeliest first.
    """
    cause, work, total = case["cause"], Work(doctor), 0.0
    examined = guide.examine(state)
    shares = solved_by(doctor, cause, examined.atoms)
    while shares:
        key, step = _next_step(doctor, guide, examined, state, by_plan=by_plan)
        if key is None:
            break
        work.do(key, step)
        if key == cause:
            total += shares.pop(step, 0.0) * work.minutes
        failed = StepTried(at=NOW, cause=key, step=step, result="failed")
        state = state.model_copy(update={"steps": [*state.steps, failed]})
        examined = guide.examine(state)
        while (choice := guide.choose(examined, state)) is not None:
            work.ask(choice.fact)
            state = simulation.answered(case, state, choice.fact.id)
            examined = guide.examine(state)
    return total + sum(shares.values()) * work.minutes  # steps that what was told meanwhile has ruled out


def _next_step(
    doctor: Doctor, guide: Guide, examined: Examination, state: CaseState, *, by_plan: bool
) -> tuple[str, str] | tuple[None, None]:
    if by_plan:
        return next(((one.cause, one.step) for one in guide.ordered_steps(examined, state)), (None, None))
    causes = doctor.knowledge.causes
    tried = {(one.cause, one.step) for one in state.steps}
    ranked = [item.cause for item in examined.ranked if item.cause in causes]
    left = ((key, step.id) for key in ranked for step in applicable(causes[key], examined.atoms))
    return next((one for one in left if one not in tried), (None, None))


def compare_plans(
    name: str, doctor: Doctor, guide: Guide, simulations: Sequence[Simulation], runs: Sequence[Run]
) -> None:
    """Expected cost of repair of the plan, of the order by probability alone, and of one fixed order of causes."""
    causes = doctor.knowledge.causes
    by_prior = sorted(causes, key=lambda key: (-causes[key].prior, key))
    played = [(simulation, case) for simulation in simulations for case in simulation.cases]
    for moment, at_stop in (("before the first question", False), ("at the stop", True)):
        costs: dict[str, list[float]] = {"plan": [], "probability": [], "fixed": []}
        if at_stop:
            costs |= {"plan worked on": [], "probability worked on": []}
        for (simulation, case), run in zip(played, runs, strict=True):
            state = run.state if at_stop else simulation.start(case)
            examined = guide.examine(state)
            ranked = [item.cause for item in examined.ranked if item.cause in causes]
            atoms = examined.atoms
            orders = {
                "plan": [(one.cause, one.step) for one in guide.ordered_steps(examined, state)],
                "probability": [(key, step.id) for key in ranked for step in applicable(causes[key], atoms)],
                "fixed": [(key, step.id) for key in by_prior for step in applicable(causes[key], atoms)],
            }
            for kind, order in orders.items():
                costs[kind].append(repair_cost(doctor, case["cause"], order, atoms))
            if at_stop:
                for kind, by_plan in (("plan worked on", True), ("probability worked on", False)):
                    cost = repair_cost_worked_on(doctor, guide, simulation, case, state, by_plan=by_plan)
                    costs[kind].append(cost)
        mean = {kind: statistics.fmean(values) for kind, values in costs.items()}
        print(f"{name}, {moment}: expected minutes of repair " + ", ".join(f"{k} {v:.0f}" for k, v in mean.items()))
        pairs = [("plan", "probability"), ("plan", "fixed")]
        if at_stop:
            pairs += [("plan worked on", other) for other in ("probability", "probability worked on", "fixed")]
        for mine, other in pairs:
            low, high = interval(costs[mine], costs[other])
            what = f"{name}, {moment}: cost of the {mine} against {other} ({low:.2f} to {high:.2f} with 95 %)"
            report(what, mean[mine] / mean[other], 0.8, "of theirs")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("standard", type=Path)
    parser.add_argument("--dev", type=Path)
    parser.add_argument("--half", type=int, choices=[0, 1])
    parser.add_argument("--way", choices=["without", "with"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="without the comparison of orders")
    options = parser.parse_args()
    doctor = Doctor(evaluator="own")
    both = [read_cases(options.standard, half) for half in (0, 1)]
    columns = {name for cases in both for case in cases for name in case["facts"]}
    outside = [fact.id for fact in doctor.knowledge.vocabulary if fact.question and fact.id not in columns]
    all_questions, sheet_questions = Guide(doctor, never=GIVEN), Guide(doctor, never=(*GIVEN, *outside))
    seconds: list[float] = []

    ways: list[tuple[str, bool, tuple[float, float, float]]] = [
        ("without text", False, (0.6, 0.85, 8)),
        ("with text", True, (0.85, 0.95, 3)),
    ]
    for name, text, wanted in ways:
        if options.way not in (None, name.split()[0]):
            continue
        by_half = [Simulation(doctor, cases, text=text, known=GIVEN) for cases in both]
        halves = [(by_half[half], by_half[1 - half]) for half in (0, 1) if options.half in (None, half)]
        runs = [measured.guided(sheet_questions, case) for measured, _ in halves for case in measured.cases]
        describe(name, runs)
        if text:
            describe(f"{name}, cases that have one", [run for run in runs if run.state.texts])
        aim(name, runs, *wanted)
        more = [measured.guided(all_questions, case) for measured, _ in halves for case in measured.cases]
        describe(f"{name}, also questions that no sheet answers", more)
        print_known(name, sheet_questions, halves)
        if not options.quick:
            compare_orders(name, halves, sheet_questions, runs, options.seed)
        compare_plans(name, doctor, sheet_questions, [measured for measured, _ in halves], runs)
        seconds += [one for run in runs for one in run.seconds]
    if options.dev:
        real = read_cases(options.dev, options.half)
        simulation = Simulation(doctor, real, text=True, known=None)
        runs = [simulation.guided(all_questions, case) for case in real]
        describe("real cases, text and facts", runs)
        compare_plans("real cases", doctor, all_questions, [simulation], runs)
        seconds += [one for run in runs for one in run.seconds]
    asked = [one for one in seconds if one > 1e-5]
    report("choosing the next question, median", statistics.median(asked) * 1e3, 30, "ms")


if __name__ == "__main__":
    main()
