"""Many and large logs: one search for what is worth reading, and only its neighbourhood is read.

    bytes -> lines with an anchor -> windows around them -> readers -> incidents -> redaction -> Doctor -> report

`anchors.py` derives from the knowledge what to look for, `search.py` finds it at the speed of the hardware, `windows.py`
cuts out what is to be read, `runner.py` does that for many files on all cores, `watching.py` for a log that still grows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import names_on_demand

if TYPE_CHECKING:
    from .anchors import Anchors, derive_anchors, kept_anchors
    from .following import PipeFollower, follow
    from .judge import Judge
    from .runner import STANDARD_INPUT, ScanError, ScanOptions, scan_logs
    from .search import LineSearch, make_search
    from .watching import Watcher, watch_log
else:
    __getattr__ = names_on_demand(
        __name__,
        {
            "anchors": ("Anchors", "derive_anchors", "kept_anchors"),
            "following": ("PipeFollower", "follow"),
            "judge": ("Judge",),
            "runner": ("STANDARD_INPUT", "ScanError", "ScanOptions", "scan_logs"),
            "search": ("LineSearch", "make_search"),
            "watching": ("Watcher", "watch_log"),
        },
    )

__all__ = [
    "STANDARD_INPUT",
    "Anchors",
    "Judge",
    "LineSearch",
    "PipeFollower",
    "ScanError",
    "ScanOptions",
    "Watcher",
    "derive_anchors",
    "follow",
    "kept_anchors",
    "make_search",
    "scan_logs",
    "watch_log",
]
