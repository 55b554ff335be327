"""How much of what `diagnose` finds in a text `scan` finds in a log that holds nothing else.

A ticket is written because of a failure of this kind, a log is not: `scan` wants more before it reports. What that costs is
told here, for all causes and for those that only this subject has (not `everyday: true`).

python benchmarks/found.py [CASES]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from oauth_doctor.engine import Doctor
from oauth_doctor.engine.scan import ScanOptions, scan_logs
from oauth_doctor.engine.scan.anchors import derive_anchors

_INCIDENTS = Path(__file__).parent.parent / "kb" / "incidents"


def _texts(files: list[Path]) -> Iterator[str]:
    for file in files:
        for line in file.read_text().splitlines():
            text = json.loads(line).get("text")
            if text:
                yield text


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path, nargs="*", help="JSON lines with a text; the knowledge's own incidents")
    files = parser.parse_args().cases or sorted(_INCIDENTS.glob("*.jsonl"))
    doctor = Doctor()
    anchors = derive_anchors(doctor.knowledge)
    elsewhere = {cause.id for cause in doctor.knowledge.causes.values() if cause.everyday}
    diagnosed: dict[bool, int] = {True: 0, False: 0}
    found: dict[bool, int] = {True: 0, False: 0}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "app.log"
        for text in _texts(files):
            diagnosis = doctor.diagnose(text)
            if diagnosis.verdict != "diagnosed":
                continue
            own = diagnosis.causes[0].id not in elsewhere
            log.write_text(text + "\n")
            diagnosed[own] += 1
            found[own] += bool(scan_logs([log], anchors, lambda: doctor, ScanOptions(jobs=1)).groups)
    for own, name in ((True, "causes of this subject alone"), (False, "causes that other software has as well")):
        print(f"{name}: {found[own]} of {diagnosed[own]} found, ratio {found[own] / max(diagnosed[own], 1):.2f}")
    whole = sum(diagnosed.values())
    print(f"all: {sum(found.values())} of {whole} found, ratio {sum(found.values()) / max(whole, 1):.2f}")


if __name__ == "__main__":
    main()
