"""Guided diagnosis: the next question, the plan of steps, contradictions."""
