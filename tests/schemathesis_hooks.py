"""For schemathesis: how NDJSON is written, and that an Idempotency-Key names one request only."""

from __future__ import annotations

import itertools
import json
from typing import Any

import schemathesis

_number = itertools.count()


@schemathesis.serializer("application/x-ndjson")
def lines(ctx: Any, value: Any) -> bytes:
    # A lone object, where a list is described, would be a right body of one line: written so that it stays a wrong one.
    items = value if isinstance(value, list) else [[value]]
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: Any) -> None:
    """Generated values repeat; the same key for another request is refused, as it has to be."""
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    if isinstance(key, str) and 0 < len(key) < 240 and case.meta is not None and case.meta.generation.mode.is_positive:
        headers["Idempotency-Key"] = f"{key}{next(_number)}"
