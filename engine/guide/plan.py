"""The plan: steps across causes, so that the problem is expected to be gone at the least cost.

Steps of one cause build on each other and keep the author's order, so the causes are chains. The cheapest order of
chains is found by taking, again and again, the piece from the head of a chain with the best ratio of success to cost: for
a single step that is the order "P over C" (Kadane and Simon 1977), for chains Sidney's decomposition (1975).
Cost of a step: its minutes, the hand-over to whoever does it when that is not who did the step before, and a price for
what it risks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..cases.model import StepTried
from ..knowledge import Cause, Knowledge
from ..learning import Learned
from .progress import step_shares


@dataclass(frozen=True, slots=True)
class Candidate:
    """A step that may be tried. `chance`: that it solves the problem; `cost` in minutes."""

    cause: str
    step: str
    chance: float
    cost: float


def candidates(
    knowledge: Knowledge,
    learned: Learned,
    probabilities: Mapping[str, float],
    tried: Iterable[StepTried] = (),
    shown: Mapping[str, Sequence[str]] | None = None,
) -> list[list[Candidate]]:
    """One chain of steps a cause, without those that were tried.

    Args:
        shown: step ids by cause; other causes and steps are left out. None: all.
    """
    done = {(one.cause, one.step): one.result for one in tried}
    chains = []
    for key in probabilities if shown is None else shown:
        cause = knowledge.causes.get(key)
        if cause is not None:
            wanted = None if shown is None else set(shown[key])
            chains.append(_chain(knowledge, learned, cause, probabilities.get(key, 0.0), done, wanted))
    return [chain for chain in chains if chain]


def in_order(chains: Iterable[Sequence[Candidate]]) -> list[Candidate]:
    """All steps, cheapest likely fix first; each chain in its own order; ties by the names."""
    blocks = [
        (ratio, block[0].cause, place, block)
        for chain in chains
        for place, (ratio, block) in enumerate(_blocks(list(chain)))
    ]
    blocks.sort(key=lambda item: (-item[0], item[1], item[2]))
    return [step for *_, block in blocks for step in block]


def expected_cost(steps: Iterable[Candidate]) -> float:
    """Expected minutes until the problem is gone, or until the last step was tried in vain."""
    left, total = 1.0, 0.0
    for step in steps:
        total += left * step.cost
        left -= step.chance
    return total


def _chain(
    knowledge: Knowledge,
    learned: Learned,
    cause: Cause,
    probability: float,
    done: Mapping[tuple[str, str], str],
    wanted: set[str] | None,
) -> list[Candidate]:
    shares = step_shares(knowledge, cause, learned)
    failed = sum(share for step, share in shares.items() if done.get((cause.id, step)) == "failed")
    effort = knowledge.effort
    chain = []
    before: str | None = None
    for step in cause.steps:
        if (cause.id, step.id) in done or (wanted is not None and step.id not in wanted):
            continue
        cost = float(max(step.minutes, 1)) + (effort["risk"] if step.risk else 0.0)
        if step.who != before:
            cost += effort["hand_over"].get(step.who, 0.0)
        before = step.who
        chain.append(Candidate(cause.id, step.id, probability * shares[step.id] / (1.0 - failed), cost))
    return chain


def _blocks(chain: list[Candidate]) -> list[tuple[float, list[Candidate]]]:
    """A chain cut into pieces of falling ratio of success to cost."""
    pieces: list[tuple[float, float, list[Candidate]]] = []
    for step in chain:
        pieces.append((step.chance, step.cost, [step]))
        while len(pieces) > 1 and pieces[-1][0] * pieces[-2][1] > pieces[-2][0] * pieces[-1][1]:
            chance, cost, block = pieces.pop()
            earlier = pieces.pop()
            pieces.append((earlier[0] + chance, earlier[1] + cost, earlier[2] + block))
    return [(chance / cost, block) for chance, cost, block in pieces]
