"""Which questions may be the best one: all of them at once, in whole numbers.

The expected gain of a question (see `Likelihoods.expected_gain`) is made of sums over the causes, several for each answer.
Here the parts of a cause in all these sums are one row of whole numbers (lanes.py); adding up the causes, each times its
share, is one multiplication and one addition a cause, whatever the number of questions. That is exact to about 1e-7 bits:
enough to leave out what is certainly not the best, so that only few questions are weighed in full.
"""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from operator import mul

from .lanes import Lanes
from .likelihoods import Likelihoods, Live, Row

MARGIN = 1e-5  # bits; by more than that no screened gain is wrong
_ONE = 1 << 30  # a share of one
_PART_BITS = 29  # of the largest part: times a share, and added up over all causes, it stays below 2**63


class Screen:
    """Estimates the gain of these questions at one trust in the circumstances. Immutable; thread-safe.

    Args:
        facts: names of facts whose question has listed answers.
        told: no text speaks (then the circumstances weigh more).
    """

    def __init__(self, likelihoods: Likelihoods, facts: Sequence[str], *, told: bool) -> None:
        self._answers: list[tuple[str, range]] = []
        rows: list[Row] = []
        for fact in facts:
            found = likelihoods.rows(fact, told=told)
            if found:
                self._answers.append((fact, range(len(rows), len(rows) + len(found))))
                rows += found
        # Three parts of each answer: its chance, the factor of the odds, and that times its log2.
        chances, factors = [row[0] for row in rows], [row[1] for row in rows]
        moved = [list(map(mul, row[1], row[2])) for row in rows]
        largest = max((max(map(abs, row)) for row in [*chances, *factors, *moved]), default=1.0)
        self._unit = 2.0 ** (_PART_BITS - max(math.ceil(math.log2(largest)), 0))
        self._rows = len(rows)
        self._three, self._one = Lanes(3 * len(rows)), Lanes(len(rows))
        causes = range(len(chances[0]) if chances else 0)
        self._all = [self._packed(self._three, [*chances, *factors, *moved], cause) for cause in causes]
        self._factors = [self._packed(self._one, factors, cause) for cause in causes]

    def gains(self, live: Live, left_out: Container[str]) -> dict[str, float]:
        """The expected gain of each question but those left out, in bits, by fact; wrong by less than `MARGIN`."""
        everything = uncertain = 0
        for cause, share, log in zip(live.numbers, live.shares, live.logs, strict=True):
            everything += self._all[cause] * int(share * _ONE)
            uncertain += self._factors[cause] * int(share * -log * _ONE)
        rows = self._rows
        lanes, less = self._three.unpack(everything), self._one.unpack(uncertain)
        unit = 1 / (self._unit * _ONE)
        log2, before, all_live = math.log2, live.uncertainty, live.whole
        result = {}
        for fact, answers in self._answers:
            if fact not in left_out:
                after = 0.0
                for row in answers:
                    # Entropy of w = share * factor, which need not sum to one: log2(sum w) - (sum w log2 w) / sum w.
                    factor = lanes[rows + row]
                    told_apart = (lanes[2 * rows + row] - less[row]) / factor
                    after += lanes[row] * (log2(factor * unit) - told_apart)
                result[fact] = max(before - after * unit / all_live, 0.0)
        return result

    def _packed(self, lanes: Lanes, rows: Sequence[Sequence[float]], cause: int) -> int:
        return lanes.pack(round(row[cause] * self._unit) for row in rows)
