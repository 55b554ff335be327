"""Guided diagnosis: the next question, the plan of steps, what disagrees."""

from .dialogue import Block, Dialogue, Option, dialogue
from .guide import Guide
from .view import AnswerOffered, Contradiction, Plan, PlannedStep, QuestionAsked, View

__all__ = [
    "AnswerOffered",
    "Block",
    "Contradiction",
    "Dialogue",
    "Guide",
    "Option",
    "Plan",
    "PlannedStep",
    "QuestionAsked",
    "View",
    "dialogue",
]
