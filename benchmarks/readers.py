"""Readers on adversarial input: the time for 2n bytes against that for n; and their speed on ordinary input.

python benchmarks/readers.py [--size 320000]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import report

from oauth_doctor.engine.logs import detect, readers, split_lines, template_of
from oauth_doctor.engine.logs.vocabulary import vocabulary

ALLOWED = 2.5
LONG_ENOUGH = 0.04  # seconds
EXAMPLES = Path(__file__).parent.parent / "examples" / "logs"


def _repeat(unit: bytes) -> Callable[[int], bytes]:
    return lambda size: (unit * (size // len(unit) + 1))[:size]


def _around(begin: bytes, unit: bytes, end: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: begin + (unit * (size // len(unit) + 1))[:size] + end


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "deep nesting": _repeat(b'{"a":['),
    "deep nesting over lines": _repeat(b'{"a":[\n'),
    "closing braces": _repeat(b"}]\n"),
    "many braces": _repeat(b"{}{}[]"),
    "many empty objects in a list": _around(b"[", b"{},"),
    "objects in an object that never ends": _around(b'{"a":', b'{"b":{}},'),
    "braces that are no JSON, then text": _repeat(b"{\n{\n{\n2026-05-04 09:12:31 ERROR x\n"),
    "unclosed quotes": _repeat(b'{"a":"\n'),
    "unclosed quotes on one line": _around(b'{"a":"', b'\\"'),
    "quotes": _repeat(b'"'),
    "backslashes": _around(b'{"a":"', b"\\"),
    "one long line": _repeat(b"x"),
    "one long line of pairs": _repeat(b"a=b "),
    "one long line of quotes and pairs": _repeat(b'a="b '),
    "a trace that never ends": _around(b"Traceback (most recent call last):\n", b'  File "x.py", line 1, in f\n'),
    "causes that never end": _around(b"2026-05-04 09:12:31 ERROR x\n", b"Caused by: a.B: c\n\tat d.E(F.java:1)\n"),
    "many ids": _repeat(b"state=Zk3vQ0pT7 client_id=4711 trace_id=abc123 "),
    "id names without end": _repeat(b"state=state=state="),
    "digits": _repeat(b"1"),
    "digits and colons": _repeat(b"12:34:"),
    "timestamps": _repeat(b"2026-05-04T09:12:31Z "),
    "short lines": _repeat(b"x\n"),
    "empty lines": _repeat(b"\n"),
    "zeros": _repeat(b"\x00"),
    "bytes that are no UTF-8": _repeat(b"\xff\xfe\x80"),
    "rows with open quotes": _around(b"timestamp,level,message\n", b'a,"b\n'),
    "many columns": _repeat(b"a,"),
    "nested mail": _repeat(b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n'),
    "mail of tags": _around(b"From: a@b.example\nSubject: x\nTo: c\nContent-Type: text/html\n\n", b"<a <script "),
    "encoded words": _around(b"From: a@b.example\nTo: c\nSubject: ", b"=?utf-8?q?a?= "),
    "CEF bars": _around(b"CEF:0|", b"\\|a"),
    "CEF pairs": _around(b"CEF:0|a|b|c|d|e|5|", b"a=b c"),
    "structured data": _around(b"<34>1 2026-05-04T09:12:31Z h a 1 ID [", b'x="]" '),
    "partial lines": _repeat(b"2026-05-04T09:12:31.1Z stdout P aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"),
    "many streams": lambda size: b"".join(b"[pod/p%d/c] x\n" % number for number in range(size // 15)),
    "requests without responses": _repeat(b"GET / HTTP/1.1\n"),
    "responses": _repeat(b"HTTP/1.1 200 OK\n"),
    "curl marks": _repeat(b"> \n< \n* \n"),
}  # fmt: skip


def seconds(data: bytes, name: str) -> float:
    """Processor time for all events of a text with one reader."""
    reader = readers()[name]
    begin = time.process_time()
    for _event in reader.events(split_lines([data], pieces=reader.documents)):
        pass
    return time.process_time() - begin


def growth(call: Callable[[bytes], float], make: Callable[[int], bytes], largest: int) -> tuple[float, int]:
    """Time for 2n over time for n, for the first n that takes long enough to be measured, and that n.

    A ratio above what is allowed is measured again, because other programs run too.
    """
    size = 5_000
    first = call(make(size))
    while first < LONG_ENOUGH and size < largest:
        size *= 2
        first = call(make(size))
    ratio = call(make(2 * size)) / max(first, LONG_ENOUGH / 10)
    for _ in range(3):
        if ratio <= ALLOWED:
            break
        ratio = min(ratio, call(make(2 * size)) / max(call(make(size)), LONG_ENOUGH / 10))
    return ratio, size


def hostile(largest: int) -> bool:
    """The largest growth over all inputs and readers."""
    calls: dict[str, Callable[[bytes], float]] = {name: partial(seconds, name=name) for name in readers()}
    calls["detect"] = _timed(lambda data: detect(data))
    calls["template"] = _timed(lambda data: template_of(data.decode("latin-1")))
    calls["ids"] = _timed(lambda data: vocabulary().ids_in(data.decode("latin-1")))
    worst = (0.0, "", 0)
    for what, make in HOSTILE.items():
        for name, call in calls.items():
            ratio, size = growth(call, make, largest)
            worst = max(worst, (ratio, f"{name}: {what}", size))
            if ratio > ALLOWED:
                print(f"{name}: {what}, n = {size:,}: {ratio:.2f}", flush=True)
    print(f"worst: {worst[1]}, n = {worst[2]:,} bytes")
    return report("time for 2n / n", worst[0], ALLOWED, "x")


def _timed(call: Callable[[bytes], object]) -> Callable[[bytes], float]:
    def run(data: bytes) -> float:
        begin = time.process_time()
        call(data)
        return time.process_time() - begin

    return run


def speed() -> None:
    """Megabytes a second of every reader on its own example."""
    for path in sorted(EXAMPLES.iterdir()):
        data = path.read_bytes()
        reader = detect(data, path.name)
        if reader.documents or path.suffix in (".csv", ".har", ".eml"):
            continue
        data = data * (1_000_000 // len(data) + 1)
        begin = time.process_time()
        count = sum(1 for _ in reader.events(split_lines([data])))
        taken = time.process_time() - begin
        print(f"{path.name} ({reader.name}): {len(data) / taken / 1e6:.1f} MB/s, {count / taken:,.0f} events/s")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=320_000)
    size = parser.parse_args().size
    speed()
    sys.exit(not hostile(size))


if __name__ == "__main__":
    main()
