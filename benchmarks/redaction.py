"""Nothing secret leaves: planted secrets searched in every output of every command; wrong replacements; speed.

    python benchmarks/redaction.py [--seed 1] [--count 10000] [--cases CASES.jsonl]

Every planted text goes through every command, many in one input. An output leaks when it holds ten characters of a
secret, also behind percent-encoding, escapes, HTML entities, base64 or hex. `--cases` diagnoses real cases (`batch`
format) with and without redaction, and counts those whose first cause is another one.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import report
from planting import Planted, Search, plant

from oauth_doctor.engine.redaction import Redacted, Redactor

OUTPUTS = ("text", "json", "ndjson", "markdown", "html", "reply")


@dataclass(frozen=True)
class Command:
    """A command that is given planted texts.

    Attributes:
        arguments: `{}` stands for the input file.
        form: how the texts are written into that file.
        most: texts in one run.
    """

    arguments: tuple[str, ...]
    form: str = "text"
    most: int = 1_000


# A new command is measured as soon as it stands here.
COMMANDS: tuple[Command, ...] = (
    *(Command(("diagnose", "{}", "--output", output)) for output in OUTPUTS),
    *(
        Command(("diagnose", "--output", output, "--fact", "error_description={}"), "argument", 25)
        for output in OUTPUTS[:2]
    ),
    Command(("batch", "{}"), "cases", 10_000),
    *(Command(("ask", "--answers", "{}", "--output", output), "answers") for output in OUTPUTS[:2]),
    Command(("explain", "{}"), "argument", 1),
    Command(("redact", "{}"), "text", 10_000),
    Command(("redact", "{}"), "json lines", 10_000),
    Command(("redact", "{}"), "json", 10_000),
    Command(("redact", "{}"), "har", 10_000),
)
_MOST_ARGUMENTS = 6
"""Runs of a command that takes a text as argument; each starts a process."""


def write(texts: Sequence[str], form: str) -> str:
    """One input of many texts."""
    match form:
        case "cases":
            return "".join(
                json.dumps({"id": str(number), "text": text, "facts": {"error_description": text[:2000]}}) + "\n"
                for number, text in enumerate(texts)
            )
        case "answers":
            return json.dumps({"text": "\n".join(texts), "error_description": texts[0]})
        case "json lines":
            return "".join(json.dumps({"level": "info", "message": text}) + "\n" for text in texts)
        case "json":
            return json.dumps([{"level": "info", "message": text} for text in texts], indent=1)
        case "har":
            return json.dumps({"log": {"version": "1.2", "entries": [_entry(text) for text in texts]}})
        case _:
            return "\n".join(texts)


def _entry(text: str) -> dict[str, object]:
    import base64

    return {
        "request": {
            "method": "POST",
            "url": "https://app.example/x",
            "postData": {"mimeType": "text/plain", "text": text},
        },
        "response": {"content": {"text": base64.b64encode(text.encode()).decode(), "encoding": "base64"}},
    }


def outputs(command: Command, texts: Sequence[str], folder: Path) -> Iterator[str]:
    """What a command writes about the texts, stdout and stderr."""
    for at in range(0, len(texts), command.most):
        some = texts[at : at + command.most]
        if command.form == "argument":
            if at >= command.most * _MOST_ARGUMENTS:
                return
            value = "\n".join(some)[:100_000]
        else:
            file = folder / f"input.{command.form.replace(' ', '-')}"
            file.write_text(write(some, command.form), encoding="utf-8")
            value = str(file)
        arguments = [argument.replace("{}", value) for argument in command.arguments]
        run = subprocess.run(
            [sys.executable, "-m", "oauth_doctor.cli.main", *arguments], capture_output=True, check=False, timeout=1_800
        )
        output = run.stdout.decode("utf-8", "replace")
        if command.form in ("json", "har") and run.returncode == 0:
            json.loads(output)
        yield output
        yield run.stderr.decode("utf-8", "replace")


def leaks_of(command: Command, texts: Sequence[str], search: Search, folder: Path) -> dict[Planted, str]:
    """The secrets of which a command shows something."""
    found: dict[Planted, str] = {}
    for output in outputs(command, texts, folder):
        found |= search.leaks(output)
    return found


HARMLESS = (
    "{stamp} INFO [exec-{n}] c.e.web.OrderController : loaded order {n} in {m} ms",
    '10.0.{m}.{k} - - [{stamp}] "GET /api/v1/orders/{n}?page={k} HTTP/1.1" 200 {n} "-" "Mozilla/5.0 (X11; Linux x86_64)"',
    '{{"ts":"{stamp}","level":"info","msg":"request done","status":200,"trace_id":"{hex}","span_id":"{hex16}"}}',
    "Jan {k} 10:11:12 web1 sshd[{n}]: Connection closed by 192.0.2.{m} port {n} [preauth]",
    "{stamp} WARN pool-{k}: slow query took {n} ms: SELECT id, name FROM orders WHERE id = {n}",
    "    at com.acme.orders.OrderService.load(OrderService.java:{n})",
    "{stamp} INFO k8s: pod web-{hex10}-x7k2p scheduled on node-{k}",
    "commit {hex40}",
    "image sha256:{hex64} pulled in {n} ms",
    "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder {k} for block blk_{n}3854979 terminating",
    'level=info ts={stamp} caller=main.go:{n} msg="listening" addr=0.0.0.0:{n}',
)
HARMLESS_OAUTH = (
    "{stamp} ERROR auth.TokenService token request failed: error=invalid_grant status code: 400",
    "GET /oauth/authorize?client_id=web-{k}&response_type=code&scope=openid+email&redirect_uri=https%3A%2F%2Fapp.example%2Fcb HTTP/1.1",
    '{{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.","trace_id":"{guid}"}}',
    "org.springframework.security.oauth2.core.OAuth2AuthenticationException: [invalid_token] An error occurred",
    "{stamp} DEBUG token expires_in=3599 token_type=Bearer tenant={guid} client_id={guid}",
    "https://login.microsoftonline.com/{guid}/oauth2/v2.0/token returned 401, kid: {hex40}",
    "client_secret=YOUR_CLIENT_SECRET access_token=null refresh_token= password=******",
    "code: invalid_request, state: running, session closed, key not found",
)


def harmless(source: random.Random, size: int, share: float) -> str:
    """A log without secrets, at least `size` characters; `share` of its lines speak of tokens."""
    lines = []
    while size > 0:
        line = source.choice(HARMLESS_OAUTH if source.random() < share else HARMLESS).format(
            stamp=f"2026-03-{source.randint(10, 28)}T{source.randint(10, 23)}:{source.randint(10, 59)}:{source.randint(10, 59)}.123Z",
            n=source.randint(1_000, 60_000),
            m=source.randint(0, 255),
            k=source.randint(1, 28),
            hex=f"{source.getrandbits(128):032x}",
            hex10=f"{source.getrandbits(40):010x}",
            hex16=f"{source.getrandbits(64):016x}",
            hex40=f"{source.getrandbits(160):040x}",
            hex64=f"{source.getrandbits(256):064x}",
            guid="{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}".format(
                *(source.getrandbits(bits) for bits in (32, 16, 12, 12, 48))
            ),
        )
        lines.append(line)
        size -= len(line) + 1
    return "\n".join(lines)


def measure_leaks(seed: int, count: int, only: str | None) -> bool:
    texts, secrets = plant(seed, count)
    different = len({secret.value for secret in secrets})
    print(
        f"planted: {different} secrets of {len({secret.kind for secret in secrets})} kinds in "
        f"{len({secret.frame for secret in secrets})} formats, {sum(map(len, texts)) / 1e6:.1f} MB, seed {seed}"
    )
    search = Search(secrets)
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for command in COMMANDS:
            if only not in (None, command.arguments[0]):
                continue
            begin = time.perf_counter()
            found = leaks_of(command, texts, search, Path(folder))
            name = f"leaks of {' '.join(command.arguments).replace('{}', command.form)}"
            good &= report(name, len(found), 0.5, f"of {different} secrets ({time.perf_counter() - begin:.0f} s)")
            for secret, where in list(found.items())[:5]:
                print(f"  {secret.kind}, {secret.frame}: ...{where!r}")
    return good


def measure_wrong(seed: int) -> bool:
    source = random.Random(seed)
    wrong: Counter[str] = Counter()
    lines = harmless(source, 2_000_000, 0.5).split("\n")
    for line in lines:
        wrong.update(secret.kind for secret in Redactor().redact(line).secrets)
    print(f"replaced in {len(lines)} harmless lines: {dict(wrong)}")
    return report("wrong replacements", sum(wrong.values()), 0.5, "values")


def measure_cases(cases: Path) -> bool:
    from oauth_doctor.engine import Doctor

    doctor = Doctor()
    texts = [case.get("text") or "" for case in map(json.loads, cases.read_text(encoding="utf-8").splitlines())]
    redacted = [doctor.diagnose(text, {}) for text in texts]
    redact = Redactor.redact
    try:
        Redactor.redact = lambda _, text: Redacted(text, ())  # type: ignore[method-assign]
        bare = [doctor.diagnose(text, {}) for text in texts]
    finally:
        Redactor.redact = redact  # type: ignore[method-assign]

    def first(diagnosis: object) -> object:
        causes = diagnosis.causes  # type: ignore[attr-defined]
        return causes[0].id if causes else None

    other = [(a, b) for a, b in zip(redacted, bare, strict=True) if first(a) != first(b)]
    for a, b in other[:10]:
        print(f"  with redaction {first(a)}, without {first(b)}")
    return report(
        "cases with another first cause because of redaction", len(other), 0.02 * len(texts), f"of {len(texts)}"
    )


def measure_speed(seed: int, megabytes: int) -> bool:
    def seconds(text: str) -> float:
        begin = time.process_time()
        Redactor().redact(text)
        return time.process_time() - begin

    ordinary = harmless(random.Random(seed), megabytes * 1_000_000, 0.0)
    seconds(ordinary[:1_000_000])
    speed = len(ordinary) / 1e6 / seconds(ordinary)
    good = report(f"50 MB of log without secrets ({speed:.0f} MB/s a core)", 50 / speed, 1.0, "s")
    for share in (0.05, 0.5):
        text = harmless(random.Random(seed), 8_000_000, share)
        print(f"{share:.0%} of its lines about tokens: {len(text) / 1e6 / seconds(text):.1f} MB/s a core")
    planted = "\n".join(plant(seed, 3_000)[0])
    print(f"nothing but secrets: {len(planted) / 1e6 / seconds(planted):.1f} MB/s a core")
    small = [harmless(random.Random(number), 3_000, 0.1) for number in range(50)]
    good &= report("3 kB of log", sum(map(seconds, small)) / len(small) * 1e3, 1.0, "ms")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--count", type=int, default=12_000, help="planted texts; HAR and others hold their secret several times"
    )
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--only", choices=("leaks", "wrong", "speed"))
    parser.add_argument("--command", help="search the outputs of this command only, for example redact")
    options = parser.parse_args()
    good = True
    if options.only in (None, "speed"):
        good &= measure_speed(options.seed, options.megabytes)
    if options.only in (None, "wrong"):
        good &= measure_wrong(options.seed)
    if options.cases:
        good &= measure_cases(options.cases)
    if options.only in (None, "leaks"):
        good &= measure_leaks(options.seed, options.count, options.command)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
