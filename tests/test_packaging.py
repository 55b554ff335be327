"""What is installed is what is there."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_package_is_installed() -> None:
    """A package that setuptools was not told of works in a checkout and is missing everywhere else."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    told = set(settings["packages"])
    data = settings["package-data"]["oauth_doctor.engine"]
    found = {
        ".".join(("oauth_doctor", *file.relative_to(ROOT).parent.parts))
        for top in ("engine", "cli", "service")
        for file in (ROOT / top).rglob("*.py")
    }
    assert "cases/migrations/**/*" in data  # scripts that Alembic reads, no packages
    assert {name for name in found if "migrations" not in name} <= told
    assert all((ROOT / Path(*name.split(".")[1:])).is_dir() for name in told)
