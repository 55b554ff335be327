"""Scanning logs: what is found, by which search, in which pieces, and that it stays the same whatever the way."""

from __future__ import annotations

import bz2
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.logs import Tally
from oauth_doctor.engine.scan import Anchors, Judge, ScanOptions, scan_logs
from oauth_doctor.engine.scan.pieces import Piece, sample_of, search_piece, split_files
from oauth_doctor.engine.scan.shapes import SAMPLES, Shapes
from oauth_doctor.engine.scan.windows import Tools, cut_windows

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from loggen import blocks
from test_log_examples import EXAMPLES, EXPECTED

COMMAND = [sys.executable, "-m", "oauth_doctor.cli.main"]
MISMATCH = b"2026-03-02T06:00:01Z ERROR [a1b2c3d4] Error 400: redirect_uri_mismatch https://accounts.google.com/o/oauth2/auth\n"
EXPIRED = b"2026-03-02T06:00:09Z ERROR [b7c8d9e0] AADSTS7000222: The provided client secret keys for app 'shop' are expired.\n"
PLAIN = b"2026-03-02T06:00:00Z INFO [c0ffee00] order 4711 accepted for user 17 in 12 ms\n"


def run(*arguments: str, data: bytes = b"", **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*COMMAND, "scan", *arguments],
        input=data,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=300,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def causes(report: object) -> dict[str, int]:
    found: dict[str, int] = {}
    for group in report.groups:  # type: ignore[attr-defined]
        found[group.cause] = found.get(group.cause, 0) + group.count
    return found


# Windows ---------------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from([PLAIN, MISMATCH, EXPIRED, b"\n", b"    at shop.Main\n", b"x" * 9000 + b"\n"]), max_size=60
    ),
    st.integers(1, 7000),
    st.booleans(),
)
def test_windows_do_not_depend_on_how_the_stream_is_cut(
    anchors: Anchors, lines: list[bytes], size: int, ended: bool
) -> None:
    text = b"".join(lines) if ended else b"".join(lines)[:-1]
    cut = [text[at : at + size] for at in range(0, len(text), size)]
    tallies = Tally(), Tally()
    hits = []
    for blocks_, tally in zip(([text], cut), tallies, strict=True):
        windows = list(cut_windows(blocks_, _tools(anchors), tally))
        hits.append([hit for window in windows for hit in window.hits])
        for window in windows:
            numbers = dict(window.lines)
            for number, _ in window.hits:
                assert numbers[number] in (MISMATCH[:-1], EXPIRED[:-1])
            assert all(text.split(b"\n")[number - 1] == line for number, line in window.lines)
    assert hits[0] == hits[1]
    assert tallies[0] == tallies[1]
    assert tallies[0].lines == text.count(b"\n") + (not text.endswith(b"\n") and bool(text))


def _tools(anchors: Anchors) -> Tools:
    tools = Tools(anchors)
    tools.shapes = Shapes()
    return tools


@pytest.mark.parametrize("size", [200, 997, 5_000, 1 << 20])
def test_pieces_of_a_file_hold_each_incident_once(anchors: Anchors, tmp_path: Path, size: int) -> None:
    text = b"".join(PLAIN * (number % 7) + (MISMATCH if number % 2 else EXPIRED) for number in range(20)) + b"the end"
    file = tmp_path / "app.log"
    file.write_bytes(text)
    expected = [number for number, line in enumerate(text.split(b"\n"), 1) if b"ERROR" in line]
    found, before, counted = [], 0, 0
    tools = _tools(anchors)
    for piece in split_files([file], size=size):
        one = search_piece(piece, tools)
        found += [number + before for window in one.windows for number, _ in window.hits]
        before += one.tally.lines
        counted += sum(repeats.count for repeats in one.repeats)
    assert set(found) <= set(expected)
    assert len(found) == len(set(found))
    assert len(found) + counted == len(expected)
    assert before == len(text.split(b"\n"))


def test_a_sample_is_spread_over_all_pieces(tmp_path: Path) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_bytes(b"".join(b"a%07d\n" % n for n in range(200_000)))
    second.write_bytes(b"".join(b"b%07d\n" % n for n in range(100_000)))
    sample = sample_of(split_files([first, tmp_path / "missing.log", second], size=500_000))
    assert sample.count(b"a0") > sample.count(b"b0") > 0
    assert len(sample) < 1 << 20
    assert sample_of([]) == b""


