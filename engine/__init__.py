"""How we infer: knowledge, redaction, text to facts, rules, ranking, steps. No terminal and no web in here.

>>> from oauth_doctor.engine import Doctor
>>> Doctor().diagnose("error=redirect_uri_mismatch").causes[0].id
'redirect-uri-mismatch'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import names_on_demand

if TYPE_CHECKING:
    from .diagnosis import CauseFound, Diagnosis, EvidenceFound, FactFound, Question, StepShown
    from .doctor import LARGEST_TEXT, Doctor, Examination, InputError
    from .facts import Facts
    from .inference.evaluator import InferenceError
    from .knowledge import FactError, Knowledge, KnowledgeError, Problem, load_knowledge
    from .redaction import Redacted, Redactor, Secret
else:
    __getattr__ = names_on_demand(
        __name__,
        {
            "diagnosis": ("CauseFound", "Diagnosis", "EvidenceFound", "FactFound", "Question", "StepShown"),
            "doctor": ("LARGEST_TEXT", "Doctor", "Examination", "InputError"),
            "facts": ("Facts",),
            "inference.evaluator": ("InferenceError",),
            "knowledge": ("FactError", "Knowledge", "KnowledgeError", "Problem", "load_knowledge"),
            "redaction": ("Redacted", "Redactor", "Secret"),
        },
    )

__version__ = "0.1.0"

__all__ = [
    "LARGEST_TEXT",
    "CauseFound",
    "Diagnosis",
    "Doctor",
    "EvidenceFound",
    "Examination",
    "FactError",
    "FactFound",
    "Facts",
    "InferenceError",
    "InputError",
    "Knowledge",
    "KnowledgeError",
    "Problem",
    "Question",
    "Redacted",
    "Redactor",
    "Secret",
    "StepShown",
    "load_knowledge",
]
