"""Streamed runs as raw frames, and as the official Python clients tell them: the same names in the same order."""

# OpenAI calls the whole API deprecated; it is kept here.
# pyright: reportDeprecated=false

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpx
import openai
import pytest
from openai.lib.streaming import AssistantEventHandler, AsyncAssistantEventHandler
from openai.types.beta import AssistantStreamEvent
from openai.types.beta.threads import Run

from tests.conftest import Person
from tests.doors.openai.running import Frame, names, streamed
from tests.judges.assistants_scenes import SCENES, Order, Scene, Stage, set_up

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
]

Reader = Callable[[httpx.AsyncClient, Person, Stage], Awaitable[list[Order]]]


def outputs_for(calls: Iterable[Any]) -> Any:
    """An output for each call, the last call first."""
    return [{"tool_call_id": call.id, "output": "rain"} for call in reversed(list(calls))]


def waiting(run: Run | None) -> Any:
    """The outputs that a run waits for; nothing when it is over."""
    action = None if run is None else run.required_action
    return [] if action is None else outputs_for(action.submit_tool_outputs.tool_calls)


def told(events: Iterable[AssistantStreamEvent]) -> Order:
    """The names of the events that a client has told."""
    return tuple(names([(event.event, None) for event in events]))


async def raw(client: httpx.AsyncClient, person: Person, stage: Stage) -> list[Order]:
    """The frames as they come."""
    path = "/threads/runs" if stage.thread_id is None else f"/threads/{stage.thread_id}/runs"
    frames = await streamed(client, person, path, **stage.body)
    orders = [_without_done(frames)]
    while frames[-2][0] == "thread.run.requires_action":
        run = frames[-2][1]
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": call["id"], "output": "rain"} for call in reversed(calls)]
        path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
        frames = await streamed(client, person, path, tool_outputs=outputs)
        orders.append(_without_done(frames))
    return orders


def _without_done(frames: list[Frame]) -> Order:
    *shown, done = names(frames)
    assert (done, frames[-1]) == ("done", ("done", "[DONE]"))
    return tuple(shown)


def blocking(stage: Stage, official: openai.OpenAI) -> list[Order]:
    """The `stream` helpers of the client without a loop."""
    threads = official.beta.threads
    if stage.thread_id is None:
        manager = threads.create_and_run_stream(**stage.body)
    else:
        manager = threads.runs.stream(thread_id=stage.thread_id, **stage.body)
    orders: list[Order] = []
    while True:
        with manager as stream:
            orders.append(told(list(stream)))
            run = stream.current_run
        outputs = waiting(run)
        if run is None or not outputs:
            return orders
        manager = threads.runs.submit_tool_outputs_stream(
            run_id=run.id,
            thread_id=run.thread_id,
            tool_outputs=outputs,
            event_handler=AssistantEventHandler(),
        )


async def by_the_blocking_client(client: httpx.AsyncClient, person: Person, stage: Stage) -> list[Order]:
    base = f"{client.base_url}/v1/"
    with openai.OpenAI(base_url=base, api_key=person.key, max_retries=0) as official:
        return await asyncio.to_thread(blocking, stage, official)


async def by_the_helper(client: httpx.AsyncClient, person: Person, stage: Stage) -> list[Order]:
    """The `stream` helpers of the client with a loop."""
    orders: list[Order] = []
    base = f"{client.base_url}/v1/"
    async with openai.AsyncOpenAI(base_url=base, api_key=person.key, max_retries=0) as official:
        threads = official.beta.threads
        if stage.thread_id is None:
            manager = threads.create_and_run_stream(**stage.body)
        else:
            manager = threads.runs.stream(thread_id=stage.thread_id, **stage.body)
        while True:
            async with manager as stream:
                orders.append(told([event async for event in stream]))
                run = stream.current_run
            outputs = waiting(run)
            if run is None or not outputs:
                return orders
            manager = threads.runs.submit_tool_outputs_stream(
                run_id=run.id,
                thread_id=run.thread_id,
                tool_outputs=outputs,
                event_handler=AsyncAssistantEventHandler(),
            )


async def by_the_plain_stream(client: httpx.AsyncClient, person: Person, stage: Stage) -> list[Order]:
    """`stream=True`, without any helper."""
    orders: list[Order] = []
    base = f"{client.base_url}/v1/"
    async with openai.AsyncOpenAI(base_url=base, api_key=person.key, max_retries=0) as official:
        threads = official.beta.threads
        if stage.thread_id is None:
            stream = await threads.create_and_run(**stage.body, stream=True)
        else:
            stream = await threads.runs.create(stage.thread_id, **stage.body, stream=True)
        while True:
            events = [event async for event in stream]
            orders.append(told(events))
            run = events[-1].data
            outputs = waiting(run if isinstance(run, Run) else None)
            if not isinstance(run, Run) or not outputs:
                return orders
            stream = await threads.runs.submit_tool_outputs(
                run.id, thread_id=run.thread_id, tool_outputs=outputs, stream=True
            )


READERS = (raw, by_the_blocking_client, by_the_helper, by_the_plain_stream)


@pytest.mark.req("THRD-07", "THRD-09", "THRD-10", "THRD-11", "THRD-12", "THRD-15")
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_a_scene(client: httpx.AsyncClient, ada: Person, scene: Scene, reader: Reader) -> None:
    stage = await set_up(client, ada, scene)
    assert await reader(client, ada, stage) == list(scene.orders)
