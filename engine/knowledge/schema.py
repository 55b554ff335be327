"""The shape of every kind of knowledge file, as its author writes it (see docs/authoring.md)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=100)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=500)]
Who = Literal["agent", "user", "client-admin", "provider-admin", "developer"]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]


def _as_text(value: Any) -> Any:
    """YAML reads true, 190 and 2024-01-01 as other types; keys and codes are meant as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float, date)) else value


def _keys_as_text(value: Any) -> Any:
    return {_as_text(key): item for key, item in value.items()} if isinstance(value, dict) else value


def _evidence(value: Any) -> Any:
    """`strong` is short for `{strength: strong}`."""
    return {"strength": value} if isinstance(value, str) else value


def _example(value: Any) -> Any:
    """A bare text is short for `{text: ...}`."""
    return {"text": value} if isinstance(value, str) else value


class _Authored(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reference(_Authored):
    """Where a statement comes from, and when somebody last looked."""

    title: Line
    url: Url
    checked: date


class Evidence(_Authored):
    """How strongly a rule speaks for or against one cause, perhaps only under a condition."""

    strength: Id
    condition: Any = Field(default=None, alias="if")


Evidences = dict[str, Annotated[Evidence, BeforeValidator(_evidence)]]


class Example(_Authored):
    """A case that must, or must not, fire a rule."""

    text: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)
    expect: str | None = None


Examples = Annotated[list[Annotated[Example, BeforeValidator(_example)]], BeforeValidator(_as_list)]


class Compare(_Authored):
    """Two groups of a pattern whose difference is a fact of its own."""

    expected: str
    got: str
    into: str


class _Entry(_Authored):
    id: Id
    everyday: Annotated[bool, Field(description="Messages of other software fire it as well.")] = False
    supports: Evidences = Field(default_factory=dict)
    against: Evidences = Field(default_factory=dict)
    when: Any = None
    unless: Any = None
    group: str | None = None
    why: str = ""
    fires: Examples = Field(default_factory=list)
    silent: Examples = Field(default_factory=list)
    references: list[Reference] | None = None


class SignatureEntry(_Entry):
    """Text to facts, and perhaps straight to evidence."""

    pattern: str | None = None
    patterns: list[str] = Field(default_factory=list)
    facts: dict[str, Any] = Field(default_factory=dict)
    compare: Compare | None = None


class RuleEntry(_Entry):
    """Facts to causes."""


class ScenarioEntry(_Authored):
    """A whole case with the cause it must have, or must not have, first."""

    id: Id
    text: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)
    expect: str | None = None
    not_: str | None = Field(default=None, alias="not")
    verdict: Literal["diagnosed", "inconclusive", "no-oauth-problem"] | None = None


class IncidentEntry(_Authored):
    """A line of `kb/incidents/*.jsonl`: an incident as it is reported, and what it turned out to be.

    `also`: causes that are right as well. `why`: in a few words. A fact of null was asked for, and nobody could tell.
    """

    text: Annotated[str, StringConstraints(min_length=1)]
    facts: dict[str, Any] = Field(default_factory=dict)
    cause: str
    also: list[str] = Field(default_factory=list)
    why: str = ""


class RuleFile(_Authored):
    """`rules/**/*.yaml`.

    `provider`: the entries speak about these providers only, and are silent when another one is known. A file
    `rules/providers/<slug>.yaml` speaks about `<slug>` without saying so.
    """

    provider: Annotated[list[Id], BeforeValidator(_as_list)] = []
    references: list[Reference] = []
    signatures: list[SignatureEntry] = []
    rules: list[RuleEntry] = []
    scenarios: list[ScenarioEntry] = []


class StepEntry(_Authored):
    """Front matter of one fix step; its text stands in the body."""

    id: Id
    who: Who
    minutes: Annotated[int, Field(ge=0, le=10_000)]
    risk: str = ""
    when: Any = None


class ConditionalPrior(_Authored):
    """Another prior where a condition holds."""

    when: Any
    prior: Id


