from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Person
from tests.support.talk import ask, settled, text

Figures = dict[str, float]


async def figures(client: httpx.AsyncClient) -> Figures:
    """Every sample of /metrics by its name and labels."""
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        sample.name
        + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def rise(client: httpx.AsyncClient, before: Figures, name: str) -> float:
    """By how much a figure rose; waits a moment, because some are written after the answer."""
    for _ in range(50):
        risen = (await figures(client)).get(name, 0) - before.get(name, 0)
        if risen:
            return risen
        await asyncio.sleep(0.05)
    return 0


async def until(client: httpx.AsyncClient, fits: Callable[[Figures], bool]) -> Figures:
    """The figures as soon as they fit."""
    now: Figures = {}
    for _ in range(100):
        now = await figures(client)
        if fits(now):
            return now
        await asyncio.sleep(0.05)
    raise AssertionError(now)


@pytest.mark.req("OBS-07")
@pytest.mark.req("OBS-08")
@pytest.mark.req("OBS-10")
@pytest.mark.req("OBS-16")
@pytest.mark.slow
async def test_a_turn_is_measured(client: httpx.AsyncClient, ada: Person) -> None:
    once = {
        "steward_first_token_seconds_count provider=openai": 1,
        "steward_output_tokens_total provider=openai": 30,
        "steward_output_tokens_per_second_count provider=openai": 1,
        "steward_persist_seconds_count": 1,
        "steward_persist_seconds_bucket le=5.0": 1,
        "steward_model_calls_total outcome=completed provider=openai": 1,
        "steward_http_requests_total method=POST status=200": 1,
    }
    risen: Figures = {}
    # The figures are those of the whole process, and a turn that an earlier test left behind may go on beside this one.
    for _ in range(3):
        before = await figures(client)
        await ask(client, ada, "hello {{words:30}}")
        risen = {name: await rise(client, before, name) for name in once}
        assert await rise(client, before, "steward_input_tokens_total provider=openai") > 0
        assert await rise(client, before, "steward_http_request_seconds_count") > 0
        if risen == once:
            break
    assert risen == once


@pytest.mark.req("OBS-09")
async def test_failures_are_counted_by_provider(client: httpx.AsyncClient, ada: Person) -> None:
    before = await figures(client)
    failed = await client.post(
        "/api/v1/chat",
        json={"id": "c", "messages": [text("{{status:400}}")], "stream": False},
        headers=ada.headers,
    )
    assert failed.status_code >= 400
    assert await rise(client, before, "steward_model_calls_total outcome=failed provider=openai") == 1


@pytest.mark.slow
@pytest.mark.req("OBS-11")
async def test_the_streams_open_now_are_counted_also_when_readers_go(
    client: httpx.AsyncClient, ada: Person
) -> None:
    await until(client, lambda now: now["steward_active_streams"] == 0)
    body = {"id": "c", "messages": [text("{{words:400}} {{pace_ms:20}}")]}
    async with client.stream("POST", "/api/v1/chat", json=body, headers=ada.headers) as stream:
        await anext(stream.aiter_lines())
        await until(client, lambda now: (now["steward_active_streams"], now["steward_active_runs"]) == (1, 1))
    left = await until(client, lambda now: now["steward_active_streams"] == 0)
    assert left["steward_active_runs"] == 1, "the answer is still being written"
    await client.post("/api/v1/chat/c/stop", headers=ada.headers)
    await settled(client, ada, "c")
    await until(client, lambda now: now["steward_active_runs"] == 0)


async def test_no_label_comes_from_a_caller(client: httpx.AsyncClient, ada: Person) -> None:
    await ask(client, ada, "hello {{words:1}}")
    await client.get("/api/v1/chat/very-much-mine", headers=ada.headers)
    shown = (await client.get("/metrics")).text
    for secret in ("very-much-mine", ada.actor.user_id, ada.actor.workspace_id):
        assert secret not in shown
