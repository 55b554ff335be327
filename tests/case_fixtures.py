"""What several tests of stored cases use."""

from __future__ import annotations

import contextlib
import io
import subprocess
from datetime import UTC, datetime

from oauth_doctor.cli import main
from oauth_doctor.engine.cases import Answered

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def answered(fact: str, value: str | int | bool = True) -> Answered:
    return Answered(at=NOW, fact=fact, value=value)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`oauth-doctor cases ...` in this process, which saves its start."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main.run(["cases", *arguments])
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
