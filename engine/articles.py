"""Articles: what `explain` says about a cause, a standard error, a provider's code, a provider or a library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from .diagnosis import StepShown
from .doctor import Doctor
from .knowledge import Code, Knowledge, Library, Provider, Reference
from .steps import steps_of, words_for


@dataclass(frozen=True, slots=True)
class CauseArticle:
    """A cause with its steps in the words of a platform and provider."""

    id: str
    title: str
    summary: str
    appears: tuple[str, ...]
    look_alikes: Mapping[str, str]
    steps: tuple[StepShown, ...]
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class ErrorArticle:
    """An OAuth error identifier: the causes that rules connect with it, strongest first, and under what condition."""

    error: str
    causes: tuple[tuple[str, str, str], ...]  # cause, strength, condition in words
    references: tuple[Reference, ...]


Article = CauseArticle | ErrorArticle | Code | Provider | Library


def find_articles(doctor: Doctor, name: str, facts: Mapping[str, Any] | None = None) -> list[Article]:
    """Every article about a name: cause id, error, code (of `facts['provider']` if given), provider, library."""
    knowledge = doctor.knowledge
    wanted = name.strip()
    slug = wanted.lower().replace("_", "-").replace(" ", "-")
    examination = doctor.examine("", facts)
    found: list[Article] = []
    if slug in knowledge.causes:
        cause = knowledge.causes[slug]
        words = words_for(knowledge, examination.facts)
        found.append(
            CauseArticle(
                cause.id,
                cause.title,
                cause.summary,
                cause.appears,
                cause.look_alikes,
                tuple(steps_of(cause, words, examination.atoms)),
                tuple(knowledge.references(cause.references)),
            )
        )
    provider = examination.facts.first("provider")
    libraries = [str(slug) for slug in examination.facts.values("library")]
    found.extend(knowledge.find_code(wanted, str(provider) if provider else None, libraries))
    error = ErrorArticle(
        wanted.lower(), tuple(_causes_of_error(knowledge, wanted.lower())), _error_references(knowledge, wanted.lower())
    )
    if error.causes:
        found.append(error)
    for key, table in (("provider", knowledge.providers), ("library", knowledge.libraries)):
        aliases = knowledge.vocabulary[key].aliases
        entry = table.get(aliases.get(slug, slug))
        if entry is not None and entry.id != "generic":
            found.append(entry)
    return found


def nearest_names(knowledge: Knowledge, name: str) -> list[str]:
    """Names that may have been meant."""
    names = [*knowledge.causes, *knowledge.providers, *knowledge.libraries, *_error_names(knowledge)]
    codes = [code["code"] for owner in knowledge.code_owners for code in knowledge.codes(owner).values()]
    return get_close_matches(name.lower(), names, n=3, cutoff=0.6) or get_close_matches(
        name.upper(), codes, n=3, cutoff=0.75
    )


def _error_names(knowledge: Knowledge) -> list[str]:
    return sorted({str(atom[2]) for atom in knowledge.atoms if atom[0] == "is" and atom[1] == "error"})


def _causes_of_error(knowledge: Knowledge, error: str) -> Iterator[tuple[str, str, str]]:
    numbers = {number for number, atom in enumerate(knowledge.atoms) if atom == ["is", "error", error]}
    rows: dict[tuple[str, str], tuple[float, str]] = {}
    for rule in knowledge.rules:
        if numbers & set(_atoms(rule.condition)):
            condition = _in_words(knowledge, rule.condition, numbers)
            for cause, weight, strength in rule.evidence:
                if weight > rows.get((cause, condition), (0.0, ""))[0]:
                    rows[cause, condition] = (weight, strength)
    for (cause, condition), (_, strength) in sorted(rows.items(), key=lambda row: (-row[1][0], row[0])):
        yield cause, strength, condition


def _error_references(knowledge: Knowledge, error: str) -> tuple[Reference, ...]:
    numbers = {number for number, atom in enumerate(knowledge.atoms) if atom == ["is", "error", error]}
    found = [r for rule in knowledge.rules if numbers & set(_atoms(rule.condition)) for r in rule.references]
    return tuple(knowledge.references(tuple(dict.fromkeys(found))))[:5]


def _atoms(condition: list[Any]) -> Iterator[int]:
    if condition[0] in ("atom", "not"):
        yield condition[1]
    else:
        for part in condition[1]:
            yield from _atoms(part)


def _in_words(knowledge: Knowledge, condition: list[Any], leave_out: set[int]) -> str:
    """A condition for people, without the part that the article is about."""
    match condition[0]:
        case "atom" | "not":
            if condition[1] in leave_out:
                return ""
            form, fact, *rest = knowledge.atoms[condition[1]]
            value = " ".join(str(item) for item in rest)
            words = {"is": f"{fact} is {value}", "present": f"{fact} is known"}.get(
                form, f"{fact} {form.replace('_', ' ')} {value}"
            )
            return f"not ({words})" if condition[0] == "not" else words
        case _:
            parts = [text for part in condition[1] if (text := _in_words(knowledge, part, leave_out))]
            joined = f" {'and' if condition[0] == 'all' else 'or'} ".join(parts)
            return f"({joined})" if condition[0] == "any" and len(parts) > 1 else joined
