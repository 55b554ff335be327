"""The command line: assembles the commands, and turns every failure into one line and the right exit code.

Exit codes (contract): 0 a cause was diagnosed; 1 nothing found or inconclusive; 2 bad usage or input; 3 the knowledge
is invalid. Besides: 130 interrupted, 141 output closed.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys

import typer

from . import ask, batch, cases, diagnose, explain, kb, keys, learn, mcp, redact, scan, schema, serve, watch, webhooks
from .common import (
    BAD_INPUT,
    BAD_KNOWLEDGE,
    INTERRUPTED,
    OUTPUT_CLOSED,
    OutputClosedError,
    UsageError,
    UserInterruptError,
    complain,
    guarded,
)

_OBJECTS_BETWEEN_COLLECTIONS = 50_000

app = typer.Typer(
    name="oauth-doctor",
    help="Finds out why an OAuth 2.0 / OpenID Connect integration fails, and says how to fix it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("diagnose")(guarded(diagnose.diagnose))
app.command("ask")(guarded(ask.ask))
app.command("batch")(guarded(batch.batch))
app.command("explain")(guarded(explain.explain))
app.command("schema")(guarded(schema.schema))
app.command("serve")(guarded(serve.serve))
app.command("mcp")(guarded(mcp.mcp))
app.add_typer(cases.app, name="cases")
app.command("redact")(guarded(redact.redact))
app.command("scan")(guarded(scan.scan))
app.add_typer(keys.app, name="keys")
app.add_typer(webhooks.app, name="webhooks")
app.command("watch")(guarded(watch.watch))
app.add_typer(learn.app, name="learn")
app.add_typer(kb.app, name="kb")


def _version(shown: bool) -> None:
    if shown:
        from ..engine import __version__

        typer.echo(f"oauth-doctor {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", help="Print the version.", is_eager=True, callback=_version),
) -> None:
    """Finds out why an OAuth 2.0 / OpenID Connect integration fails, and says how to fix it."""


def main() -> None:
    """Run the command line and exit."""
    # A start makes many objects and drops few: looking for garbage every 700 of them finds nothing.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    # Plug-ins of the validation library have no business in a diagnosis, and to find them reads every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; nothing but bugs leaves as an exception."""
    try:
        code = app(arguments, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except UsageError as error:
        complain(str(error))
        return BAD_INPUT
    except OutputClosedError:
        # The interpreter would complain once more when it flushes at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        complain("the output was closed before everything was written")
        return OUTPUT_CLOSED
    except (UserInterruptError, KeyboardInterrupt, typer.Abort):
        complain("interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - what is no failure of the user is raised again
        return _explained(error)


def _explained(error: Exception) -> int:
    from ..engine import FactError, InputError, KnowledgeError
    from ..engine.cases.errors import StoreError

    if isinstance(error, KnowledgeError):
        for problem in error.problems:
            complain(str(problem), prefix="")
        complain(f"the knowledge is invalid: {len(error.problems)} problem(s)")
        return BAD_KNOWLEDGE
    if isinstance(error, (FactError, InputError, StoreError)):
        complain(str(error))
        return BAD_INPUT
    # Usage errors of the command-line library (its classes moved between releases, their shape did not).
    if hasattr(error, "format_message"):
        complain(f"{error.format_message().rstrip('.')}; see --help")
        return BAD_INPUT
    if isinstance(error, OSError):
        complain(f"{error.filename or 'input or output'}: {error.strerror or error}")
        return BAD_INPUT
    raise error


if __name__ == "__main__":
    main()
