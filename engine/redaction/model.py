"""What a finder hands to the core, and what the core hands to the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None
"""A JSON value that is neither an object nor an array."""

Claims: TypeAlias = Mapping[str, Scalar | Sequence[Scalar]]
"""Members of a JWT's header or payload that identify nobody."""

NO_CLAIMS: Claims = MappingProxyType({})

Part: TypeAlias = tuple[int, int]
"""Byte offsets, end exclusive. A part never crosses the end of a line unless the secret itself is one unbroken value."""


@dataclass(frozen=True, slots=True)
class Secret:
    """One sighting of a secret that was replaced.

    Attributes:
        kind: what its surroundings or its format say it is: `access_token`, `client_secret`, `cookie`, `email`, ...
        placeholder: what stands in its place, `<access_token:1>`. The same secret keeps the placeholder of its first
            sighting, also when a later one has another kind: an authorization code sent as refresh token stays
            recognisable as the code.
        line: 1-based line on which it begins; lines end at `\\n`.
        form: how it was written, any of `percent_encoded`, `double_encoded` (which implies the former), `jwt`, `jwe`,
            `guid`, `stored_hash` (as a password store keeps it), `has_space`, `has_plus`, `has_slash`, `leading_space`,
            `trailing_space`, `quoted` (quotes that belong to the value itself), `empty` (Basic credentials without a
            password). Encodings that belong to the surrounding text, such as a URL inside a URL, are not counted.
        length: characters after all decoding.
        header: a JWT's header, decoded and never verified; empty for everything else.
        claims: harmless claims of a JWT; `nonce`, `email`, `sub` and the like only as true. Empty for a JWE.
    """

    kind: str
    placeholder: str
    line: int
    form: tuple[str, ...]
    length: int
    header: Claims = field(default_factory=dict)
    claims: Claims = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its secrets.

    Attributes:
        text: as many lines as the input; line i corresponds to line i.
        secrets: what was replaced, in the order of the text.
    """

    text: str
    secrets: tuple[Secret, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A secret as one finder saw it.

    Attributes:
        parts: where it stands; a value that is wrapped over several lines has one part a line. The first part is
            replaced by the placeholder, the others by nothing, so that line breaks and indentation stay.
        kind: see `Secret.kind`.
        rank: decides between findings with the same extent: a name beside the value (3, 2) says more than the
            format of the value (1), and that more than its randomness (0).
        level: percent-encoding layers that belong to the surrounding text.
        form_encoded: a `+` in it stands for a space (application/x-www-form-urlencoded).
        quote: put around the placeholder, for a bare JSON number, so that JSON stays JSON.
        marks: forms that only the finder can tell.
        echo: whether bare copies elsewhere in the same text are to be replaced too.
    """

    parts: tuple[Part, ...]
    kind: str
    rank: int = 1
    level: int = 0
    form_encoded: bool = False
    quote: bytes = b""
    marks: tuple[str, ...] = ()
    echo: bool = True


@dataclass(frozen=True, slots=True)
class Finder:
    """One way of recognising secrets.

    Attributes:
        trigger: a pattern that matches on (or right before) every line on which `find` could find something. All
            triggers together are one pass over the whole text; a finder only works on blocks of lines with its trigger.
        find: yields the findings that begin between two byte offsets, which are line borders. Time linear in that
            distance plus the length of the findings.
        counts: the trigger counts characters, so that it is better looked for by itself.
        below: what it finds may lie far below its trigger. It is then called once, from the first block to the last, so that
            it can see to it that nothing is read twice.
    """

    trigger: str
    find: Callable[[bytes, int, int], Iterator[Finding]]
    counts: bool = False
    below: bool = False
