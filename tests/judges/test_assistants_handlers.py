"""The event handlers of the official Python clients: every callback, in the order in which the SDK calls them."""

# OpenAI calls the whole API deprecated; it is kept here.
# pyright: reportDeprecated=false

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from itertools import groupby
from typing import Any

import httpx
import httpx2
import openai
import pytest
from openai.lib.streaming import AssistantEventHandler, AsyncAssistantEventHandler

from tests.conftest import Person
from tests.doors.openai.running import WEATHER, assistant, calling, get, thread
from tests.doors.openai.stores import blocking_client, official_client
from tests.judges.test_assistants_scenes import waiting

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
]

CALLBACKS = [name for name in dir(AssistantEventHandler) if name.startswith("on_")]
RAINS = f"{calling('Bern')} {calling('Chur')} {{{{parallel_tools:2}}}} {{{{reply:It rains.}}}}"
ANSWERED = [
    "on_run_step_done",
    "on_run_step_created",
    "on_message_created",
    "on_text_created",
    "on_text_delta",
    "on_message_delta",
    "on_text_done",
    "on_message_done",
    "on_run_step_done",
    "on_end",
]


class Told(AssistantEventHandler):
    """Writes down which callbacks the SDK calls, and with what."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        for name in CALLBACKS:
            setattr(self, name, partial(self._note, name))

    def _note(self, name: str, *given: Any) -> None:
        self.calls.append((name, given))


class AsyncTold(AsyncAssistantEventHandler):
    """The same for the client with a loop."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        for name in CALLBACKS:
            setattr(self, name, partial(self._note, name))

    async def _note(self, name: str, *given: Any) -> None:
        self.calls.append((name, given))


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    async for made in official_client(server, ada):
        yield made


def names(told: Told | AsyncTold) -> list[str]:
    """The callbacks in their order, repetitions once; without the one that comes with every event."""
    return [name for name, _ in groupby(name for name, _ in told.calls if name != "on_event")]


def given(told: Told | AsyncTold, name: str) -> list[tuple[Any, ...]]:
    """What came with each call of a callback."""
    return [arguments for called, arguments in told.calls if called == name]


def blocking(official: openai.OpenAI, assistant_id: str, thread_id: str) -> tuple[Told, Told]:
    runs = official.beta.threads.runs
    first, second = Told(), Told()
    with runs.stream(thread_id=thread_id, assistant_id=assistant_id, event_handler=first) as stream:
        stream.until_done()
        run = stream.get_final_run()
    with runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=thread_id, tool_outputs=waiting(run), event_handler=second
    ) as stream:
        assert "".join(stream.text_deltas) == "It rains."
        assert stream.get_final_run().status == "completed"
        assert len(stream.get_final_messages()) == 1
    return first, second


async def with_a_loop(
    official: openai.AsyncOpenAI, assistant_id: str, thread_id: str
) -> tuple[AsyncTold, AsyncTold]:
    runs = official.beta.threads.runs
    first, second = AsyncTold(), AsyncTold()
    async with runs.stream(thread_id=thread_id, assistant_id=assistant_id, event_handler=first) as stream:
        await stream.until_done()
        run = await stream.get_final_run()
    async with runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=thread_id, tool_outputs=waiting(run), event_handler=second
    ) as stream:
        assert "".join([text async for text in stream.text_deltas]) == "It rains."
        assert (await stream.get_final_run()).status == "completed"
        assert len(await stream.get_final_messages()) == 1
    return first, second


def ensure_whole(first: Told | AsyncTold, second: Told | AsyncTold) -> None:
    """Each callback came that can come: nothing fails here, and no model draws."""
    called = {name for name, _ in (*first.calls, *second.calls)}
    assert called == set(CALLBACKS) - {"on_exception", "on_timeout", "on_image_file_done"}
    calls = [call for (call,) in given(first, "on_tool_call_done")]
    assert [call.function.arguments for call in calls] == ['{"place": "Bern"}', '{"place": "Chur"}']
    asked = [name for name in names(first) if not name.endswith("_delta")]
    each = ["on_tool_call_created", "on_tool_call_done"]
    assert asked == ["on_run_step_created", *each, *each, "on_end"]
    assert names(second) == ANSWERED
    assert [text.value for (text,) in given(second, "on_text_done")] == ["It rains."]
    assert [snapshot.value for _, snapshot in given(second, "on_text_delta")][-1] == "It rains."
    assert [message.status for (message,) in given(second, "on_message_done")] == ["completed"]
    assert [step.status for (step,) in given(second, "on_run_step_done")] == ["completed", "completed"]


@pytest.mark.req("THRD-08", "THRD-09", "THRD-10", "THRD-12")
async def test_every_callback_of_the_client_that_blocks(
    server: str, client: httpx.AsyncClient, ada: Person
) -> None:
    assistant_id, thread_id = await assistant(client, ada, tools=[WEATHER]), await thread(client, ada, RAINS)
    with blocking_client(server, ada) as official:
        ensure_whole(*await asyncio.to_thread(blocking, official, assistant_id, thread_id))


@pytest.mark.req("THRD-08", "THRD-09", "THRD-10", "THRD-12")
async def test_every_callback_of_the_client_with_a_loop(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    assistant_id, thread_id = await assistant(client, ada, tools=[WEATHER]), await thread(client, ada, RAINS)
    ensure_whole(*await with_a_loop(official, assistant_id, thread_id))


async def test_a_client_that_loses_patience(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    """Its handler hears of the time that is up, and the run is still there to be looked at."""
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{hang}} wait")
    told = AsyncTold()
    runs = official.beta.threads.runs
    with pytest.raises(httpx2.ReadTimeout):
        async with runs.stream(
            thread_id=thread_id, assistant_id=assistant_id, event_handler=told, timeout=0.5
        ) as stream:
            await stream.until_done()
    assert names(told) == ["on_timeout", "on_exception", "on_end"]
    (run,) = (await get(client, ada, f"/threads/{thread_id}/runs"))["data"]
    assert run["status"] == "in_progress"
    assert (await runs.cancel(run["id"], thread_id=thread_id)).status == "cancelling"


async def test_a_failure_is_an_event_and_no_exception(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{words:9}} {{error_after:4}}")
    told = AsyncTold()
    runs = official.beta.threads.runs
    async with runs.stream(thread_id=thread_id, assistant_id=assistant_id, event_handler=told) as stream:
        await stream.until_done()
        run = await stream.get_final_run()
    assert run.status == "failed"
    assert run.last_error is not None
    assert run.last_error.code == "server_error"
    assert names(told) == ANSWERED[1:]
