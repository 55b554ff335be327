"""A scan's report in the forms that files and programs want. The terminal's form is the command line's matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..knowledge import Knowledge
from ..knowledge.templates import render
from .charts import cause_shares, timeline
from .report import ScanReport
from .sarif import to_sarif

_TEMPLATES: Mapping[str, str] = {"markdown": "scan.md", "html": "scan.html"}
FORMS = ("json", "ndjson", "markdown", "html", "sarif")


def render_scan(knowledge: Knowledge, report: ScanReport, form: str) -> str:
    """Render a report as one of `FORMS`. Everything from logs is escaped in HTML.

    `ndjson` is one line for every group - the diagnosed ones, then the unclear ones - and a last line with the totals.

    Raises:
        KeyError: no such form.
    """
    match form:
        case "json":
            return report.to_json(indent=2) + "\n"
        case "ndjson":
            return "".join(line + "\n" for line in _lines(report))
        case "sarif":
            from .. import __version__

            return to_sarif(report, __version__)
        case _:
            template = knowledge.reports[_TEMPLATES[form]]
            variables = {
                "report": report.model_dump(),
                "causes": cause_shares(report),
                "timeline": timeline(report),
                "who": _WHO,
            }
            return render(template, variables, html=form == "html")


def _lines(report: ScanReport) -> Iterator[str]:
    for group in (*report.groups, *report.unclear):
        yield group.model_dump_json(by_alias=True)
    yield f'{{"schema":"{report.schema_}","totals":{report.totals.model_dump_json()}}}'


_WHO = {
    "agent": "support agent",
    "user": "user",
    "client-admin": "administrator of the application",
    "provider-admin": "administrator at the provider",
    "developer": "developer",
}
