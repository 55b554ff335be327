"""From entries as their authors wrote them to the compiled form, one kind of entry a module."""

from .whole import compile_knowledge

__all__ = ["compile_knowledge"]
