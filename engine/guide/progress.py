"""What steps that were tried say about the causes.

A step is expected to solve a share of its cause's cases. When it was carried out and the problem is still there, that share
of the cause's probability is gone (Bayes' rule); the other causes gain what it loses, each in proportion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..cases.model import StepTried
from ..knowledge import Cause, Knowledge
from ..knowledge.knowledge import Step
from ..learning import Learned
from ..ranking import Ranked, scaled
from ..steps import applicable


def step_shares(knowledge: Knowledge, cause: Cause, steps: Sequence[Step], learned: Learned) -> dict[str, float]:
    """Share of a cause's cases that each of its steps solves, by the step's id; in all `effort.solved`.

    Args:
        steps: those that apply to the case.
    """
    effort = knowledge.effort
    weights = {
        step.id: (1.0 if step.verify else effort["unverified"]) * learned.step_factor(knowledge, cause.id, step.id)
        for step in steps
    }
    whole = sum(weights.values())
    return {step: effort["solved"] * weight / whole for step, weight in weights.items()}


def remaining_shares(
    knowledge: Knowledge, learned: Learned, steps: Sequence[StepTried], atoms: set[int]
) -> Mapping[str, float]:
    """Which share of a cause's probability failed steps leave, by cause; only causes of which a step failed.

    Args:
        atoms: what holds of the case, and so which steps apply to it.
    """
    remaining: dict[str, float] = {}
    results = {(one.cause, one.step): one.result for one in steps}  # a step that fails again takes nothing more
    for (key, step), result in results.items():
        cause = knowledge.causes.get(key)
        if result == "failed" and cause is not None:
            share = step_shares(knowledge, cause, applicable(cause, atoms), learned).get(step, 0.0)
            remaining[key] = remaining.get(key, 1.0) - share
    return remaining


def after_steps(ranked: Sequence[Ranked], remaining: Mapping[str, float]) -> list[Ranked]:
    """The ranking after steps that failed; equal probabilities in the order of their ids.

    Args:
        remaining: see `remaining_shares`.
    """
    if not remaining:
        return list(ranked)
    return sorted(scaled(ranked, remaining), key=lambda item: (-item.probability, item.cause))


def spent_causes(knowledge: Knowledge, steps: Sequence[StepTried], atoms: set[int]) -> set[str]:
    """Causes of which every step that applies was carried out or passed over, and the problem is still there."""
    done = {(one.cause, one.step) for one in steps if one.result != "solved"}
    return {
        key
        for key in {one.cause for one in steps}
        if key in knowledge.causes and all((key, step.id) in done for step in applicable(knowledge.causes[key], atoms))
    }
