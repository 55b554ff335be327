"""Which causes the incidents of a provider have, compared with those of all: counted over the incidents of `kb/incidents`.

What a provider does not have - tokens that expire, a review of applications - its users never suffer from. Counts are smoothed
towards the share of the cause in all incidents, so that a provider with few incidents says little.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from ..names import PROVIDER
from ..read import Incident

_SMOOTHING = 20.0  # incidents of the average provider added to each provider's
_LEAST_SEEN = 5.0  # incidents of the average cause added to each cause's
_LEAST_WEIGHT = 0.05  # nats


def provider_weights(incidents: Iterable[Incident], causes: Sequence[str]) -> dict[str, list[float]]:
    """Of each provider the numbers of causes, each followed by the natural log of how much more often it is the cause there."""
    numbers = {cause: number for number, cause in enumerate(causes)}
    whole: Counter[str] = Counter()
    by_provider: dict[str, Counter[str]] = defaultdict(Counter)
    for incident in incidents:
        cause, provider = incident.entry.cause, incident.entry.facts.get(PROVIDER)
        if cause in numbers:
            whole[cause] += 1
            if isinstance(provider, str):
                by_provider[provider][cause] += 1
    total = whole.total() + _LEAST_SEEN * len(whole)
    shares = {cause: (count + _LEAST_SEEN) / total for cause, count in sorted(whole.items())}
    weights: dict[str, list[float]] = {}
    for provider, seen in sorted(by_provider.items()):
        row: list[float] = []
        for cause, share in shares.items():
            here = (seen[cause] + _SMOOTHING * share) / (seen.total() + _SMOOTHING)
            weight = math.log(here / share)
            if abs(weight) >= _LEAST_WEIGHT:
                row += [numbers[cause], round(weight, 2)]
        weights[provider] = row
    return weights
