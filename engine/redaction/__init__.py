"""Secrets never leave: they are replaced before anything is stored, shown, logged or sent.

>>> Redactor().redact("refresh_token=1//0gAbCdEf9hIjKlMnOpQr-stuv&grant_type=refresh_token").text
'refresh_token=<refresh_token:1>&grant_type=refresh_token'

One module recognises one kind of secret; `redactor.py` joins them. Names, structure, error codes, hosts and dummies such
as `null` stay, because the diagnosis is in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import names_on_demand

if TYPE_CHECKING:
    from .echoes import Memory
    from .model import Redacted, Secret
    from .redactor import Redactor
else:
    __getattr__ = names_on_demand(
        __name__, {"echoes": ("Memory",), "model": ("Redacted", "Secret"), "redactor": ("Redactor",)}
    )

# `documents` (JSON, HAR) and `stream` (texts of any length) are imported where they are needed.
__all__ = ["Memory", "Redacted", "Redactor", "Secret"]