def test_a_line_of_many_megabytes_is_survived(anchors: Anchors) -> None:
    giant = b"{" + b'"k": "v", ' * 900_000 + MISMATCH[:-1] + b"}\n"
    tally = Tally()
    windows = list(cut_windows([PLAIN, giant, EXPIRED, PLAIN], _tools(anchors), tally))
    assert sum(len(window.hits) for window in windows) >= 2
    assert all(window.size < 1 << 20 for window in windows)
    assert tally.lines == 4


def test_equal_lines_are_counted_not_read(anchors: Anchors) -> None:
    shapes = Shapes()
    line = b"2026-03-02T06:00:%02dZ ERROR [%08x] AADSTS%d: something about the client"
    read = [shapes.note(line % (n % 60, n * 7919, 50011)) for n in range(100)]
    assert sum(one is not None for one in read) == SAMPLES
    assert shapes.note(line % (1, 5, 50076)) is not None  # another code is another failure
    (repeats,) = shapes.take_repeats()
    assert repeats.count == 100 - SAMPLES
    assert repeats.last == line % (99 % 60, 99 * 7919, 50011)
    assert shapes.take_repeats() == []


def _read_and_counted(shapes: Shapes, lines: list[bytes]) -> tuple[int, int]:
    """How many lines are to be read, all of them worth it, and how many are counted only."""
    read = 0
    for _, shape in shapes.sift(lines):
        shape.judge(fruitful=True)
        read += 1
    return read, sum(one.count for one in shapes.take_repeats())


def test_a_status_in_equal_words_is_another_failure_however_often_others_came() -> None:
    shapes = Shapes()
    line = b"%d token endpoint of shop answered %d"
    assert _read_and_counted(shapes, [line % (n + 10_000, 401) for n in range(3000)]) == (SAMPLES, 3000 - SAMPLES)
    assert _read_and_counted(shapes, [line % (7, 400)] * 30) == (SAMPLES, 30 - SAMPLES)
    assert _read_and_counted(shapes, [line % (n + 10_000, 401) for n in range(50)]) == (0, 50)


def test_codes_with_letters_stay_apart_however_many_there_are() -> None:
    shapes = Shapes(samples=1)
    lines = [b"sign-in of shop refused AADSTS%d" % (50_000 + n) for n in range(60)]
    assert _read_and_counted(shapes, [line for line in lines for _ in range(3)]) == (60, 120)


def test_times_and_sizes_in_equal_words_are_no_statuses() -> None:
    shapes = Shapes(samples=1)
    lines = [b"token of shop renewed in %d ms" % (100 + n % 400) for n in range(2000)]
    read, counted = _read_and_counted(shapes, lines)
    assert read + counted == len(lines)
    assert read < 50  # 400 different numbers


def test_everyday_lines_are_counted_the_same_one_by_one_and_together() -> None:
    lines = [b"%d connection to 10.0.0.%d refused %s" % (n, n % 250, b"xyz"[n % 3 : n % 3 + 1]) for n in range(200)]
    counted = []
    for size in (1, 7, 50, 200):
        shapes = Shapes()
        read = 0
        for at in range(0, len(lines), size):
            for _, shape in shapes.sift(lines[at : at + size]):
                shape.judge(fruitful=False)
                read += 1
        counted.append((read, [(one.shape, one.count, one.first, one.last) for one in shapes.take_repeats()]))
    assert all(sorted(one[1]) == sorted(counted[0][1]) and one[0] == counted[0][0] for one in counted)
    assert sum(one[1] for one in counted[0][1]) + counted[0][0] == len(lines)


# Whole scans -----------------------------------------------------------------------------------------------------------


