"""Logs: one JSON object a line, with the ids of request and trace, for our own lines and for those of libraries."""

from __future__ import annotations

import logging
import sys
from typing import Any, Final

import msgspec
import structlog
from opentelemetry import trace

_STAMP: Final = structlog.processors.TimeStamper(fmt="iso", utc=True)
_json: Final = msgspec.json.Encoder(enc_hook=repr)


def configure(level: str) -> None:
    """Send every log line to standard error as JSON."""
    _configure_ours(level)
    _configure_libraries(level)


def _configure_ours(level: str) -> None:
    # Not through the standard library: three lines a turn would cost as much as storing its question.
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _add_trace,
            structlog.processors.add_log_level,
            _STAMP,
            structlog.processors.format_exc_info,
            _render,
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )


def _configure_libraries(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                _add_trace,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                _STAMP,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _render,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "dbos", "alembic"):
        library = logging.getLogger(name)
        # DBOS gives itself a handler of its own, in plain text, where it finds none.
        library.handlers = [handler] if name == "dbos" else []
        library.propagate = name not in ("uvicorn.access", "dbos")
        library.setLevel("WARNING" if level != "debug" else "INFO")


def trace_ids() -> dict[str, str]:
    """The ids under which a collector finds what happens now; empty unless a span is recorded."""
    span = trace.get_current_span()
    if not span.is_recording():
        return {}
    context = span.get_span_context()
    return {
        "trace_id": trace.format_trace_id(context.trace_id),
        "span_id": trace.format_span_id(context.span_id),
    }


def _add_trace(_logger: Any, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    line.update(trace_ids())
    return line


def _render(_logger: Any, _method: str, line: structlog.typing.EventDict) -> str:
    return _json.encode(line).decode()
