"""What the metrics say of model calls, turns and streams."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from steward.kernel.ids import new_id
from steward.providers.errors import ProviderTimeout
from steward.providers.wire import ModelRequest, PromptMessage
from steward.runs import service
from steward.runs.calls import outcome_of
from steward.runs.lines import input_tokens
from tests.conftest import Person
from tests.runs.turns import begin, read

Metrics = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def metrics_of(client: httpx.AsyncClient) -> Metrics:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.get((name, frozenset(labels.items())), 0.0)


async def settled_metrics(client: httpx.AsyncClient, fits: Callable[[Metrics], bool]) -> Metrics:
    for _ in range(200):
        metrics = await metrics_of(client)
        if fits(metrics):
            return metrics
        await asyncio.sleep(0.02)
    raise AssertionError("the metrics do not come to rest")


@pytest.mark.req("OBS-07")
@pytest.mark.req("OBS-08")
@pytest.mark.req("OBS-10")
async def test_a_turn_is_measured(client: httpx.AsyncClient, ada: Person) -> None:
    before = await metrics_of(client)
    started = await begin(ada, "{{words:30}} {{first_ms:60}} {{pace_ms:5}}")
    await read(ada, started.run_id)
    after = await metrics_of(client)

    def added(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert added("steward_first_token_seconds_count", provider="openai") == 1
    assert 0.06 <= added("steward_first_token_seconds_sum", provider="openai") < 2
    assert added("steward_output_tokens_per_second_count", provider="openai") == 1
    assert 20 < added("steward_output_tokens_per_second_sum", provider="openai") < 1000
    assert added("steward_output_tokens_total", provider="openai") == 30
    assert added("steward_input_tokens_total", provider="openai") > 0
    assert added("steward_persist_seconds_count") == 1
    assert 0 < added("steward_persist_seconds_sum") < 2
    assert added("steward_model_calls_total", provider="openai", outcome="completed") == 1


@pytest.mark.req("OBS-09")
async def test_failures_are_counted_by_provider(client: httpx.AsyncClient, ada: Person) -> None:
    before = await metrics_of(client)
    for text in ("{{status:500}}", "{{words:9}} {{cut_after:2}}"):
        await read(ada, (await begin(ada, text)).run_id)
    started = await begin(ada, "{{words:500}} {{pace_ms:10}}")
    await read(ada, started.run_id, most=9)
    await service.stop(ada.actor, started.run_id)
    await read(ada, started.run_id)
    after = await metrics_of(client)
    # The provider that failed at once was asked three times.
    for outcome, count in (("failed", 4), ("cancelled", 1), ("completed", 0)):
        labels = {"provider": "openai", "outcome": outcome}
        name = "steward_model_calls_total"
        assert value(after, name, **labels) - value(before, name, **labels) == count


@pytest.mark.req("OBS-11")
@pytest.mark.slow
async def test_open_streams_are_counted_and_none_is_left_after_aborts(
    client: httpx.AsyncClient, ada: Person
) -> None:
    name = "steward_active_streams"
    before = value(await metrics_of(client), name)
    body = {
        "id": new_id("chat"),
        "message": {"id": "m1", "role": "user", "parts": [{"type": "text", "text": "{{words:50}} {{pace_ms:10}}"}]},
    }  # fmt: skip
    opened = asyncio.Event()
    leave = asyncio.Event()

    async def listen() -> None:
        async with client.stream("POST", "/api/v1/chat", json=body, headers=ada.headers) as answer:
            lines = answer.aiter_lines()
            await anext(lines)
            opened.set()
            await leave.wait()

    listeners = [asyncio.ensure_future(listen()) for _ in range(5)]
    await opened.wait()
    await settled_metrics(client, lambda metrics: value(metrics, name) == before + 5)
    assert value(await metrics_of(client), "steward_active_runs") >= 1
    for listener in listeners[:3]:
        listener.cancel()
    leave.set()
    await asyncio.gather(*listeners, return_exceptions=True)
    await settled_metrics(client, lambda metrics: value(metrics, name) == before)
    await settled_metrics(client, lambda metrics: value(metrics, "steward_active_runs") == 0)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "completed"),
        (asyncio.CancelledError(), "cancelled"),
        (GeneratorExit(), "cancelled"),
        (ProviderTimeout("m", "p"), "failed"),
        (ZeroDivisionError(), "interrupted"),
    ],
)
def test_every_end_has_a_name_in_the_ledger(error: BaseException | None, outcome: str) -> None:
    assert outcome_of(error) == outcome


async def test_a_prompt_is_never_estimated_at_nothing() -> None:
    assert await input_tokens(ModelRequest([PromptMessage.of_text("user", "hi")])) > 0
    long = ModelRequest([PromptMessage.of_text("user", "word " * 400)])
    assert 380 < await input_tokens(long) < 480
