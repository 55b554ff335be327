"""Which rules fire for the facts of a case. Two evaluators, one answer; a differential test keeps them equal."""

from __future__ import annotations

from .atoms import AtomIndex
from .evaluator import Evaluator, OwnEvaluator, holds
from .factory import make_evaluator

__all__ = ["AtomIndex", "Evaluator", "OwnEvaluator", "holds", "make_evaluator"]
