"""The frames of streamed runs in the order of OpenAI's own hosts, and the handlers of the SDK over them."""

# OpenAI calls the whole API deprecated; it is kept here.
# pyright: reportDeprecated=false

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import openai
import pytest
from openai.lib.streaming import AsyncAssistantEventHandler

from steward.kernel.ids import new_id
from tests.conftest import Person
from tests.doors.openai.running import (
    WEATHER,
    assistant,
    calling,
    data_of,
    get,
    names,
    post,
    streamed,
    thread,
)

pytestmark = pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning")

BEGUN = ["run.created", "run.queued", "run.in_progress"]
MESSAGE = ["run.step.created", "run.step.in_progress", "message.created", "message.in_progress"]
SAID = [*MESSAGE, "message.delta", "message.completed", "run.step.completed"]
TOOLS = ["run.step.created", "run.step.in_progress", "run.step.delta"]


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0) as client:
        yield client


class Handler(AsyncAssistantEventHandler):
    """Writes down what the SDK calls."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tools: list[str] = []
        self.done: list[str] = []
        self.names: list[str] = []

    async def on_event(self, event: Any) -> None:
        self.names.append(event.event)

    async def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        del snapshot
        self.texts.append(delta.value or "")

    async def on_text_done(self, text: Any) -> None:
        self.done.append(text.value)

    async def on_tool_call_created(self, tool_call: Any) -> None:
        self.tools.append(tool_call.function.name)


@pytest.mark.req("CHAT-24", "THRD-07", "THRD-08", "THRD-10")
async def test_a_plain_answer(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{words:3}}")
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    assert names(frames) == [*BEGUN, *SAID, "run.completed", "done"]
    deltas = data_of(frames, "thread.message.delta")
    texts = [delta["delta"]["content"][0]["text"] for delta in deltas]
    assert "".join(text["value"] for text in texts) == "w0 w1 w2"
    assert [("annotations" in text) for text in texts] == [True, *[False] * (len(texts) - 1)]
    (created,) = data_of(frames, "thread.message.created")
    assert (created["content"], created["status"], created["role"]) == ([], "in_progress", "assistant")
    (step, *_) = data_of(frames, "thread.run.step.created")
    assert step["step_details"] == {
        "type": "message_creation",
        "message_creation": {"message_id": created["id"]},
    }
    (message,) = data_of(frames, "thread.message.completed")
    assert message["content"] == [{"type": "text", "text": {"value": "w0 w1 w2", "annotations": []}}]
    (queued,) = data_of(frames, "thread.run.created")
    assert (queued["status"], queued["usage"]) == ("queued", None)
    (run,) = data_of(frames, "thread.run.completed")
    assert run["status"] == "completed"
    assert run["usage"]["total_tokens"] > 0
    assert run["expires_at"] is None
    (ended,) = data_of(frames, "thread.run.step.completed")
    assert ended["usage"] == run["usage"]
    assert frames[-1] == ("done", "[DONE]")


async def test_a_thread_made_for_its_run_comes_first(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    made = {"messages": [{"role": "user", "content": "{{reply:Hi.}}"}], "metadata": {"a": "b"}}
    frames = await streamed(client, ada, "/threads/runs", assistant_id=assistant_id, thread=made)
    assert names(frames) == ["created", *BEGUN, *SAID, "run.completed", "done"]
    assert frames[0][1]["metadata"] == {"a": "b"}
    assert frames[1][1]["thread_id"] == frames[0][1]["id"]


@pytest.mark.req("THRD-22")
async def test_an_answer_that_is_cut(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{words:30}}")
    frames = await streamed(
        client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id, max_completion_tokens=5
    )
    assert names(frames) == [
        *BEGUN,
        *MESSAGE,
        "message.delta",
        "message.incomplete",
        "run.step.completed",
        "run.incomplete",
        "done",
    ]
    (run,) = data_of(frames, "thread.run.incomplete")
    assert run["incomplete_details"] == {"reason": "max_completion_tokens"}
    (message,) = data_of(frames, "thread.message.incomplete")
    assert message["incomplete_details"] == {"reason": "max_tokens"}


@pytest.mark.req("CHAT-27", "THRD-11")
async def test_a_failure_in_the_middle(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{words:9}} {{error_after:4}}")
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    assert names(frames) == [
        *BEGUN,
        *MESSAGE,
        "message.delta",
        "message.incomplete",
        "run.step.failed",
        "run.failed",
        "done",
    ]
    (run,) = data_of(frames, "thread.run.failed")
    assert run["last_error"]["code"] == "server_error"
    assert run["last_error"]["message"]
    assert run["failed_at"] is not None


async def test_a_failure_before_anything_was_said(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{status:400}} no")
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    assert names(frames) == [*BEGUN, "run.failed", "done"]


@pytest.mark.req("THRD-09", "THRD-12")
async def test_functions_and_their_outputs(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    text = f"{calling('Bern')} {calling('Chur')} {{{{parallel_tools:2}}}} {{{{reply:It rains.}}}}"
    thread_id = await thread(client, ada, text)
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    assert names(frames) == [*BEGUN, *TOOLS, "run.requires_action", "done"]
    (created,) = data_of(frames, "thread.run.step.created")
    assert created["step_details"] == {"type": "tool_calls", "tool_calls": []}
    deltas = [
        delta["delta"]["step_details"]["tool_calls"][0] for delta in data_of(frames, "thread.run.step.delta")
    ]
    first = next(delta for delta in deltas if delta["index"] == 0)
    assert first["function"] == {"name": "get_weather", "arguments": "", "output": None}
    later = [delta for delta in deltas if delta["index"] == 0][1:]
    assert "".join(delta["function"]["arguments"] for delta in later) == '{"place": "Bern"}'
    assert all(set(delta) == {"index", "type", "function"} for delta in later)
    (run,) = data_of(frames, "thread.run.requires_action")
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert [call["id"] for call in calls] == [delta["id"] for delta in deltas if "id" in delta]

    outputs = [{"tool_call_id": call["id"], "output": "rain"} for call in reversed(calls)]
    path = f"/threads/{thread_id}/runs/{run['id']}/submit_tool_outputs"
    rest = await streamed(client, ada, path, tool_outputs=outputs)
    assert names(rest) == [
        "run.step.completed",
        "run.queued",
        "run.in_progress",
        *SAID,
        "run.completed",
        "done",
    ]
    done = rest[0][1]
    assert done["id"] == created["id"]
    assert [call["function"]["output"] for call in done["step_details"]["tool_calls"]] == ["rain", "rain"]


def spoken(frames: list[tuple[str, Any]]) -> str:
    """What the deltas of a stream say."""
    deltas = data_of(frames, "thread.message.delta")
    return "".join(delta["delta"]["content"][0]["text"].get("value", "") for delta in deltas)


async def test_text_before_a_call_stays_one_message(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    asked = f"{{{{reasoning:Hm.}}}} {{{{lead:Let me look.}}}} {calling('Bern')} {{{{reply:Wet.}}}}"
    thread_id = await thread(client, ada, asked)
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    assert spoken(frames) == "Let me look."
    (run,) = data_of(frames, "thread.run.requires_action")
    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    rest = await streamed(
        client,
        ada,
        f"/threads/{thread_id}/runs/{run['id']}/submit_tool_outputs",
        tool_outputs=[{"tool_call_id": call["id"], "output": "rain"}],
    )
    (created,) = data_of(rest, "thread.message.created")
    assert [part["text"]["value"] for part in created["content"]] == ["Let me look."]
    assert spoken(rest) == "\n\nWet."
    shown = await get(client, ada, f"/threads/{thread_id}/messages", run_id=run["id"])
    assert [message["content"][0]["text"]["value"] for message in shown["data"]] == ["Let me look.\n\nWet."]


async def test_a_refusal_before_the_run_is_a_plain_error(client: httpx.AsyncClient, ada: Person) -> None:
    thread_id = await thread(client, ada, "Hello")
    refused = await post(client, ada, f"/threads/{thread_id}/runs", assistant_id="asst_nobody", stream=True)
    assert refused.status_code == 404
    assert refused.json()["error"]["message"] == "No assistant found with id 'asst_nobody'."


@pytest.mark.req("CHAT-24", "THRD-21")
async def test_the_handlers_of_the_client(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    thread_id = await thread(client, ada, f"{calling('Bern')} {{{{reply:It rains.}}}}")
    first = Handler()
    runs = official.beta.threads.runs
    async with runs.stream(thread_id=thread_id, assistant_id=assistant_id, event_handler=first) as stream:
        await stream.until_done()
        run = await stream.get_final_run()
        steps = await stream.get_final_run_steps()
    assert first.tools == ["get_weather"]
    assert run.status == "requires_action"
    assert run.required_action is not None
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    (step,) = steps
    assert step.step_details.type == "tool_calls"
    (told,) = step.step_details.tool_calls
    assert told.type == "function"
    assert told.id == call.id
    # The stream has them as the model wrote them.
    assert json.loads(told.function.arguments) == json.loads(call.function.arguments)

    second = Handler()
    async with runs.submit_tool_outputs_stream(
        run_id=run.id,
        thread_id=thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": "rain"}],
        event_handler=second,
    ) as stream:
        await stream.until_done()
        (message,) = await stream.get_final_messages()
    assert "".join(second.texts) == "It rains."
    assert second.done == ["It rains."]
    assert second.names[0] == "thread.run.step.completed"
    assert message.content[0].type == "text"
    assert message.content[0].text.value == "It rains."


async def test_a_thread_and_its_run_by_the_stream_helper(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    assistant_id = await assistant(client, ada)
    handler = Handler()
    async with official.beta.threads.create_and_run_stream(
        assistant_id=assistant_id,
        thread={"messages": [{"role": "user", "content": "{{words:5}}"}]},
        event_handler=handler,
    ) as stream:
        await stream.until_done()
    assert "".join(handler.texts) == "w0 w1 w2 w3 w4"
    assert handler.names[0] == "thread.created"
    assert handler.names[-1] == "thread.run.completed"


async def test_a_run_that_is_stopped_while_it_speaks(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{words:9}} {{hang_after:4}}")
    path = f"/threads/{thread_id}/runs"
    reading = asyncio.ensure_future(streamed(client, ada, path, assistant_id=assistant_id))
    shown: list[dict[str, Any]] = []
    while not shown:
        shown = (await get(client, ada, path))["data"]
    # As soon as something was said: what is kept then is told.
    await asyncio.sleep(0.2)
    await post(client, ada, f"{path}/{shown[0]['id']}/cancel")
    frames = await reading
    assert names(frames) == [
        *BEGUN,
        *MESSAGE,
        "message.delta",
        "message.incomplete",
        "run.step.cancelled",
        "run.cancelled",
        "done",
    ]
    (message,) = data_of(frames, "thread.message.incomplete")
    assert message["incomplete_details"] == {"reason": "run_cancelled"}


async def test_a_run_does_not_need_its_reader(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{words:30}} {{pace_ms:5}}")
    asked = {"assistant_id": assistant_id, "stream": True}
    path = f"/threads/{thread_id}/runs"
    async with client.stream("POST", f"/v1{path}", json=asked, headers=ada.headers) as answer:
        assert answer.status_code == 200
    run: dict[str, Any] = {"status": "in_progress"}
    while run["status"] == "in_progress":
        (run,) = (await get(client, ada, path))["data"]
    assert run["status"] == "completed"
    (message, _) = (await get(client, ada, f"/threads/{thread_id}/messages"))["data"]
    assert message["content"][0]["text"]["value"].endswith("w29")


async def test_a_run_of_another_door_is_shown_too(client: httpx.AsyncClient, ada: Person) -> None:
    message = {"id": new_id("m"), "role": "user", "parts": [{"type": "text", "text": "{{reply:Hi.}}"}]}
    body = {"id": new_id("chat"), "messages": [message], "trigger": "submit-message"}
    said = await client.post("/api/v1/chat", json=body, headers=ada.headers)
    assert said.status_code == 200, said.text
    (known,) = (await get(client, ada, "/threads"))["data"]
    (run,) = (await get(client, ada, f"/threads/{known['id']}/runs"))["data"]
    assert (run["status"], run["assistant_id"], run["tools"]) == ("completed", "asst_default", [])
    (step,) = (await get(client, ada, f"/threads/{known['id']}/runs/{run['id']}/steps"))["data"]
    assert step["type"] == "message_creation"
