"""`kb`: commands for the authors of knowledge."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .common import (
    BAD_KNOWLEDGE,
    DIAGNOSED,
    EvaluatorChoice,
    EvaluatorOption,
    KnowledgeOption,
    Output,
    UsageError,
    complain,
    guarded,
    make_doctor,
)

if TYPE_CHECKING:
    from ..engine.evaluation import LabelledCase, Measures

app = typer.Typer(help="For knowledge authors: check, test, count, measure, begin.", no_args_is_help=True)

CasesArgument = Annotated[Path, typer.Argument(metavar="CASES.jsonl", help="Labelled cases: text, facts, cause, also.")]


@app.command()
@guarded
def check(knowledge: KnowledgeOption = None) -> None:
    """Check every knowledge file; report all mistakes with file, line and column."""
    from ..engine.knowledge import check_knowledge

    found = check_knowledge(knowledge or ())
    typer.echo(
        f"ok: {found.causes} causes, {found.signatures} signatures, {found.rules} rules, "
        f"{found.codes} codes, {found.providers - 1} providers, {found.libraries} libraries"
    )


@app.command()
@guarded
def test(
    only: Annotated[str, typer.Argument(metavar="[PART]", help="Only files whose name contains this.")] = "",
    knowledge: KnowledgeOption = None,
    evaluator: EvaluatorOption = EvaluatorChoice.AUTO,
) -> None:
    """Run the examples beside the rules, and the scenarios."""
    from ..engine.knowledge import authored_knowledge
    from ..engine.selftest import run_examples

    doctor = make_doctor(knowledge, evaluator)
    report = run_examples(doctor, authored_knowledge(knowledge or ()), only=only)
    for failure in (*report.failures, *report.untested):
        complain(str(failure), prefix="")
    bad = len(report.failures) + len(report.untested)
    typer.echo(f"{report.examples} examples and {report.scenarios} scenarios, {bad} failed")
    raise typer.Exit(BAD_KNOWLEDGE if bad else DIAGNOSED)


@app.command()
@guarded
def stats(
    output: Annotated[Output, typer.Option("--output", "-o", help="text, json or markdown.")] = Output.TEXT,
    knowledge: KnowledgeOption = None,
) -> None:
    """Show what is covered, and what is not."""
    from ..engine.coverage import coverage, render_coverage

    figures = coverage(make_doctor(knowledge).knowledge, knowledge or ())
    if output is Output.JSON:
        typer.echo(json.dumps(figures.summary(), indent=2))
    elif output in (Output.TEXT, Output.MARKDOWN):
        typer.echo(render_coverage(figures, full=output is Output.MARKDOWN), nl=False)
    else:
        raise UsageError(f"--output {output.value}: expected text, json or markdown")


@app.command()
@guarded
def evaluate(
    cases: CasesArgument,
    text_only: Annotated[bool, typer.Option("--text-only", help="Leave the facts out.")] = False,
    misses: Annotated[int, typer.Option("--misses", min=0, help="Show that many misses with their trace.")] = 10,
    rules: Annotated[
        int, typer.Option("--rules", min=0, help="Show that many rules that were wrong more often than right.")
    ] = 0,
    knowledge: KnowledgeOption = None,
) -> None:
    """Measure the knowledge on labelled cases: hits, calibration, confusion, doubtful rules, and each miss with its trace."""
    from ..engine.evaluation import evaluate as measure

    measures = measure(make_doctor(knowledge), _read_cases(cases), with_facts=not text_only)
    _print_measures(measures)
    for (right, given), number in measures.confusion.most_common(20):
        typer.echo(f"  {number:3}x {right} taken for {given}")
    for name, record in measures.doubtful_rules()[:rules]:
        typer.echo(f"  {record.right:3} right of {record.fired:3}, behind {record.misled:2} wrong answers: {name}")
    for miss in measures.misses[:misses]:
        ranked = ", ".join(f"{cause} {probability:.2f}" for cause, probability in miss.predicted)
        typer.echo(f"\n{miss.case.id}: wanted {' or '.join(miss.case.causes)}, got {ranked}")
        for item in sorted(miss.examination.evidence, key=lambda item: -abs(item.weight))[:6]:
            typer.echo(
                f"    {item.weight:+.1f} {item.cause} by {item.rule}" + (f" line {item.line}" if item.line else "")
            )


@app.command()
@guarded
def tune(
    cases: CasesArgument,
    write: Annotated[
        Path | None, typer.Option("--write", metavar="SCALES.yaml", help="Write the figures into this file.")
    ] = None,
    folds: Annotated[int, typer.Option("--folds", min=2, max=20, help="Parts for cross-validation.")] = 5,
    knowledge: KnowledgeOption = None,
) -> None:
    """Fit the figures behind strengths and calibration to labelled cases, with cross-validation."""
    from ..engine.knowledge import authored_knowledge
    from ..engine.tuning import current_figures, fit

    scales = authored_knowledge(knowledge or ()).scales
    doctor = make_doctor(knowledge)
    if scales is None:
        raise UsageError("the knowledge has no kb/scales.yaml")
    strengths = scales.entry.strengths
    result = fit(doctor, strengths, _read_cases(cases), folds=folds)
    for name, measures in (
        ("before", result.before),
        ("after", result.after),
        (f"unseen ({folds} folds)", result.unseen),
    ):
        typer.echo(f"{name}:")
        _print_measures(measures)
    before = current_figures(doctor.knowledge, strengths)
    for name, value in result.figures.items():
        typer.echo(f"  {name:16} {before[name]:g} -> {value:g}")
    if write is not None:
        _write_figures(write, result.figures)


@app.command()
@guarded
def fit(
    told: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[CASES.jsonl]...", help="Labelled cases in somebody's own words, beside those of the knowledge."
        ),
    ] = None,
    real: Annotated[
        list[Path] | None,
        typer.Option("--real", metavar="CASES.jsonl", help="Cases that happened: no word of theirs is written."),
    ] = None,
    write: Annotated[
        Path | None, typer.Option("--write", metavar="LIKENESS.tsv", help="Write the weights into this file.")
    ] = None,
    folds: Annotated[
        int, typer.Option("--folds", min=0, max=20, help="Parts for cross-validation; below 2: none.")
    ] = 3,
    knowledge: KnowledgeOption = None,
) -> None:
    """Fit what words and circumstances say of each cause to labelled cases (needs scikit-learn)."""
    from ..engine.fitting import fit_likeness, held_out, look_at, told_cases
    from ..engine.knowledge import authored_knowledge

    if write is not None and not write.parent.is_dir():
        raise UsageError(f"--write {write}: {write.parent} is no folder")
    given, happened = ([case for path in paths or () for case in _read_cases(path)] for paths in (told, real))
    doctor = make_doctor(knowledge)
    try:
        import sklearn.feature_extraction  # noqa: F401  # only to say so before two minutes of reading
    except ImportError:
        raise UsageError("kb fit: scikit-learn is not installed; expected: pip install 'oauth-doctor[fit]'") from None
    seen_told = look_at(doctor, told_cases(authored_knowledge(knowledge or ())) + given)
    seen_real = look_at(doctor, happened)
    try:
        table = fit_likeness(seen_told, seen_real)
    except ValueError as error:
        raise UsageError(f"kb fit: too few cases; {error}") from None
    typer.echo(
        f"{len(seen_told)} told and {len(seen_real)} real cases: {len(table.words)} words, "
        f"{len(table.circumstances)} circumstances"
    )
    if folds > 1:
        for name, (number, first, three) in zip(("told", "real"), held_out(seen_told, seen_real, folds), strict=True):
            if number:
                typer.echo(f"  {name}, unseen ({folds} folds): top-1 {first / number:.3f}  top-3 {three / number:.3f}")
    if write is not None:
        about = f"# Fitted to {len(seen_told) + len(seen_real)} labelled cases by `oauth-doctor kb fit`; not written by hand."
        write.write_text("\n".join([about, *table.lines()]) + "\n", encoding="utf-8")
        typer.echo(f"{write}: written")


@app.command()
@guarded
def new(
    kind: Annotated[str, typer.Argument(metavar="cause|rule|provider", help="What to begin.")],
    name: Annotated[str, typer.Argument(metavar="ID", help="Lower-case words with hyphens.")],
    folder: Annotated[
        Path, typer.Option("--in", metavar="DIR", help="The knowledge folder (it holds rules and kb).")
    ] = Path(),
) -> None:
    """Begin a cause, a rule file or a provider from a commented template."""
    from ..engine.scaffold import scaffold

    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,80}", name):
        raise UsageError(f"{name!r}: expected lower-case words with hyphens, for example acme-login")
    try:
        path, content = scaffold(kind, name)
    except KeyError:
        raise UsageError(f"{kind!r}: expected cause, rule or provider") from None
    target = folder / path
    if target.exists():
        raise UsageError(f"{target}: exists already")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content, encoding="utf-8")
    typer.echo(f"{target}: written; next: fill it in, then oauth-doctor kb check and kb test")


def _read_cases(path: Path) -> list[LabelledCase]:
    from ..engine.evaluation import read_cases

    rows: list[dict[str, Any]] = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict) or "cause" not in row:
                        raise UsageError(f"{path}:{number}: expected an object with text, facts and cause")
                    rows.append({"id": f"{path.stem}:{number}", **row})
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path}:{number}: not JSON ({error})") from None
    return read_cases(rows)


def _print_measures(measures: Measures) -> None:
    typer.echo(
        f"  cases {measures.cases}  top-1 {measures.top1:.3f}  top-3 {measures.top3:.3f}  "
        f"mrr {measures.mean_reciprocal_rank:.3f}  calibration error {measures.calibration_error:.3f}  "
        f"false alarms {measures.false_alarms} of {measures.negatives}"
    )


def _write_figures(path: Path, figures: dict[str, float]) -> None:
    """Replace the numbers and leave everything else - comments, order - as its author wrote it."""
    text = path.read_text(encoding="utf-8")
    for name, value in figures.items():
        found = re.search(rf"(?m)^  {name}: *([0-9.]+)", text)
        if found is None:
            raise UsageError(f"{path}: has no line for {name}")
        text = f"{text[: found.start(1)]}{value:g}{text[found.end(1) :]}"
    path.write_text(text, encoding="utf-8")
    sys.stderr.write(f"{path}: written\n")
