"""Programs of the Assistants API whose server is killed under them: runs end right, and threads are free again."""

# OpenAI calls the whole API deprecated; it is kept here.
# pyright: reportDeprecated=false

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx2
import openai
import pytest
from openai.types.beta import FunctionToolParam
from openai.types.beta.threads import Run
from openai.types.beta.threads.run_submit_tool_outputs_params import ToolOutput

from tests.support.scripted_provider import ScriptedProvider
from tests.support.server_process import ServerProcess, server_process

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("ignore:(deprecated|The Assistants API is deprecated):DeprecationWarning"),
]

T = TypeVar("T")

RECOVERY_SECONDS: Final = 30
"""Within which everything is well again, counted from the moment when the server serves."""
WORDS: Final = 60
PACE_MS: Final = 20
MODEL: Final = "openai/gpt-4o-mini"
WEATHER: Final[FunctionToolParam] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
    },
}
OVER: Final = frozenset({"completed", "failed", "cancelled", "expired", "incomplete"})


@dataclass(frozen=True, slots=True)
class Scene:
    """A server to be killed, two programs that use it, and the assistant that both ask."""

    server: ServerProcess
    polling: openai.AsyncOpenAI
    """Asks again over a break by itself, as the official client does."""
    streaming: openai.AsyncOpenAI
    """Is told of every break."""
    assistant_id: str

    async def restarted(self) -> float:
        """Kill the server, and start it again; when it served."""
        await self.server.kill()
        await self.server.start()
        return time.monotonic()


@pytest.fixture(scope="module")
async def scene(
    tmp_path_factory: pytest.TempPathFactory, provider: ScriptedProvider
) -> AsyncGenerator[Scene]:
    """One server for all kills: what one leaves behind must not disturb the next."""
    folder = tmp_path_factory.mktemp("killed")
    async with server_process(folder / "data", provider.base_url) as server:
        base, key = f"{server.base_url}/v1", await server.key()
        async with (
            openai.AsyncOpenAI(base_url=base, api_key=key, max_retries=20, timeout=20) as polling,
            openai.AsyncOpenAI(base_url=base, api_key=key, max_retries=0, timeout=20) as streaming,
        ):
            made = await polling.beta.assistants.create(model=MODEL, tools=[WEATHER])
            yield Scene(server, polling, streaming, made.id)


def saying(tag: str) -> str:
    """A question whose answer takes its time."""
    return f"{{{{tag:{tag}}}}} {{{{words:{WORDS}}}}} {{{{pace_ms:{PACE_MS}}}}}"


def said(tag: str) -> str:
    """The answer to it."""
    return " ".join(f"{tag}-{word}" for word in range(WORDS))


def asking(tag: str) -> str:
    """The same behind a call of a function."""
    return f"{{{{tool:get_weather:{json.dumps({'place': tag})}}}}} {saying(tag)}"


async def thread_with(client: openai.AsyncOpenAI, text: str) -> str:
    """A new thread's id, with what a user said in it."""
    return (await client.beta.threads.create(messages=[{"role": "user", "content": text}])).id


async def surely(call: Callable[[], Awaitable[T]]) -> T:
    """Ask again until the server is back and answers."""
    for _ in range(RECOVERY_SECONDS * 10):
        with contextlib.suppress(
            openai.APIConnectionError, openai.InternalServerError, httpx2.TransportError
        ):
            return await call()
        await asyncio.sleep(0.1)
    raise AssertionError("never answered")


async def looked_up(scene: Scene, run: Run, *statuses: str) -> Run:
    """What a program does whose stream broke: it asks for the run until it has one of these statuses."""
    runs = scene.streaming.beta.threads.runs
    for _ in range(RECOVERY_SECONDS * 10):
        run = await surely(lambda: runs.retrieve(run.id, thread_id=run.thread_id))  # noqa: B023  # called at once
        if run.status in (statuses or OVER):
            return run
        await asyncio.sleep(0.1)
    raise AssertionError(f"{run.id} is still {run.status}")


