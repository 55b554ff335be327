"""The knowledge, to look things up: causes, codes, errors, providers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ...engine import FactError
from ...engine.articles import CauseArticle, ErrorArticle, find_articles, nearest_names
from ...engine.knowledge import Code, Knowledge, Provider
from ..services import Services, services_of
from .render import page

router = APIRouter(prefix="/knowledge")
Shared = Annotated[Services, Depends(services_of)]
_LONGEST_QUERY = 200
_MOST_CODES = 400


@router.get("")
def search(request: Request, services: Shared, q: str = "") -> Response:
    """All causes, or what matches."""
    knowledge = services.doctor.knowledge
    query = q.strip()[:_LONGEST_QUERY]
    articles = list(_matches(services, query)) if query else []
    words = query.casefold().split()
    causes = [
        cause
        for cause in sorted(knowledge.causes.values(), key=lambda one: one.title)
        if all(word in f"{cause.id} {cause.title} {cause.summary}".casefold() for word in words)
    ]
    nearest = nearest_names(knowledge, query) if query and not articles and not causes else []
    values = {"query": query, "articles": articles, "causes": causes, "nearest": nearest, "tab": "causes"}
    return page(request, "knowledge.html", {**values, **_counts(knowledge)}, section="knowledge")


@router.get("/causes/{cause_id}")
def cause(request: Request, services: Shared, cause_id: str, provider: str = "", platform: str = "") -> Response:
    """The article of a cause, in the words of a provider and a platform."""
    facts = {key: value for key, value in (("provider", provider), ("platform", platform)) if value}
    knowledge = services.doctor.knowledge
    if cause_id not in knowledge.causes:
        raise HTTPException(404)
    try:
        articles = find_articles(services.doctor, cause_id, facts)
    except FactError:
        raise HTTPException(404) from None
    found = next(one for one in articles if isinstance(one, CauseArticle))
    values = {
        "cause": found,
        "found": found,
        "look_alikes": [
            (key, knowledge.causes[key].title, sign)
            for key, sign in found.look_alikes.items()
            if key in knowledge.causes
        ],
        "codes": list(_codes_of(knowledge, cause_id)),
        "provider": provider,
        "platform": platform,
        "providers": _named(knowledge.providers),
        "platforms": _named(knowledge.platforms),
    }
    return page(request, "cause.html", values, section="knowledge")


@router.get("/codes")
def codes(request: Request, services: Shared, provider: str = "", q: str = "") -> Response:
    """Codes of one provider, or of all that match."""
    knowledge = services.doctor.knowledge
    words = q.casefold().split()[:5]
    tables = [provider] if provider in knowledge.code_owners else knowledge.code_owners
    rows = [
        (slug, knowledge.owner_name(slug), row)
        for slug in tables
        for row in knowledge.codes(slug).values()
        if all(word in f"{row['code']} {row['title']}".casefold() for word in words)
    ]
    values = {
        "rows": rows[:_MOST_CODES] if provider or words else [],
        "found": len(rows),
        "most": _MOST_CODES,
        "query": q[:_LONGEST_QUERY],
        "provider": provider,
        "providers": [(slug, knowledge.owner_name(slug), len(knowledge.codes(slug))) for slug in knowledge.code_owners],
        "known_providers": knowledge.providers,
        "titles": {key: one.title for key, one in knowledge.causes.items()},
        "tab": "codes",
    }
    return page(request, "codes.html", {**values, **_counts(knowledge)}, section="knowledge")


@router.get("/errors/{error}")
def error_article(request: Request, services: Shared, error: str) -> Response:
    """What a standard error can mean."""
    found = next((one for one in find_articles(services.doctor, error) if isinstance(one, ErrorArticle)), None)
    if found is None:
        raise HTTPException(404)
    titles = {key: one.title for key, one in services.doctor.knowledge.causes.items()}
    return page(request, "error.html", {"error": found, "titles": titles}, section="knowledge")


@router.get("/providers")
def providers(request: Request, services: Shared, q: str = "") -> Response:
    """All providers, or those that match."""
    knowledge = services.doctor.knowledge
    words = q.casefold().split()[:5]
    found = [
        (one, len(knowledge.codes(one.id)))
        for one in sorted(knowledge.providers.values(), key=lambda one: one.name.casefold())
        if one.id != "generic"
        and all(word in f"{one.id} {one.name} {' '.join(one.aliases)}".casefold() for word in words)
    ]
    values = {"found": found, "query": q[:_LONGEST_QUERY], "tab": "providers"}
    return page(request, "providers.html", {**values, **_counts(knowledge)}, section="knowledge")


@router.get("/providers/{slug}")
def provider(request: Request, services: Shared, slug: str) -> Response:
    """What is known about one provider."""
    knowledge = services.doctor.knowledge
    found = knowledge.providers.get(slug)
    if found is None or slug == "generic":
        raise HTTPException(404)
    values = {
        "provider": found,
        "codes": len(knowledge.codes(slug)),
        "references": knowledge.references(found.references),
    }
    return page(request, "provider.html", values, section="knowledge")


def _matches(services: Services, query: str) -> Iterator[tuple[str, str, str]]:
    """Articles that carry exactly this name: (kind, title, address)."""
    for article in find_articles(services.doctor, query):
        match article:
            case CauseArticle():
                yield "Cause", article.title, f"/knowledge/causes/{article.id}"
            case ErrorArticle():
                yield "Error", article.error, f"/knowledge/errors/{article.error}"
            case Code():
                title = f"{article.code} ({article.owner}): {article.title}"
                yield "Code", title, f"/knowledge/codes?{urlencode({'provider': article.owner, 'q': article.code})}"
            case Provider():
                yield "Provider", article.name, f"/knowledge/providers/{article.id}"
            case _:
                yield "Library", f"{article.name}: {article.notes}" if article.notes else article.name, ""


def _codes_of(knowledge: Knowledge, cause_id: str) -> Iterator[tuple[str, str, str]]:
    """Documented codes that mean a cause: (provider, code, title)."""
    for slug in knowledge.code_owners:
        for row in knowledge.codes(slug).values():
            if any(one[0] == cause_id for one in row["means"]):
                yield slug, row["code"], row["title"]


def _named(table: Any) -> list[tuple[str, str]]:
    return [(slug, entry.name) for slug, entry in table.items() if slug != "generic"]


def _counts(knowledge: Knowledge) -> dict[str, int]:
    return {
        "cause_count": len(knowledge.causes),
        "code_count": knowledge.code_count,
        "provider_count": sum(slug != "generic" for slug in knowledge.providers),
    }
