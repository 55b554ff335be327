"""The core: one pass for blocks of interest, the finders concerned on those, one rewrite."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import quote_from_bytes

from . import addresses, connection, emails, encoded, entropy, headers, jwt, keys, parameters, tables, tokens
from .echoes import SHORTEST, Memory
from .forms import Decoded, characters, decode
from .model import NO_CLAIMS, Claims, Finder, Finding, Redacted, Scalar, Secret
from .patterns import Dispatcher, compile_pattern
from .placeholders import Placeholders
from .randomness import looks_random

_PLAIN_FINDERS = (
    *parameters.FINDERS,
    headers.FINDER,
    connection.FINDER,
    jwt.FINDER,
    *tokens.FINDERS,
    keys.FINDER,
    emails.FINDER,
    entropy.FINDER,
    *tables.FINDERS,
)
_MOST_ROUNDS = 4
"""A placeholder between letters is a new border for them, so that what was rewritten is looked at again. That is hardly
ever needed, and the second round finds nothing in all but contrived texts."""
_BLOCK = 4_096
"""Bytes that are looked at in one go. A block with a trigger costs the time of a search, a small one a call."""
_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_%+-.@")
_LINE_BREAK = compile_pattern(r"[\n\r\x0b\x0c\x1c-\x1e]|\xc2\x85|\xe2\x80[\xa8\xa9]")
_ESCAPED_BREAK = compile_pattern(r"\\+(?:r\\+)?n")
_MOST_SCRUBBED = 10_000


class Redactor:
    """Replaces secrets by placeholders: `access_token=ya29.a0Af...` becomes `access_token=<access_token:1>`.

    One instance is one numbering: the same secret gets the same placeholder in every text and in every encoding, so
    that flows can still be followed. It stores keyed hashes, never secrets. Not to be shared between threads.

    Args:
        hide_hosts: replace the host names of URLs and Host headers too (`<host:1>`).
        hide_addresses: replace IP addresses too (`<address:1>`), except loopback ones.
    """

    __slots__ = ("_dispatcher", "_finders", "_placeholders")

    def __init__(self, *, hide_hosts: bool = False, hide_addresses: bool = False) -> None:
        self._finders, self._dispatcher = _machinery(hide_hosts, hide_addresses)
        self._placeholders = Placeholders()

    def redact(self, text: str) -> Redacted:
        """Replace every secret of a text.

        Dummies, empty values, `null`, error codes, class names and file paths are no secrets and stay, as do
        placeholders: redacting twice changes nothing. Time is linear in the length of the text, memory about four
        times its size.

        Args:
            text: any text - logs, JSON, HAR, tickets - of any length. It may be of mixed kinds.
        """
        data, secrets = self._replace(text.encode("utf-8", "surrogatepass"))
        if not secrets:
            return Redacted(text, ())
        return Redacted(data.decode("utf-8", "surrogatepass"), secrets)

    def redact_bytes(self, data: bytes, memory: Memory | None = None) -> tuple[bytes, tuple[Secret, ...]]:
        """Replace every secret of a part of a longer text; see `redact`.

        Args:
            data: whole lines, in an encoding that agrees with ASCII; what is not UTF-8 is kept as it is.
            memory: secrets of the earlier parts, whose bare copies are replaced too; those of this part are added.
        """
        return self._replace(data, memory)

    def extents(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Where secrets lie: byte offsets from the first to behind the last part of each, in no order."""
        for finding in _search_twice(data, self._finders, self._dispatcher):
            yield finding.parts[0][0], finding.parts[-1][1]

    def _replace(self, data: bytes, memory: Memory | None = None) -> tuple[bytes, tuple[Secret, ...]]:
        secrets: list[Secret] = []
        for _ in range(_MOST_ROUNDS):
            findings = list(_search_twice(data, self._finders, self._dispatcher))
            if not findings and not memory:
                break
            if not secrets:
                self._placeholders.reserve(data)
            decoded: dict[Finding, Decoded] = {}
            spots = _resolve(data, findings)
            if copies := _echoes(data, spots, decoded, memory):
                spots = _resolve(data, [*findings, *copies])
            if not spots:
                break
            settled = not any(_borders_on_word(data, spot) for spot in spots)
            data, found = self._rewrite(data, spots, decoded)
            secrets += found
            if settled:
                break
        return data, tuple(sorted(secrets, key=lambda secret: secret.line))

    @property
    def knows_secrets(self) -> bool:
        """Whether it has seen a secret, or a placeholder, so that what it makes of a text may depend on that."""
        return self._placeholders.any_known

    def scrub(self, value: str) -> str:
        """Redact a single short value, which is also replaced when it is a secret that was seen before."""
        if 0 < len(value) <= _MOST_SCRUBBED:
            core = decode(value.encode("utf-8", "surrogatepass")).core
            known = self._placeholders.known(core)
            if known is not None:
                return known
        return self.redact(value).text

    def _rewrite(
        self, data: bytes, spots: Sequence[_Spot], known: dict[Finding, Decoded]
    ) -> tuple[bytes, list[Secret]]:
        written = bytearray()
        secrets: list[Secret] = []
        placed: set[Finding] = set()
        at = counted = 0
        line = 1
        for spot in spots:
            finding = spot.finding
            written += data[at : spot.start]
            at = spot.end
            if finding not in placed:
                placed.add(finding)
                line += data.count(b"\n", counted, spot.start)
                counted = spot.start
                secret = self._secret(known.get(finding) or _decoded(data, finding), finding, line)
                secrets.append(secret)
                quote = finding.quote if (spot.start, spot.end) == finding.parts[0] else b""
                written += quote + secret.placeholder.encode("ascii") + quote
            for found in _LINE_BREAK.finditer(data, spot.start, spot.end):
                written += found[0] or b""
        written += data[at:]
        return bytes(written), secrets

    def _secret(self, decoded: Decoded, finding: Finding, line: int) -> Secret:
        placeholder = self._placeholders.of(decoded.core, finding.kind)
        form, header, claims = decoded.form, NO_CLAIMS, NO_CLAIMS
        if jwt.is_token(decoded.core):
            header, claims = self._clean(jwt.read_header(decoded.core)), self._clean(jwt.read_claims(decoded.core))
            form = (*form, "jwt", "jwe") if jwt.is_encrypted(decoded.core) else (*form, "jwt")
        return Secret(finding.kind, placeholder, line, form, characters(decoded.value), header, claims)

    def _clean(self, claims: Claims) -> Claims:
        """Service accounts put e-mail addresses into `iss`, and nobody knows what others put where."""
        cleaned: dict[str, Scalar | tuple[Scalar, ...]] = {}
        for name, value in claims.items():
            if isinstance(value, str):
                cleaned[name] = self.redact(value).text
            elif isinstance(value, Sequence):
                cleaned[name] = tuple(self.redact(item).text if isinstance(item, str) else item for item in value)
            else:
                cleaned[name] = value
        return cleaned


