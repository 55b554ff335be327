"""From entries as their authors wrote them to the compiled form, one kind of entry a module."""

from .whole import Contents, check_knowledge, compile_knowledge

__all__ = ["Contents", "check_knowledge", "compile_knowledge"]
