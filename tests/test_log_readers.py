"""Opening, lines, times, levels, and what the readers do where formats get difficult."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from oauth_doctor.engine.logs import (
    Event,
    OpeningError,
    Tally,
    detect,
    find_files,
    open_blocks,
    read_blocks,
    reader_named,
    readers,
    split_lines,
)
from oauth_doctor.engine.logs.formats.objects import LARGEST_OBJECT
from oauth_doctor.engine.logs.levels import level_in, level_of
from oauth_doctor.engine.logs.reader import LONGEST_EVENT
from oauth_doctor.engine.logs.times import time_at, time_of

REFERENCE = datetime(2026, 5, 5, tzinfo=UTC)
MOMENT = datetime(2026, 5, 4, 9, 12, 31)


def events(name: str, data: bytes | str) -> list[Event]:
    raw = data.encode() if isinstance(data, str) else data
    reader = reader_named(name)
    return list(reader.events(split_lines([raw], pieces=reader.documents), "f", reference=REFERENCE))


# Opening --------------------------------------------------------------------------------------------------------------

PACKERS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
try:
    import zstandard

    PACKERS["zst"] = zstandard.compress
except ImportError:
    pass


@pytest.mark.parametrize("ending", sorted(PACKERS))
def test_archives_of_several_members_and_damaged_ones(tmp_path: Path, ending: str) -> None:
    data = b"".join(b"%d line of a log\n" % number for number in range(50_000))
    whole = PACKERS[ending](data) + PACKERS[ending](b"tail\n")
    (tmp_path / "a.log").write_bytes(whole)
    tally = Tally()
    assert b"".join(open_blocks(tmp_path / "a.log", tally)) == data + b"tail\n"
    assert (tally.files, tally.truncated) == (1, 0)
    (tmp_path / "cut.log").write_bytes(PACKERS[ending](os.urandom(600_000))[:300_000])
    tally = Tally()
    list(open_blocks(tmp_path / "cut.log", tally))
    assert (tally.files, tally.truncated) == (1, 1)


@pytest.mark.parametrize("ending", sorted(PACKERS))
def test_no_archive_swells_without_limit(tmp_path: Path, ending: str) -> None:
    (tmp_path / "bomb").write_bytes(PACKERS[ending](bytes(64 << 20)))
    sizes = [len(block) for block in open_blocks(tmp_path / "bomb", size=1 << 16)]
    assert sum(sizes) == 64 << 20
    assert max(sizes) <= 17 << 20


def test_utf16_is_read_as_text() -> None:
    text = "2026-05-04 09:12:31 ERROR größer\r\nnext\r\n"
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8")):
        blocks = read_blocks(io.BytesIO(mark + text.encode(encoding)), "x", Tally(), size=7)
        assert list(split_lines(blocks)) == [(1, text.split("\r\n")[0].encode()), (2, b"next")]


def test_rotated_parts_come_in_the_order_of_their_age(tmp_path: Path) -> None:
    for name in ("app.log", "app.log.1", "app.log.2.gz", "app.log.10.gz", "other.log", ".hidden"):
        (tmp_path / name).write_bytes(b"x\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "c.log").write_bytes(b"x\n")
    names = [path.relative_to(tmp_path).as_posix() for path in find_files([str(tmp_path)])]
    assert names == ["app.log.10.gz", "app.log.2.gz", "app.log.1", "app.log", "deep/c.log", "other.log"]
    assert [path.name for path in find_files([str(tmp_path / "app*"), str(tmp_path / "app.log")])] == [
        "app.log.10.gz", "app.log.2.gz", "app.log.1", "app.log",
    ]  # fmt: skip


def test_what_cannot_be_opened_is_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(OpeningError, match=r"nowhere: no such file or folder$"):
        find_files([str(tmp_path / "nowhere")])
    with pytest.raises(OpeningError, match=r"\*\.log: matches no file$"):
        find_files([str(tmp_path / "*.log")])
    tally = Tally()
    with pytest.raises(OpeningError, match="cannot be read"):
        list(open_blocks(tmp_path, tally))
    assert tally.unreadable == 1


def test_a_huge_line_is_cut_and_counted_and_the_next_one_is_read() -> None:
    def blocks() -> object:
        yield b"first\n"
        for _ in range(100):
            yield b"x" * (1 << 20)
        yield b"\nlast \xff\n"

    tally = Tally()
    lines = list(split_lines(blocks(), tally))  # type: ignore[arg-type]
    assert [(number, len(line)) for number, line in lines] == [(1, 5), (2, 1 << 20), (3, 6)]
    assert tally == Tally(bytes=6 + (100 << 20) + 8, lines=3, cut=1, undecodable=1)


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no log format 'jsn'; did you mean 'json'\? Expected one of .*keycloak"):
        reader_named("jsn")


# Times and levels -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["2026-05-04T09:12:31", "2026-05-04 09:12:31", "[2026-05-04 09:12:31]", "2026/05/04 09:12:31", "04/May/2026:09:12:31", "Mon May 04 09:12:31 2026", "May  4 09:12:31", "May 4, 2026 9:12:31 AM",
     "04.05.2026 09:12:31", "31/05/2026 09:12:31", "26/05/04 09:12:31", "260504 091231 INFO", "I0504 09:12:31.000000 1 x", "05-04 09:12:31.000 1 2 E", "20260504T091231", "04-May-2026 09:12:31"],
)  # fmt: skip
def test_a_timestamp_at_the_beginning(text: str) -> None:
    found = time_at(text + " rest", 0, REFERENCE)
    assert found is not None
    expected = MOMENT.replace(day=31) if text.startswith("31") else MOMENT
    assert found[0] == expected
    assert found[1] <= len(text) + 1


def test_zones_fractions_and_numbers() -> None:
    assert time_of("2026-05-04T09:12:31.123456789+02:00") == datetime(
        2026, 5, 4, 9, 12, 31, 123456, timezone(timedelta(hours=2))
    )
    for value in (1777885951, 1777885951.0, "1777885951", 1777885951000, "1777885951000000", 1777885951 * 10**9):
        assert time_of(value) == MOMENT.replace(tzinfo=UTC)
    for value in (True, None, -1, 12, 1e300, "", "never", "2026-13-45T99:99:99", "1" * 60, [], {}):
        assert time_of(value) is None


def test_a_year_that_is_not_written_is_never_in_the_future_and_never_invented() -> None:
    assert time_at("Dec 31 23:59:59 h", 0, REFERENCE) == (datetime(2025, 12, 31, 23, 59, 59), 15)
    assert time_at("Dec 31 23:59:59 h") == (None, 15)


def test_levels() -> None:
    assert [level_of(value) for value in ("WARN", "Error", "fatal", 50, "30", 3, "3", None, True, "nonsense", 99)] == [
        "warning", "error", "critical", "error", "info", "error", "error", "", "", "", "",
    ]  # fmt: skip
    assert level_in("2026-05-04 09:12:31 error: no", 19) == "error"
    assert level_in("information about errors") == ""


# Formats --------------------------------------------------------------------------------------------------------------


def test_traces_of_two_pods_that_write_into_each_other_come_together_again() -> None:
    one = ["2026-05-04 09:00:00,1 ERROR [t] first", "java.lang.A: a", "\tat a.B(C.java:1)"]
    two = ["2026-05-04 09:00:00,2 ERROR [t] second", "java.lang.D: d", "\tat d.E(F.java:2)"]
    mixed = [
        line
        for pair in zip([f"[pod/a/x] {text}" for text in one], [f"[pod/b/x] {text}" for text in two], strict=True)
        for line in pair
    ]
    found = events("kubernetes", "\n".join(mixed))
    assert sorted((event.text, event.stream) for event in found) == sorted(
        [("\n".join(one), "pod/a/x/t"), ("\n".join(two), "pod/b/x/t")]
    )
    assert sorted((event.line, event.last_line) for event in found) == [(1, 5), (2, 6)]


def test_a_program_in_front_is_a_stream_of_its_own() -> None:
    found = events(
        "text",
        "2026-05-04T09:00:00Z sshd[411]: one\n2026-05-04T09:00:01Z app[9]: two\n2026-05-04T09:00:02Z plain: three",
    )
    assert [event.stream for event in found] == ["sshd[411]", "app[9]", ""]


def test_partial_lines_are_one_line() -> None:
    found = events(
        "cri",
        "2026-05-04T09:00:00.1Z stdout P invalid_\n2026-05-04T09:00:00.1Z stderr F other\n2026-05-04T09:00:00.2Z stdout F client\n",
    )
    assert sorted(event.text for event in found) == ["invalid_client", "other"]


def test_separate_messages_of_syslog_stay_separate_and_a_trace_stays_together() -> None:
    begin = "May  4 09:00:00 h app[1]: "
    found = events(
        "syslog",
        "\n".join(
            begin + text
            for text in ("ERROR: one", "two", "Traceback (most recent call last):", '  File "x.py", line 1', "three")
        ),
    )
    assert [event.text.split("\n")[0] for event in found] == ["ERROR: one", "two", "three"]
    assert found[1].text.count("\n") == 2


def test_an_event_that_never_ends_is_cut() -> None:
    found = events("text", "2026-05-04 09:00:00 ERROR x\n" + "\tat a.b.C(D.java:1)\n" * 20_000)
    assert max(len(event.text) for event in found) <= LONGEST_EVENT
    assert max(event.lines for event in found) <= 501
    assert sum(event.lines for event in found) == 20_001


def entry(number: int, body: str) -> dict[str, object]:
    return {
        "startedDateTime": f"2026-05-04T09:00:{number % 60:02}Z", "request": {"method": "POST", "url": f"https://idp.example/token/{number}"},
        "response": {"status": 400, "content": {"mimeType": "application/json", "text": body}},
    }  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2])
def test_a_har_larger_than_memory_allows_is_read_entry_by_entry(indent: int | None) -> None:
    """On one line, and pretty-printed; among the bodies is one that is larger than an entry may be."""
    bodies = ['{"error":"invalid_grant"}' + " " * 3000] * 700
    bodies[350] = "x" * (2 * LARGEST_OBJECT)
    document = {
        "log": {
            "version": "1.2",
            "creator": {"name": "x"},
            "pages": [],
            "entries": [entry(*one) for one in enumerate(bodies)],
        }
    }
    data = json.dumps(document, indent=indent).encode()
    assert len(data) > 3 * LARGEST_OBJECT
    found = [event for event in events("har", data) if event.text.startswith("POST https://idp.example/token/")]
    assert [event.text.split(" ")[1].rsplit("/", 1)[1] for event in found] == [str(number) for number in range(700)]
    assert sum("invalid_grant" in event.text for event in found) == 699


def test_members_in_the_middle_of_a_pretty_printed_object_are_understood() -> None:
    lines = json.dumps(
        {"a": 1, "level": "error", "message": "failed", "body": {"error": "invalid_scope", "n": [1, 2]}, "z": 1},
        indent=2,
    ).split("\n")
    found = list(readers()["json"].events([(number, line.encode()) for number, line in enumerate(lines, 1)][2:], "f"))
    assert (found[0].level, found[0].text.split("\n")[0], found[0].line) == ("error", "failed", 3)
    assert '"error": "invalid_scope"' in found[0].text


def test_text_between_json_and_braces_that_are_no_json() -> None:
    found = events(
        "json", '{"msg":"one"}\nplain line\n{ not json }\n{\n  "msg": "two"\n}\n{\n2026-05-04 09:00:00 ERROR three\n'
    )
    assert [event.text for event in found] == [
        "one",
        "plain line",
        "{ not json }",
        "two",
        "{",
        "2026-05-04 09:00:00 ERROR three",
    ]


def test_rows_with_line_breaks_and_windows_of_tables() -> None:
    data = (
        b'timestamp;level;message\n2026-05-04T09:00:00Z;ERROR;"one\ntwo; ""three"""\n2026-05-04T09:00:01Z;INFO;four\n'
    )
    assert [(event.level, event.text, event.line, event.lines) for event in events("csv", data)] == [
        ("error", 'one\ntwo; "three"', 2, 2), ("info", "four", 4, 1),
    ]  # fmt: skip
    window = (
        readers()["csv"].with_header(b"timestamp;level;message").events([(4, b"2026-05-04T09:00:01Z;INFO;four")], "f")
    )
    assert [event.text for event in window] == ["four"]


