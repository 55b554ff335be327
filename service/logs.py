"""Structured log: one JSON line an event on standard error, in the service's own words, never what somebody sent."""

from __future__ import annotations

import json
import sys
import time
import traceback
from typing import Any


def write_log(event: str, **values: Any) -> None:
    """One line; values that are None are left out."""
    line = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "event": event}
    line.update({name: value for name, value in values.items() if value is not None})
    sys.stderr.write(json.dumps(line) + "\n")


def log_failure(error: BaseException, where: str, **values: Any) -> None:
    """Type and places of an exception. Its text may hold what a user wrote, and stays out."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    write_log("failure", where=where, error=type(error).__name__, places=places, **values)
