"""What container platforms and collectors put around the lines of programs: Docker, CRI, `kubectl logs`, compose, Fluent Bit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from ..reader import Parser, Reader
from ..times import time_at, time_of
from ..wrapping import AdaptiveParser, Detect, Inside, Unwrap, WrappedParser
from .records import load

_CRI = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d)) (stdout|stderr) ([FP])(?::[\w,:]{0,40})? ?"
)
_PREFIXED = re.compile(
    r"(?:\[(pod/[\w.\-/]{1,250})\] |([\w.\-]{1,80}) {1,40}\| |([a-z0-9][\w.\-]{0,80}-[a-z0-9]{8,10}-[a-z0-9]{5}) ([\w.\-]{1,60}) )"
)
_DOCKER = frozenset({"log", "stream", "time", "attrs"})
_COLLECTORS = frozenset({"date", "kubernetes", "tag", "container_id", "container_name"})
_STAMPED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(?:Z|[+-]\d\d:\d\d) ")


def unwrap_docker(line: str) -> Inside | None:
    """A line of Docker's `json-file` driver: `{"log":"...\\n","stream":"stdout","time":"..."}`."""
    record = load(line.encode()) if line.startswith("{") and '"log"' in line else None
    if not isinstance(record, dict) or not isinstance(record.get("log"), str) or not record.keys() <= _DOCKER:
        return None
    text = record["log"]
    stream = str(record.get("stream", ""))
    return Inside(text.rstrip("\r\n"), stream, time_of(record.get("time")), partial=not text.endswith("\n"))


def unwrap_collected(line: str) -> Inside | None:
    """A record of Fluent Bit or Fluentd (`log`, with `date` or what they know of the pod) or Vector (`message`, `source_type`)."""
    record = load(line.encode()) if line.startswith("{") and ('"log"' in line or '"source_type"' in line) else None
    if not isinstance(record, dict):
        return None
    text = (
        record.get("message") if "source_type" in record else record.get("log") if record.keys() & _COLLECTORS else None
    )
    if not isinstance(text, str):
        return None
    about = record.get("kubernetes")
    named = {**record, **about} if isinstance(about, dict) else record
    stream = "/".join(
        str(named[name]) for name in ("pod_name", "container_name", "host", "file", "stream") if named.get(name)
    )
    time = time_of(record.get("time")) or time_of(record.get("timestamp")) or time_of(record.get("date"))
    found = _CRI.match(text)  # a collector that was not told about the wrapping of the node's files
    return Inside((text[found.end() :] if found else text).rstrip("\r\n"), stream, time)


def unwrap_cri(line: str) -> Inside | None:
    """A line of the Container Runtime Interface: time, stream, `F` (full) or `P` (partial), text."""
    found = _CRI.match(line)
    return Inside(line[found.end() :], found[2], time_of(found[1]), partial=found[3] == "P") if found else None


def unwrap_prefix(line: str) -> Inside | None:
    """A line with the pod, container or service in front, perhaps with the time that the platform put there."""
    found = _PREFIXED.match(line)
    if found is None:
        return None
    text = line[found.end() :]
    name = found[1] or found[2] or f"{found[3]}/{found[4]}"
    stamped = _STAMPED.match(text)
    if stamped:
        reading = time_at(text)
        return Inside(text[stamped.end() :], name, reading[0] if reading else None)
    return Inside(text, name)


def _share(sample: Sequence[str], unwrap: Unwrap) -> float:
    lines = [line for line in sample if line.strip()][:100]
    return sum(unwrap(line) is not None for line in lines) / len(lines) if lines else 0.0


class WrappingReader(Reader):
    """A format whose lines wrap those of another."""

    def __init__(
        self, name: str, title: str, unwrap: Unwrap, detect: Detect, weight: float = 0.95, *, messages: bool = False
    ) -> None:
        self.name = name
        self.title = title
        self._unwrap = unwrap
        self._detect = detect
        self._weight = weight
        self._messages = messages

    def sniff(self, sample: Sequence[str], name: str) -> float:
        """As `Reader.sniff`."""
        share = _share(sample, self._unwrap)
        return share * self._weight if share >= 0.5 else 0.0

    def parser(self, source: str, *, reference: datetime | None = None) -> Parser:
        """As `Reader.parser`."""
        inner = partial(AdaptiveParser, source, self._detect, reference)
        return WrappedParser(self._unwrap, inner, messages=self._messages)


def container_readers(detect: Detect) -> list[Reader]:
    """The readers; `detect` finds out what is inside."""
    return [
        WrappingReader("docker", "Docker json-file", unwrap_docker, detect),
        WrappingReader("collector", "Fluent Bit, Fluentd and Vector, as JSON lines", unwrap_collected, detect),
        WrappingReader("cri", "Kubernetes node logs (CRI)", unwrap_cri, detect),
        WrappingReader("kubernetes", "kubectl logs --prefix, stern, docker compose logs", unwrap_prefix, detect),
    ]
