"""Logs: from bytes in any format to events, from events to incidents, from incidents to groups and a report.

>>> from oauth_doctor.engine.logs import detect
>>> detect(b'time=2026-05-04T09:12:31Z level=error msg="token request failed" error=invalid_grant').name
'logfmt'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import names_on_demand

if TYPE_CHECKING:
    from .detection import detect, reader_named, readers
    from .event import Event, Line
    from .grouping import Diagnose, Group, Grouper, Timeline, shape_of_incident
    from .incident import Incident
    from .joining import Joiner
    from .lines import LONGEST_LINE, Tally, split_lines
    from .opening import SAMPLE, OpeningError, find_files, is_compressed, open_blocks, read_blocks
    from .reader import Parser, Reader
    from .report import GroupFound, ScanReport, group_found, make_report
    from .template import shape_of, template_of
else:
    __getattr__ = names_on_demand(
        __name__,
        {
            "detection": ("detect", "reader_named", "readers"),
            "event": ("Event", "Line"),
            "grouping": ("Diagnose", "Group", "Grouper", "Timeline", "shape_of_incident"),
            "incident": ("Incident",),
            "joining": ("Joiner",),
            "lines": ("LONGEST_LINE", "Tally", "split_lines"),
            "opening": ("SAMPLE", "OpeningError", "find_files", "is_compressed", "open_blocks", "read_blocks"),
            "reader": ("Parser", "Reader"),
            "report": ("GroupFound", "ScanReport", "group_found", "make_report"),
            "template": ("shape_of", "template_of"),
        },
    )

__all__ = [
    "LONGEST_LINE",
    "SAMPLE",
    "Diagnose",
    "Event",
    "Group",
    "GroupFound",
    "Grouper",
    "Incident",
    "Joiner",
    "Line",
    "OpeningError",
    "Parser",
    "Reader",
    "ScanReport",
    "Tally",
    "Timeline",
    "detect",
    "find_files",
    "group_found",
    "is_compressed",
    "make_report",
    "open_blocks",
    "read_blocks",
    "reader_named",
    "readers",
    "shape_of",
    "shape_of_incident",
    "split_lines",
    "template_of",
]
