"""Platforms, providers with their codes, and libraries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import schema
from ..problems import expected_one_of
from ..read import Placed
from .desk import Desk


def _closed(desk: Desk, given: Iterable[str], known: Iterable[str], placed: Placed[Any], key: str) -> None:
    known = list(known)
    for word in given:
        if word not in known:
            desk.problems.append(
                placed.problem((key, word), f"unknown {key} entry {word!r}", expected_one_of(word, known))
            )


def compile_platform(desk: Desk, placed: Placed[schema.PlatformFile]) -> dict[str, Any]:
    """One client application."""
    if desk.authored.terms:
        _closed(desk, placed.entry.terms, desk.authored.terms.entry.platform, placed, "terms")
    entry = placed.entry
    return {"name": entry.name, "terms": entry.terms, "references": desk.references_of(entry.references)}


def compile_provider(desk: Desk, placed: Placed[schema.ProviderFile]) -> dict[str, Any]:
    """One provider."""
    entry = placed.entry
    if desk.authored.terms:
        _closed(desk, entry.console, desk.authored.terms.entry.console, placed, "console")
        _closed(desk, entry.policies, desk.authored.terms.entry.policies, placed, "policies")
    return {
        "name": entry.name,
        "aliases": entry.aliases,
        "hosts": [host.lower() for host in entry.hosts],
        "documentation": entry.documentation or "",
        "console": {key: [place.name, place.url or ""] for key, place in entry.console.items()},
        "policies": entry.policies,
        "references": desk.references_of(entry.references),
    }


def compile_library(desk: Desk, placed: Placed[schema.LibraryFile]) -> dict[str, Any]:
    """One client library or server."""
    entry = placed.entry
    return {
        "name": entry.name,
        "aliases": entry.aliases,
        "language": entry.language,
        "documentation": entry.documentation or "",
        "marks": entry.marks,
        "notes": entry.notes,
        "references": desk.references_of(entry.references),
    }


def compile_codes(desk: Desk) -> dict[str, dict[str, Any]]:
    """The code tables by provider or library, keyed in upper case."""
    for file in desk.authored.code_tables:
        provider, library = file.entry.provider, file.entry.library
        if provider is not None:
            _known(provider, desk.authored.providers, file, "provider", desk)
        if library is not None:
            _known(library, desk.authored.libraries, file, "library", desk)
    table: dict[str, dict[str, Any]] = {}
    for key, placed in desk.authored.codes.items():
        owner, _, code = key.partition(":")
        means = []
        for cause, word in placed.entry.means.items():
            path = ("means", cause)
            desk.check_cause(cause, placed, path)
            means.append([cause, desk.number(desk.strengths, word, "strength", placed, path), word])
        entry = placed.entry
        table.setdefault(owner, {})[code.upper()] = {
            "code": code,
            "title": entry.title,
            "means": means,
            "remedy": entry.remedy,
            "references": desk.references_of(placed.references),
            "file": placed.source.file,
        }
    return table


def _known(slug: str, table: dict[str, Placed[Any]], file: Placed[Any], kind: str, desk: Desk) -> None:
    if slug not in table:
        desk.problems.append(file.problem((kind,), f"unknown {kind} {slug!r}", expected_one_of(slug, table)))


def check_aliases(desk: Desk, what: str, table: dict[str, Placed[Any]]) -> None:
    """Complain of a name that two entries claim."""
    seen: dict[str, str] = {key: key for key in table}
    for key, placed in table.items():
        for index, alias in enumerate(placed.entry.aliases):
            if seen.setdefault(alias, key) != key:
                path = ("aliases", index)
                desk.problems.append(placed.problem(path, f"{what} alias {alias!r} belongs to {seen[alias]} already"))