class Reading:
    """A stream that is read until it ends or breaks."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.text = ""
        self.run: Run | None = None
        self.broke = False
        self._told = asyncio.Event()

    async def read(self, stream: Any) -> None:
        """Read a stream of the SDK, and note what it said."""
        try:
            async with stream as events:
                async for event in events:
                    self._take(event)
        except (openai.APIError, httpx2.TransportError):
            self.broke = True
        self._told.set()

    async def until(self, has_come: Callable[[Reading], bool]) -> None:
        """Wait until something came, or nothing more does."""
        while not has_come(self) and not self.broke:
            self._told.clear()
            await asyncio.wait_for(self._told.wait(), RECOVERY_SECONDS)

    def _take(self, event: Any) -> None:
        self.names.append(event.event)
        if event.event.startswith("thread.run.") and not event.event.startswith("thread.run.step."):
            self.run = event.data
        if event.event == "thread.message.delta":
            self.text += "".join(part.text.value or "" for part in event.data.delta.content)
        self._told.set()


async def ensure_ended(scene: Scene, run: Run, tag: str, since: float) -> None:
    """The run ended in time with the whole answer, once, and its thread takes the next message and the next run."""
    assert time.monotonic() - since < RECOVERY_SECONDS
    assert (run.status, run.last_error) == ("completed", None)
    assert run.usage is not None
    assert run.usage.completion_tokens >= WORDS
    threads = scene.polling.beta.threads
    messages = (await threads.messages.list(run.thread_id, order="asc")).data
    assert [message.role for message in messages] == ["user", "assistant"]
    (part,) = messages[1].content
    assert part.type == "text"
    assert part.text.value == said(tag)
    assert messages[1].run_id == run.id
    steps = (await threads.runs.steps.list(run.id, thread_id=run.thread_id)).data
    assert {step.status for step in steps} == {"completed"}
    await ensure_free(scene, run.thread_id)


async def ensure_free(scene: Scene, thread_id: str) -> None:
    """The thread takes a message and a run."""
    threads = scene.streaming.beta.threads
    await threads.messages.create(thread_id, role="user", content="{{reply:Fine.}}")
    run = await threads.runs.create_and_poll(thread_id=thread_id, assistant_id=scene.assistant_id)
    assert run.status == "completed"


@pytest.mark.req("CHAT-35", "THRD-04")
async def test_a_kill_during_a_run(scene: Scene) -> None:
    threads = scene.polling.beta.threads
    polled, streamed = [await thread_with(scene.polling, saying(tag)) for tag in ("polled", "streamed")]
    reading = Reading()
    stream = scene.streaming.beta.threads.runs.stream(thread_id=streamed, assistant_id=scene.assistant_id)
    following = asyncio.ensure_future(reading.read(stream))
    waiting = asyncio.ensure_future(
        threads.runs.create_and_poll(thread_id=polled, assistant_id=scene.assistant_id)
    )
    await reading.until(lambda it: it.text.count("-") > random.randrange(5, WORDS - 20))
    since = await scene.restarted()
    await following
    assert reading.broke
    assert said("streamed").startswith(reading.text)
    assert reading.run is not None
    await ensure_ended(scene, await looked_up(scene, reading.run), "streamed", since)
    await ensure_ended(scene, await waiting, "polled", since)


def outputs_of(run: Run) -> list[ToolOutput]:
    """What the program's function gives for the calls that a run waits for."""
    assert run.required_action is not None
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": f"rain in {call.function.arguments}"} for call in calls]


