"""The plan: steps across causes, so that the problem is expected to be gone at the least cost.

Steps of one cause build on each other and keep the author's order, so the causes are chains. The order is
found by taking, again and again, the piece from the head of a chain with the best ratio of success to cost: for single
steps that is "P over C" (Kadane and Simon 1977), for chains Sidney's decomposition (1975), and it is the cheapest order
where costs don't depend on each other. They do: whoever is called should do what they can, so several pieces of one person
are weighed together, with one hand-over; and what comes out is improved by bringing pieces forward as long as that lowers the
expected cost (a local search over insertions). Cost of a step: its minutes, the hand-over to whoever does it when that is not
who did the step before, and a price for what it risks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..cases.model import StepTried
from ..knowledge import Cause, Knowledge
from ..learning import Learned
from ..steps import applicable
from .progress import step_shares

_MOST_MOVED = 60  # of an order's first steps; later ones hardly ever come to be tried
_LONGEST_PIECE = 3
_LEAST_SAVED = 1e-9  # minutes


@dataclass(frozen=True, slots=True)
class Candidate:
    """A step that may be tried.

    Attributes:
        chance: that it solves the problem.
        cost: minutes, with the price of its risk; hand_over: minutes more when `who` did not do the step before.
    """

    cause: str
    step: str
    who: str
    chance: float
    cost: float
    hand_over: float


def candidates(
    knowledge: Knowledge,
    learned: Learned,
    probabilities: Mapping[str, float],
    atoms: set[int],
    tried: Iterable[StepTried] = (),
) -> list[list[Candidate]]:
    """One chain of steps for each cause that has a probability, without those that were tried and those that don't apply.

    Args:
        atoms: what holds of the case.
    """
    done = {(one.cause, one.step): one.result for one in tried}
    chains = []
    for key, probability in probabilities.items():
        cause = knowledge.causes.get(key)
        if cause is not None:
            chains.append(_chain(knowledge, learned, cause, probability, done, atoms))
    return [chain for chain in chains if chain]


def in_order(chains: Iterable[Sequence[Candidate]], last_person: str | None = None) -> list[Candidate]:
    """All steps in an order of low expected cost; each chain in its own order; ties by the names.

    Whoever did the last step is at it already: a piece that begins with the same person costs no hand-over, and what one
    person can do for several causes shares one.

    Args:
        last_person: who did the last step before.
    """
    return _improved(_by_ratio(chains, last_person), last_person)


def expected_cost(steps: Iterable[Candidate], last_person: str | None = None) -> float:
    """Expected minutes until the problem is gone, or until the last step was tried in vain; `last_person` as for `in_order`."""
    left, total = 1.0, 0.0
    who = last_person
    for step in steps:
        total += left * (step.cost + _hand_over(step, who))
        left -= step.chance
        who = step.who
    return total


def _by_ratio(chains: Iterable[Sequence[Candidate]], last_person: str | None) -> list[Candidate]:
    """Cheapest likely fix first: again and again the best piece, or pieces of one person, from the heads of the chains."""
    left = [list(chain) for chain in chains if chain]
    heads = [_head(chain) for chain in left]
    result: list[Candidate] = []
    who = last_person
    while left:
        for place, length in _best_pieces(left, heads, who):
            result += left[place][:length]
            del left[place][:length]
            if left[place]:
                heads[place] = _head(left[place])
        who = result[-1].who
        heads = [head for head, chain in zip(heads, left, strict=True) if chain]
        left = [chain for chain in left if chain]
    return result


def _improved(order: list[Candidate], last_person: str | None) -> list[Candidate]:
    """The order with pieces brought forward, each past steps of other causes, as long as that saves anything."""
    before: list[Candidate] = []
    while order != before:  # ends: each change makes it cheaper, so that no order comes twice
        before = order
        place = 1
        while place < min(_MOST_MOVED, len(order)):
            for length in range(1, min(_LONGEST_PIECE, len(order) - place) + 1):
                target = _best_place(order, place, length, last_person)
                if target < place:
                    piece = order[place : place + length]
                    order = [*order[:target], *piece, *order[target:place], *order[place + length :]]
            place += 1
    return order


def _best_place(order: Sequence[Candidate], place: int, length: int, last_person: str | None) -> int:
    """Where the piece at this place costs least, if it may be brought forward but not past a step of its own causes.

    Steps that it passes are tried less often, by its chance; it is tried more often, by theirs; three hand-overs change.
    """
    piece = order[place : place + length]
    own = {step.cause for step in piece}
    piece_chance = sum(step.chance for step in piece)
    piece_cost = sum(_cost(order, one, last_person) for one in range(place, place + length))
    follower = order[place + length] if place + length < len(order) else None
    left = 1.0 - sum(step.chance for step in order[:place])
    after = left - piece_chance
    passed_chance = passed_cost = 0.0
    best, least = place, -_LEAST_SAVED
    for target in range(place - 1, -1, -1):
        step = order[target]
        if step.cause in own:
            break
        left += step.chance
        passed_chance += step.chance
        passed_cost += _cost(order, target, last_person)
        who = order[target - 1].who if target else last_person
        extra = passed_chance * piece_cost - piece_chance * passed_cost
        extra += left * (_hand_over(piece[0], who) - _hand_over(piece[0], order[place - 1].who))
        extra += (left - piece_chance) * (_hand_over(step, piece[-1].who) - _hand_over(step, who))
        if follower is not None:
            extra += after * (_hand_over(follower, order[place - 1].who) - _hand_over(follower, piece[-1].who))
        if extra < least:
            best, least = target, extra
    return best


def _cost(order: Sequence[Candidate], place: int, last_person: str | None) -> float:
    return order[place].cost + _hand_over(order[place], order[place - 1].who if place else last_person)


def _hand_over(step: Candidate, who: str | None) -> float:
    return step.hand_over if step.who != who else 0.0


def _chain(
    knowledge: Knowledge,
    learned: Learned,
    cause: Cause,
    probability: float,
    done: Mapping[tuple[str, str], str],
    atoms: set[int],
) -> list[Candidate]:
    steps = applicable(cause, atoms)
    shares = step_shares(knowledge, cause, steps, learned)
    failed = sum(share for step, share in shares.items() if done.get((cause.id, step)) == "failed")
    effort = knowledge.effort
    chain = []
    for step in steps:
        if (cause.id, step.id) in done:
            continue
        cost = float(max(step.minutes, 1)) + (effort["risk"] if step.risk else 0.0)
        chance = probability * shares[step.id] / (1.0 - failed)
        hand_over = float(effort["hand_over"].get(step.who, 0.0))
        chain.append(Candidate(cause.id, step.id, step.who, chance, cost, hand_over))
    return chain


class _Head(NamedTuple):
    """What may come next of a chain: best ratio of success to cost of a piece, and its length.

    Attributes:
        new, going_on: the piece when somebody else, or its first person, did the step before.
        own: the best piece that its first person does alone: ratio, length, chance, cost without the hand-over.
    """

    new: tuple[float, int]
    going_on: tuple[float, int]
    own: tuple[float, int, float, float]


def _head(chain: Sequence[Candidate]) -> _Head:
    own = (-1.0, 1, 0.0, 0.0)
    chance = cost = 0.0
    for length, step in enumerate(chain, 1):
        if step.who != chain[0].who:
            break
        chance += step.chance
        cost += step.cost
        if chance / cost > own[0]:
            own = chance / cost, length, chance, cost
    return _Head(_best_piece(chain, None), _best_piece(chain, chain[0].who), own)


def _best_pieces(
    chains: Sequence[Sequence[Candidate]], heads: Sequence[_Head], who: str | None
) -> list[tuple[int, int]]:
    """Place of a chain and length of its piece: one piece, or several that one person does after one hand-over."""
    best: tuple[float, str] | None = None
    pieces: list[tuple[int, int]] = []
    by_person: dict[str, list[int]] = {}
    for place, (chain, head) in enumerate(zip(chains, heads, strict=True)):
        ratio, length = head.going_on if chain[0].who == who else head.new
        by_person.setdefault(chain[0].who, []).append(place)
        if best is None or (-ratio, chain[0].cause) < best:
            best, pieces = (-ratio, chain[0].cause), [(place, length)]
    for person, places in by_person.items():
        if person == who or best is None:
            continue  # nothing to share
        places.sort(key=lambda place: (-heads[place].own[0], chains[place][0].cause))
        chance, cost = 0.0, chains[places[0]][0].hand_over
        for number, place in enumerate(places, 1):
            chance += heads[place].own[2]
            cost += heads[place].own[3]
            if chance / cost > -best[0] * (1 + 1e-12):
                best, pieces = (-chance / cost, ""), [(one, heads[one].own[1]) for one in places[:number]]
    return pieces


def _best_piece(chain: Sequence[Candidate], who: str | None) -> tuple[float, int]:
    """Best ratio of success to cost of a piece from the head of a chain, and its length, when `who` is at it."""
    best, length = -1.0, 1
    chance = cost = 0.0
    for number, step in enumerate(chain, 1):
        chance += step.chance
        cost += step.cost + _hand_over(step, who)
        who = step.who
        if chance / cost > best:
            best, length = chance / cost, number
    return best, length
