"""Figures for Prometheus. Labels are the API's own words (route, status, verdict), never what somebody sent.

With several workers each keeps its figures in a file of the folder PROMETHEUS_MULTIPROC_DIR, which `serve` sets.
"""

from __future__ import annotations

import os
from functools import lru_cache

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

_requests = Counter("oauth_doctor_requests_total", "Requests by route and status.", ["method", "route", "status"])
_seconds = Histogram("oauth_doctor_request_seconds", "Time until the response was sent.", ["route"], buckets=_BUCKETS)
_diagnoses = Counter("oauth_doctor_diagnoses_total", "Diagnoses by verdict.", ["verdict"])
_entries = Counter("oauth_doctor_case_entries_total", "Entries added to cases through the API, by kind.", ["kind"])
_webhooks = Counter("oauth_doctor_webhooks_total", "Attempts to deliver a webhook, by outcome.", ["outcome"])


@lru_cache(maxsize=1000)
def _request_child(method: str, route: str, status: int) -> Counter:
    return _requests.labels(method if method in _METHODS else "other", route, str(status))


@lru_cache(maxsize=200)
def _seconds_child(route: str) -> Histogram:
    return _seconds.labels(route)


@lru_cache(maxsize=10)
def _verdict_child(verdict: str) -> Counter:
    return _diagnoses.labels(verdict)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """One request is answered; `route` is the template of its path."""
    _request_child(method, route, status).inc()
    _seconds_child(route).observe(seconds)


def count_diagnosis(verdict: str) -> None:
    """One diagnosis was made."""
    _verdict_child(verdict).inc()


def count_entry(kind: str) -> None:
    """One entry was added to a case."""
    _entries.labels(kind).inc()


def count_webhook(outcome: str) -> None:
    """One attempt to deliver: delivered, retried, failed."""
    _webhooks.labels(outcome).inc()


def exposition() -> bytes:
    """All figures, of all workers, in Prometheus' text format."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call, unused-ignore]
        return generate_latest(registry)
    return generate_latest(REGISTRY)
