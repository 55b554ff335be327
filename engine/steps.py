"""Fix steps in the words of the case's provider and platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .diagnosis import StepShown
from .facts import Facts
from .inference.evaluator import holds
from .inference.network import atoms_of
from .knowledge import Cause, Knowledge, Value
from .knowledge.knowledge import Step
from .knowledge.names import value_key
from .knowledge.templates import render, words_used
from .remembered import Remembered
from .shown import Shown, models_of

Words = Mapping[str, Any]
Chain = tuple[str, ...]


def words_for(knowledge: Knowledge, facts: Facts) -> Words:
    """Template variables for a case: `platform`, `provider`, `facts`. Unknown ones speak neutrally."""
    return {"platform": _platform(knowledge, facts), "provider": _provider(knowledge, facts), "facts": _facts(facts)}


class CaseWords(NamedTuple):
    """The words of a case, and the names that those of its platform and its provider follow from."""

    words: Words
    platform: Value | None
    provider: Value | None


class StepWriter:
    """Writes the steps of one knowledge's causes, and remembers them by the words that they use. Thread-safe."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._platforms: Remembered[dict[str, str]] = Remembered(_MOST_NAMES)
        self._providers: Remembered[dict[str, Any]] = Remembered(_MOST_NAMES)
        self._uses: dict[str, _Uses] = {}
        self._written: Remembered[list[Shown[StepShown]]] = Remembered(_MOST_RENDERED)

    def words_for(self, facts: Facts) -> CaseWords:
        """The template variables for a case."""
        of_platform, of_provider = facts.first("platform"), facts.first("provider")
        platform, provider = self._platforms.get(of_platform), self._providers.get(of_provider)
        if platform is None:
            platform = self._platforms.keep(of_platform, _platform(self._knowledge, facts))
        if provider is None:
            provider = self._providers.keep(of_provider, _provider(self._knowledge, facts))
        words = {"platform": platform, "provider": provider, "facts": _facts(facts)}
        return CaseWords(words, of_platform, of_provider)

    def warm_up(self, cause: Cause) -> None:
        """Compile the templates of a cause's steps, and render them neutrally."""
        words = self.words_for(Facts(self._knowledge.vocabulary)).words
        for step in cause.steps:
            _shown(step, words)

    def written(self, cause: Cause, case: CaseWords, atoms: set[int]) -> list[Shown[StepShown]]:
        """The steps of a cause, as `steps_of` tells them."""
        uses = self._uses.get(cause.id)
        if uses is None:
            uses = self._uses[cause.id] = _uses(cause)
        said = None if uses.facts is None else _values(case.words, uses.facts)
        if said is None:
            return _steps(cause, case.words, atoms)
        platform = case.platform if uses.platform else None
        key = (cause.id, uses.atoms & atoms, platform, case.provider if uses.provider else None, said)
        steps = self._written.get(key)
        return self._written.keep(key, _steps(cause, case.words, atoms)) if steps is None else steps


def steps_of(cause: Cause, words: Words, atoms: set[int]) -> list[StepShown]:
    """The steps of a cause whose conditions hold, in the author's order, because they build on each other."""
    return models_of(_steps(cause, words, atoms))


def applicable(cause: Cause, atoms: set[int]) -> list[Step]:
    """The steps whose conditions hold, in the author's order, as they are written."""
    return [step for step in cause.steps if holds(step.when, atoms)]


def _steps(cause: Cause, words: Words, atoms: set[int]) -> list[Shown[StepShown]]:
    return [_shown(step, words) for step in applicable(cause, atoms)]


def _shown(step: Step, words: Words) -> Shown[StepShown]:
    """A step in these words. Most steps use few of them, so that most were rendered before."""
    used = words_used(step.text), words_used(step.verify)
    values = None if None in used else _values(words, [chain for chains in used for chain in chains or ()])
    if values is None:
        return Shown([_render(step, words)])
    key = (step.id, step.text, step.verify, step.who, step.minutes, step.risk, values)
    shown = _RENDERED.get(key)
    return _RENDERED.keep(key, Shown([_render(step, words)])) if shown is None else shown


_MOST_RENDERED = 20_000
_MOST_NAMES = 1_000
_RENDERED: Remembered[Shown[StepShown]] = Remembered(_MOST_RENDERED)


class _Uses(NamedTuple):
    """What the steps of a cause depend on: atoms of their conditions, and words of their templates.

    Attributes:
        facts: the words that are no platform's or provider's; None when they cannot be told.
    """

    atoms: frozenset[int]
    platform: bool
    provider: bool
    facts: tuple[Chain, ...] | None


def _uses(cause: Cause) -> _Uses:
    atoms = frozenset(atom for step in cause.steps for atom in atoms_of(step.when))
    used = [words_used(template) for step in cause.steps for template in (step.text, step.verify)]
    if None in used:
        return _Uses(atoms, platform=True, provider=True, facts=None)
    chains = dict.fromkeys(chain for chains in used for chain in chains or ())
    roots = {chain[0] for chain in chains}
    facts = tuple(chain for chain in chains if chain[0] not in ("platform", "provider"))
    return _Uses(atoms, "platform" in roots, "provider" in roots, facts)


def _values(words: Words, chains: Iterable[Chain]) -> tuple[Any, ...] | None:
    """What these words say, with its type, because True and 1 are equal and read differently; None if it has parts."""
    values: list[Any] = []
    for chain in chains:
        value: Any = words
        for name in chain:
            value = value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, _PLAIN):
            return None
        values.append(value)
        values.append(type(value))
    return tuple(values)


_PLAIN = (str, int, type(None))


def _render(step: Step, words: Words) -> StepShown:
    return StepShown(
        id=step.id,
        text=_unwrapped(render(step.text, words, prose=True)),
        who=step.who,
        minutes=step.minutes,
        verify=_unwrapped(render(step.verify, words, prose=True)) or None,
        risk=step.risk or None,
    )


def _unwrapped(text: str) -> str:
    """Authors wrap their lines; what is left are paragraphs, for the reader's own width."""
    return "\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n")).strip()


def _platform(knowledge: Knowledge, facts: Facts) -> dict[str, str]:
    generic = knowledge.platforms["generic"]
    known = knowledge.platforms.get(str(facts.first("platform")), generic)
    return {**generic.terms, **known.terms, "name": known.name, "id": known.id}


def _provider(knowledge: Knowledge, facts: Facts) -> dict[str, Any]:
    generic = knowledge.providers["generic"]
    slug = facts.first("provider")
    known = knowledge.providers.get(str(slug), generic)
    name = known.name if slug is None or known is not generic else str(slug)
    console = {**generic.console, **known.console}
    return {
        "id": known.id if slug is None else str(slug),
        "name": name,
        "known": known is not generic,
        "documentation": known.documentation,
        "console": {place: f"{text} ({url})" if url else text for place, (text, url) in console.items()},
        "policies": {policy: known.policies.get(policy, "") for policy in knowledge.terms["policies"]},
    }


def _facts(facts: Facts) -> dict[str, Any]:
    return {
        name: values[0] if isinstance(values[0], (bool, int)) else value_key(values[0])
        for name, values in facts.by_name().items()
    }