def test_a_generated_log_is_diagnosed_whatever_the_way(doctor: Doctor, anchors: Anchors, tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"".join(blocks(1_500_000, 200)))
    whole = scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=1))
    assert whole.totals.lines == file.read_bytes().count(b"\n")
    assert len(causes(whole)) >= 12
    lines = len([1 for line in file.read_bytes().split(b"\n") if b"redirect_uri_mismatch at https" in line])
    assert causes(whole)["redirect-uri-mismatch"] >= lines > 0
    split = [scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=jobs, piece=200_000)) for jobs in (1, 2)]
    assert split[0].to_json() == split[1].to_json()
    assert causes(split[0]).keys() == causes(whole).keys()
    assert split[0].totals.lines == whole.totals.lines
    packed = tmp_path / "app.log.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert causes(scan_logs([packed], anchors, lambda: doctor)) == causes(whole)
    fallback = scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=1, search="re2"))
    assert causes(fallback) == causes(whole)


def test_ordinary_logs_give_no_diagnosis(doctor: Doctor, anchors: Anchors, tmp_path: Path) -> None:
    file = tmp_path / "ordinary.log"
    file.write_bytes(b"".join(blocks(2_000_000, 0)))
    report = scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=1))
    assert report.groups == []


def test_counts_of_repeated_incidents_are_exact(doctor: Doctor, anchors: Anchors, tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    line = "2026-03-02T06:%02d:%02dZ ERROR [%016x] AADSTS7000222: The provided client secret keys for app 'shop' are expired.\n"
    file.write_text("".join(line % (n // 60, n % 60, n * 79190000000001 + 10**15) for n in range(3000)))
    report = scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=1))
    (group,) = report.groups
    assert (group.cause, group.count) == ("client-secret-expired", 3000)
    assert group.first is not None
    assert group.last is not None
    assert (group.last - group.first).total_seconds() == 2999


def test_times_of_repeated_incidents_are_known_behind_a_wrapping(
    doctor: Doctor, anchors: Anchors, tmp_path: Path
) -> None:
    file = tmp_path / "syslog"
    text = "AADSTS7000222: The provided client secret keys for app 'shop' are expired."
    line = f"2026-03-02T06:%02d:%02d.000000+00:00 node1 shop[77]: ERROR [%016x] {text}\n"
    file.write_text("".join(line % (n // 60, n % 60, n * 79190000000001 + 10**15) for n in range(3000)))
    (group,) = scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=1)).groups
    assert group.count == 3000
    assert sum(part.count for part in group.timeline) == 3000
    assert group.first is not None
    assert group.last is not None
    assert (group.last - group.first).total_seconds() == 2999


def test_everyday_failures_are_nobodys_oauth_problem(doctor: Doctor, anchors: Anchors) -> None:
    judge = Judge(doctor, anchors)
    assert judge("connect ECONNREFUSED 10.0.3.4:6379", {}).verdict == "no-oauth-problem"
    assert (
        judge("Failed password for invalid user admin from 203.0.113.9 port 4711 ssh2", {}).verdict
        == "no-oauth-problem"
    )
    assert judge(MISMATCH.decode(), {"unheard_of": "x", "phase": "nowhere"}).verdict == "diagnosed"


FOUND = {
    "ERROR Request had insufficient authentication scopes.": "scopes-not-requested",
    "ERROR Token used too early, 1691058380 < 1691058403.": "clock-skew",
    "WARN mismatching_state: CSRF Warning! State not equal in request and response.": "state-cookie-lost",
    "ERROR JsonWebTokenError: jwt audience invalid. expected: api://orders": "token-audience-mismatch",
    "ERROR TokenExpiredError: jwt expired": "access-token-expired",
    "ERROR No matching state found in storage": "state-cookie-lost",
    "ERROR Correlation failed.": "state-cookie-lost",
    "ERROR Google::Apis::ClientError: accessNotConfigured: People API has not been used in project 4711 before or it is disabled": "provider-api-not-enabled",
    "ERROR TokenError: Code was already redeemed.": "code-expired-or-reused",
    "ERROR AuthStateMissing: Session value state missing.": "state-cookie-lost",
    'ERROR unexpected "iss" (issuer) response parameter value': "issuer-mismatch",
    "ERROR Nonce mismatch. Expected nonce: 4711, actual nonce: 4712": "nonce-mismatch",
    "ERROR Value passed for the code verifier did not match the code challenge.": "pkce-mismatch",
    "ERROR Scope has changed from 'email' to 'email profile'.": "scope-changed",
    "ERROR No key matching kid or alg found in signing keys": "token-signature-invalid",
    "ERROR unsupported_response_type": "response-type-not-enabled",
    "ERROR account_not_linked": "account-linking-conflict",
    "ERROR sign-in failed: mismatching_state": "state-cookie-lost",
    "ERROR sign-in failed: redirect_url_mismatch": "redirect-uri-mismatch",
    "ERROR sign-in failed: REFRESH_TOKEN_EXPIRED": "refresh-token-expired",
    "ERROR sign-in failed: authorization_pending": "device-code-pending-or-expired",
    "ERROR sign-in failed: bad_client_secret": "client-secret-invalid",
    "ERROR sign-in failed: IDX10503": "token-signature-invalid",
    "ERROR sign-in failed: AADB2C90118": "provider-setup-incomplete",
}


@pytest.mark.parametrize("line", FOUND)
def test_a_line_that_says_it_in_words_of_its_own_is_found(
    doctor: Doctor, anchors: Anchors, tmp_path: Path, line: str
) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(PLAIN * 50 + f"2026-03-02T06:00:09Z {line}\n".encode() + PLAIN * 50)
    assert causes(scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=1))) == {FOUND[line]: 1}


NEIGHBOURS = """2026-03-02T06:00:01Z {0} pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh rhost=10.0.0.9
2026-03-02T06:00:02Z {1} FATAL:  password authentication failed for user "app"
2026-03-02T06:00:03Z {2} cannot fetch token: 400 Bad Request {{"error":"invalid_grant","error_description":"Token has been expired or revoked."}}
2026-03-02T06:00:04Z {2} token granted {{"access_token":"ya29.a0AbVbY6PqRsTuVwXyZ0123456789","expires_in":3599}}
"""


@pytest.mark.parametrize("heads", [("sshd[411]:", "postgres[77]:", "app[9]:"), ("ERROR", "ERROR", "ERROR")])
def test_what_stands_beside_a_failure_by_chance_does_not_hide_it(
    doctor: Doctor, anchors: Anchors, tmp_path: Path, heads: tuple[str, ...]
) -> None:
    file = tmp_path / "app.log"
    file.write_text(NEIGHBOURS.format(*heads))
    (group,) = scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=1)).groups
    assert (group.cause, group.count, group.places[0].line) == ("refresh-token-expired", 1, 3)
    file.write_text("".join(NEIGHBOURS.format(*heads).replace("T06:0", f"T06:{n}") for n in range(6)))
    (group,) = scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=1)).groups
    assert (group.cause, group.count) == ("refresh-token-expired", 6)


