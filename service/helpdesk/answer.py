"""What goes back to a helpdesk: an internal note with the customer's reply ready, and tags."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

from ...engine.cases.model import Case
from ...engine.guide import View, dialogue
from ...engine.knowledge import Knowledge
from ...engine.report import render_report

MARK = "oauth-doctor case "  # how our own notes end, so that they are known when they come back
_LONGEST = 30_000  # characters; the smallest limit among the helpdesks is 32767
_REPLY = "Reply to the customer, ready to send:"


def answer_of(knowledge: Knowledge, case: Case, view: View, ticket: str) -> dict[str, Any]:
    """The document that mappings take from.

    Members: case, ticket, revision, note, note_html (internal), reply, reply_html (for the customer), tags, verdict,
    cause (id or empty), title, probability, question (text or empty), diagnosis and dialogue as in their contracts.
    """
    diagnosis = view.diagnosis
    reply = render_report(knowledge, diagnosis, "reply").strip()
    note = note_of(case, view, reply)
    best = diagnosis.causes[0] if diagnosis.causes else None
    known = best is not None and diagnosis.verdict == "diagnosed"
    return {
        "case": case.id,
        "ticket": ticket,
        "revision": case.revision,
        "note": note,
        "note_html": as_html(note),
        "reply": reply,
        "reply_html": as_html(reply),
        "tags": ["oauth-doctor", f"oauth-{diagnosis.verdict}", *([f"oauth-cause-{best.id}"] if best and known else [])],
        "verdict": diagnosis.verdict,
        "cause": best.id if best and known else "",
        "title": best.title if best else "",
        "probability": best.probability if best else 0.0,
        "question": view.question.text if view.question else "",
        "diagnosis": diagnosis.model_dump(mode="json", by_alias=True),
        "dialogue": dialogue(view).model_dump(mode="json", by_alias=True),
    }


def note_of(case: Case, view: View, reply: str) -> str:
    """The internal note as plain text."""
    note = "\n".join([*_lines(view), "", _REPLY, "", reply])
    if len(note) > _LONGEST:
        note = note[:_LONGEST] + "\n[cut]"
    return f"{note}\n\n{MARK}{case.id}, revision {case.revision}"


def is_own(text: str) -> bool:
    """Whether a text is a note of ours: they end with a line that says so."""
    lines = text.strip().splitlines()
    return bool(lines) and lines[-1].strip().startswith(MARK)


def as_html(text: str) -> str:
    """Plain text as HTML that looks the same."""
    return html.escape(text).replace("\n", "<br>")


def _lines(view: View) -> Iterator[str]:
    for block in dialogue(view).blocks:
        if block.role == "summary":
            yield "OAuth diagnosis"
            yield ""
            yield block.text
    best = view.diagnosis.causes[0] if view.diagnosis.causes else None
    if best is not None:
        for evidence in best.evidence[:5]:
            sign = "+" if evidence.direction == "for" else "-"
            place = f", line {evidence.line}" if evidence.line else ""
            shown = f": {evidence.excerpt.strip()[:200]}" if evidence.excerpt else ""
            yield f"{sign} {evidence.strength} ({evidence.rule}{place}){shown}"
    if view.question is not None:
        yield ""
        yield f"Ask next: {view.question.text}"
        if view.question.where:
            yield f"({view.question.where})"
        for one in view.question.answers[:10]:
            yield f"- {one.label or one.value}"
    if view.plan.steps:
        step = view.plan.steps[0]
        yield ""
        yield f"Try next ({step.who}, {step.minutes} min): {step.text}"
        if step.verify:
            yield f"Check: {step.verify}"
        if step.risk:
            yield f"Risk: {step.risk}"
