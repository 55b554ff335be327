"""The way from files to `Knowledge`, through the cache when the content is known."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from . import cache
from .files import fingerprint, read_files
from .knowledge import COMPILED_FORMAT, Knowledge
from .problems import KnowledgeError

if TYPE_CHECKING:
    from .read import Authored

_PATTERNS = "1"  # changes when what is remembered about a pattern does


def load_knowledge(extra: Iterable[Path] = (), *, use_cache: bool = True) -> Knowledge:
    """The shipped knowledge, extended and overridden by installed packs and the folders of `extra`.

    Raises:
        KnowledgeError: with every problem of every file.
    """
    files = read_files(extra)
    key = fingerprint(files, COMPILED_FORMAT)
    compiled = cache.load(key) if use_cache else None
    if compiled is None:
        # Only now: YAML and the schemas are not needed when the cache has the answer.
        from .compile import compile_knowledge
        from .read import read_authored

        # Most of the work is in thousands of patterns that did not change since the last time.
        known = cache.load(f"patterns-{_PATTERNS}") or {}
        patterns = dict(known)
        compiled, problems = compile_knowledge(read_authored(files), patterns)
        if len(patterns) > len(known):
            cache.store(f"patterns-{_PATTERNS}", patterns)
        if problems:
            raise KnowledgeError(problems)
        if use_cache:
            cache.store(key, compiled)
    return Knowledge(compiled, key)


def authored_knowledge(extra: Iterable[Path] = ()) -> Authored:
    """The entries as their authors wrote them (for tests of the rules and statistics), unchecked across files."""
    from .read import read_authored

    return read_authored(read_files(extra))