def test_what_went_well_in_an_export_says_nothing_that_could_be_taken_for_a_failure() -> None:
    record = {
        "createdDateTime": "2026-05-04T09:00:00Z",
        "appId": "a",
        "userPrincipalName": "b",
        "status": {"errorCode": 0, "failureReason": "AADSTS50011"},
    }
    assert [(event.level, event.text) for event in events("entra", json.dumps(record))] == [("info", "")]


def test_dialogues_are_cut_into_exchanges() -> None:
    text = "POST /token HTTP/1.1\nHost: a.example\n\ncode=1\n\nHTTP/1.1 100 Continue\n\nHTTP/1.1 400 Bad Request\nDate: Mon, 04 May 2026 09:12:31 GMT\n\n{}\nGET /me HTTP/1.1\n\nHTTP/1.1 200 OK\n"
    found = events("http", text)
    assert [(event.line, event.level, event.time) for event in found] == [
        (1, "warning", MOMENT.replace(tzinfo=UTC)),
        (12, "info", None),
    ]


def test_a_mail_in_html_with_an_attached_log() -> None:
    mail = (
        "From: a@shop.example\nTo: b@vendor.example\nSubject: help\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html\n\n"
        '<style>p {}</style><p>We see</p><script>no()</script><b>redirect_uri_mismatch</b>\n--x\nContent-Type: text/plain\nContent-Disposition: attachment; filename="a.log"\n\n'
        "2026-05-04 09:12:31 ERROR invalid_client\n\n--x--\n"
    )
    first, second = events("email", mail)
    assert first.text.split() == ["help", "We", "see", "redirect_uri_mismatch"]
    assert (second.source, second.level, second.line) == ("f!a.log", "error", 1)


def test_ids_that_cannot_stand_for_a_flow_are_none() -> None:
    found = events(
        "text", "2026-05-04 09:00:00 INFO state=RUNNING user=- session=none client_id=crm-app trace_id=4bf92f3577b34da6"
    )
    assert dict(found[0].ids) == {"client": "crm-app", "trace": "4bf92f3577b34da6"}


def test_detection_is_the_same_for_every_reader_name() -> None:
    assert detect(b"").name == detect(b"\x00\x01\x02").name == detect(b"hello\n").name == "text"
