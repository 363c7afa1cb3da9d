"""The log of a server as a collector reads it: one JSON object a line, whoever wrote the line."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.processes import Server, environment, serving, steward
from tests.support.scripted_provider import ScriptedProvider

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

# A process of its own: the logs of this one belong to the tests' runner.
_TRACED = """
import logging
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from steward.kernel import logs

logs.configure("info")
ours = structlog.get_logger()
library = logging.getLogger("somebody.else")
kept = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(kept))
ours.info("before")
with provider.get_tracer("test").start_as_current_span("turn.reply"):
    ours.info("within")
    library.warning("within, too")
with trace.NoOpTracer().start_as_current_span("nobody records this"):
    ours.info("unrecorded")
library.warning("after")
(span,) = kept.get_finished_spans()
print(trace.format_trace_id(span.context.trace_id), trace.format_span_id(span.context.span_id))
"""
_SAID = "nobody but us two shall read this {{words:7}}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def talkative(folder: Path, provider: ScriptedProvider) -> Generator[tuple[Server, str]]:
    """A server of two processes that logs all it can, and a key."""
    data = folder / "data"
    workspace = steward("workspace", "create", "Ours", "--data-dir", str(data)).stdout.strip()
    key = steward(
        "key", "create", "--workspace", workspace, "--name", "x", "--data-dir", str(data)
    ).stdout.strip()
    with serving(
        data,
        "--workers",
        "2",
        log=folder / "log",
        STEWARD_LOG_LEVEL="debug",
        OPENAI_API_KEY="sk-scripted-secret",
        OPENAI_BASE_URL=provider.base_url,
    ) as server:
        yield server, key


async def lines_with(server: Server, event: str, **fields: Any) -> list[dict[str, Any]]:
    """The lines of an event, as soon as there are any."""
    for _ in range(100):
        found = [
            line
            for line in map(json.loads, server.lines())
            if line.get("event") == event and all(line.get(name) == value for name, value in fields.items())
        ]
        if found:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"no line {event} {fields}")


async def ask(server: Server, key: str, said: str) -> httpx.Response:
    body = {"messages": [{"role": "user", "content": said}], "stream": False}
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        return await client.post("/api/v1/chat", json=body, headers=headers)


@pytest.mark.req("OBS-12")
async def test_each_question_leaves_a_line_without_its_text(talkative: tuple[Server, str]) -> None:
    server, key = talkative
    answer = await ask(server, key, _SAID)
    (line,) = await lines_with(server, "chat_request", run_id=answer.json()["run_id"])
    assert line["user_id"].startswith("user_")
    assert line["organization_id"].startswith("ws_")
    assert line["conversation_id"] == answer.json()["thread_id"]
    assert line["model"] == "openai/gpt-4o-mini"
    assert line["message_length"] == len(_SAID)
    assert line["timestamp"].endswith("Z")
    assert line["request_id"] == answer.headers["x-request-id"]


@pytest.mark.req("OBS-13")
async def test_each_answer_leaves_a_line_without_its_text(talkative: tuple[Server, str]) -> None:
    server, key = talkative
    answer = await ask(server, key, _SAID)
    (line,) = await lines_with(server, "stream_end", run_id=answer.json()["run_id"])
    assert line["conversation_id"] == answer.json()["thread_id"]
    assert (line["finish_reason"], line["status"]) == ("stop", "completed")
    assert line["token_count"] == answer.json()["usage"]["total_tokens"]
    assert line["duration_ms"] >= 0


async def test_a_request_leaves_a_line_without_its_query(talkative: tuple[Server, str]) -> None:
    server, key = talkative
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get("/api/v1/chat/search", params={"q": "private words"}, headers=headers)
    (line,) = await lines_with(server, "request", request_id=answer.headers["x-request-id"])
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/chat/search", 200)
    assert line["ms"] > 0


@pytest.mark.req("OBS-15")
async def test_every_line_parses_and_none_shows_what_was_said(talkative: tuple[Server, str]) -> None:
    server, key = talkative
    await ask(server, key, _SAID)
    failed = await ask(server, key, "nobody but us two shall read this {{status:400}}")
    assert failed.status_code >= 400
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 0)) as rude:
        rude.sendall(b"this is no HTTP\r\n\r\n")
        rude.recv(100)
    await asyncio.sleep(0.5)
    lines = [json.loads(line) for line in server.lines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    writers = {line.get("logger", "ours").split(".")[0] for line in lines}
    assert {"ours", "uvicorn", "dbos"} <= writers
    everything = "\n".join(server.lines())
    for secret in ("us two", "w0 w1", key, "sk-scripted-secret", "Bearer"):
        assert secret not in everything, secret


@pytest.mark.req("OBS-15")
async def test_a_quiet_server_says_nothing_but_json(tmp_path: Path) -> None:
    with serving(tmp_path / "data", log=tmp_path / "log", STEWARD_LOG_LEVEL="info") as server:
        async with httpx.AsyncClient(base_url=server.url) as client:
            await client.get("/api/v1/me")
    lines = [json.loads(line) for line in server.lines()]
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/api/v1/me"]
    assert [line for line in lines if line["level"] not in ("info", "debug")] == []


@pytest.mark.req("OBS-15")
def test_a_line_within_a_recorded_span_has_its_ids() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _TRACED], env=environment(), capture_output=True, text=True, check=True
    )
    trace_id, span_id = ran.stdout.split()
    lines = {line["event"]: line for line in map(json.loads, ran.stderr.splitlines())}
    assert lines.keys() == {"before", "within", "within, too", "unrecorded", "after"}
    for event, line in lines.items():
        expected = (trace_id, span_id) if event.startswith("within") else (None, None)
        assert (line.get("trace_id"), line.get("span_id")) == expected, event
