"""The page in headless Chromium on this machine: first contentful paint, and bytes on the wire with an empty cache.

python benchmarks/page.py [--runs 9]

Needs the extra `test` and Chromium; the server is started here, with its cases in a temporary folder.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
sys.path[:0] = [str(ROOT), str(ROOT.parent / "tests")]
from common import report
from playwright.sync_api import Browser
from web_fixtures import browsing, serving

TEXT = "https://accounts.google.com/o/oauth2/auth Error 400: redirect_uri_mismatch\n" + "\n".join(
    f"2026-11-25 12:00:{number % 60:02} INFO line {number} of a log that was pasted as a whole"
    for number in range(2_000)
)
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def visit(browser: Browser, address: str) -> tuple[float, int]:
    """(milliseconds until the first contentful paint, bytes received) with an empty cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    received = 0

    def count(event: dict[str, Any]) -> None:
        nonlocal received
        received += int(event["encodedDataLength"])

    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", count)
    page.goto(address, wait_until="networkidle")
    page.wait_for_function(PAINT)
    paint = float(page.evaluate(PAINT))
    context.close()
    return paint, received


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    good = True
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address, browsing() as browser:
        page = browser.new_page()
        page.goto(address)
        page.fill("#text", TEXT)
        page.get_by_role("button", name="Diagnose").click()
        page.wait_for_url("**/cases/*")
        pages = {"start": address, "case": page.url, "codes": f"{address}knowledge/codes?provider=google"}
        page.close()
        # What the browser itself needs here and now, for comparison: a page of one icon.
        icon = statistics.median(visit(browser, f"{address}static/icon.svg")[0] for _ in range(runs))
        print(f"one icon, nothing else: first contentful paint (median) {icon:.0f} ms")
        for name, place in pages.items():
            visit(browser, place)
            paints, sizes = zip(*(visit(browser, place) for _ in range(runs)), strict=True)
            good &= report(f"{name}: first contentful paint (median)", statistics.median(paints), 500, "ms")
            good &= report(f"{name}: transfer", max(sizes) / 1000, 150, "kB")
    sys.exit(not good)


if __name__ == "__main__":
    main()
