"""`batch`: many incidents, one JSON object a line in, one diagnosis a line out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from .common import BAD_INPUT, EvaluatorChoice, EvaluatorOption, KnowledgeOption, UsageError, complain, make_doctor

if TYPE_CHECKING:
    from ..engine import Diagnosis, Doctor


def batch(
    cases: Annotated[str, typer.Argument(metavar="CASES.jsonl|-", help='{"id", "text", "facts"} a line.')],
    steps: Annotated[bool, typer.Option("--steps/--no-steps", help="Render fix steps and references.")] = True,
    knowledge: KnowledgeOption = None,
    evaluator: EvaluatorOption = EvaluatorChoice.AUTO,
) -> None:
    """Diagnose every line of a file; bad lines are named on stderr and skipped (exit code 2)."""
    with _open(cases) as lines:
        doctor = make_doctor(knowledge, evaluator)
        bad = 0
        for number, line in enumerate(lines, start=1):
            if line.strip():
                diagnosis = _diagnose_line(doctor, line, f"{cases}:{number}")
                bad += diagnosis is None
                if diagnosis is not None:
                    sys.stdout.write((diagnosis if steps else _without_steps(diagnosis)).to_json() + "\n")
    raise typer.Exit(BAD_INPUT if bad else 0)


def _open(name: str) -> IO[str]:
    if name == "-":
        return open(sys.stdin.fileno(), encoding="utf-8", errors="replace", closefd=False)
    try:
        return Path(name).open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror}") from None


def _diagnose_line(doctor: Doctor, line: str, place: str) -> Diagnosis | None:
    from ..engine import FactError, InputError

    try:
        case = json.loads(line)
    except ValueError as error:
        complain(f"{place}: not JSON ({error}); expected one object a line")
        return None
    except RecursionError:
        complain(f"{place}: JSON is nested too deeply; expected one object a line")
        return None
    if not isinstance(case, dict):
        complain(f'{place}: expected an object such as {{"id": "1", "text": "...", "facts": {{}}}}')
        return None
    text, facts, identifier = case.get("text") or "", case.get("facts") or {}, case.get("id")
    if not isinstance(text, str) or not isinstance(facts, dict):
        complain(f"{place}: `text` must be a string and `facts` an object")
        return None
    usable: dict[str, Any] = {}
    warnings = list(_checked(doctor, facts, usable))
    for warning in warnings:
        complain(f"{place}: {warning}; it is left out")
    try:
        diagnosis = doctor.diagnose(text, usable, id=None if identifier is None else str(identifier))
    except (FactError, InputError) as error:
        complain(f"{place}: {error}")
        return None
    return diagnosis.model_copy(update={"warnings": warnings}) if warnings else diagnosis


def _checked(doctor: Doctor, facts: dict[str, Any], usable: dict[str, Any]) -> Iterator[str]:
    """Move what the vocabulary knows to `usable`; yield what is wrong with the rest.

    Of a list, one value that is not known (a further field of a token response, say) does not take the others along.
    """
    from ..engine import FactError

    for name, value in facts.items():
        try:
            fact = doctor.knowledge.vocabulary[name]
        except FactError as error:
            yield str(error)
            continue
        separate = fact.several and isinstance(value, list)
        known = []
        for item in value if separate else [value]:
            try:
                fact.read(item)
            except FactError as error:
                yield str(error)
            else:
                known.append(item)
        if known:
            usable[name] = known if separate else known[0]


def _without_steps(diagnosis: Diagnosis) -> Diagnosis:
    causes = [cause.model_copy(update={"steps": [], "references": []}) for cause in diagnosis.causes]
    return diagnosis.model_copy(update={"causes": causes})
