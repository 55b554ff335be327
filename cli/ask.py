"""`ask`: the questionnaire in the terminal, by hand or from a file of answers."""

from __future__ import annotations

import json
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
    complain,
    exit_code,
    make_doctor,
    parse_facts,
    read_input,
    show,
)

if TYPE_CHECKING:
    from ..engine.diagnosis import Question
    from ..engine.questionnaire import Questionnaire

_HELP = "number or value; Enter = don't know; p = paste a text; b = back; r = ranking; q = finish"


def ask(
    answers: Annotated[
        Path | None,
        typer.Option("--answers", metavar="FILE", help="Answers as JSON or YAML: {fact: value, text: ...}."),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text-file", metavar="FILE", help="An error text that is known already.")
    ] = None,
    fact: FactOption = None,
    output: OutputOption = Output.TEXT,
    knowledge: KnowledgeOption = None,
    evaluator: EvaluatorOption = EvaluatorChoice.AUTO,
) -> None:
    """Ask the most telling questions one by one, then show causes and steps."""
    from ..engine.questionnaire import Questionnaire

    given = parse_facts(fact)
    doctor = make_doctor(knowledge, evaluator)
    case = Questionnaire(doctor)
    if text is not None:
        case.paste(read_input(text, wanted=True))
    for name, value in given.items():
        case.answer(name, value)
    if answers is not None:
        _answer_from_file(case, answers)
    else:
        _converse(case)
    diagnosis = case.diagnosis()
    show(doctor, diagnosis, output)
    raise typer.Exit(exit_code(diagnosis))


def _answer_from_file(case: Questionnaire, file: Path) -> None:
    """Answer what is asked from the file; answers that were never asked for count too, they are known facts."""
    sheet = _read_sheet(file)
    text = sheet.pop("text", None)
    if text is not None:
        if not isinstance(text, str):
            raise UsageError(f"{file}: `text` must be a string")
        case.paste(text)
    from ..engine import FactError

    for name, value in sheet.items():
        try:
            case.answer(name, value)
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


def _converse(case: Questionnaire) -> None:
    """Ask on the terminal. Questions go to stderr, so that the report alone is on stdout."""
    complain(_HELP, prefix="")
    while (question := case.next_question()) is not None:
        _put(question)
        line = _line("> ")
        if line is None or line in ("q", "quit"):
            return
        _take(case, question, line)


def _take(case: Questionnaire, question: Question, line: str) -> None:
    from ..engine import FactError

    match line:
        case "b" | "back":
            if case.back() is None:
                complain("there is nothing to take back", prefix="  ")
        case "p" | "paste":
            complain("paste the text, then a line with a single dot:", prefix="")
            case.paste(_pasted())
        case "r" | "ranking":
            for cause in case.diagnosis().causes[:5]:
                complain(f"{cause.probability:4.0%}  {cause.title}", prefix="  ")
        case _:
            values = [answer.value for answer in question.answers]
            chosen = values[int(line) - 1] if line.isdecimal() and 0 < int(line) <= len(values) else line
            try:
                case.answer(question.fact, chosen if chosen and chosen != "?" else None)
            except FactError as error:
                complain(str(error), prefix="  ")


def _put(question: Question) -> None:
    complain("", prefix="")
    complain(question.text, prefix="")
    if question.where:
        complain(f"({question.where})", prefix="  ")
    for number, answer in enumerate(question.answers, start=1):
        complain(f"{number}  {answer.label}", prefix="  ")


def _line(prompt: str) -> str | None:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    return line.strip() if line else None


def _pasted() -> str:
    lines: list[str] = []
    while (line := sys.stdin.readline()) and line.rstrip("\r\n") != ".":
        lines.append(line.rstrip("\r\n"))
    return "\n".join(lines)
