"""Choose the evaluator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .evaluator import Condition, Evaluator, OwnEvaluator

Choice = Literal["auto", "durable", "own"]


def make_evaluator(conditions: Sequence[Condition], choice: Choice = "auto") -> Evaluator:
    """durable_rules where it can be imported, the own evaluator elsewhere.

    Raises:
        ImportError: `durable` was asked for and cannot be imported here.
    """
    if choice == "own":
        return OwnEvaluator(conditions)
    try:
        from .durable import DurableEvaluator
    except ImportError:
        if choice == "durable":
            raise
        return OwnEvaluator(conditions)
    return DurableEvaluator(conditions)
