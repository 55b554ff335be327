"""The example bots: under 40 lines each, and they lead from an error message to the steps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from service_fixtures import run_cli, serving

BOTS = Path(__file__).parent.parent / "examples" / "bots"


def talk(bot: str, said: list[str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(BOTS / bot), *arguments],
        input="\n".join(said) + "\n",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("bot", sorted(path.name for path in BOTS.glob("*.py")))
def test_they_are_short(bot: str) -> None:
    assert len((BOTS / bot).read_text().splitlines()) < 40


def test_the_python_bot_names_cause_and_steps() -> None:
    printed = talk("python_bot.py", ["Error 400: redirect_uri_mismatch"])
    assert "redirect URI" in printed
    assert "client-admin" in printed or "developer" in printed or "min)" in printed


def test_the_python_bot_asks_when_little_is_known() -> None:
    printed = talk("python_bot.py", ["it does not work", *["1"] * 30])
    assert "  1. " in printed
    assert " min)" in printed


def test_the_http_bot_goes_from_a_message_to_a_closed_case(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/cases.db"
    key = run_cli("keys", "create", "bot", "--scope", "cases", "--database", database).strip()
    with serving(tmp_path, database, "--api-only") as started:
        printed = talk("http_bot.py", ["Error 400: redirect_uri_mismatch", *["1"] * 40], started.url, key)
    assert "redirect URI" in printed
    assert "It is fixed" in printed
    assert "Close as solved" in printed
    listed = run_cli("cases", "list", "--closed", "--database", database)
    assert "redirect-uri-proxy" in listed  # the first answer to everything: it is behind a proxy
