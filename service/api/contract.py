"""What requests may hold, as models that are made from the knowledge: every fact with its values, every cause.

So the OpenAPI document says exactly what is taken, and what it says is what is checked.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, create_model

from ...engine.cases.clean import LONGEST_NOTE, LONGEST_TITLE
from ...engine.cases.model import Entry
from ...engine.doctor import LARGEST_TEXT
from ...engine.knowledge import Fact, FactKind, Knowledge
from ...engine.knowledge.names import NOT_OAUTH, RECOGNISED, SAW

CASE_ID = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$"
MOST_INCIDENTS = 10_000
_INTEGER = 10**15 - 1
_LONGEST_VALUE = 500

Text = Annotated[str, Field(max_length=LARGEST_TEXT, description="An error text, log excerpt, response or ticket.")]
Identifier = Annotated[str, Field(max_length=200, description="Echoed in the result.")]
Title = Annotated[str, Field(max_length=LONGEST_TITLE, description="One line for lists; secrets in it are replaced.")]
CaseId = Annotated[str, Field(pattern=CASE_ID, description="Id of the case.")]
By = Annotated[str, Field(max_length=LONGEST_TITLE, description="Who confirmed it: free text.")]
Note = Annotated[str, Field(max_length=LONGEST_NOTE, description="What is worth knowing.")]


class Contract:
    """The models of requests for one knowledge.

    Attributes:
        facts: model of an object with a member a fact; names: of these facts; incident: text and facts;
        entry: something to add to a case; opening: a new case; job: many incidents.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        kept = [fact for fact in knowledge.vocabulary if fact.id not in (SAW, RECOGNISED)]
        steps = (bool, Field(default=True, description="Render the fix steps."))
        own_id = Field(default=None, description="An id of your own, such as the ticket's; else one is made.")
        self.names = tuple(fact.id for fact in kept)
        self.facts: Any = _model("Facts", _FACTS, **{fact.id: _member(fact) for fact in kept})
        self.incident: Any = _model(
            "Incident",
            "One incident: a text, answers, or both.",
            id=(Identifier | None, None),
            text=(Text, ""),
            facts=(self.facts | None, None),
            steps=steps,
        )
        self.entry: Any = _entry(kept, knowledge)
        self.opening: Any = _model(
            "NewCase",
            "A new case, perhaps with what is known already.",
            id=(CaseId | None, own_id),
            title=(Title, ""),
            entries=(_list_of(self.entry), Field(default=[], max_length=100)),
        )
        self.job: Any = _model(
            "NewJob",
            "Incidents to be diagnosed in the background.",
            incidents=(_list_of(self.incident), Field(min_length=1, max_length=MOST_INCIDENTS)),
            steps=steps,
        )

    def read_facts(self, found: BaseModel | None) -> dict[str, Any]:
        """The facts that are given, by name."""
        return {} if found is None else {name: value for name, value in found if value is not None}


_FACTS = "What is known, by name of the fact. Null means not known. `GET /v1/facts` explains each."
_ENTRY = "Something confirmed about a case. Its time is added. What a dialogue's options `send` fits as it is."


def _entry(facts: list[Fact], knowledge: Knowledge) -> Any:
    """Everything that can be added to a case, told apart by `kind`, and answers by `fact`."""
    causes = sorted(knowledge.causes)
    names = _one_of(fact.id for fact in facts)

    def model(name: str, kind: str, doc: str, **members: Any) -> Any:
        return _model(name, doc, kind=(_one_of([kind]), ...), by=(By, ""), **members)

    answers = [
        model(
            f"Answered_{fact.id}",
            "answered",
            f"The fact {fact.id} is known.",
            fact=(_one_of([fact.id]), ...),
            value=(_value(fact), ...),
        )
        for fact in facts
    ]
    others = [
        model("PastedText", "pasted", "A text arrived.", text=(Text, ...)),
        model("UnknownFact", "unknown", "Nobody can tell a fact.", fact=(names, ...)),
        model("WithdrawnFact", "withdrawn", "What was said about a fact is taken back.", fact=(names, ...)),
        model(
            "StepResult",
            "step",
            "A fix step was tried.",
            cause=(_one_of(causes), ...),
            step=(Annotated[str, Field(pattern=CASE_ID)], ...),
            result=(Literal["solved", "failed", "skipped"], ...),
        ),
        model(
            "CloseCase",
            "closed",
            "The case is over.",
            cause=(_one_of([*causes, NOT_OAUTH]) | None, None),
            note=(Note, ""),
        ),
        model("ReopenCase", "reopened", "A closed case goes on."),
    ]
    by_fact: Any = Annotated[reduce(or_, answers), Field(discriminator="fact")]
    union: Any = Annotated[reduce(or_, others, by_fact), Field(discriminator="kind")]
    return create_model("NewEntry", __base__=RootModel[union], __doc__=_ENTRY)


def _model(name: str, doc: str, **members: Any) -> Any:
    # Strings are checked as such: no number becomes one, no "yes" a boolean.
    return create_model(name, __config__=ConfigDict(extra="forbid", strict=True), __doc__=doc, **members)


def _one_of(values: Iterable[str]) -> Any:
    return Literal.__getitem__(tuple(values))


def _list_of(item: Any) -> Any:
    return list.__class_getitem__(item)


def _member(fact: Fact) -> Any:
    return _value(fact) | None, Field(default=None, description=fact.question or fact.id.replace("_", " "))


def _value(fact: Fact) -> Any:
    one = _one_value(fact)
    return one | _list_of(one) if fact.several else one


def _one_value(fact: Fact) -> Any:
    match fact.kind:
        case FactKind.ONE | FactKind.SET:
            return _one_of(fact.values)
        case FactKind.BOOLEAN:
            return bool | Literal["true", "false"]
        case FactKind.INTEGER:
            digits = Annotated[str, Field(pattern=r"^-?[0-9]{1,15}$")]
            whole = Annotated[int, Field(ge=-_INTEGER, le=_INTEGER), BeforeValidator(_whole)]
            return whole | digits
        case FactKind.SLUG:
            return Annotated[str, Field(pattern=r"^[A-Za-z0-9]", max_length=100)]
        case _:
            return Annotated[str, Field(max_length=_LONGEST_VALUE)]


def _whole(value: Any) -> Any:
    """400.0 is an integer in JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def stamped(entry: BaseModel, at: Any) -> Entry:
    """The entry as a case keeps it, with its time."""
    from ...engine.cases.model import ENTRY

    return ENTRY.validate_python({**entry.model_dump(), "at": at})
