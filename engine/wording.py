"""Figures in words, the same in every report."""

from __future__ import annotations


def percent(probability: float) -> str:
    """A probability for people. Nothing here is ever certain or impossible."""
    return "<1%" if probability < 0.01 else f"{min(probability, 0.99):.0%}"