@pytest.mark.req("THRD-09")
async def test_a_kill_while_a_run_waits_for_its_program(scene: Scene) -> None:
    threads = scene.polling.beta.threads
    polled, streamed = [await thread_with(scene.polling, asking(tag)) for tag in ("polled", "streamed")]
    first = Reading()
    await first.read(threads.runs.stream(thread_id=streamed, assistant_id=scene.assistant_id))
    waiting = await threads.runs.create_and_poll(thread_id=polled, assistant_id=scene.assistant_id)
    assert first.run is not None
    assert (first.run.status, waiting.status, first.broke) == ("requires_action", "requires_action", False)
    since = await scene.restarted()
    for run in (waiting, first.run):
        found = await threads.runs.retrieve(run.id, thread_id=run.thread_id)
        # Nothing of what it waits for has changed.
        assert found == run
        with pytest.raises(openai.BadRequestError, match=r"while a run run_[a-z0-9]+ is active"):
            await threads.messages.create(run.thread_id, role="user", content="Not now.")
    second = Reading()
    stream = scene.streaming.beta.threads.runs.submit_tool_outputs_stream(
        run_id=first.run.id, thread_id=streamed, tool_outputs=outputs_of(first.run)
    )
    following = asyncio.ensure_future(second.read(stream))
    ended = await threads.runs.submit_tool_outputs_and_poll(
        run_id=waiting.id, thread_id=polled, tool_outputs=outputs_of(waiting)
    )
    await following
    assert not second.broke
    assert second.text == said("streamed")
    assert second.run is not None
    await ensure_ended(scene, second.run, "streamed", since)
    await ensure_ended(scene, ended, "polled", since)


@pytest.mark.parametrize("moment", ["before the next delta", "within the request"])
@pytest.mark.req("THRD-09")
async def test_a_kill_behind_the_outputs(scene: Scene, moment: str) -> None:
    threads = scene.polling.beta.threads
    polled, streamed = [await thread_with(scene.polling, asking(tag)) for tag in ("polled", "streamed")]
    runs = [
        await threads.runs.create_and_poll(thread_id=thread_id, assistant_id=scene.assistant_id)
        for thread_id in (polled, streamed)
    ]
    reading = Reading()
    stream = scene.streaming.beta.threads.runs.submit_tool_outputs_stream(
        run_id=runs[1].id, thread_id=streamed, tool_outputs=outputs_of(runs[1])
    )
    following = asyncio.ensure_future(reading.read(stream))
    handing_in = asyncio.ensure_future(hand_in(scene, runs[0]))
    if moment == "before the next delta":
        await reading.until(lambda it: "thread.run.in_progress" in it.names)
        await handing_in
    else:
        await asyncio.sleep(random.uniform(0, 0.05))
    since = await scene.restarted()
    await asyncio.gather(following, handing_in)
    assert reading.broke
    # Whether the outputs arrived cannot be known: a program looks at the run, and hands them in if it still waits.
    if (await looked_up(scene, runs[1], "requires_action", "in_progress", *OVER)).status == "requires_action":
        await hand_in(scene, runs[1])
    for run, tag in zip(runs, ("polled", "streamed"), strict=True):
        await ensure_ended(scene, await looked_up(scene, run), tag, since)


async def hand_in(scene: Scene, run: Run) -> None:
    """Hand outputs in until they have surely arrived."""
    runs = scene.polling.beta.threads.runs
    # It may be refused when they had arrived and only the answer was lost, so that the client sent them again.
    with contextlib.suppress(openai.BadRequestError):
        await runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run))


async def test_a_thread_is_free_when_its_crashed_run_is_cancelled(scene: Scene) -> None:
    runs = scene.polling.beta.threads.runs
    thread_id = await thread_with(scene.polling, "{{words:9}} {{hang_after:3}}")
    begun = await runs.create(thread_id, assistant_id=scene.assistant_id)
    since = await scene.restarted()
    # The model is asked again, and hangs again.
    found = await runs.retrieve(begun.id, thread_id=thread_id)
    assert found.status == "in_progress"
    await runs.cancel(begun.id, thread_id=thread_id)
    assert (await looked_up(scene, begun)).status == "cancelled"
    await ensure_free(scene, thread_id)
    assert time.monotonic() - since < RECOVERY_SECONDS
