"""`explain`: the article about a cause, an error, a provider's code, a provider or a library."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .common import DIAGNOSED, NOT_DIAGNOSED, KnowledgeOption, Output, UsageError, complain, make_doctor, quoted

if TYPE_CHECKING:
    from rich.console import Console

    from ..engine.articles import Article


def explain(
    name: Annotated[
        str, typer.Argument(metavar="ID|CODE", help="Cause id, error, provider code, provider or library.")
    ],
    provider: Annotated[
        str | None, typer.Option("--provider", help="Whose code it is; whose console the steps name.")
    ] = None,
    platform: Annotated[str | None, typer.Option("--platform", help="Whose words the steps use, e.g. creatio.")] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="text or json.")] = Output.TEXT,
    knowledge: KnowledgeOption = None,
) -> None:
    """Explain a cause, an OAuth error, a provider's own code, a provider or a library."""
    if output not in (Output.TEXT, Output.JSON, Output.NDJSON):
        raise UsageError(f"--output {output.value}: explain has text and json")
    from ..engine.articles import find_articles, nearest_names

    doctor = make_doctor(knowledge)
    facts = {key: value for key, value in (("provider", provider), ("platform", platform)) if value}
    articles = find_articles(doctor, name, facts)
    if not articles:
        close = nearest_names(doctor.knowledge, name)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        complain(f"{quoted(name)} is not known to this knowledge base{hint}")
        raise typer.Exit(NOT_DIAGNOSED)
    if output is Output.TEXT:
        from .terminal import make_console

        console = make_console()
        for number, article in enumerate(articles):
            if number:
                console.print()
            _print(console, article, doctor.knowledge.references)
    else:
        import json

        typer.echo(json.dumps([{"kind": type(article).__name__, **_plain(article)} for article in articles], indent=2))
    raise typer.Exit(DIAGNOSED)


def _plain(article: Article) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if hasattr(value, "model_dump"):
            return value.model_dump()
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        return dict(value) if hasattr(value, "items") else value

    return {key: plain(value) for key, value in asdict(article).items() if key != "references"}


def _print(console: Console, article: Article, references: Any) -> None:
    from rich.text import Text

    from ..engine.articles import CauseArticle, ErrorArticle
    from ..engine.knowledge import Code, Provider
    from .terminal import WHO

    def line(*parts: Any) -> None:
        console.print(Text.assemble(*parts))

    sources = article.references
    if isinstance(article, CauseArticle):
        line((article.title, "bold"), (f"  {article.id}", "dim"))
        line(article.summary)
        for sentence in article.appears:
            line(f"- {sentence}")
        for number, step in enumerate(article.steps, start=1):
            line((f"{number}. ", "bold"), step.text, (f"  ({WHO.get(step.who, step.who)}, {step.minutes} min)", "cyan"))
            if step.verify:
                line((f"   Check: {step.verify}", "dim"))
        for other, sign in article.look_alikes.items():
            line(("Look-alike ", "bold"), f"{other}: {sign}")
    elif isinstance(article, ErrorArticle):
        line((article.error, "bold"), " can mean:")
        for cause, strength, condition in article.causes[:20]:
            line(f"- {cause} ({strength})", (f" when {condition}" if condition else "", "dim"))
    elif isinstance(article, Code):
        line((article.code, "bold"), f" ({article.owner}): {article.title}")
        if article.remedy:
            line(article.remedy)
        for cause, _, strength in article.means:
            line(f"- {cause} ({strength})")
        if not article.means:
            line("It is not about the set-up of an integration.")
    elif isinstance(article, Provider):
        line((article.name, "bold"), f"  {article.documentation}")
        for title, policy in article.policies.items():
            line((f"{title.replace('_', ' ')}: ", "bold"), policy)
        for place, (name, url) in article.console.items():
            line((f"{place.replace('_', ' ')}: ", "bold"), f"{name} {url}")
    else:
        line((article.name, "bold"), f"  {article.language}  {article.documentation}")
        if article.notes:
            line(article.notes)
    shown = references(sources) if sources and isinstance(sources[0], int) else sources
    for reference in list(shown)[:5]:
        line((f"see {reference.title}: {reference.url} (checked {reference.checked})", "dim"))
