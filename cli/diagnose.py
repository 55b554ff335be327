"""`diagnose`: one incident."""

from __future__ import annotations

from typing import Annotated

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


def diagnose(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE|-]", help="Error text, log excerpt, response, ticket.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", "-t", help="The error text itself, instead of a file.")] = None,
    fact: FactOption = None,
    output: OutputOption = Output.TEXT,
    knowledge: KnowledgeOption = None,
    evaluator: EvaluatorOption = EvaluatorChoice.AUTO,
) -> None:
    """Diagnose one incident: likely causes with their evidence, and the fix steps in order."""
    if text is not None and file is not None:
        raise UsageError("--text and FILE exclude each other")
    facts = parse_facts(fact)
    incident = text if text is not None else read_input(file, wanted=not facts)
    if not incident.strip() and not facts:
        raise UsageError(f"{file or 'standard input' if text is None else '--text'}: is empty; expected an error text")
    doctor = make_doctor(knowledge, evaluator)
    diagnosis = doctor.diagnose(incident, facts)
    show(doctor, diagnosis, output)
    raise typer.Exit(exit_code(diagnosis))
