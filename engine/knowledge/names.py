"""Names that the engine itself needs; everything else it knows from the knowledge files."""

from __future__ import annotations

PROVIDER = "provider"  # fact: whose login or API it is
PHASE = "phase"  # fact: where in the flow the failure appears
NAMES = (PROVIDER, "platform", "library")  # facts whose values are names, not messages or codes
PROVIDER_CODE = "provider_code"  # fact: a code of the provider's or a library's own
ERROR = "error"  # fact: the error code of the standard
SAW = "saw"  # fact: ids of the signatures that matched
RECOGNISED = "recognised"  # fact: `something` when any evidence came from the text, `nothing` when none did
LIKENESS = "likeness"  # the id under which a trace shows that a case is like other cases of a cause
CODE = "code:"  # how the id of a rule begins that is the meaning of a provider's code
NOT_OAUTH = "not-oauth"  # the candidate "none of these"
NOT_SHOWN = "none"  # value of an open fact in a profile: no such thing is shown
OTHER = "other"  # value of an open fact in a profile: any that is not listed


def value_key(value: object) -> str:
    """A fact's value as the text that profiles and answers use for it."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