@dataclass(frozen=True, slots=True)
class _Spot:
    """A byte range to be replaced, on behalf of one finding."""

    start: int
    end: int
    finding: Finding


@cache
def _machinery(hide_hosts: bool, hide_addresses: bool) -> tuple[tuple[Finder, ...], Dispatcher]:
    def holds_secret(decoded: bytes) -> bool:
        # What was base64 is a quarter shorter than before, so that looking through its layers ends, in linear time.
        return next(_search(decoded, finders, dispatcher), None) is not None

    finders = (
        *_PLAIN_FINDERS,
        encoded.make_finder(holds_secret),
        *([addresses.HOSTS] if hide_hosts else []),
        *([addresses.ADDRESSES] if hide_addresses else []),
    )
    dispatcher = Dispatcher(
        [finder.trigger for finder in finders], {number for number, finder in enumerate(finders) if finder.counts}
    )
    return finders, dispatcher


def _search(data: bytes, finders: Sequence[Finder], dispatcher: Dispatcher) -> Iterator[Finding]:
    whole: dict[int, tuple[int, int]] = {}
    for number, start, end in _regions(data, dispatcher):
        if finders[number].below:
            whole[number] = whole.get(number, (start, end))[0], end
        else:
            yield from finders[number].find(data, start, end)
    for number, (start, end) in whole.items():
        yield from finders[number].find(data, start, end)


def _search_twice(data: bytes, finders: Sequence[Finder], dispatcher: Dispatcher) -> Iterator[Finding]:
    """Search a text, and, where its lines hold others behind escaped line breaks, those: msg="POST /\\nCookie: a=b"."""
    yield from _search(data, finders, dispatcher)
    at = 0
    while (begin := data.find(b"\\n", at)) >= 0:
        begin = max(data.rfind(b"\n", at, begin) + 1, at)
        at = _line_end(data, begin)
        while data.find(b"\\n", at, end := _line_end(data, at)) >= 0:
            at = end
        yield from _behind_escapes(data[begin:at], begin, finders, dispatcher)


