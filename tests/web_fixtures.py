"""A server of our own and a browser for tests of the pages."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from components import chromium
from playwright.sync_api import Browser, sync_playwright

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ERROR = "https://accounts.google.com/o/oauth2/auth Error 400: redirect_uri_mismatch\nrefresh_token=1//0gAbCdEf9hIjKlMnOpQr-stuv"
COMMAND = [sys.executable, "-m", "oauth_doctor.cli.main", "serve"]
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[str]:
    """`oauth-doctor serve` on a free port, with its cases in the folder; yields the address that it prints."""
    environment = {**os.environ, "OAUTH_DOCTOR_DATA": str(folder)}
    environment.pop("OAUTH_DOCTOR_DATABASE", None)
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", "--verbose", *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
        )
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert re.fullmatch(r"http://[^/]+/", address), (folder / "serve.log").read_text()
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                code = process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert code == 0, (folder / "serve.log").read_text()


@contextmanager
def browsing() -> Iterator[Browser]:
    """Headless Chromium as Debian packages it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()
