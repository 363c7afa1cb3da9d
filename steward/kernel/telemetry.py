"""Telemetry: Prometheus metrics and OpenTelemetry spans. Nothing here runs per token."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, Histogram, generate_latest

_FAST: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_SLOW: Final = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)

REQUESTS: Final = Counter("steward_http_requests_total", "Requests answered.", ["method", "status"])
REQUEST_SECONDS: Final = Histogram(
    "steward_http_request_seconds",
    "Seconds until a request was answered; streams until their end.",
    buckets=_FAST,
)
FIRST_TOKEN_SECONDS: Final = Histogram(
    "steward_first_token_seconds",
    "Seconds from the accepted turn to the first token.",
    ["provider"],
    buckets=_SLOW,
)
OUTPUT_TOKENS: Final = Counter("steward_output_tokens_total", "Tokens that providers sent.", ["provider"])
INPUT_TOKENS: Final = Counter("steward_input_tokens_total", "Tokens that providers read.", ["provider"])
COST_USD: Final = Counter("steward_cost_usd_total", "US dollars that model calls cost.", ["provider"])
TOKENS_PER_SECOND: Final = Histogram(
    "steward_output_tokens_per_second",
    "Tokens a second of one model call.",
    ["provider"],
    buckets=(5, 10, 20, 50, 100, 200, 500, 1000),
)
MODEL_CALLS: Final = Counter(
    "steward_model_calls_total", "Model calls by how they ended.", ["provider", "outcome"]
)
TOOL_CALLS: Final = Counter(
    "steward_tool_calls_total", "Calls of tools by how they ended.", ["tool", "outcome"]
)
PERSIST_SECONDS: Final = Histogram(
    "steward_persist_seconds", "Seconds to store the end of a turn.", buckets=_FAST
)
FLUSH_SECONDS: Final = Histogram(
    "steward_feed_flush_seconds", "Seconds to write the running answers.", buckets=_FAST
)
ACTIVE_STREAMS: Final = Gauge("steward_active_streams", "Streams open to clients.")
ACTIVE_RUNS: Final = Gauge("steward_active_runs", "Turns that this process runs.")

tracer: Final = trace.get_tracer("steward")


@contextmanager
def stage(name: str, **attributes: str | int | float) -> Generator[trace.Span]:
    """A span for one stage of a turn, such as `turn.context` or `turn.reply`."""
    with tracer.start_as_current_span(name, attributes=attributes) as span:
        yield span


@contextmanager
def export_traces(endpoint: str | None, version: str) -> Generator[None]:
    """Send spans to a collector while the block runs; without an endpoint spans cost nothing."""
    if endpoint is None:
        yield
        return
    provider = TracerProvider(
        resource=Resource.create({"service.name": "steward", "service.version": version})
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        # Hands over what is left; the process may be gone before a batch is full.
        provider.shutdown()


def exposition() -> tuple[bytes, str]:
    """The metrics of this process in Prometheus's text form, and the content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
