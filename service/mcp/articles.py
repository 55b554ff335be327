"""Articles of the knowledge as one flat model, for programs that show or read them whole."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from ...engine.articles import Article, CauseArticle, ErrorArticle
from ...engine.diagnosis import StepShown
from ...engine.knowledge import Code, Knowledge, Provider


class Meaning(BaseModel):
    """A cause that this leads to, how strongly, and under what condition (empty: always)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cause: str
    strength: str
    condition: str = ""


class Found(BaseModel):
    """One article.

    Attributes:
        kind: what it is about; id: its name there.
        text: what it means; means: causes, strongest first; steps: of a cause; look_alikes: what to tell it from.
        sources: addresses with the date of the last look.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    id: str
    title: str
    text: str = ""
    means: list[Meaning] = []
    steps: list[StepShown] = []
    look_alikes: dict[str, str] = {}
    sources: list[str] = []


def article_of(article: Article, knowledge: Knowledge) -> Found:
    """An article as that model."""
    if isinstance(article, CauseArticle):
        return Found(
            kind="cause",
            id=article.id,
            title=article.title,
            text="\n".join([article.summary, *(f"- {one}" for one in article.appears)]),
            steps=list(article.steps),
            look_alikes=dict(article.look_alikes),
            sources=_sources(article.references),
        )
    if isinstance(article, ErrorArticle):
        means = [
            Meaning(cause=cause, strength=strength, condition=words) for cause, strength, words in article.causes[:20]
        ]
        return Found(
            kind="error", id=article.error, title=article.error, means=means, sources=_sources(article.references)
        )
    sources = _sources(knowledge.references(article.references))
    if isinstance(article, Code):
        means = [Meaning(cause=cause, strength=strength) for cause, _, strength in article.means]
        text = article.remedy or ""
        if not means:
            text = f"{text} It is not about the set-up of an integration.".strip()
        name = f"{article.owner}: {article.title}"
        return Found(kind="code", id=article.code, title=name, text=text, means=means, sources=sources)
    if isinstance(article, Provider):
        policies = [f"{title.replace('_', ' ')}: {policy}" for title, policy in article.policies.items()]
        return Found(
            kind="provider",
            id=article.id,
            title=article.name,
            text="\n".join(policies),
            sources=[article.documentation],
        )
    return Found(kind="library", id=article.id, title=article.name, text=article.notes or "", sources=sources)


def _sources(references: object) -> list[str]:
    return [f"{one.url} ({one.checked})" for one in references]  # type: ignore[attr-defined]
