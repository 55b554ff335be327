"""OpenTelemetry traces, only when somebody configured where they go."""

from __future__ import annotations

import os
import sys

from fastapi import FastAPI

_CONFIGURED = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def trace(app: FastAPI) -> None:
    """Send a span a request to where the standard variables say. Spans name routes; addresses are left out."""
    if not any(os.environ.get(name) for name in _CONFIGURED):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        sys.stderr.write('oauth-doctor: traces need the extra "tracing": sh install.sh tracing; there will be none\n')
        return
    provider = TracerProvider(resource=Resource.create({"service.name": "oauth-doctor"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    FastAPIInstrumentor.instrument_app(
        app, tracer_provider=provider, server_request_hook=_without_query, exclude_spans=["receive", "send"]
    )


def _without_query(span: object, scope: dict[str, object]) -> None:
    """What somebody asks for may hold a secret: only the path stays."""
    set_attribute = getattr(span, "set_attribute", None)
    if set_attribute is not None:
        path = str(scope.get("path", "")).partition("?")[0]
        route = getattr(scope.get("route"), "path", path)
        for name in ("http.url", "http.target", "url.full", "url.path", "url.query"):
            set_attribute(name, route if name != "url.query" else "")
