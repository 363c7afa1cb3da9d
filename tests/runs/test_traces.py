"""The spans of a turn, as a collector receives them from a server of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from steward.kernel.ids import new_id
from tests.conftest import Person
from tests.support.scripted_provider import ScriptedProvider
from tests.support.server_process import server_process

pytestmark = pytest.mark.slow


class Collector:
    """Keeps the spans that it is sent: name, duration in seconds, attributes."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, float, dict[str, str]]] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        sent = ExportTraceServiceRequest.FromString(await request.read())
        for resource in sent.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    seconds = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
                    facts = {fact.key: fact.value.string_value for fact in span.attributes}
                    self.spans.append((span.name, seconds, facts))
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
