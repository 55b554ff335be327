"""What the commands share: reading input, parsing `--fact`, choosing the output."""

from __future__ import annotations

import functools
import os
import stat
import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

if TYPE_CHECKING:
    from ..engine import Diagnosis, Doctor

DIAGNOSED, NOT_DIAGNOSED, BAD_INPUT, BAD_KNOWLEDGE = 0, 1, 2, 3
INTERRUPTED, OUTPUT_CLOSED = 130, 141
_LONGEST_QUOTED = 200


class UsageError(Exception):
    """Bad usage or input; the message names file, line or option, and what is expected."""


class OutputClosedError(Exception):
    """Whoever read our output went away."""


class UserInterruptError(Exception):
    """Ctrl-C."""


P = ParamSpec("P")


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Give a broken pipe and Ctrl-C types of their own: the command-line library would exit 1 on them by itself."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise OutputClosedError from error
        except (KeyboardInterrupt, EOFError) as error:
            raise UserInterruptError from error

    return run


class Output(StrEnum):
    """Forms of a report."""

    TEXT = "text"
    JSON = "json"
    NDJSON = "ndjson"
    MARKDOWN = "markdown"
    HTML = "html"
    REPLY = "reply"


class EvaluatorChoice(StrEnum):
    """Which engine fires the rules."""

    AUTO = "auto"
    DURABLE = "durable"
    OWN = "own"


KnowledgeOption = Annotated[
    list[Path] | None,
    typer.Option("--knowledge", metavar="DIR", help="A further knowledge folder (repeatable); overrides by id."),
]
FactOption = Annotated[
    list[str] | None,
    typer.Option("--fact", "-f", metavar="NAME=VALUE", help="What is known, e.g. phase=callback (repeatable)."),
]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="Form of the report.")]
EvaluatorOption = Annotated[
    EvaluatorChoice, typer.Option("--evaluator", help="Engine that fires the rules.", hidden=True)
]


def complain(message: str, prefix: str = "oauth-doctor: ") -> None:
    """One line on stderr. Line breaks in the message (a file name may have one) do not make it two.

    Messages repeat what was typed, and people type secrets: they pass the same stage as a text.
    """
    from ..engine.redaction import Redactor

    line = Redactor().redact(" ".join(message.split("\n"))).text
    typer.echo("".join(char if char.isprintable() else "?" for char in prefix + line), err=True)


def quoted(value: str) -> str:
    """What was typed, for a message: one short line. Redacted before it is escaped, since line breaks tell secrets apart."""
    from ..engine.redaction import Redactor

    text = Redactor().redact(value).text
    return repr(text if len(text) <= _LONGEST_QUOTED else f"{text[:_LONGEST_QUOTED]}...")


def make_doctor(
    knowledge: Iterable[Path] | None,
    evaluator: EvaluatorChoice = EvaluatorChoice.AUTO,
    *,
    small: bool = False,
) -> Doctor:
    """A doctor with the shipped knowledge and the given folders; see there for `small`."""
    from ..engine import Doctor

    try:
        return Doctor(knowledge=list(knowledge or ()), evaluator=evaluator.value, small=small)
    except ImportError as error:
        raise UsageError(f"--evaluator {evaluator.value}: durable_rules is not available here ({error})") from None


def parse_facts(pairs: Iterable[str] | None) -> dict[str, Any]:
    """`name=value` pairs; a repeated name gives a list.

    Raises:
        UsageError: a pair without `=`.
    """
    facts: dict[str, Any] = {}
    for pair in pairs or ():
        name, separator, value = pair.partition("=")
        name = name.strip()
        if not separator or not name:
            raise UsageError(f"--fact {quoted(pair)}: expected NAME=VALUE, for example phase=callback")
        if name in facts:
            earlier = facts[name]
            facts[name] = [*(earlier if isinstance(earlier, list) else [earlier]), value]
        else:
            facts[name] = value
    return facts


def read_input(file: str | None, *, wanted: bool) -> str:
    """The text of FILE, of standard input for `-`, or of a pipe when nothing is named.

    Args:
        wanted: without FILE and without a pipe there must be some other input; complain if not.

    Raises:
        UsageError: unreadable, binary, too large, or nothing there.
    """
    if file is None:
        if _is_piped():
            return _decode(_read(sys.stdin.fileno(), "standard input"), "standard input")
        if wanted:
            raise UsageError(
                "nothing to diagnose: expected a FILE, text on standard input, --text or --fact NAME=VALUE"
            )
        return ""
    if file == "-":
        return _decode(_read(sys.stdin.fileno(), "standard input"), "standard input")
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    try:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise UsageError(f"{file}: is a folder; expected a file")
        return _decode(_read(descriptor, file), file)
    finally:
        os.close(descriptor)


def _is_piped() -> bool:
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _read(descriptor: int, name: str) -> bytes:
    from ..engine import LARGEST_TEXT

    parts: list[bytes] = []
    size = 0
    while True:
        try:
            part = os.read(descriptor, 1 << 20)
        except OSError as error:
            raise UsageError(f"{name}: cannot be read: {error.strerror}") from None
        if not part:
            return b"".join(parts)
        size += len(part)
        if size > LARGEST_TEXT:
            raise UsageError(
                f"{name}: larger than {LARGEST_TEXT >> 20} MiB; expected one incident (cut it to the failing lines)"
            )
        parts.append(part)


def _decode(data: bytes, name: str) -> str:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\x00" in data[:65536]:
        raise UsageError(f"{name}: is binary; expected text")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        text = data.decode("utf-8", errors="replace")
        if text.count("\ufffd") * 10 > len(text):
            raise UsageError(f"{name}: line {line}: is binary or not UTF-8; expected text") from None
        complain(f"{name}: line {line}: not valid UTF-8; undecodable bytes are read as '\ufffd'")
    if not text.strip():
        return ""
    return text


def exit_code(diagnosis: Diagnosis) -> int:
    """The contract's exit code for a diagnosis."""
    return DIAGNOSED if diagnosis.verdict == "diagnosed" else NOT_DIAGNOSED


def show(doctor: Doctor, diagnosis: Diagnosis, output: Output) -> None:
    """Write a diagnosis to stdout in the chosen form."""
    if output in (Output.JSON, Output.NDJSON):
        text = diagnosis.to_json() if output is Output.NDJSON else diagnosis.model_dump_json(by_alias=True, indent=2)
        sys.stdout.write(text + "\n")
    elif output is Output.TEXT:
        from .terminal import print_diagnosis

        print_diagnosis(diagnosis)
    else:
        from ..engine.report import render_report

        sys.stdout.write(render_report(doctor.knowledge, diagnosis, output.value))
