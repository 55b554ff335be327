"""What every question is expected to tell of the cause: all of them at once, in whole numbers.

The expected gain of a question is the uncertainty about the cause now less that after its answer, each answer by how likely
it is. That comes to sums over the causes, several for each answer. Here the parts of a cause in all these sums are one row of
whole numbers (lanes.py); adding up the causes, each times its share, is one multiplication and one addition a cause, whatever
the number of questions. That is exact to about 1e-6 bits.
"""

from __future__ import annotations

import math
from collections.abc import Container, Sequence

from .lanes import Lanes
from .likelihoods import Likelihoods, Live, Row

_ONE = 1 << 30  # a share of one
_PART_BITS = 29  # of the largest part: times a share, and added up over all causes, it stays below 2**63


class Gains:
    """Works out the gain of these questions at one trust in the circumstances. Thread-safe.

    Args:
        facts: names of facts whose question has listed answers.
        phase: where the failure appears, if that is known.
        told: no text speaks (then the circumstances weigh more).
    """

    def __init__(self, likelihoods: Likelihoods, facts: Sequence[str], phase: str | None = None, *, told: bool) -> None:
        self._answers: list[tuple[str, range]] = []
        self._rows: list[Row] = []
        for fact in facts:
            found = likelihoods.rows(fact, phase, told=told)
            if found:
                self._answers.append((fact, range(len(self._rows), len(self._rows) + len(found))))
                self._rows += found
        factor = max((max(row.factors) for row in self._rows), default=1.0)
        largest = max(factor, 1.0) * max(math.log2(factor), 1.0)
        self._unit = 2.0 ** (_PART_BITS - math.ceil(math.log2(largest)))
        self._three, self._one = Lanes(3 * len(self._rows)), Lanes(len(self._rows))
        self._packed: dict[int, tuple[int, int]] = {}  # of the causes that were needed: a short run needs few

    def of(self, live: Live, left_out: Container[str] = ()) -> dict[str, float]:
        """The expected gain of each question but those left out, in bits, by fact."""
        everything = uncertain = 0
        for cause, share, log in zip(live.numbers, live.shares, live.logs, strict=True):
            parts, factors = self._packed.get(cause) or self._pack(cause)
            everything += parts * int(share * _ONE)
            uncertain += factors * int(share * -log * _ONE)
        rows = len(self._rows)
        lanes, less = self._three.unpack(everything), self._one.unpack(uncertain)
        unit = 1 / (self._unit * _ONE)
        log2, before, whole = math.log2, live.uncertainty, live.whole
        result = {}
        for fact, answers in self._answers:
            if fact not in left_out:
                after = 0.0
                for row in answers:
                    # Entropy of w = share * factor, which need not sum to one: log2(sum w) - (sum w log2 w) / sum w.
                    factor = lanes[rows + row]
                    told_apart = (lanes[2 * rows + row] - less[row]) / factor
                    after += lanes[row] * (log2(factor * unit) - told_apart)
                result[fact] = max(before - after * unit / whole, 0.0)
        return result

    def _pack(self, cause: int) -> tuple[int, int]:
        """Three parts of each answer: its chance, the factor of the cause's odds, and that times its log2. The factors again."""
        unit = self._unit
        factors = [row.factors[cause] * unit for row in self._rows]
        chances = [row.chances[cause] * unit for row in self._rows]
        moved = [factor * row.logs[cause] for factor, row in zip(factors, self._rows, strict=True)]
        found = self._three.pack(map(round, [*chances, *factors, *moved])), self._one.pack(map(round, factors))
        self._packed[cause] = found
        return found
