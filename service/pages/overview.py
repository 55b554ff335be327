"""Resolved cases at a glance: which causes, and how many a month."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from ...engine.knowledge.names import NOT_OAUTH
from ..services import Services, services_of
from .charts import Bar, Column, columns
from .render import page

router = APIRouter()
_MOST_CAUSES = 12
_MOST_MONTHS = 12


@router.get("/overview")
def overview(request: Request, services: Annotated[Services, Depends(services_of)]) -> Response:
    """Charts of the closed cases, with the same figures as tables."""
    resolved = services.store.resolved()
    titles = {key: cause.title for key, cause in services.doctor.knowledge.causes.items()}
    titles[NOT_OAUTH] = "No OAuth problem"
    causes: Counter[str] = Counter()
    solved: Counter[str] = Counter()
    unsolved: Counter[str] = Counter()
    for row in resolved:
        (unsolved if row.cause is None else solved)[row.month] += row.cases
        if row.cause is not None:
            causes[row.cause] += row.cases
    months = sorted({*solved, *unsolved})[-_MOST_MONTHS:]
    ranked = sorted(causes.items(), key=lambda one: (-one[1], one[0]))
    most = ranked[0][1] if ranked else 1
    by_cause = [Bar(key, titles.get(key, key), count, count / most) for key, count in ranked[:_MOST_CAUSES]]
    by_month = [Column(month, solved[month], unsolved[month]) for month in months]
    total = sum(solved.values()) + sum(unsolved.values())
    values = {
        "open": services.store.count(closed=False),
        "closed": total,
        "share": sum(solved.values()) / total if total else 0.0,
        "by_cause": by_cause,
        "others": len(ranked) - len(by_cause),
        "known": services.doctor.knowledge.causes,
        "by_month": by_month,
        "columns": columns(by_month),
    }
    return page(request, "overview.html", values, section="overview")
