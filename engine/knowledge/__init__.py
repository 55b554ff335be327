"""What the program knows: read from files, checked, compiled, cached.

`load_knowledge()` is the way in; `Knowledge` is what everything else works on.
"""

from __future__ import annotations

from .knowledge import Cause, Code, Knowledge, Library, Platform, Provider, Reference, Rule, Signature, Step
from .load import authored_knowledge, check_knowledge, load_knowledge
from .problems import KnowledgeError, Problem
from .vocabulary import Fact, FactError, FactKind, Value, Vocabulary

__all__ = [
    "Cause",
    "Code",
    "Fact",
    "FactError",
    "FactKind",
    "Knowledge",
    "KnowledgeError",
    "Library",
    "Platform",
    "Problem",
    "Provider",
    "Reference",
    "Rule",
    "Signature",
    "Step",
    "Value",
    "Vocabulary",
    "authored_knowledge",
    "check_knowledge",
    "load_knowledge",
]
