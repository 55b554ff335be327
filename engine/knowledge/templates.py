"""Step templates: sandboxed Jinja, and a check that they use only words that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Undefined, nodes
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

__all__ = ["TemplateError", "environment", "render", "unknown_words", "words_used"]


def _capitalize_first(text: object) -> str:
    value = str(text)
    return value[:1].upper() + value[1:]


@lru_cache(maxsize=4)
def environment(*, html: bool = False, prose: bool = False) -> ImmutableSandboxedEnvironment:
    """The environment of knowledge templates: no loader, no globals, no attribute that is not data.

    Args:
        html: escape what is filled in.
        prose: a line break after a tag separates words, as any other (in a report's template it only ends the tag's line).
    """
    jinja = ImmutableSandboxedEnvironment(
        autoescape=html,
        keep_trailing_newline=True,
        trim_blocks=not prose,
        lstrip_blocks=True,
        undefined=Undefined,
        cache_size=0,
    )
    jinja.globals.clear()
    jinja.filters["capitalize_first"] = _capitalize_first
    return jinja


@lru_cache(maxsize=64)
def _parsed(source: str, html: bool, prose: bool) -> nodes.Template:
    """Kept for a moment: what a template reads is asked for just before it is rendered."""
    return environment(html=html, prose=prose).parse(source)


@lru_cache(maxsize=4096)
def _compiled(source: str, html: bool, prose: bool) -> Any:
    jinja = environment(html=html, prose=prose)
    code = jinja.compile(_parsed(source, html, prose))
    return jinja.template_class.from_code(jinja, code, jinja.make_globals(None))


def render(source: str, variables: Mapping[str, Any], *, html: bool = False, prose: bool = False) -> str:
    """Render a template of the knowledge; `html` and `prose` as in `environment`.

    Raises:
        TemplateError: the template is wrong (`kb check` finds that beforehand).
    """
    if "{" not in source and "\r" not in source:
        return source  # most step texts: there is nothing to fill in
    return str(_compiled(source, html, prose).render(**variables))


@lru_cache(maxsize=4096)
def words_used(source: str) -> tuple[tuple[str, ...], ...] | None:
    """The variables that a template reads, each as its chain of names; None when they cannot be told beforehand."""
    if "{" not in source:
        return ()
    used: dict[tuple[str, ...], None] = {}
    waiting: list[nodes.Node] = [_parsed(source, html=False, prose=True)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (nodes.Assign, nodes.AssignBlock, nodes.For, nodes.Macro, nodes.With, nodes.Getitem)):
            return None
        if isinstance(node, (nodes.Getattr, nodes.Name)):
            chain = _chain(node)
            if chain is not None:
                used[tuple(chain)] = None
                continue
        waiting.extend(node.iter_child_nodes())
    return tuple(used)


def unknown_words(source: str, known: Mapping[str, Any]) -> Iterator[tuple[int, str, str]]:
    """Yield (line within the template, what is wrong, what exists) for every name that does not exist.

    `known` maps a root name to None (anything goes), a set of attribute names, or a mapping of attribute to the same.
    """
    if "{" not in source:
        return
    try:
        tree = environment().parse(source)
    except TemplateSyntaxError as error:
        yield error.lineno, f"template syntax: {error.message}", "a Jinja template"
        return
    yield from _walk(tree, known, frozenset())


def _walk(node: nodes.Node, known: Mapping[str, Any], bound: frozenset[str]) -> Iterator[tuple[int, str, str]]:
    if isinstance(node, (nodes.For, nodes.Macro)):
        names = node.target if isinstance(node, nodes.For) else nodes.List(node.args)
        bound |= {name.name for name in names.find_all(nodes.Name)}
        if isinstance(node.target if isinstance(node, nodes.For) else None, nodes.Name):
            bound |= {node.target.name}  # type: ignore[union-attr]
    if isinstance(node, nodes.Filter) and node.name not in environment().filters:
        yield node.lineno, f"unknown filter {node.name!r}", "a Jinja filter or capitalize_first"
    if isinstance(node, (nodes.Getattr, nodes.Name)):
        chain = _chain(node)
        if chain is not None:
            if chain[0] not in bound and chain[0] not in ("loop", "none", "true", "false"):
                yield from _check(chain, known, node.lineno)
            return
    assigned = {
        target.name
        for child in node.iter_child_nodes()
        if isinstance(child, nodes.Assign)
        for target in ([child.target] if isinstance(child.target, nodes.Name) else [])
    }
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Name) and child.ctx != "load":
            continue
        yield from _walk(child, known, bound | assigned)


def _chain(node: nodes.Node) -> list[str] | None:
    if isinstance(node, nodes.Name):
        return [node.name]
    if isinstance(node, nodes.Getattr):
        inner = _chain(node.node)
        return None if inner is None else [*inner, node.attr]
    return None


def _check(chain: list[str], known: Any, line: int) -> Iterator[tuple[int, str, str]]:
    level: Any = known
    for depth, word in enumerate(chain):
        if level is None:
            return
        if word not in level:
            from .problems import expected_one_of

            prefix = ".".join(chain[:depth])
            shown = expected_one_of(word, level)
            yield (
                line,
                f"template variable {'.'.join(chain)} does not exist",
                f"{prefix + ': ' if prefix else ''}{shown}",
            )
            return
        level = level[word] if isinstance(level, Mapping) else None
