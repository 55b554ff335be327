"""`ask`: the questionnaire in the terminal, by hand or from a file of answers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .common import (
    EvaluatorChoice,
    EvaluatorOption,
    FactOption,
    KnowledgeOption,
    Output,
    OutputOption,
    UsageError,
    exit_code,
    make_doctor,
    parse_facts,
    read_input,
    show,
)
from .database import DatabaseOption, lessons, open_store
from .keyboard import read_key, read_line, read_text

if TYPE_CHECKING:
    from ..engine.cases import Case
    from ..engine.cases.store import CaseStore
    from ..engine.guide import PlannedStep, QuestionAsked
    from .interview import Interview
    from .screen import Screen

_SHEET_HELP = "Answers as JSON or YAML: {fact: value, text: ...}; null: nobody can tell."


def ask(
    answers: Annotated[Path | None, typer.Option("--answers", metavar="FILE", help=_SHEET_HELP)] = None,
    text: Annotated[
        str | None, typer.Option("--text-file", metavar="FILE", help="An error text that is known already.")
    ] = None,
    fact: FactOption = None,
    case_id: Annotated[str | None, typer.Option("--case", metavar="ID", help="Go on with a stored case.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the open case that was last worked on.")] = False,
    save: Annotated[bool, typer.Option("--save", help="Store the case, and every answer at once.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Lines only, for screen readers; by itself where there is no terminal.")
    ] = False,
    output: OutputOption = Output.TEXT,
    knowledge: KnowledgeOption = None,
    evaluator: EvaluatorOption = EvaluatorChoice.AUTO,
    database: DatabaseOption = None,
) -> None:
    """Ask the most telling questions one by one, try the steps in the best order, then show causes and steps."""
    from ..engine.guide import Guide
    from .interview import Interview

    given = parse_facts(fact)
    store = open_store(database) if case_id is not None or resume or save else None
    case = _stored(store, case_id, resume=resume) if store is not None else None
    doctor = make_doctor(knowledge, evaluator)
    guide = Guide(doctor)
    if store is not None or database is not None:
        guide = guide.with_learned(lessons(store or open_store(database), guide).learned())
    interview = Interview(guide, case, store)
    if save and store is not None and case is None:
        interview.save(store, _title(given))
    if text is not None:
        interview.paste(read_input(text, wanted=True))
    for name, value in given.items():
        interview.answer(name, value)
    if answers is not None:
        _answer_from_file(interview, answers)
    else:
        _Conversation(interview, _screen(plain=plain), database).run()
    diagnosis = interview.view().diagnosis
    show(doctor, diagnosis, output)
    if interview.id is not None:
        sys.stderr.write(f"case {interview.id} is stored; go on with: oauth-doctor ask --case {interview.id}\n")
    raise typer.Exit(exit_code(diagnosis))


def _stored(store: CaseStore, case_id: str | None, *, resume: bool) -> Case | None:
    if case_id is not None:
        return store.load(case_id)
    if not resume:
        return None
    found = store.find(closed=False, limit=1)
    if not found:
        raise UsageError("--resume: there is no open case; expected one that was stored with --save or the key s")
    return store.load(found[0].id)


def _screen(*, plain: bool) -> Screen:
    """Drawn on a terminal, plain elsewhere; on stderr, so that the report alone is on stdout."""
    from .screen import PlainScreen, RichScreen
    from .terminal import make_console

    console = make_console(stderr=True)
    drawn = sys.stdin.isatty() and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return PlainScreen(console) if plain or not drawn else RichScreen(console)


def _answer_from_file(interview: Interview, file: Path) -> None:
    """Answer what is asked from the file; answers that were never asked for count too, they are known facts."""
    from ..engine import FactError

    sheet = _read_sheet(file)
    text = sheet.pop("text", None)
    if text is not None:
        if not isinstance(text, str):
            raise UsageError(f"{file}: `text` must be a string")
        interview.paste(text)
    for name, value in sheet.items():
        try:
            interview.answer(name, value)
        except FactError as error:
            raise UsageError(f"{file}: {error}") from None


def _read_sheet(file: Path) -> dict[str, Any]:
    content = read_input(str(file), wanted=True)
    try:
        sheet = json.loads(content)
    except ValueError:
        from ..engine.knowledge.yaml_source import Source

        source = Source(str(file), content)
        if source.problems:
            raise UsageError(str(source.problems[0])) from None
        sheet = source.data
    if not isinstance(sheet, dict):
        raise UsageError(f"{file}: expected an object such as {{platform: creatio, phase: callback}}")
    return {str(name): value for name, value in sheet.items()}


class _Conversation:
    """Questions until none is worth asking, then steps; back to the questions when a step did not help."""

    def __init__(self, interview: Interview, screen: Screen, database: str | None) -> None:
        from .screen import RichScreen

        self._interview = interview
        self._screen = screen
        self._database = database
        self._keys = isinstance(screen, RichScreen)
        self._message = ""
        self._on_steps = False
        self._over = False

    def run(self) -> None:
        """Talk until the case is over, the user leaves, or the input ends."""
        while not self._over:
            view = self._interview.view()
            message, self._message = self._message, ""
            if view.question is not None and not self._on_steps:
                self._screen.question(view.question, view, self._interview.asked + 1, message)
                self._take_answer(view.question, self._read(line=view.question.kind not in ("one", "boolean")))
            elif view.plan.steps and view.finished != "closed" and view.diagnosis.causes:
                self._screen.step(view.plan.steps[0], view, len(view.plan.tried) + 1, message)
                self._take_result(view.plan.steps[0], self._read(line=False))
            else:
                if message:
                    self._screen.say(message)
                return

    def _read(self, *, line: bool) -> str | None:
        return read_key("> ") if self._keys and not line else read_line("> ")

    def _take_answer(self, question: QuestionAsked, line: str | None) -> None:
        from ..engine import FactError

        match line:
            case None | "q" | "quit":
                self._over = True
            case "t" | "steps":
                self._on_steps = True
            case "b" | "p" | "r" | "s" | "back" | "paste" | "reasons" | "save":
                self._command(line[0])
            case _:
                values = [answer.value for answer in question.answers]
                chosen: Any = line
                if question.kind != "integer" and line.isdecimal() and 0 < int(line) <= len(values):
                    chosen = values[int(line) - 1]
                elif question.kind == "set":
                    chosen = [_numbered(part.strip(), values) for part in line.split(",")]
                try:
                    self._interview.answer(question.fact, chosen if line not in ("", "?") else None)
                except FactError as error:
                    self._message = str(error)

    def _take_result(self, step: PlannedStep, line: str | None) -> None:
        match line:
            case None | "q" | "quit":
                self._over = True
            case "y" | "yes":
                self._interview.tried(step.cause, step.step, "solved")
                self._interview.close(step.cause)
                self._message, self._over = f"Solved: {step.title}", True
                self._screen.say(self._message)
            case "n" | "no":
                self._interview.tried(step.cause, step.step, "failed")
                self._message, self._on_steps = "Noted: it did not help; the order was worked out anew.", False
            case "k" | "skip":
                self._interview.tried(step.cause, step.step, "skipped")
            case "c" | "questions":
                self._on_steps = False
                if self._interview.view().question is None:
                    self._message = "No further question is worth its effort."
            case "b" | "p" | "r" | "s" | "back" | "paste" | "reasons" | "save":
                self._command(line[0])
            case _:
                self._message = "y, n or k; q quits"

    def _command(self, key: str) -> None:
        match key:
            case "b":
                self._on_steps = False
                fact = self._interview.back()
                self._message = f"taken back: {fact}" if fact else "there is nothing to take back"
            case "p":
                self._screen.say("Paste the text, then a line with a single dot:")
                self._interview.paste(read_text())
            case "r":
                self._screen.reasons(self._interview.view())
                if self._keys:
                    read_key("any key ")
            case "s":
                identity = self._interview.save(open_store(self._database), _title(dict(self._interview.state.answers)))
                self._message = f"stored as case {identity}; every further answer is stored at once"


def _numbered(part: str, values: list[str]) -> str:
    return values[int(part) - 1] if part.isdecimal() and 0 < int(part) <= len(values) else part


def _title(answers: dict[str, Any]) -> str:
    """A line for the list of cases: what is connected to what."""
    return " / ".join(str(answers[name]) for name in ("platform", "provider") if answers.get(name))
