"""Tools, resources and prompts for assistants.

What a tool is given is redacted before anything else happens; what it returns is of the same models as everywhere.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...engine import Diagnosis, Doctor, FactError, InputError, __version__
from ...engine.articles import find_articles, nearest_names
from ...engine.cases.errors import CaseConflictError, EntryError, StoreError
from ...engine.cases.model import Answered, Case, Closed, Entry, Pasted, StepTried, Unknown
from ...engine.cases.store import CaseStore
from ...engine.guide import Guide, View
from ...engine.knowledge.names import NOT_OAUTH
from ...engine.redaction import Redactor
from .articles import Found, article_of
from .reading import add_prompts, add_resources

_CAUSES = 3  # shown by default: the rest is rarely worth an assistant's attention
_STEPS = 3
_TRIES = 5
Scalar = str | int | bool

INSTRUCTIONS = """\
Finds out why an OAuth 2.0 / OpenID Connect integration fails (login, consent, token, refresh, API access) and how to fix it.
It is a rule engine with calibrated probabilities: prefer what it says to your own guess, and say how likely it is.

How to use it:
- You have an error text, log, HTTP response or ticket: call `diagnose` with the whole text, unshortened, and with every fact
  you know. Never invent facts; leave out what you do not know. Resource `oauth-doctor://facts` lists facts and values.
- It takes several turns with a user: call `start_case`, ask the user the returned question in their words, and send what they
  say with `answer` (`unknown` if they cannot tell). Then go through `plan.steps` one at a time and report with `step_result`.
- Verdict `diagnosed`: tell the first cause and its steps in order. `inconclusive`: ask `next_question`; do not present
  the first cause as the answer. `no-oauth-problem`: say so, and what it looks like instead.
- Steps name who has to do them and their risk: tell the risk before the step. You cannot carry them out here.
- Never ask a user for passwords, tokens, codes or client secrets. If they send some anyway, `redact` gives a safe copy."""

Text = Annotated[
    str,
    Field(
        max_length=8 << 20,
        description="The error text, log excerpt, HTTP response, HAR or ticket as it is, unshortened.",
    ),
]
Facts = Annotated[
    dict[str, Scalar | list[Scalar]],
    Field(
        description="What is known for certain, by name, for example "
        '{"provider": "google", "platform": "creatio", "phase": "callback", "http_status": 400, "worked_before": true}.'
        " Resource oauth-doctor://facts has all names and values."
    ),
]
CaseId = Annotated[str, Field(max_length=100, description="The `case` that start_case returned.")]


class CaseProgress(BaseModel):
    """A case as it stands.

    Attributes:
        case: its id, for the next call.
        entries: how many things were confirmed so far.
        closed: whether it is over.
        view: diagnosis, the next question to ask (if one is worth it), and the plan of steps; the likeliest causes and
            the next steps only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    case: str
    entries: int
    closed: bool
    view: View


class SecretReplaced(BaseModel):
    """One secret: its kind, what stands in its place, and its line (1-based)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    placeholder: str
    line: int


class Redacted(BaseModel):
    """A text that is safe to pass on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    secrets: list[SecretReplaced]


class Explanation(BaseModel):
    """Everything that is known under a name; empty if there is nothing, `did_you_mean` then has similar names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    found: list[Found]
    did_you_mean: list[str] = []


def build(doctor: Doctor, store: CaseStore) -> MCPServer[Any]:
    """The server, without a transport."""
    # The library logs arguments of failed calls; what matters is told to the caller.
    server: MCPServer[Any] = _Server(
        "oauth-doctor", title="oauth-doctor", instructions=INSTRUCTIONS, version=__version__, log_level="CRITICAL"
    )
    _Tools(doctor, store).add_to(server)
    add_resources(server, doctor)
    add_prompts(server)
    return server


class _Server(MCPServer[Any]):
    """Says what is wrong with arguments without repeating them, as the validator does."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """As the library's."""
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            wrong = error.__cause__.errors(include_url=False, include_context=False, include_input=False)
            reasons = [f"{'.'.join(map(str, one['loc']))[:60]}: {one['msg']}" for one in wrong]
            text = Redactor().redact("; ".join(dict.fromkeys(reasons))[:1000]).text
            raise ToolError(f"Error executing tool {name}: {text}") from None


