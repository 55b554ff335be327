"""Nothing secret leaves: planted secrets searched in every output of every command; wrong replacements; speed.

    python benchmarks/redaction.py [--seed 1] [--count 10600] [--every] [--cases CASES.jsonl]

Every planted text goes through every command, many in one input, in one of the forms of its report (`--every`: in
all). An output leaks when it holds ten characters of a secret, also behind percent-encoding, escapes, HTML entities,
base64 or hex. `--cases` diagnoses real cases (`batch` format) with and without redaction, and counts those whose first
cause is another one.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import report
from outputs import Command, chains, outputs, shared
from planting import Planted, plant
from searching import Search

from oauth_doctor.engine.redaction import Redacted, Redactor

MOST_SHOWN = 8
SHARE_OF_MCP = 8
"""Every so many texts goes through the tools of the Model Context Protocol too."""

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


def measure_leaks(seed: int, count: int, only: str | None, every: bool) -> bool:
    texts, secrets = plant(seed, count)
    different = len({secret.value for secret in secrets})
    print(
        f"planted: {different} secrets of {len({secret.kind for secret in secrets})} kinds in "
        f"{len({secret.frame for secret in secrets})} formats, {sum(map(len, texts)) / 1e6:.1f} MB, seed {seed}"
    )
    measured = [[command for command in chain if only in (None, command.arguments[0])] for chain in chains().values()]
    begin = time.perf_counter()
    search = Search(secrets)
    with multiprocessing.get_context("fork").Pool() as pool:
        results = chain(
            [served_leaks(texts, search)] if only in (None, "serve") else [],
            pool.imap_unordered(partial(leaks_of, texts, search, every), filter(None, measured), chunksize=1),
        )
        whole: set[Planted] = set()
        searched = 0
        for result in results:
            for command, found, size, seconds in result:
                print(f"{command}: {len(found)} leaks in {size / 1e6:.1f} MB ({seconds:.0f} s)", flush=True)
                for secret, where in list(found.items())[:MOST_SHOWN]:
                    print(f"  {secret.kind}, {secret.frame}: ...{where!r}")
                whole |= found.keys()
                searched += size
    print(f"searched: {searched / 1e6:.0f} MB of outputs in {time.perf_counter() - begin:.0f} s")
    return report("leaked secrets", len(whole), 0.5, f"of {different}")


def served_leaks(texts: Sequence[str], search: Search) -> list[tuple[str, dict[Planted, str], int, float]]:
    """As `leaks_of`, for what is reached through a started server and over the Model Context Protocol."""
    from served import model_tools, served

    leaks: dict[str, dict[Planted, str]] = {}
    sizes: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        some = chain(
            served(texts, Path(folder)),
            (("MCP tools", text) for text in model_tools(texts[::SHARE_OF_MCP], Path(folder))),
        )
        begin = time.perf_counter()
        for name, output in some:
            leaks.setdefault(name, {}).update(search.leaks(output))
            sizes[name] += len(output)
            seconds[name] += time.perf_counter() - begin
            begin = time.perf_counter()
    return [(name, found, sizes[name], seconds[name]) for name, found in leaks.items()]


def leaks_of(
    texts: Sequence[str], search: Search, every: bool, commands: Sequence[Command]
) -> list[tuple[Command | str, dict[Planted, str], int, float]]:
    """Of every command the secrets it shows something of, the characters it wrote, and its seconds."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for command in commands:
            found: dict[Planted, str] = {}
            size, start = 0, time.process_time()
            for output in outputs(command, texts if every else shared(texts, command), Path(folder)):
                size += len(output)
                found |= search.leaks(output)
            results.append((command, found, size, time.process_time() - start))
    return results


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
        "--count", type=int, default=10_600, help="planted texts; HAR and others hold their secret several times"
    )
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--only", choices=("leaks", "wrong", "speed"))
    parser.add_argument("--every", action="store_true", help="all texts in all forms of all reports: takes an hour")
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
        good &= measure_leaks(options.seed, options.count, options.command, options.every)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
