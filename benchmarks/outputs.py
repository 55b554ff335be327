"""Every command that shows something of a text, run on planted texts: what it writes to stdout, stderr and disk."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from oauth_doctor.cli import main as cli

REPORTS = ("text", "json", "ndjson", "markdown", "html", "reply")
SCANS = ("text", "json", "ndjson", "markdown", "html", "sarif")
STAMP = "2026-03-04T05:06:07.890Z"
ERRORS = (
    "ERROR token request failed: error=invalid_client AADSTS7000215: Invalid client secret provided.",
    "ERROR o.s.s.oauth2 [invalid_token] Jwt expired at 2026-03-04T05:00:00Z",
    "ERROR callback: error=redirect_uri_mismatch",
    "WARN token refresh failed: error=invalid_grant Token has been expired or revoked.",
)
"""Incidents in front of planted texts, so that what stands near is looked at, joined, grouped and quoted."""


@dataclass(frozen=True)
class Command:
    """A command that is given planted texts.

    Attributes:
        arguments: `{}` stands for the input: the name of a file, or the texts themselves for the form `argument`.
        form: how the texts are written into one input.
        most: texts in one run.
        piped: the input is standard input.
    """

    arguments: tuple[str, ...]
    form: str = "incidents"
    most: int = 2_000
    piped: bool = False

    def __str__(self) -> str:
        return " ".join(self.arguments).replace("{}", self.form)


# A new command is measured as soon as it stands here.
COMMANDS: tuple[Command, ...] = (
    *(Command(("diagnose", "{}", "--output", output)) for output in REPORTS),
    Command(
        ("diagnose", "--output", "json", "--fact", "error_description={}", "--fact", "redirect_uri={}"), "argument", 200
    ),
    Command(("diagnose", "--fact", "phase={}"), "argument", 700),
    Command(("batch", "{}"), "cases"),
    *(Command(("ask", "--save", "--answers", "{}", "--output", output), "answers") for output in ("text", "json")),
    Command(("cases", "list"), "nothing"),
    Command(("cases", "list", "--output", "ndjson"), "nothing"),
    Command(("cases", "export", "--all"), "nothing"),
    Command(("cases", "show"), "stored"),
    Command(("cases", "show", "--output", "json"), "stored"),
    Command(("explain", "{}"), "argument", 700),
    Command(("explain", "invalid_grant", "--provider", "{}"), "argument", 700),
    *(Command(("scan", "{}", "--jobs", "1", "--output", output), most=20_000) for output in SCANS),
    Command(("scan", "{}", "--jobs", "1", "--output", "json"), "json lines", 20_000),
    *(Command(("watch", "-", "--output", output), most=20_000, piped=True) for output in ("text", "ndjson")),
    Command(("redact", "{}"), "text", 20_000),
    Command(("redact", "{}"), "json lines", 20_000),
    Command(("redact", "{}"), "json", 20_000),
    Command(("redact", "{}"), "har", 20_000),
)


def chains() -> dict[str, list[Command]]:
    """The commands; together those that need each other's traces: what `ask` stored is what `cases` shows."""
    found: dict[str, list[Command]] = {}
    for command in COMMANDS:
        name = "ask" if command.arguments[0] == "cases" else command.arguments[0]
        found.setdefault("ask" if name == "ask" else str(command), []).append(command)
    return found