class _Tools:
    """The tools; their docstrings are what assistants read."""

    def __init__(self, doctor: Doctor, store: CaseStore) -> None:
        self._doctor = doctor
        self._store = store
        self._guide = Guide(doctor)

    def add_to(self, server: MCPServer[Any]) -> None:
        """Offer them."""
        reading = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
        writing = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
        read: list[tuple[Callable[..., BaseModel], str]] = [
            (self.diagnose, "Diagnose one incident"),
            (self.explain, "Explain a cause, error or code"),
            (self.redact, "Remove secrets from a text"),
            (self.show_case, "Show a case"),
        ]
        write: list[tuple[Callable[..., BaseModel], str]] = [
            (self.start_case, "Start a guided diagnosis"),
            (self.answer, "Answer a question of a case"),
            (self.add_text, "Add a text to a case"),
            (self.step_result, "Report what a step did"),
            (self.close_case, "Close a case"),
        ]
        for call, title in read:
            server.add_tool(call, title=title, annotations=reading, structured_output=True)
        for call, title in write:
            server.add_tool(call, title=title, annotations=writing, structured_output=True)

    def diagnose(
        self,
        text: Text = "",
        facts: Facts = {},  # noqa: B006 - never changed
        most_causes: Annotated[
            int, Field(ge=1, le=50, description="How many causes to return, likeliest first.")
        ] = _CAUSES,
    ) -> Diagnosis:
        """Find out why an OAuth / OpenID Connect integration fails, from a text, known facts, or both.

        Use it whenever somebody shows an error, log, HTTP response or ticket about login, consent, tokens, redirect URIs,
        scopes or API access through OAuth. Returns ranked causes with calibrated probabilities, the evidence (line and
        rule), fix steps in order with who does them, and the question that would tell most. Nothing is stored. With a
        user to ask, use start_case instead.
        """
        with _told():
            if not text.strip() and not facts:
                raise ToolError("nothing to diagnose: give text, facts or both")
            return _short(self._doctor.diagnose(text, facts), most_causes)

    def start_case(
        self,
        text: Text = "",
        facts: Facts = {},  # noqa: B006 - never changed
        title: Annotated[str, Field(max_length=200, description="One line for lists.")] = "",
    ) -> CaseProgress:
        """Start a guided diagnosis over several turns, with what is known already (may be nothing).

        Ask the user `view.question` (it is null when asking more is not worth it; `view.finished` says why), then call
        answer. When there is no question, go through `view.plan.steps` and call step_result after each.
        """
        with _told():
            now = datetime.now(UTC)
            entries: list[Entry] = [Pasted(at=now, text=text)] if text.strip() else []
            entries += [self._answered(fact, value) for fact, value in facts.items()]
            return self._progress(self._store.create(title, entries=entries))

    def answer(
        self,
        case: CaseId,
        fact: Annotated[str, Field(max_length=100, description="`view.question.fact`, or any other fact you learned.")],
        value: Annotated[
            Scalar | list[Scalar] | None,
            Field(
                description="The `value` of one of the answers (a list if several apply), or free input where allowed."
            ),
        ] = None,
        unknown: Annotated[bool, Field(description="True if the user cannot tell; then without value.")] = False,
    ) -> CaseProgress:
        """Record an answer of the user to a question of a case. A later answer about the same fact replaces it.

        Give exactly one of value and unknown. Only what the user said or what you read in their material: never guess.
        """
        with _told():
            if unknown == (value is not None):
                raise ToolError("expected value, or unknown=true if the user cannot tell")
            if value is not None:
                return self._add(case, self._answered(fact, value))
            if fact not in self._doctor.knowledge.vocabulary:
                raise ToolError("unknown fact; see the resource oauth-doctor://facts")
            return self._add(case, Unknown(at=datetime.now(UTC), fact=fact))

    def add_text(self, case: CaseId, text: Text) -> CaseProgress:
        """Add a further error text or log to a case, for example what appears after a step."""
        with _told():
            if not text.strip():
                raise ToolError("the text is empty")
            return self._add(case, Pasted(at=datetime.now(UTC), text=text))

    def step_result(
        self,
        case: CaseId,
        cause: Annotated[str, Field(max_length=100, description="`cause` of the step in view.plan.steps.")],
        step: Annotated[str, Field(max_length=100, description="`step` of that step.")],
        result: Annotated[
            Literal["solved", "failed", "skipped"],
            Field(description="solved: the problem is gone; failed: done, no change; skipped: could not be done."),
        ],
    ) -> CaseProgress:
        """Record what a fix step did. The ranking and the plan change with it; after `solved` confirm and call close_case."""
        with _told():
            known = self._doctor.knowledge.causes.get(cause)
            if known is None or step not in {one.id for one in known.steps}:
                raise ToolError("no such step; expected cause and step as in view.plan.steps")
            return self._add(case, StepTried(at=datetime.now(UTC), cause=cause, step=step, result=result))

    def close_case(
        self,
        case: CaseId,
        cause: Annotated[
            str | None,
            Field(description="Id of the confirmed cause, `not-oauth`, or null when it stayed unsolved."),
        ] = None,
        note: Annotated[str, Field(max_length=2000, description="What is worth knowing.")] = "",
    ) -> CaseProgress:
        """Close a case when the user confirms that it is solved, or gives up. Do not close on a guess."""
        with _told():
            if cause is not None and cause != NOT_OAUTH and cause not in self._doctor.knowledge.causes:
                raise ToolError("unknown cause; expected the id of a cause, not-oauth or null")
            return self._add(case, Closed(at=datetime.now(UTC), cause=cause, note=note))

    def show_case(self, case: CaseId) -> CaseProgress:
        """A case as it stands: diagnosis, next question, plan. Use it to take up an earlier conversation."""
        with _told():
            return self._progress(self._store.load(case))

    def explain(
        self,
        name: Annotated[
            str, Field(max_length=200, description="Cause id, OAuth error, provider's code, provider or library.")
        ],
        provider: Annotated[str | None, Field(description="Whose code it is, whose console the steps name.")] = None,
        platform: Annotated[str | None, Field(description="Whose words the steps use, e.g. creatio.")] = None,
    ) -> Explanation:
        """Explain a cause (`redirect-uri-mismatch`), an OAuth error (`invalid_grant`), a provider's code (`AADSTS50011`),
        a provider or a library: what it means, what leads to it, what to do. For a concrete incident use diagnose.
        """
        with _told():
            facts = {key: value for key, value in (("provider", provider), ("platform", platform)) if value}
            knowledge = self._doctor.knowledge
            articles = find_articles(self._doctor, name, facts)
            found = [article_of(article, knowledge) for article in articles]
            return Explanation(found=found, did_you_mean=[] if found else nearest_names(knowledge, name))

    def redact(self, text: Text) -> Redacted:
        """A copy of a text without tokens, codes, client secrets, passwords, cookies, keys and e-mail addresses.

        Use it before you quote, store or pass on anything that a user pasted. The same secret gets the same placeholder.
        """
        with _told():
            redacted = Redactor().redact(text)
            secrets = [
                SecretReplaced(kind=one.kind, placeholder=one.placeholder, line=one.line) for one in redacted.secrets
            ]
            return Redacted(text=redacted.text, secrets=secrets)

    def _answered(self, fact: str, value: Any) -> Answered:
        if fact not in self._doctor.knowledge.vocabulary:
            raise ToolError("unknown fact; see the resource oauth-doctor://facts")
        self._doctor.knowledge.vocabulary[fact].read(value)
        return Answered(at=datetime.now(UTC), fact=fact, value=value)

    def _add(self, case_id: str, entry: Entry) -> CaseProgress:
        for left in reversed(range(_TRIES)):
            case = self._store.load(case_id)
            try:
                return self._progress(self._store.append(case_id, [entry], revision=case.revision))
            except CaseConflictError:
                if not left:
                    raise
        raise AssertionError

    def _progress(self, case: Case) -> CaseProgress:
        view = self._guide.look(case.state)
        plan = view.plan.model_copy(update={"steps": view.plan.steps[:_STEPS]})
        diagnosis = _short(view.diagnosis, _CAUSES)
        shown = view.model_copy(update={"diagnosis": diagnosis, "plan": plan})
        return CaseProgress(case=case.id, entries=case.revision, closed=case.state.closed, view=shown)


def _short(diagnosis: Diagnosis, most: int) -> Diagnosis:
    return diagnosis.model_copy(update={"causes": diagnosis.causes[:most]})


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Failures of the caller's making, in one line; the text of anything else could hold what was passed in."""
    try:
        yield
    except (FactError, InputError, EntryError, StoreError) as error:
        raise ToolError(" ".join(str(error).split())) from None
    except ToolError:
        raise
    except Exception as error:  # noqa: BLE001 - a bug
        raise ToolError(f"this went wrong in oauth-doctor itself ({type(error).__name__})") from None
