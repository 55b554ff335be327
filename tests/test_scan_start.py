"""A scan begins before what judges is loaded, and remembers what it learnt about logs."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.knowledge.load import known_key
from oauth_doctor.engine.scan import Anchors, ScanOptions, kept_anchors, make_search, scan_logs, workers
from oauth_doctor.engine.scan.cache import forget
from oauth_doctor.engine.scan.sieve import kept_sieve, sieved
from oauth_doctor.engine.scan.windows import Tools

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from loggen import blocks

PLAIN = b"2026-03-02T06:00:00Z INFO [c0ffee00] order 4711 accepted for user 17 in 12 ms\n"
MISMATCH = b"2026-03-02T06:00:01Z ERROR [a1b2c3d4] Error 400: redirect_uri_mismatch\n"
LIGHT = """
import json, sys
from oauth_doctor.engine.logs import find_files
from oauth_doctor.engine.scan import scan_logs, kept_anchors, workers
print(json.dumps([name for name in sys.modules if name.startswith("oauth_doctor.engine.") or "." not in name]))
"""


@pytest.mark.parametrize("package", ["engine", "engine.logs", "engine.redaction", "engine.scan"])
def test_packages_offer_all_their_names(package: str) -> None:
    module = importlib.import_module(f"oauth_doctor.{package}")
    for name in module.__all__:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match=f"{package}' has no attribute 'nothing'"):
        module.nothing  # noqa: B018


def test_what_searches_is_loaded_without_what_judges() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "oauth_doctor.engine.scan.workers" in loaded
    for heavy in (
        "doctor",
        "diagnosis",
        "redaction.redactor",
        "logs.grouping",
        "logs.report",
        "scan.judge",
        "scan.derivation",
    ):
        assert f"oauth_doctor.engine.{heavy}" not in loaded
    assert "jinja2" not in loaded


def test_anchors_are_known_without_the_knowledge(doctor: Doctor, anchors: Anchors, tmp_path: Path) -> None:
    assert known_key() == doctor.knowledge.key
    assert kept_anchors() == anchors
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.yaml").write_text("rules: []\n")
    assert known_key([tmp_path]) is None
    assert kept_anchors([tmp_path]) is None


def test_a_sieve_is_kept_for_logs_that_it_suits(anchors: Anchors) -> None:
    pytest.importorskip("hyperscan", reason="the package hyperscan has no wheel here")
    search = make_search(anchors, "hyperscan")
    forget(f"sieve-{search.key}")  # type: ignore[attr-defined]
    assert kept_sieve(search, PLAIN) is None
    sieved(search, PLAIN)
    kept = kept_sieve(search, PLAIN * 1000)
    assert kept is not None
    assert kept.lines(PLAIN + MISMATCH) == [(len(PLAIN), len(PLAIN + MISMATCH) - 1)]
    # Ordinary lines with a fragment of a phrase: the sieve lets them all through.
    fragment = next(
        piece
        for phrase in anchors.phrases
        if (piece := phrase[:-1]) and not search.lines(piece) and kept.in_vain(piece)  # type: ignore[attr-defined]
    )
    other = (PLAIN[:-1] + b" " + fragment + b"\n") * 1000
    assert kept_sieve(search, other) is None
    assert kept_sieve(search) is None  # nobody else takes it


def test_a_search_that_needs_no_sieve_has_nothing_to_learn(anchors: Anchors) -> None:
    tools = Tools(anchors, "re2")
    assert tools.recall(PLAIN)
    assert tools.search.name == "re2"


@pytest.mark.parametrize("cached", [True, False])
def test_a_log_is_searched_the_same_while_it_is_learnt(
    doctor: Doctor, anchors: Anchors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cached: bool
) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"".join(blocks(1_500_000, 200)))
    options = ScanOptions(jobs=2, piece=100_000)
    expected = scan_logs([file], anchors, lambda: doctor, options).to_json()
    monkeypatch.setattr(workers, "_WORTH_LEARNING", 1)
    if not cached:
        monkeypatch.setenv("OAUTH_DOCTOR_CACHE", "")
    reports = [scan_logs([file], anchors, lambda: doctor, options).to_json() for _ in range(2)]
    assert reports == [expected, expected]


def test_many_results_wait_until_they_are_read(
    doctor: Doctor, anchors: Anchors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"".join(blocks(1_500_000, 20)))
    expected = scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=1, piece=50_000)).to_json()
    for most in (1, 100_000, 1 << 30):
        monkeypatch.setattr(workers, "_MOST_UNREAD", most)
        assert scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=3, piece=50_000)).to_json() == expected
