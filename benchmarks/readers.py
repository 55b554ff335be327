"""Readers on adversarial input: the time for 2n bytes against that for n; and their speed on ordinary input.

python benchmarks/readers.py [--size 400000]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import report

from oauth_doctor.engine.logs import detect, readers, split_lines, template_of
from oauth_doctor.engine.logs.vocabulary import vocabulary

ALLOWED = 2.5
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
    """Processor time for all events of a text with one reader, the best of two."""
    best = float("inf")
    for _ in range(2):
        reader = readers()[name]
        begin = time.process_time()
        for _event in reader.events(split_lines([data], pieces=reader.documents)):
            pass
        best = min(best, time.process_time() - begin)
    return best


def hostile(size: int) -> bool:
    """The largest growth over all inputs and readers."""
    worst: tuple[float, str] = (0.0, "")
    slowest: tuple[float, str] = (0.0, "")
    for what, make in HOSTILE.items():
        small, large = make(size), make(2 * size)
        for name in readers():
            first = seconds(small, name)
            second = seconds(large, name)
            if second > 0.05:  # below that the clock says nothing
                worst = max(worst, (second / max(first, 0.01), f"{name}: {what}"))
            slowest = max(slowest, (second / (2 * size / 1e6), f"{name}: {what}"))
    print(f"worst growth: {worst[1]}; slowest: {slowest[1]}, {slowest[0]:.2f} s/MB")
    good = report(f"time for 2n / n, n = {size:,} bytes", worst[0], ALLOWED, "x")
    for what, make in HOSTILE.items():
        for label, call in (("detect", lambda data: detect(data)), ("template", lambda data: template_of(data.decode("latin-1"))),
                            ("ids", lambda data: vocabulary().ids_in(data.decode("latin-1")))):  # fmt: skip
            times = []
            for scale in (1, 2):
                data = make(scale * size)
                begin = time.process_time()
                call(data)
                times.append(time.process_time() - begin)
            if times[1] > 0.2 and times[1] / times[0] > ALLOWED:
                good = report(f"{label}, {what}", times[1] / times[0], ALLOWED, "x")
    return good


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
    parser.add_argument("--size", type=int, default=400_000)
    size = parser.parse_args().size
    speed()
    sys.exit(not hostile(size))


if __name__ == "__main__":
    main()
