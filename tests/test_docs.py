"""What the documentation shows is what the program prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.coverage import coverage, render_coverage

ROOT = Path(__file__).parent.parent


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_picture_in_the_readme_is_real() -> None:
    picture = (ROOT / "README.md").read_text().partition("$ oauth-doctor diagnose")[2].partition("```")[0]
    done = subprocess.run(
        [sys.executable, "-m", "oauth_doctor.cli.main", "diagnose", "examples/redirect-uri-mismatch.txt"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    printed = words(done.stdout)
    parts = [words(part) for part in picture.partition("\n")[2].split("[...]")]
    assert len(parts) >= 2
    for part in parts:
        assert part in printed


def test_the_coverage_page_is_current(doctor: Doctor) -> None:
    page = (ROOT / "docs" / "coverage.md").read_text()
    assert page == render_coverage(coverage(doctor.knowledge), full=True), (
        "run: oauth-doctor kb stats -o markdown > docs/coverage.md"
    )


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/*.md")), ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    if page.name != "coverage.md":
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), target


def test_the_example_in_the_package_docstring_holds() -> None:
    import doctest

    import oauth_doctor.engine
    import oauth_doctor.engine.redaction

    assert doctest.testmod(oauth_doctor.engine).failed == 0
    assert doctest.testmod(oauth_doctor.engine.redaction).failed == 0