def test_a_failure_of_other_software_does_not_talk_a_line_out_of_its_own(
    doctor: Doctor, anchors: Anchors, tmp_path: Path
) -> None:
    file = tmp_path / "app.log"
    file.write_text(
        "2026-03-02T06:00:01Z ERROR AADSTS65001: The user or administrator has not consented to use the application\n"
        "2026-03-02T06:00:02Z ERROR HTTP 429 from the payment service: rate limit\n"
    )
    assert "admin-consent-required" in causes(scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=1)))


@pytest.mark.parametrize("name", EXPECTED)
def test_examples_of_every_format_are_diagnosed(doctor: Doctor, anchors: Anchors, name: str) -> None:
    report = scan_logs([EXAMPLES / name], anchors, lambda: doctor, ScanOptions(jobs=1))
    assert set(causes(report)) == {EXPECTED[name][1]}


def test_an_error_code_alone_is_found(doctor: Doctor, anchors: Anchors, tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(PLAIN * 20_000 + b'2026-03-02T07:00:00Z WARN silent sign-in failed: {"error":"login_required"}\n')
    (group,) = scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=1)).groups
    assert (group.cause, group.places[0].line) == ("login-interaction-required", 20_001)


@pytest.mark.parametrize(
    "line", ["invalid_grant", "2026-03-02T07:00:00Z ERROR refresh: invalid_client", "error=unauthorized_client"]
)
def test_a_bare_error_code_is_unclear_with_candidates(
    line: str, doctor: Doctor, anchors: Anchors, tmp_path: Path
) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(PLAIN * 50 + line.encode() + b"\n" + PLAIN * 50)
    report = scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=1))
    assert report.groups == []
    (group,) = report.unclear
    assert group.count == 1
    assert group.verdict == "inconclusive"
    assert group.diagnosis.causes[0].probability > 0.1
    done = run(str(file), NO_COLOR="1")
    assert done.returncode == 1
    assert f"perhaps {group.diagnosis.causes[0].id} (" in done.stdout


