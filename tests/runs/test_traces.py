"""The spans of a turn, as a collector receives them from a server of its own."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sqlalchemy import select

from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.runs.tables import Run
from tests.conftest import Person
from tests.support.scripted_provider import ScriptedProvider
from tests.support.server_process import ServerProcess, server_process

pytestmark = pytest.mark.slow


class Collector:
    """Keeps the spans that it is sent: name, duration in seconds, attributes."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, float, dict[str, str]]] = []
        self.traces: defaultdict[str, set[str]] = defaultdict(set)
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        sent = ExportTraceServiceRequest.FromString(await request.read())
        for resource in sent.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    seconds = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
                    facts = {fact.key: fact.value.string_value for fact in span.attributes}
                    self.spans.append((span.name, seconds, facts))
                    self.traces[span.trace_id.hex()].add(span.name)
        return web.Response()


@asynccontextmanager
async def collecting() -> AsyncGenerator[Collector]:
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/traces"
    try:
        yield collector
    finally:
        await runner.cleanup()


async def test_the_stages_of_a_turn_are_spans(
    data_dir: Path, provider: ScriptedProvider, ada: Person
) -> None:
    async with (
        collecting() as collector,
        server_process(
            data_dir, provider.base_url, STEWARD_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="100"
        ) as server,
        httpx.AsyncClient(base_url=server.base_url, headers=ada.headers, timeout=30) as client,
    ):
        chat_id = new_id("chat")
        # The second turn has something to remember.
        for text in ("hello {{words:1}}", "secret {{words:9}} {{pace_ms:20}}"):
            message = {"id": new_id("m"), "role": "user", "parts": [{"type": "text", "text": text}]}
            answer = await client.post("/api/v1/chat", json={"id": chat_id, "message": message})
            assert answer.status_code == 200
        for _ in range(200):
            if [name for name, _, _ in collector.spans].count("turn.store") == 2:
                break
            await asyncio.sleep(0.05)
        spans = {name: (seconds, facts) for name, seconds, facts in collector.spans}
    assert {"turn.start", "turn.context", "turn.reply", "turn.store"} <= spans.keys()
    assert 0.15 < spans["turn.reply"][0] < 5
    assert spans["turn.reply"][1]["gen_ai.request.model"] == "openai/gpt-4o-mini"
    assert spans["turn.context"][0] < spans["turn.start"][0] < 5
    assert "secret" not in str(collector.spans)


async def logged(server: ServerProcess, run_id: str, event: str) -> dict[str, Any]:
    """The line of a run in the server's log, as soon as it is there."""
    for _ in range(200):
        lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
        found = [line for line in lines if (line.get("run_id"), line["event"]) == (run_id, event)]
        if found:
            return found[-1]
        await asyncio.sleep(0.05)
    raise AssertionError(f"no line {event} of {run_id}")


async def only_run(house: Runtime, person: Person) -> Run:
    async with house.database.work(person.actor) as work:
        return (await work.session.execute(select(Run))).scalar_one()


async def test_a_failed_turn_is_found_in_the_log_and_in_its_row(
    data_dir: Path, provider: ScriptedProvider, house: Runtime, ada: Person
) -> None:
    async with (
        server_process(data_dir, provider.base_url) as server,
        httpx.AsyncClient(base_url=server.base_url, headers=ada.headers, timeout=30) as client,
    ):
        body = {"messages": [{"role": "user", "content": "private {{status:400}}"}], "stream": False}
        answer = await client.post("/api/v1/chat", json=body)
        run = await only_run(house, ada)
        line = await logged(server, run.id, "model_call_failed")
    shown = answer.json()
    assert shown["run_id"] == run.id
    assert line["tag"] == shown["error"]["tag"] == "provider_refused"
    assert line["request_id"] == answer.headers["x-request-id"]
    assert "trace_id" not in line
    assert run.error == shown["error"]
    assert "private" not in server.log.read_text()


@pytest.mark.req("ERR-21")
async def test_a_failed_turn_and_its_log_name_its_trace(
    data_dir: Path, provider: ScriptedProvider, house: Runtime, ada: Person
) -> None:
    async with (
        collecting() as collector,
        server_process(
            data_dir, provider.base_url, STEWARD_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="100"
        ) as server,
        httpx.AsyncClient(base_url=server.base_url, headers=ada.headers, timeout=30) as client,
    ):
        body = {"messages": [{"role": "user", "content": "hello {{status:400}}"}], "stream": False}
        answer = await client.post("/api/v1/chat", json=body)
        run = await only_run(house, ada)
        lines = [await logged(server, run.id, event) for event in ("model_call_failed", "stream_end")]
        shown = (await client.get(f"/api/v1/runs/{run.id}")).json()["error"]
        thread = await client.get(f"/api/v1/chat/{run.thread_id}")
        for _ in range(200):
            if "turn.store" in [name for name, _, _ in collector.spans]:
                break
            await asyncio.sleep(0.05)
    assert run.error is not None
    trace_id = run.error.pop("trace_id")
    assert run.error == shown == answer.json()["error"]
    assert thread.status_code == 200
    assert trace_id not in thread.text
    for line in lines:
        assert (line["trace_id"], line["tag"]) == (trace_id, "provider_refused")
        assert line["request_id"] == answer.headers["x-request-id"]
    assert {"turn.step", "turn.reply", "turn.store"} <= collector.traces[trace_id]
