"""No input crashes a reader, makes it lose count, or makes it hold more than it may."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oauth_doctor.engine.logs import Event, Joiner, Reader, detect, readers, split_lines
from oauth_doctor.engine.logs.incident import LARGEST_INCIDENT
from oauth_doctor.engine.logs.reader import LONGEST_EVENT

EXAMPLES = {
    path.name: path.read_bytes() for path in sorted((Path(__file__).parent.parent / "examples" / "logs").iterdir())
}
NAMES = sorted(readers())
PIECES = st.sampled_from(
    [b"{", b"}", b"[", b"]", b'"', b"\\", b"\n", b"\r\n", b" ", b"\t", b"=", b":", b",", b";", b"|", b"<34>", b"CEF:0|", b"2026-05-04T09:12:31Z ",
     b"May  4 09:12:31 h a[1]: ", b'{"log":"', b'{"MESSAGE":', b'","', b"null", b"-1", b"1e999", b"Traceback (most recent call last):\n", b"  at x\n",
     b"Caused by: ", b"POST / HTTP/1.1", b"HTTP/1.1 400 ", b"> ", b"< ", b"* ", b"From: ", b"Subject: =?", b"boundary=", b"--b", b"\xff\xfe", b"\xe2\x82",
     b"\x00", b"state=", b"level=error ", b"stdout P ", b"[pod/a/b] ", b"9" * 30, b'{"time":99999999999999999999}', b"\xd9\xa1\xd9\xa2:", b"%3D"]
)  # fmt: skip
SOUP = st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=60).map(b"".join)


def check(reader: Reader, data: bytes, source: str = "x") -> list[Event]:
    lines = list(split_lines([data], pieces=reader.documents))
    events = list(reader.events(lines, source))
    last = lines[-1][0] if lines else 1
    for event in events:
        assert event.text is not None
        assert len(event.text) <= LONGEST_EVENT * 2
        assert event.line >= 1
        assert event.lines >= 1
        assert event.last_line <= last or "!" in event.source
        assert event.level in ("", "debug", "info", "warning", "error", "critical")
    joiner = Joiner()
    incidents = [one for event in events for one in joiner.add(event)] + joiner.flush()
    assert sum(len(one.hits) for one in incidents) <= len(events)
    assert all(len(one.text) <= LARGEST_INCIDENT for one in incidents)
    return events


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(data=SOUP)
def test_any_bytes(name: str, data: bytes) -> None:
    check(readers()[name], data)


@given(data=st.one_of(SOUP, st.binary(max_size=300)))
def test_detection_takes_any_bytes(data: bytes) -> None:
    assert detect(data).name in NAMES


@pytest.mark.parametrize("name", sorted(EXAMPLES))
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_mutated_examples(name: str, seed: int) -> None:
    """Bytes changed, taken out, doubled and cut: read by the reader of the example and by one of the others."""
    dice = random.Random(seed)
    data = bytearray(EXAMPLES[name])
    for _ in range(dice.randint(1, 12)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(5):
            case 0:
                data[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del data[at : at + dice.randint(1, 40)]
            case 2:
                data[at:at] = data[at : at + dice.randint(1, 200)]
            case 3:
                data[at:at] = dice.choice([b'"', b"{", b"}", b"\n", b"\\", b"=", b"\xff"])
            case _:
                data = data[: max(at, 1)]
    check(detect(EXAMPLES[name], name), bytes(data))
    check(readers()[dice.choice(NAMES)], bytes(data))


@pytest.mark.parametrize("name", sorted(EXAMPLES))
@settings(max_examples=25)
@given(data=st.data())
def test_windows_cut_anywhere(name: str, data: st.DataObject) -> None:
    """A window's events lie inside the window, with the file's line numbers."""
    whole = EXAMPLES[name]
    reader = detect(whole, name)
    lines = list(split_lines([whole], pieces=reader.documents))
    begin = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(begin + 1, len(lines)))
    if not reader.documents:
        reader = reader.with_header(lines[0][1])
    for event in reader.events(lines[begin:end], name):
        assert lines[begin][0] <= event.line <= event.last_line <= lines[end - 1][0] or reader.name == "email"


@given(blocks=st.lists(st.binary(max_size=40), max_size=20), longest=st.integers(1, 30))
def test_lines_do_not_depend_on_how_the_stream_is_cut(blocks: list[bytes], longest: int) -> None:
    whole = b"".join(blocks)
    assert list(split_lines(blocks, longest=longest)) == list(split_lines([whole], longest=longest))
    pieces = list(split_lines(blocks, longest=longest, pieces=True))
    numbers = [number for number, _ in pieces]
    assert numbers == sorted(numbers)
    assert all(len(piece) <= longest for _, piece in pieces)
    expected = whole.split(b"\n")
    joined: dict[int, bytes] = {}
    for number, piece in pieces:
        joined[number] = joined.get(number, b"") + piece
    for number, line in joined.items():
        assert line.rstrip(b"\r") == expected[number - 1].rstrip(b"\r")
