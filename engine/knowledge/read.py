"""From files to authored entries, keeping where each one stands. Layers override by id."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from . import schema
from .files import KnowledgeFile
from .likeness import FILE, LikenessTable, read_likeness
from .problems import Problem
from .yaml_source import Path, Source

Model = TypeVar("Model", bound=BaseModel)

_SECTION = re.compile(r"^## +([a-z0-9][a-z0-9-]*) *$", re.MULTILINE)
_EXPECTED = {
    "missing": "this key",
    "extra_forbidden": "only the keys of docs/authoring.md",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "int_parsing": "a whole number",
    "date_from_datetime_parsing": "a date such as 2026-11-23",
}


@dataclass(slots=True)
class Placed(Generic[Model]):
    """An authored entry with its source, and the path to it inside the source."""

    entry: Model
    source: Source
    path: Path
    layer: int
    references: tuple[schema.Reference, ...] = ()
    providers: tuple[str, ...] = ()

    def problem(self, path: Path, message: str, expected: str = "") -> Problem:
        """A problem at `path` inside this entry."""
        return self.source.problem((*self.path, *path), message, expected)


@dataclass(slots=True)
class StepText:
    """The body of a step, with the line on which it begins."""

    text: str
    verify: str
    line: int


@dataclass(slots=True)
class Incident:
    """A labelled incident, with the file and the line in which it stands."""

    entry: schema.IncidentEntry
    file: str
    line: int

    def problem(self, path: Path, message: str, expected: str = "") -> Problem:
        """A problem of this incident."""
        return Problem(self.file, self.line, 1, message, expected)


@dataclass(slots=True)
class SheetTable:
    """A file of answer sheets: the names of its columns, and its rows with the lines in which they stand."""

    file: str
    header: list[str]
    rows: list[tuple[int, list[str]]]


@dataclass(slots=True)
class Authored:
    """All entries of all layers by id, before anything is checked across files."""

    problems: list[Problem] = field(default_factory=list)
    facts: dict[str, Placed[schema.FactEntry]] = field(default_factory=dict)
    conflicts: dict[str, Placed[schema.Conflict]] = field(default_factory=dict)
    terms: Placed[schema.TermsFile] | None = None
    scales: Placed[schema.ScalesFile] | None = None
    causes: dict[str, Placed[schema.CauseFront]] = field(default_factory=dict)
    step_texts: dict[str, dict[str, StepText]] = field(default_factory=dict)
    providers: dict[str, Placed[schema.ProviderFile]] = field(default_factory=dict)
    platforms: dict[str, Placed[schema.PlatformFile]] = field(default_factory=dict)
    libraries: dict[str, Placed[schema.LibraryFile]] = field(default_factory=dict)
    codes: dict[str, Placed[schema.Code]] = field(default_factory=dict)
    code_tables: list[Placed[schema.CodesFile]] = field(default_factory=list)
    signatures: dict[str, Placed[schema.SignatureEntry]] = field(default_factory=dict)
    rules: dict[str, Placed[schema.RuleEntry]] = field(default_factory=dict)
    scenarios: dict[str, Placed[schema.ScenarioEntry]] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)
    sheets: list[SheetTable] = field(default_factory=list)
    likeness: LikenessTable = field(default_factory=LikenessTable)
    reports: dict[str, tuple[KnowledgeFile, str]] = field(default_factory=dict)


def read_authored(knowledge: Iterable[KnowledgeFile]) -> Authored:
    """Parse and validate each file by itself; problems are collected, never raised."""
    authored = Authored()
    for file in knowledge:
        try:
            text = file.text
        except UnicodeDecodeError as error:
            line = file.content[: error.start].count(b"\n") + 1
            authored.problems.append(Problem(file.name, line, 1, "not valid UTF-8", "UTF-8 text"))
            continue
        if file.kind == "kb/reports":
            authored.reports[file.path.name.removesuffix(".j2")] = (file, text)
        elif file.path.suffix == ".jsonl":
            _read_incidents(authored, file, text)
        elif file.path.suffix == ".csv":
            _read_sheets(authored, file, text)
        elif file.path.suffix == ".tsv":
            _read_likeness(authored, file, text)
        elif file.path.suffix == ".md":
            _read_cause(authored, file, text)
        elif file.path.suffix == ".yaml":
            _read_yaml(authored, file, text)
    return authored


def _read_yaml(authored: Authored, file: KnowledgeFile, text: str) -> None:
    source = Source(file.name, text)
    authored.problems.extend(source.problems)
    if source.data is None:
        return
    match file.kind:
        case "rules":
            _read_rules(authored, source, file.layer)
        case "kb/codes":
            _read_codes(authored, source, file.layer)
        case "kb/facts":
            parsed = _validate(schema.FactsFile, source, authored.problems)
            for index, entry in enumerate(parsed.facts if parsed else []):
                _add(authored, authored.facts, entry.id, Placed(entry, source, ("facts", index), file.layer), "fact")
            for index, conflict in enumerate(parsed.conflicts if parsed else []):
                placed = Placed(conflict, source, ("conflicts", index), file.layer)
                _add(authored, authored.conflicts, conflict.id, placed, "conflict")
        case "kb/terms":
            terms = _validate(schema.TermsFile, source, authored.problems)
            authored.terms = Placed(terms, source, (), file.layer) if terms else authored.terms
        case "kb/scales":
            scales = _validate(schema.ScalesFile, source, authored.problems)
            authored.scales = Placed(scales, source, (), file.layer) if scales else authored.scales
        case "kb/logs":
            pass  # engine/logs and engine/scan read it
        case "kb/providers":
            _read_single(authored, authored.providers, schema.ProviderFile, source, file, "provider")
        case "kb/platforms":
            _read_single(authored, authored.platforms, schema.PlatformFile, source, file, "platform")
        case "kb/libraries":
            _read_single(authored, authored.libraries, schema.LibraryFile, source, file, "library")
        case _:
            expected = (
                "rules/, kb/causes/, kb/providers/, kb/platforms/, kb/libraries/, kb/codes/, kb/incidents/, kb/sheets/, "
                "kb/logs/ or kb/reports/"
            )
            authored.problems.append(Problem(file.name, 0, 0, "a knowledge file in an unknown place", expected))


def _read_single(
    authored: Authored,
    table: dict[str, Placed[Model]],
    model: type[Model],
    source: Source,
    file: KnowledgeFile,
    what: str,
) -> None:
    entry = _validate(model, source, authored.problems)
    if entry is None:
        return
    identifier: str = entry.id  # type: ignore[attr-defined]
    if identifier != file.path.stem:
        authored.problems.append(
            source.problem(("id",), f"id {identifier!r} differs from the file name", file.path.stem)
        )
    _add(authored, table, identifier, Placed(entry, source, (), file.layer), what)


def _read_rules(authored: Authored, source: Source, layer: int) -> None:
    parsed = _validate(schema.RuleFile, source, authored.problems)
    if parsed is None:
        return
    shared = tuple(parsed.references)
    about = tuple(parsed.provider) or _provider_of_path(source.file)
    for index, signature in enumerate(parsed.signatures):
        own = shared if signature.references is None else tuple(signature.references)
        placed = Placed(signature, source, ("signatures", index), layer, own, about)
        _add(authored, authored.signatures, signature.id, placed, "signature")
    for index, rule in enumerate(parsed.rules):
        own = shared if rule.references is None else tuple(rule.references)
        _add(authored, authored.rules, rule.id, Placed(rule, source, ("rules", index), layer, own, about), "rule")
    for index, scenario in enumerate(parsed.scenarios):
        _add(
            authored, authored.scenarios, scenario.id, Placed(scenario, source, ("scenarios", index), layer), "scenario"
        )


def _provider_of_path(file: str) -> tuple[str, ...]:
    folder, _, name = file.rpartition("/")
    return (name.removesuffix(".yaml"),) if folder.endswith("rules/providers") else ()


def _read_incidents(authored: Authored, file: KnowledgeFile, text: str) -> None:
    if file.kind != "kb/incidents":
        authored.problems.append(Problem(file.name, 0, 0, "a knowledge file in an unknown place", "kb/incidents/"))
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = schema.IncidentEntry.model_validate_json(line)
        except ValidationError as error:
            detail = error.errors(include_url=False)[0]
            name = ".".join(map(str, detail["loc"])) or "the line"
            expected = "an object with text, facts, cause, also, why"
            authored.problems.append(Problem(file.name, number, 1, f"{name}: {detail['msg'].lower()}", expected))
            continue
        authored.incidents.append(Incident(entry, file.name, number))


def _read_likeness(authored: Authored, file: KnowledgeFile, text: str) -> None:
    """A later layer's weights take the place of an earlier one's: they were fitted as a whole."""
    if file.kind != "kb/likeness":
        authored.problems.append(Problem(file.name, 0, 0, "a knowledge file in an unknown place", FILE))
        return
    authored.likeness, problems = read_likeness(text.split("\n"), file.name)
    authored.problems.extend(problems)


def _read_sheets(authored: Authored, file: KnowledgeFile, text: str) -> None:
    if file.kind != "kb/sheets":
        authored.problems.append(Problem(file.name, 0, 0, "a knowledge file in an unknown place", "kb/sheets/"))
        return
    reader = csv.reader(text.splitlines(), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        header = next(reader, [])
        for cells in reader:
            if len(cells) == len(header):
                rows.append((reader.line_num, cells))
            elif cells:
                problem = Problem(file.name, reader.line_num, 1, f"{len(cells)} cells", f"{len(header)}, as in line 1")
                authored.problems.append(problem)
    except csv.Error as error:
        authored.problems.append(Problem(file.name, reader.line_num, 1, str(error), "comma-separated values"))
        return
    authored.sheets.append(SheetTable(file.name, header, rows))


def _read_codes(authored: Authored, source: Source, layer: int) -> None:
    parsed = _validate(schema.CodesFile, source, authored.problems)
    if parsed is None:
        return
    authored.code_tables.append(Placed(parsed, source, (), layer))
    for code, entry in parsed.codes.items():
        own = tuple(parsed.references) if entry.references is None else tuple(entry.references)
        key = f"{parsed.owner}:{code}"
        _add(authored, authored.codes, key, Placed(entry, source, ("codes", code), layer, own), "code")


def _read_cause(authored: Authored, file: KnowledgeFile, text: str) -> None:
    parts = text.split("\n---", 2)
    if not text.startswith("---\n") or len(parts) < 2:
        authored.problems.append(
            Problem(file.name, 1, 1, "no front matter", "YAML between two lines of ---, then ## sections")
        )
        return
    source = Source(file.name, parts[0][4:], first_line=2)
    authored.problems.extend(source.problems)
    cause = _validate(schema.CauseFront, source, authored.problems)
    if cause is None:
        return
    if cause.id != file.path.stem:
        authored.problems.append(source.problem(("id",), f"id {cause.id!r} differs from the file name", file.path.stem))
    if not _add(authored, authored.causes, cause.id, Placed(cause, source, (), file.layer), "cause"):
        return
    body = "\n---".join(parts[1:])
    first_line = parts[0].count("\n") + 2
    authored.step_texts[cause.id] = texts = _sections(body, first_line)
    steps = [step.id for step in cause.steps]
    for index, step in enumerate(steps):
        if step not in texts:
            authored.problems.append(
                source.problem(("steps", index), f"step {step!r} has no text", f"a section ## {step}")
            )
    for name, section in texts.items():
        if name not in steps:
            authored.problems.append(
                Problem(
                    file.name, section.line, 1, f"section {name!r} belongs to no step", f"one of {', '.join(steps)}"
                )
            )


def _sections(body: str, first_line: int) -> dict[str, StepText]:
    result: dict[str, StepText] = {}
    matches = list(_SECTION.finditer(body))
    for match, following in zip(matches, [*matches[1:], None], strict=True):
        content = body[match.end() : following.start() if following else len(body)]
        line = first_line + body[: match.start()].count("\n")
        head, mark, verify = content.partition("\nVerify:")
        result[match[1]] = StepText(head.strip(), verify.strip() if mark else "", line)
    return result


def _validate(model: type[Model], source: Source, problems: list[Problem]) -> Model | None:
    if source.data is None:
        return None
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            path = tuple(part for part in detail["loc"] if part != "[key]")
            expected = _EXPECTED.get(detail["type"], detail["msg"].removeprefix("Value error, "))
            name = ".".join(map(str, path)) or "the file"
            shown = repr(detail["input"])[:60] if detail["type"] != "missing" else ""
            verb = "is missing" if detail["type"] == "missing" else f"cannot be {shown}"
            if detail["type"] == "extra_forbidden":
                verb = "is an unknown key"
            problems.append(source.problem(path, f"{name} {verb}", expected))
        return None


def _add(authored: Authored, table: dict[str, Placed[Any]], key: str, placed: Placed[Any], what: str) -> bool:
    """Add an entry, or let a later layer override it. A second one in the same layer is a mistake."""
    earlier = table.get(key)
    if earlier is not None and earlier.layer == placed.layer:
        line, _ = earlier.source.place(earlier.path)
        place = f"{earlier.source.file}:{line}"
        authored.problems.append(
            placed.problem(("id",), f"{what} {key!r} stands twice", f"an id of its own ({place} has it)")
        )
        return False
    table[key] = placed
    return True
