"""schemathesis over the whole OpenAPI document: all checks, stateful, no failure and no 5xx."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from components import absent
from service_fixtures import run_cli, serving

HERE = Path(__file__).parent


def test_the_service_does_what_its_document_says(tmp_path: Path) -> None:
    """OAUTH_DOCTOR_EXAMPLES sets how many examples there are for an operation (3 here; the long run has 50 and more)."""
    if importlib.util.find_spec("schemathesis") is None:
        absent("schemathesis (sh install.sh dev)")
    database = f"sqlite:///{tmp_path}/cases.db"
    key = run_cli("keys", "create", "test", "--scope", "admin", "--rate", "0", "--database", database).strip()
    examples = os.environ.get("OAUTH_DOCTOR_EXAMPLES", "3")
    phases = "examples,coverage,fuzzing,stateful" if int(examples) > 3 else "examples,fuzzing,stateful"
    with serving(tmp_path, database, "--api-only", "--verbose") as started:
        command = [
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run",
            f"{started.url}/v1/openapi.json", "--header", f"Authorization: Bearer {key}", "--checks", "all",
            "--phases", phases, "--max-examples", examples, "--seed", "1", "--no-color", "--request-timeout", "60",
        ]  # fmt: skip
        path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": path}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
        log = started.log.read_text()
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert '"status": 5' not in log
    assert '"event": "failure"' not in log
