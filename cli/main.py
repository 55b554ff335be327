"""The command line: assembles the commands, and turns every failure into one line and the right exit code.

Exit codes (contract): 0 a cause was diagnosed; 1 nothing found or inconclusive; 2 bad usage or input; 3 the knowledge
is invalid. Besides: 130 interrupted, 141 output closed.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from importlib import import_module
from typing import Any

import typer

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

# Commands, in the order of the help. Their modules are imported only where they are needed: the command-line library takes
# milliseconds to prepare each option of each command.
_COMMANDS = ("diagnose", "ask", "batch", "scan", "watch", "redact", "explain", "schema", "serve", "mcp")
_GROUPS = ("cases", "learn", "keys", "webhooks", "kb")


def assemble(wanted: str | None = None) -> typer.Typer:
    """The command line with all commands, or with nothing but the one that is wanted (if there is such a command)."""
    app = typer.Typer(
        name="oauth-doctor",
        help="Finds out why an OAuth 2.0 / OpenID Connect integration fails, and says how to fix it.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(options)
    all_of_them = wanted not in (*_COMMANDS, *_GROUPS)
    for name in _COMMANDS:
        if all_of_them or name == wanted:
            app.command(name)(guarded(getattr(_module(name), name)))
    for name in _GROUPS:
        if all_of_them or name == wanted:
            app.add_typer(_module(name).app, name=name)
    return app


def _module(name: str) -> Any:
    return import_module(f".{name}", __package__)


def _version(shown: bool) -> None:
    if shown:
        from ..engine import __version__

        typer.echo(f"oauth-doctor {__version__}")
        raise typer.Exit


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
    code = run(sys.argv[1:])
    # What is left goes with the process: to look for garbage in it once more takes up to 0.3 s behind a large log.
    gc.freeze()
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; nothing but bugs leaves as an exception."""
    try:
        code = assemble(arguments[0] if arguments else None)(arguments, standalone_mode=False)
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
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the whole help
        typer.echo(str(error), err=True)
        return BAD_INPUT
    if hasattr(error, "format_message"):
        complain(f"{error.format_message().rstrip('.')}; see --help")
        return BAD_INPUT
    if isinstance(error, OSError):
        complain(f"{error.filename or 'input or output'}: {error.strerror or error}")
        return BAD_INPUT
    raise error


if __name__ == "__main__":
    main()