def test_a_line_that_a_collector_cut_in_two_is_found(doctor: Doctor, anchors: Anchors, tmp_path: Path) -> None:
    file = tmp_path / "node.log"
    stamp = b"2026-05-04T04:12:%02d.100000001Z stdout %b "
    plain = b"".join(stamp % (n % 60, b"F") + b"reconciling\n" for n in range(4000))
    cut = stamp % (9, b"P") + b"oauth2: cannot fetch token: unauthorized_client: The client is not "
    file.write_bytes(plain + cut + b"\n" + stamp % (9, b"F") + b"allowed to use the grant type client_credentials\n")
    report = scan_logs([file], anchors, lambda: doctor, ScanOptions(jobs=1))
    assert causes(report) == {"grant-type-not-enabled": 1}


# The command -----------------------------------------------------------------------------------------------------------


def test_the_command_reads_files_folders_and_pipes(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_bytes(PLAIN * 5 + MISMATCH)
    (tmp_path / "logs" / "b.log.bz2").write_bytes(bz2.compress(PLAIN + EXPIRED))
    done = run(str(tmp_path / "logs"), "-", "--output", "json", data=PLAIN * 3 + EXPIRED)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    report = json.loads(done.stdout)
    found = {group["cause"]: group["count"] for group in report["groups"]}
    assert found == {"redirect-uri-mismatch": 1, "client-secret-expired": 2}
    assert report["totals"]["files"] == 3
    places = {place["source"] for group in report["groups"] for place in group["places"]}
    assert "standard input" in places
    assert f"{tmp_path}/logs/a.log" in places


@pytest.mark.parametrize("output", ["text", "ndjson", "markdown", "html", "sarif"])
def test_the_command_writes_every_form(tmp_path: Path, output: str) -> None:
    file = tmp_path / "a.log"
    file.write_bytes(MISMATCH)
    done = run(str(file), "--output", output, NO_COLOR="1")
    assert done.returncode == 0
    assert "redirect URI is not registered" in done.stdout
    assert "\x1b[" not in done.stdout + done.stderr


def test_exit_codes_and_complaints(tmp_path: Path) -> None:
    (tmp_path / "plain.log").write_bytes(PLAIN)
    nothing = run(str(tmp_path / "plain.log"))
    assert nothing.returncode == 1
    for arguments, words in (
        ([str(tmp_path / "absent.log")], "absent.log"),
        ([str(tmp_path / "*.txt")], "matches no file"),
        ([str(tmp_path / "plain.log"), "--format", "nginks"], "nginks"),
        ([str(tmp_path / "plain.log"), "--top", "0"], "--top"),
    ):
        done = run(*arguments)
        assert done.returncode == 2, done.stderr
        assert words in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert "Traceback" not in done.stderr


def test_unreadable_files_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.log", tmp_path / "b.log.gz"
    good.write_bytes(MISMATCH)
    bad.write_bytes(gzip.compress(PLAIN * 1000)[:60])
    gone = tmp_path / "mem.log"
    gone.symlink_to("/proc/self/mem")
    done = run(str(good), str(bad), str(gone), "--output", "json")
    assert done.returncode == 0
    totals = json.loads(done.stdout)["totals"]
    assert totals["unreadable"] == 1
    assert totals["truncated"] == 1
    assert "mem.log" in done.stderr
    assert "Traceback" not in done.stderr
    assert run(str(gone)).returncode == 2


def test_pieces_that_cannot_be_opened_tell_why(anchors: Anchors, tmp_path: Path) -> None:
    found = search_piece(Piece(str(tmp_path / "absent")), Tools(anchors))
    assert found.problem is not None
    assert "absent" in found.problem
    assert found.tally.unreadable == 1
