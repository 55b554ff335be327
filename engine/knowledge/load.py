"""The way from files to `Knowledge`, through the cache when the content is known."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import cache
from .files import KnowledgeFile, ListedFile, fingerprint, list_files, read_files, stamp
from .knowledge import COMPILED_FORMAT, Knowledge
from .problems import KnowledgeError

if TYPE_CHECKING:
    from .compiling import Contents
    from .read import Authored

_WAYS = "patterns-5"  # the number changes when what is remembered about a pattern does


def load_knowledge(extra: Iterable[Path] = (), *, use_cache: bool = True) -> Knowledge:
    """The shipped knowledge, extended and overridden by installed packs and the folders of `extra`.

    Raises:
        KnowledgeError: with every problem of every file.
    """
    listed = list_files(extra)
    seen, key = _recognised(listed) if use_cache else (None, None)
    if key and (known := cache.load(key)) is not None:
        return Knowledge(known, key)
    files = read_files(listed)
    key = fingerprint(files, COMPILED_FORMAT)
    compiled: Mapping[str, Any] | None = cache.load(key) if use_cache else None
    if compiled is None:
        compiled = _compile(files)
        if use_cache:
            cache.store(key, compiled)
    if seen:
        cache.remember(seen, key)
    return Knowledge(compiled, key)


def known_key(extra: Iterable[Path] = ()) -> str | None:
    """The key that this knowledge would have, when its files look as they did when it was compiled. Nothing is loaded.

    Raises:
        KnowledgeError: a folder that is none.
    """
    return _recognised(list_files(extra))[1]


def _recognised(files: Sequence[ListedFile]) -> tuple[str | None, str | None]:
    """What the files look like, and the key of their content when it is remembered.

    What they look like stands for what is in them, as long as they look the same.
    """
    seen = stamp(files, COMPILED_FORMAT)
    return seen, cache.key_of(seen) if seen else None


def check_knowledge(extra: Iterable[Path] = ()) -> Contents:
    """Check what `load_knowledge` would compile, without the cache; say how much there is.

    Raises:
        KnowledgeError: with every problem of every file.
    """
    from .compiling import check_knowledge as check
    from .read import read_authored

    with _without_collector():
        contents, problems = check(read_authored(read_files(list_files(extra))))
    if problems:
        raise KnowledgeError(problems)
    return contents


def authored_knowledge(extra: Iterable[Path] = ()) -> Authored:
    """The entries as their authors wrote them (for tests of the rules and statistics), unchecked across files."""
    from .read import read_authored

    with _without_collector():
        return read_authored(read_files(list_files(extra)))


def _compile(files: Sequence[KnowledgeFile]) -> dict[str, Any]:
    # Only now: YAML and the schemas are not needed when the cache has the answer.
    from .compiling import compile_knowledge
    from .read import read_authored

    # Most of the work is in thousands of patterns that did not change since the last time.
    known = cache.load_table(_WAYS)
    ways = dict(known)
    with _without_collector():
        compiled, problems = compile_knowledge(read_authored(files), ways)
    if len(ways) > len(known):
        cache.store_table(_WAYS, ways)
    if problems:
        raise KnowledgeError(problems)
    return compiled


@contextmanager
def _without_collector() -> Iterator[None]:
    """Hundreds of thousands of small objects are made, and none of them in a cycle: looking for cycles takes half the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
