"""From entries as their authors wrote them to the compiled form, one kind of entry a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...lazy import names_on_demand

if TYPE_CHECKING:
    from .checking import Contents, check_knowledge
    from .whole import compile_knowledge
else:
    # Whoever only checks does not load what makes search plans and networks.
    __getattr__ = names_on_demand(
        __name__, {"checking": ("Contents", "check_knowledge"), "whole": ("compile_knowledge",)}
    )

__all__ = ["Contents", "check_knowledge", "compile_knowledge"]
