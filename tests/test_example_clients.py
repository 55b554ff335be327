"""The examples beside the bots: a terminal chat on the Python API, an MCP client, a sender of signed webhooks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from service_fixtures import serving

ROOT = Path(__file__).parent.parent


def run(file: str, *arguments: str, said: str = "", **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / file), *arguments],
        input=said, capture_output=True, text=True, timeout=120, cwd=ROOT, env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_terminal_chat_goes_from_a_message_to_the_end(tmp_path: Path) -> None:
    said = "Error 400: redirect_uri_mismatch client_secret=Zq8wLk2vNx91TtPsrUvbY77dKJh3\n" + "1\n" * 40
    printed = run("bots/terminal_chat.py", said=said)
    assert "The redirect URI is not registered at the provider" in printed
    assert "It is fixed" in printed
    assert printed.endswith("Closed. Goodbye!\n")
    assert "Zq8wLk2vNx91TtPsrUvbY77dKJh3" not in printed


def test_the_mcp_client_is_answered(tmp_path: Path) -> None:
    printed = run(
        "bots/mcp_client.py", "Error 400: redirect_uri_mismatch", OAUTH_DOCTOR_DATABASE=f"sqlite:///{tmp_path}/c.db"
    )
    assert "verdict: diagnosed" in printed
    assert "The redirect URI is not registered at the provider" in printed


def test_a_webhook_is_sent_as_the_page_says(tmp_path: Path) -> None:
    secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    os.environ["FORMS_WEBHOOK_SECRET"] = secret
    try:
        config = str(ROOT / "examples" / "webhooks" / "helpdesk.yaml")
        with serving(tmp_path, f"sqlite:///{tmp_path}/c.db", "--helpdesk", config) as started:
            arguments = ["standard-webhooks", "env:FORMS_WEBHOOK_SECRET", f"{started.url}/hooks/forms"]
            printed = run("webhooks/send.py", *arguments, str(ROOT / "examples" / "webhooks" / "forms.json"))
    finally:
        del os.environ["FORMS_WEBHOOK_SECRET"]
    assert printed.startswith("200 ")
    assert '"cause": "redirect-uri-mismatch"' in printed
