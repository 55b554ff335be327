"""Whether learned priors come to a site's real distribution, and what a few wrong clicks do.

    python benchmarks/learning.py [--cases 4000] [--seed 1]

A site is drawn at random: its causes are the authored ones, each made rarer or more frequent by a random factor, and each
of its two providers differs from the site once more. Cases are drawn from it and learned one after another. Distance is
the total variation between the learned and the real distribution (0: equal, 1: nothing in common), mean over providers.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import report

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.knowledge import Knowledge
from oauth_doctor.engine.learning import Learned, Outcome

PROVIDERS = ("google", "microsoft")
SPREAD_OF_SITES, SPREAD_OF_PROVIDERS = 1.5, 0.7  # standard deviations of the random factors' logarithms
WRONG_CLICKS = 3


def scaled(distribution: dict[str, float], spread: float, source: random.Random) -> dict[str, float]:
    """The distribution with every share changed by a random factor."""
    weights = {key: share * math.exp(source.gauss(0, spread)) for key, share in distribution.items()}
    whole = sum(weights.values())
    return {key: weight / whole for key, weight in weights.items()}


def distance(knowledge: Knowledge, learned: Learned, real: dict[str, dict[str, float]]) -> float:
    """Mean total variation over the providers."""
    result = []
    for provider, distribution in real.items():
        prior = learned.prior(knowledge, provider)
        result.append(sum(abs(prior[key] - share) for key, share in distribution.items()) / 2)
    return statistics.fmean(result)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    source = random.Random(options.seed)
    knowledge = Doctor(evaluator="own").knowledge
    site = scaled(Learned().prior(knowledge), SPREAD_OF_SITES, source)
    real = {provider: scaled(site, SPREAD_OF_PROVIDERS, source) for provider in PROVIDERS}
    outcomes: list[Outcome] = []
    start = distance(knowledge, Learned(), real)
    print(f"distance to the site's distribution with 0 cases: {start:.3f}")
    steps = [n for n in (10, 50, 200, 1000, 2000, 4000, 10_000) if n <= options.cases]
    now = start
    for number in steps:
        while len(outcomes) < number:
            provider = source.choice(PROVIDERS)
            (cause,) = source.choices(list(real[provider]), weights=list(real[provider].values()))
            outcomes.append(Outcome(cause=cause, provider=provider))
        now = distance(knowledge, Learned.from_outcomes(outcomes), real)
        print(
            f"distance to the site's distribution with {number:,} cases: {now:.3f}, ratio to the start {now / start:.2f}"
        )
    report(f"distance after {steps[-1]:,} cases, against the start", now / start, 0.25, "of it")
    rarest = min(knowledge.causes, key=lambda key: (knowledge.causes[key].prior, key))
    wrong = Learned.from_outcomes([Outcome(cause=rarest, provider=PROVIDERS[0])] * WRONG_CLICKS)
    factor = math.exp(wrong.shifts(knowledge, PROVIDERS[0])[rarest])
    report(f"factor on the rarest cause after {WRONG_CLICKS} wrong clicks", factor, 2.0, "times")


if __name__ == "__main__":
    main()