class CauseFront(_Authored):
    """Front matter of `kb/causes/<id>.md`."""

    id: Id
    title: Annotated[str, StringConstraints(min_length=1, max_length=90)]
    summary: Annotated[str, StringConstraints(min_length=20, max_length=2000)]
    appears: list[Line] = []
    prior: Id
    everyday: Annotated[bool, Field(description="Other software has it as well.")] = False
    priors: list[ConditionalPrior] = []
    profile: dict[str, Annotated[dict[str, Id], BeforeValidator(_keys_as_text)]] = {}
    look_alikes: dict[str, Line] = {}
    references: Annotated[list[Reference], Field(min_length=1)]
    steps: Annotated[list[StepEntry], Field(min_length=1)]


class Place(_Authored):
    """A page of a provider's console."""

    name: Line
    url: Url | None = None


class ProviderFile(_Authored):
    """`kb/providers/<id>.yaml`."""

    id: Id
    name: Line
    aliases: list[Id] = []
    hosts: list[str] = []
    documentation: Url | None = None
    console: dict[str, Place] = {}
    policies: dict[str, Line] = {}
    references: list[Reference] = []


class PlatformFile(_Authored):
    """`kb/platforms/<id>.yaml`."""

    id: Id
    name: Line
    aliases: list[Id] = []
    terms: dict[str, Line]
    references: list[Reference] = []


class LibraryFile(_Authored):
    """`kb/libraries/<id>.yaml`."""

    id: Id
    name: Line
    aliases: list[Id] = []
    language: str = ""
    documentation: Url | None = None
    marks: list[str] = []
    notes: str = ""
    references: list[Reference] = []


class Code(_Authored):
    """What a provider's own code means."""

    title: Line
    means: dict[str, Id] = {}
    remedy: str = ""
    references: list[Reference] | None = None


class CodesFile(_Authored):
    """`kb/codes/*.yaml`: the codes of one provider, or of one client library or server."""

    provider: Id | None = None
    library: Id | None = None
    references: list[Reference] = []
    codes: Annotated[dict[str, Code], BeforeValidator(_keys_as_text)]

    @model_validator(mode="after")
    def _one_owner(self) -> Self:
        if (self.provider is None) == (self.library is None):
            raise ValueError("either provider or library")
        return self

    @property
    def owner(self) -> str:
        """Whose codes they are."""
        return self.provider or self.library or ""


class FactValue(_Authored):
    """One answer of a question."""

    label: Line


