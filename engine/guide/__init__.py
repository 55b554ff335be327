"""Guided diagnosis: the next question, the plan of steps, what disagrees."""

from .guide import Guide
from .view import AnswerOffered, Contradiction, Plan, PlannedStep, QuestionAsked, View

__all__ = ["AnswerOffered", "Contradiction", "Guide", "Plan", "PlannedStep", "QuestionAsked", "View"]
