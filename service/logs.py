"""Structured log: one JSON line an event on standard error, in the service's own words, never what somebody sent."""

from __future__ import annotations

import json
import logging
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


class JsonLines(logging.Formatter):
    """Messages of the standard logging in the same form."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; an exception is its type and places."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "event": "message",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            frames = traceback.extract_tb(record.exc_info[2])[-8:]
            line["error"] = type(record.exc_info[1]).__name__
            line["places"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line)


def log_as_json(*, verbose: bool) -> None:
    """Let everything that this program and its server log come out as JSON lines; warnings alone unless `verbose`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    for name in ("oauth_doctor", "uvicorn"):
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.WARNING)
