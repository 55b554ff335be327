"""Choose the evaluator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .evaluator import REMEMBERED, Evaluator, OwnEvaluator
from .network import Condition

Choice = Literal["auto", "durable", "own"]


def make_evaluator(
    conditions: Sequence[Condition],
    choice: Choice = "auto",
    network: Mapping[str, Any] | None = None,
    *,
    remembered: int = REMEMBERED,
) -> Evaluator:
    """durable_rules where it can be imported, the own evaluator elsewhere.

    Args:
        network: what `make_network` made of the conditions, if that is known already.
        remembered: how many answers durable_rules' evaluator keeps.

    Raises:
        ImportError: `durable` was asked for and cannot be imported here.
    """
    if choice == "own":
        return OwnEvaluator(conditions, network)
    try:
        from .durable import DurableEvaluator
    except ImportError:
        if choice == "durable":
            raise
        return OwnEvaluator(conditions, network)
    return DurableEvaluator(conditions, network, remembered=remembered)