def _behind_escapes(data: bytes, begin: int, finders: Sequence[Finder], dispatcher: Dispatcher) -> Iterator[Finding]:
    unescaped = bytearray(data)
    for found in _ESCAPED_BREAK.finditer(data):
        start, end = found.span()
        unescaped[start:end] = b"\r\n".rjust(end - start)  # of the same length, so that what is found has its place
    for finding in _search(bytes(unescaped), finders, dispatcher):
        yield replace(finding, parts=tuple((start + begin, end + begin) for start, end in finding.parts))


def _regions(data: bytes, dispatcher: Dispatcher) -> Iterator[tuple[int, int, int]]:
    """What a finder may find something in: its number, and the block of lines with its trigger.

    A name in one line may have its value in the next, so that every block is looked at together with the line below it.
    """
    begin = 0
    running: dict[int, tuple[int, int]] = {}
    while begin < len(data):
        end = _line_end(data, begin + _BLOCK)
        overlap = _line_end(data, end)
        matching = dispatcher.matching(data[begin:overlap])
        for number in sorted(running.keys() - matching):
            yield number, *running.pop(number)
        for number in matching:
            running[number] = (running[number][0] if number in running else begin, overlap)
        begin = end
    for number in sorted(running):
        yield number, *running[number]


def _line_end(data: bytes, at: int) -> int:
    return data.find(b"\n", at) + 1 or len(data)


def _resolve(data: bytes, findings: Sequence[Finding]) -> list[_Spot]:
    """Make spots of findings that do not overlap. Where several do, the longest speaks for all, then the best informed.

    An e-mail address gets what the others leave of it, and nothing when that is only a host: in smtp://bob:pw@mail.example
    what looks like an address is half a password.
    """
    spots = _merge([finding for finding in findings if finding.kind != emails.KIND])
    starts = [spot.start for spot in spots]
    ends = [spot.end for spot in spots]
    for finding in findings:
        if finding.kind != emails.KIND:
            continue
        ((start, end),) = finding.parts
        over = bisect_right(ends, start)
        if over < len(starts) and starts[over] <= start:
            start = ends[over]
            if emails.at_sign(data, start):
                continue
            over += 1
        if over < len(starts):
            end = min(end, starts[over])
        if start < end:
            spots.append(_Spot(start, end, replace(finding, parts=((start, end),))))
    return sorted(spots, key=lambda spot: spot.start)


def _merge(findings: Sequence[Finding]) -> list[_Spot]:
    pieces = sorted(
        ((start, end, number) for number, finding in enumerate(findings) for start, end in finding.parts),
        key=lambda piece: (piece[0], -piece[1]),
    )
    weights = [(sum(end - start for start, end in finding.parts), finding.rank) for finding in findings]
    spots: list[_Spot] = []
    begin = end = winner = -1
    for first, last, number in pieces:
        if winner >= 0 and first < end:
            end = max(end, last)
            if weights[number] > weights[winner]:
                winner = number
            continue
        if winner >= 0:
            spots.append(_Spot(begin, end, findings[winner]))
        begin, end, winner = first, last, number
    if winner >= 0:
        spots.append(_Spot(begin, end, findings[winner]))
    return spots


def _borders_on_word(data: bytes, spot: _Spot) -> bool:
    before = data[spot.start - 1] if spot.start else 0
    behind = data[spot.end] if spot.end < len(data) else 0
    return before in _WORD or behind in _WORD


def _echoes(data: bytes, spots: Sequence[_Spot], known: dict[Finding, Decoded], memory: Memory | None) -> list[Finding]:
    secrets = Memory() if memory is None else memory
    for finding in dict.fromkeys(spot.finding for spot in spots):
        if not finding.echo:
            continue
        decoded = known[finding] = _decoded(data, finding)
        if len(decoded.core) < SHORTEST or "guid" in decoded.form:
            continue
        if finding.kind != addresses.HOST and not looks_random(decoded.core):
            continue  # a pass phrase may be an ordinary word elsewhere
        raw = b"".join([data[start:end] for start, end in finding.parts])
        for value in (decoded.core, raw, quote_from_bytes(decoded.core, safe="").encode("ascii")):
            if len(value) >= SHORTEST:
                secrets.add(value, finding.kind)
    taken = {(spot.start, spot.end) for spot in spots}
    return [
        Finding(((start, end),), kind, -1) for start, end, kind in secrets.copies(data) if (start, end) not in taken
    ]


def _decoded(data: bytes, finding: Finding) -> Decoded:
    raw = b"".join([data[start:end] for start, end in finding.parts])
    return decode(raw, level=finding.level, form_encoded=finding.form_encoded, marks=finding.marks)