class FactEntry(_Authored):
    """One fact of the vocabulary.

    `profile`: how often each value is shown by a case of a cause that says nothing about the fact.
    `known_beside_text`: where a text was pasted that does not show it, how often whoever is asked still can tell what there
    is to tell; left out: as often as without a text.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
    kind: Literal["one", "set", "slug", "integer", "text", "boolean"]
    several: bool = False
    question: str = ""
    where: str = ""
    cost: Annotated[float, Field(gt=0, le=100)] = 1.0
    values: Annotated[dict[str, FactValue], BeforeValidator(_keys_as_text)] = {}
    profile: Annotated[dict[str, Id], BeforeValidator(_keys_as_text)] = {}
    known_beside_text: Id | None = None


class Conflict(_Authored):
    """Values of two or more facts that hardly hold together. A list of values means any of them."""

    id: Id
    facts: Annotated[dict[str, Annotated[list[Any], BeforeValidator(_as_list)]], Field(min_length=2)]
    why: Line


class FactsFile(_Authored):
    """`kb/facts.yaml`, `kb/facts/*.yaml`."""

    facts: list[FactEntry] = []
    conflicts: list[Conflict] = []


class TermsFile(_Authored):
    """`kb/terms.yaml`: closed lists of template words, each with its meaning."""

    platform: dict[str, str]
    console: dict[str, str]
    policies: dict[str, str]


class Calibration(_Authored):
    """How scores become probabilities; fitted by `kb tune`."""

    temperature: Annotated[float, Field(gt=0.2, le=5)]
    repeat_discount: Annotated[float, Field(ge=0, le=1)]
    agreement: Annotated[float, Field(ge=0, le=1)]
    profile_weight: Annotated[float, Field(ge=0, le=2)]
    none_prior: Annotated[float, Field(gt=0, lt=1)]
    told_temperature: Annotated[float, Field(gt=0.2, le=5)] = 1.0
    told_profile_weight: Annotated[float, Field(ge=0, le=2)] = 1.0
    told_rules: Annotated[float, Field(ge=0, le=1)] = 1.0
    not_shown: Annotated[float, Field(ge=0, le=1)] = 0.0
    authored_profile: Annotated[float, Field(gt=0, le=1000)] = 10.0
    all_phases: Annotated[float, Field(gt=0, le=1000)] = 5.0
    misleading: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    misled_trust: Annotated[float, Field(gt=0, le=1)] = 1.0
    likeness: Annotated[float, Field(ge=0, le=2)] = 0.0
    likeness_most: Annotated[float, Field(ge=0, le=8)] = 0.0
    likeness_least: Annotated[float, Field(gt=0, le=0.1)] = 0.001


class Effort(_Authored):
    """What questions and steps cost, in minutes, and what is expected of steps.

    Attributes:
        question: a question that takes one glance (cost 1); asking: any question, whatever its cost.
        hand_over: minutes until whoever does a step is at it.
        risk: what a step that risks something is held to cost on top.
        solved: share of the cases of a cause that all its steps together solve.
        unverified: share of the success that a step without a check has, against one with a check.
        sure: probability of the first cause from which on the guide asks only what may overturn it.
        least_gain: expected information of a question, in bits, below which it is not asked for that; least_change: by how
            much likelier an answer must be expected to make the first cause the right one, if the question is asked for
            what it may overturn; patience: every question that was asked makes these limits so many times higher.
    """

    question: Annotated[float, Field(gt=0, le=60)]
    asking: Annotated[float, Field(ge=0, le=60)]
    hand_over: dict[Who, Annotated[float, Field(ge=0, le=10_000)]]
    risk: Annotated[float, Field(ge=0, le=10_000)]
    solved: Annotated[float, Field(gt=0, lt=1)]
    unverified: Annotated[float, Field(gt=0, le=1)]
    sure: Annotated[float, Field(gt=0, le=1)] = 0.92
    least_gain: Annotated[float, Field(ge=0, le=10)] = 0.08
    least_change: Annotated[float, Field(gt=0, le=1)] = 0.05
    patience: Annotated[float, Field(ge=1, le=10)] = 1.0


class Learning(_Authored):
    """How far confirmed cases change what the authors wrote. Counts are numbers of cases.

    Attributes:
        site: cases that the authored priors are worth against those of a site.
        provider: cases that a site's distribution is worth against those of one provider.
        caution: a cause may grow by its own confirmed cases over this number, and not more.
        most: no prior grows or shrinks by more than this factor.
        rule: cases that a rule's authored strength is worth.
        right: how often a rule of each strength is expected to be right about a cause that it supports.
        step: cases that the expected success of a step is worth.
    """

    site: Annotated[float, Field(gt=0)]
    provider: Annotated[float, Field(gt=0)]
    caution: Annotated[float, Field(gt=0)]
    most: Annotated[float, Field(gt=1)]
    rule: Annotated[float, Field(gt=0)]
    right: dict[str, Annotated[float, Field(gt=0, lt=1)]]
    step: Annotated[float, Field(gt=0)]


class ScalesFile(_Authored):
    """`kb/scales.yaml`: the numbers behind the authors' words."""

    strengths: dict[str, Annotated[float, Field(gt=1, le=100_000)]]
    frequencies: dict[str, Annotated[float, Field(gt=0, lt=1)]]
    priors: dict[str, Annotated[float, Field(gt=0)]]
    calibration: Calibration
    effort: Effort
    learning: Learning
