"""Learning from resolved cases: counts on top of the authored knowledge, per site, visible and reversible."""

from .learned import Learned, LearnedError
from .outcome import Outcome, RuleSaid, StepOutcome, outcome_of

__all__ = ["Learned", "LearnedError", "Outcome", "RuleSaid", "StepOutcome", "outcome_of"]