def shared(texts: Sequence[str], command: Command) -> Sequence[str]:
    """A command's part of the texts: forms of one report share them, so that each text is shown in one of them."""
    forms = [other for other in COMMANDS if _report(other) == _report(command)]
    size = -(-len(texts) // len(forms))
    at = forms.index(command) * size
    return texts[at : at + size]


def _report(command: Command) -> tuple[str, str] | Command:
    if command.arguments[0] == "redact" or command.form in ("nothing", "stored"):
        return command
    return command.arguments[0], command.form


def write(texts: Sequence[str], form: str) -> str:
    """One input of many texts."""
    match form:
        case "cases":
            return "".join(
                json.dumps({"id": str(number), "text": text, "facts": {"error_description": text[:2000]}}) + "\n"
                for number, text in enumerate(map("\n".join, _groups(texts, 10)))
            )
        case "answers":
            return json.dumps(
                {"text": write(texts, "incidents"), "error_description": texts[0], "client_id": texts[1:9]}
            )
        case "json lines":
            return "".join(json.dumps({"level": "error", "message": text}) + "\n" for text in texts)
        case "json":
            return json.dumps([{"level": "info", "message": text} for text in texts], indent=1)
        case "har":
            return json.dumps({"log": {"version": "1.2", "entries": [_entry(text) for text in texts]}})
        case "incidents":
            return "\n".join(_incident(number, text) for number, text in enumerate(texts))
        case _:
            return "\n".join(texts)


def _groups(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for at in range(0, len(texts), size):
        yield texts[at : at + size]


def _incident(number: int, text: str) -> str:
    error = ERRORS[number % len(ERRORS)]
    if "\n" not in text and text.startswith(STAMP):
        return f"{text} {error}"
    return f"{STAMP} {error}\n{text}"


def _entry(text: str) -> dict[str, object]:
    return {
        "request": {
            "method": "POST",
            "url": "https://app.example/x",
            "postData": {"mimeType": "text/plain", "text": text},
        },
        "response": {"content": {"text": base64.b64encode(text.encode()).decode(), "encoding": "base64"}},
    }


def outputs(command: Command, texts: Sequence[str], folder: Path) -> Iterator[str]:
    """What a command writes about the texts: stdout and stderr of all its runs. Cases are kept below the folder."""
    with mock.patch.dict(os.environ, {"OAUTH_DOCTOR_DATA": str(folder / "data"), "COLUMNS": "400"}):
        for arguments, given in _runs(command, texts, folder):
            code, output, errors = run(arguments, given)
            if code not in (0, 1, 2):
                raise AssertionError(f"{command}: exit code {code}: {errors[-300:]}")
            if code != 2:
                _check(command, output, given)
            yield output
            yield errors


def _runs(command: Command, texts: Sequence[str], folder: Path) -> Iterator[tuple[list[str], Path | None]]:
    if command.form == "nothing":
        yield list(command.arguments), None
    elif command.form == "stored":
        _, listed, _ = run(["cases", "list", "--limit", "500", "--output", "ndjson"], None)
        for line in listed.splitlines():
            yield [*command.arguments, json.loads(line)["id"]], None
    else:
        for some in _groups(texts, command.most):
            file = folder / f"input.{command.form.replace(' ', '-')}"
            file.write_text(write(some, command.form), encoding="utf-8")
            value = file.read_text(encoding="utf-8")[:120_000] if command.form == "argument" else str(file)
            yield [argument.replace("{}", value) for argument in command.arguments], file


def run(arguments: list[str], given: Path | None) -> tuple[int, str, str]:
    """What the program does in a process of its own, without starting one: exit code, stdout, stderr."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    output, errors = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with (
        (given or Path(os.devnull)).open(encoding="utf-8") as source,
        mock.patch.object(sys, "stdin", source),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        try:
            code = cli.run(arguments)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    return code, _written(output), _written(errors)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    data = stream.buffer.getvalue()  # type: ignore[attr-defined]
    return bytes(data).decode("utf-8", "replace")


def _check(command: Command, output: str, given: Path | None) -> None:
    """What is JSON is valid, and a copy has the members of its original."""
    read: Callable[[str], object] | None = None
    if command.form in ("json", "har") or any(form in command.arguments for form in ("json", "sarif")):
        read = json.loads
    elif (
        "ndjson" in command.arguments or command.arguments[0] == "batch" or command.arguments[:2] == ("cases", "export")
    ) or (command.arguments[0] == "redact" and command.form == "json lines"):
        read = _lines
    if read is None or not output:
        return
    after = read(output)
    if command.arguments[0] == "redact" and given is not None:
        before = read(given.read_text(encoding="utf-8"))
        if shape(after) != shape(before):
            raise AssertionError(f"{command}: the copy has other members than the original")


def _lines(text: str) -> object:
    return [json.loads(line) for line in text.split("\n") if line]


def shape(value: object) -> object:
    """A value without its scalars: those may have become placeholders."""
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else None
