"""What the knowledge base knows: facts and their questions, causes and their steps, articles."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from ...engine.articles import find_articles, nearest_names
from ...engine.diagnosis import ReferenceShown, StepShown
from ...engine.knowledge.names import RECOGNISED, SAW
from .access import Allow
from .answers import JSON, IfNoneMatch, errors, hashed, json_of, tagged
from .context import Context, context
from .problems import Problem

router = APIRouter(tags=["catalogue"], dependencies=[Depends(Allow("diagnose"))])
_SLUG = r"^[A-Za-z0-9][A-Za-z0-9._:/+ -]{0,99}$"
Provider = Annotated[str | None, Query(pattern=_SLUG, description="Whose console the steps name, whose code it is.")]
Platform = Annotated[str | None, Query(pattern=_SLUG, description="Whose words the steps use.")]


def _speaking(provider: Provider = None, platform: Platform = None) -> dict[str, str]:
    return {name: value for name, value in (("provider", provider), ("platform", platform)) if value}


Speaking = Annotated[dict[str, str], Depends(_speaking)]


class _Contract(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FactValue(_Contract):
    """One value of a fact, and what it is called."""

    value: str
    label: str


class FactDescribed(_Contract):
    """A fact: what may be answered, how it is asked for, where to look. `cost` in units of one glance."""

    name: str
    kind: Literal["one", "set", "slug", "integer", "text", "boolean"]
    several: bool
    question: str | None
    where: str | None
    cost: float
    values: list[FactValue]


class FactList(_Contract):
    """All facts."""

    facts: list[FactDescribed]


class CauseNamed(_Contract):
    """A cause in one line."""

    id: str
    title: str
    summary: str


class CauseList(_Contract):
    """All causes."""

    causes: list[CauseNamed]


class CauseDescribed(_Contract):
    """A cause with its fix steps in the words of a provider and a platform."""

    id: str
    title: str
    summary: str
    appears: list[str]
    look_alikes: dict[str, str]
    steps: list[StepShown]
    references: list[ReferenceShown]


class ArticleShown(_Contract):
    """What is known about a name. `kind`: cause, error, code, provider, library; `content` depends on it."""

    kind: Literal["cause", "error", "code", "provider", "library"]
    name: str
    title: str
    content: dict[str, Any]
    references: list[ReferenceShown]


class ArticleList(_Contract):
    """Every article about a name."""

    articles: list[ArticleShown]


_NOT_CHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "It is as you know it."}}


@router.get(
    "/facts",
    operation_id="listFacts",
    summary="The facts that may be given, with their questions",
    response_class=Response,
    responses={200: {"model": FactList, "description": "All facts."}, **_NOT_CHANGED, **errors()},
)
async def list_facts(request: Request, if_none_match: IfNoneMatch = None) -> Response:
    """What a caller may ask a user, and what values there are."""

    def make(known: Context) -> BaseModel:
        facts = [fact for fact in known.doctor.knowledge.vocabulary if fact.id not in (SAW, RECOGNISED)]
        return FactList(
            facts=[
                FactDescribed(
                    name=fact.id,
                    kind=fact.kind.value,
                    several=fact.several,
                    question=fact.question or None,
                    where=fact.where or None,
                    cost=fact.cost,
                    values=[FactValue(value=value, label=label) for value, label in fact.values.items()],
                )
                for fact in facts
            ]
        )

    return await _kept(request, if_none_match, make)


@router.get(
    "/causes",
    operation_id="listCauses",
    summary="The causes that are known",
    response_class=Response,
    responses={200: {"model": CauseList, "description": "All causes."}, **_NOT_CHANGED, **errors()},
)
async def list_causes(request: Request, if_none_match: IfNoneMatch = None) -> Response:
    """Id, title and summary of every cause."""

    def make(known: Context) -> BaseModel:
        causes = known.doctor.knowledge.causes.values()
        return CauseList(causes=[CauseNamed(id=one.id, title=one.title, summary=one.summary) for one in causes])

    return await _kept(request, if_none_match, make)


@router.get(
    "/causes/{cause}",
    operation_id="getCause",
    summary="A cause and how to fix it",
    response_class=Response,
    responses={200: {"model": CauseDescribed, "description": "The cause."}, **_NOT_CHANGED, **errors(404)},
)
async def get_cause(
    request: Request,
    cause: Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$", description="Id of the cause.")],
    speaking: Speaking,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Its steps speak the words of the provider and the platform."""

    def make(known: Context) -> BaseModel:
        if cause not in known.doctor.knowledge.causes:
            raise Problem(404, "there is no such cause", kind="no-such-cause")
        article: Any = find_articles(known.doctor, cause, speaking)[0]
        return CauseDescribed(
            id=article.id,
            title=article.title,
            summary=article.summary,
            appears=list(article.appears),
            look_alikes=dict(article.look_alikes),
            steps=list(article.steps),
            references=_references(article.references),
        )

    return await _kept(request, if_none_match, make)


@router.get(
    "/explain",
    operation_id="explain",
    summary="What a code or name means",
    response_class=Response,
    responses={200: {"model": ArticleList, "description": "What is known about it."}, **_NOT_CHANGED, **errors(404)},
)
async def explain(
    request: Request,
    name: Annotated[
        str, Query(min_length=1, max_length=200, description="Cause, error, provider's code, provider, library.")
    ],
    speaking: Speaking,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The articles about a cause, an OAuth error, a provider's own code, a provider or a library."""

    def make(known: Context) -> BaseModel:
        articles = find_articles(known.doctor, name, speaking)
        if not articles:
            close = nearest_names(known.doctor.knowledge, name)
            hint = f"; perhaps {' or '.join(close)} is meant" if close else ""
            raise Problem(404, f"that name is not known to this knowledge base{hint}", kind="no-such-article")
        return ArticleList(articles=[_article(known, one) for one in articles])

    return await _kept(request, if_none_match, make)


def _article(known: Context, article: Any) -> ArticleShown:
    kind = type(article).__name__.removesuffix("Article").lower()
    content = json.loads(json.dumps(asdict(article), default=_plain))
    sources = content.pop("references", None) and article.references
    numbered = bool(sources) and isinstance(sources[0], int)
    references = known.doctor.knowledge.references(sources) if numbered else sources
    name = str(content.get("id") or content.get("code") or content.get("error"))
    title = str(content.get("title") or content.get("name") or name)
    return ArticleShown(kind=kind, name=name, title=title, content=content, references=_references(references or ()))  # type: ignore[arg-type]


def _references(found: Any) -> list[ReferenceShown]:
    return [ReferenceShown(title=one.title, url=one.url, checked=one.checked) for one in found]


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump()
    return (
        dict(value) if hasattr(value, "items") else list(value) if isinstance(value, (set, frozenset)) else str(value)
    )


async def _kept(request: Request, if_none_match: str | None, make: Callable[[Context], BaseModel]) -> Response:
    """It changes only with the knowledge: clients may keep it and ask whether it still holds."""
    known = context(request)
    model = await known.run(make, known)
    response = json_of(model)
    assert response.media_type == JSON
    return tagged(if_none_match, f'W/"{hashed(bytes(response.body))}"', response, cache="private, max-age=60")
