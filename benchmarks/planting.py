"""Seeded texts with planted secrets: every kind, in every format and encoding. What redaction is measured against."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass

from made_secrets import FORMATTED, NAMES, OPAQUE, PASSWORD_NAMES, PASSWORDS, pem, saml, telling
from written_secrets import (
    BARE_FRAMES,
    NAMED_FRAMES,
    PASSWORD_FRAMES,
    PEM_FRAMES,
    SAML_FRAMES,
    SAML_XML_FRAMES,
    armour,
)


@dataclass(frozen=True)
class Planted:
    """A secret in a text.

    Attributes:
        kind: what it is.
        frame: how it is written.
        value: the secret itself.
        telling: the part of it that must not be seen anywhere; the rest is the same for everybody.
    """

    kind: str
    frame: str
    value: str
    telling: str


def planted(seed: int) -> Iterator[tuple[str, Planted]]:
    """Texts with their secrets, without end: all frames in turn, kinds and values by chance."""
    source = random.Random(seed)
    while True:
        for frame, write in NAMED_FRAMES.items():
            name = source.choice(NAMES)
            kind = source.choice(tuple(OPAQUE))
            value = OPAQUE[kind](source)
            yield write(name, value), Planted(f"{name} ({kind})", frame, value, value)
        for frame, write in NAMED_FRAMES.items():
            kind = source.choice(tuple(FORMATTED))
            prefix, rest = FORMATTED[kind](source)
            name = source.choice(NAMES)
            if "://" in prefix and ("split" in frame or frame == "wrapped"):
                continue  # these frames repeat the value
            yield write(name, prefix + rest), Planted(f"{name} ({kind})", frame, prefix + rest, telling(kind, rest))
        for kind in FORMATTED:
            prefix, rest = FORMATTED[kind](source)
            frame = source.choice(tuple(BARE_FRAMES))
            yield (
                BARE_FRAMES[frame](prefix + rest),
                Planted(kind, f"bare: {frame}", prefix + rest, telling(kind, rest)),
            )
        for frame, write in PASSWORD_FRAMES.items():
            value = PASSWORDS[source.choice(tuple(PASSWORDS))](source)
            yield write("", value), Planted("password", frame, value, value)
        for frame in (
            "log",
            "JSON line",
            "JSON in a JSON line",
            "URL",
            "form body",
            "YAML",
            "env",
            "properties",
            "XML",
            "SQL",
            "HAR",
            "Java",
            "ticket",
        ):
            value = PASSWORDS[source.choice(tuple(PASSWORDS))](source)
            name = source.choice(PASSWORD_NAMES)
            yield NAMED_FRAMES[frame](name, value), Planted(name, frame, value, value)
        for frame, write_pem in PEM_FRAMES.items():
            kind, body = pem(source)
            yield write_pem(armour(kind, body)), Planted(kind.lower(), f"PEM: {frame}", body, body)
        for frame, write_saml in SAML_FRAMES.items():
            identifying, blob = saml(source)
            yield write_saml(blob), Planted("saml", f"SAML: {frame}", blob, identifying)
        for frame, write_saml in SAML_XML_FRAMES.items():
            blob = base64.b64encode(source.randbytes(256)).decode()
            yield write_saml(blob), Planted("saml signature", f"SAML: {frame}", blob, blob)


def plant(seed: int, count: int) -> tuple[list[str], list[Planted]]:
    """The first `count` texts of a seed, and their secrets."""
    texts, secrets = [], []
    for text, secret in planted(seed):
        texts.append(text)
        secrets.append(secret)
        if len(texts) == count:
            return texts, secrets
    raise AssertionError("planted() has no end")
