"""SARIF 2.1.0 (OASIS standard): causes are rules, groups of incidents are results. For code scanning and log viewers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from .report import GroupFound, Place, ScanReport

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"critical": "error", "error": "error", "warning": "warning"}


def to_sarif(report: ScanReport, version: str) -> str:
    """The report as one SARIF log. `version` is the program's."""
    rules: dict[str, dict[str, Any]] = {}
    results = []
    for group in report.groups:
        if group.cause and group.cause not in rules:
            rules[group.cause] = _rule(group)
        results.append(_result(group, list(rules).index(group.cause or "")))
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "oauth-doctor", "semanticVersion": version, "rules": list(rules.values())}},
                "invocations": [{"executionSuccessful": report.totals.unreadable == 0, **_notifications(report)}],
                "columnKind": "unicodeCodePoints",
                "results": results,
                "properties": {"totals": report.totals.model_dump()},
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _rule(group: GroupFound) -> dict[str, Any]:
    cause = group.diagnosis.causes[0]
    steps = "\n".join(f"{number}. {step.text}" for number, step in enumerate(cause.steps, 1))
    rule: dict[str, Any] = {
        "id": cause.id,
        "name": "".join(word.capitalize() for word in cause.id.split("-")),
        "shortDescription": {"text": cause.title},
        "fullDescription": {"text": cause.summary},
        "defaultConfiguration": {"level": "error"},
    }
    if steps:
        rule["help"] = {"text": steps}
    if cause.references:
        rule["helpUri"] = cause.references[0].url
    return rule


def _result(group: GroupFound, index: int) -> dict[str, Any]:
    places = group.places or [Place(source="unknown", line=1)]
    affected = "".join(
        f", {name}: {'at least ' if one.at_least else ''}{one.count}" for name, one in group.affected.items()
    )
    result: dict[str, Any] = {
        "ruleId": group.cause,
        "ruleIndex": index,
        "level": _LEVELS.get(group.level, "note"),
        "kind": "fail" if group.level in _LEVELS else "open",
        "message": {"text": f"{group.title} ({group.count} times{affected}): {group.template}"},
        "locations": [_location(places[0])],
        "occurrenceCount": group.count,
        "rank": round(group.probability * 100, 1),
        "properties": {
            "probability": group.probability,
            "first": group.first.isoformat() if group.first else None,
            "last": group.last.isoformat() if group.last else None,
            "affected": {name: one.model_dump() for name, one in group.affected.items()},
        },
    }
    if result["kind"] != "fail":
        result["level"] = "none"  # the standard allows a level only for failures
    if len(places) > 1:
        result["relatedLocations"] = [{"id": number, **_location(place)} for number, place in enumerate(places[1:], 1)]
    return result


def _location(place: Place) -> dict[str, Any]:
    uri = quote(place.source.replace("\\", "/"), safe="/._-~!$&'()*+,;=@")
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": max(place.line, 1)}}}


def _notifications(report: ScanReport) -> dict[str, Any]:
    if not report.warnings:
        return {}
    return {
        "toolExecutionNotifications": [
            {"level": "warning", "message": {"text": warning}} for warning in report.warnings
        ]
    }
