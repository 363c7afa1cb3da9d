"""The frames of streamed responses in the order of OpenAI's own hosts, and the SDK's own reader over them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import openai
import pytest

from steward.kernel.runtime import Runtime
from tests.conftest import Person
from tests.doors.openai.responding import (
    MODEL,
    WEATHER,
    Frame,
    calls_of,
    frames_of,
    get,
    names,
    outputs_for,
    post,
    respond,
    streamed,
    text_of,
)
from tests.doors.openai.running import calling
from tests.doors.openai.stores import official_client
from tests.support.database import as_owner

BEGUN = ["created", "in_progress"]
OPENED = ["output_item.added", "content_part.added", "output_text.delta"]
CLOSED = ["output_text.done", "content_part.done", "output_item.done"]
CALL = [
    "output_item.added",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
]


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async for client in official_client(server, ada):
        yield client


def ensure_counted(frames: list[Frame]) -> None:
    """Frames are numbered without a gap, and every item that opens is closed as the response shows it."""
    assert [data["sequence_number"] for _, data in frames] == list(range(len(frames)))
    last = frames[-1][1]["response"]
    done = [data["item"] for name, data in frames if name == "response.output_item.done"]
    assert done == last["output"]
    assert [data["output_index"] for name, data in frames if name == "response.output_item.added"] == list(
        range(len(done))
    )


async def test_a_plain_answer(client: httpx.AsyncClient, ada: Person) -> None:
    frames = await streamed(client, ada, "{{words:3}}")
    assert names(frames) == [*BEGUN, *OPENED, *CLOSED, "completed"]
    ensure_counted(frames)
    deltas = [data["delta"] for name, data in frames if name == "response.output_text.delta"]
    assert "".join(deltas) == "w0 w1 w2"
    created, last = frames[0][1]["response"], frames[-1][1]["response"]
    assert (created["status"], created["output"], created["usage"]) == ("in_progress", [], None)
    assert text_of(last) == "w0 w1 w2"
    assert await get(client, ada, f"/responses/{last['id']}") == last


async def test_reasoning_comes_before_the_answer(client: httpx.AsyncClient, ada: Person) -> None:
    frames = await streamed(
        client, ada, "{{reasoning:Hmm.}}{{reply:Yes.}}", model="anthropic/claude-sonnet-4-5"
    )
    thought = [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    assert names(frames) == [*BEGUN, *thought, *OPENED, *CLOSED, "completed"]
    ensure_counted(frames)


async def test_an_answer_that_is_cut(client: httpx.AsyncClient, ada: Person) -> None:
    frames = await streamed(client, ada, "{{words:30}}", max_output_tokens=5)
    assert names(frames) == [*BEGUN, *OPENED, *CLOSED, "incomplete"]
    ensure_counted(frames)
    last = frames[-1][1]["response"]
    assert (last["status"], last["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert last["output"][0]["status"] == "incomplete"


async def test_a_failure_in_the_middle(client: httpx.AsyncClient, ada: Person) -> None:
    frames = await streamed(client, ada, "{{words:9}} {{error_after:4}}")
    assert names(frames) == [*BEGUN, *OPENED, *CLOSED, "failed"]
    last = frames[-1][1]["response"]
    assert (last["status"], last["error"]["code"]) == ("failed", "server_error")
    assert last["error"]["message"]


async def test_functions_and_the_response_that_follows(client: httpx.AsyncClient, ada: Person) -> None:
    asked = f"Look. {{{{reply:Well.}}}}{calling('Bern')}"
    frames = await streamed(client, ada, asked, tools=[WEATHER])
    assert names(frames) == [*BEGUN, *CALL, "completed"]
    ensure_counted(frames)
    first = frames[-1][1]["response"]
    (call,) = calls_of(first)
    assert (call["name"], call["arguments"], call["status"]) == (
        "get_weather",
        '{"place":"Bern"}',
        "completed",
    )
    followed = await streamed(
        client, ada, outputs_for(first), tools=[WEATHER], previous_response_id=first["id"]
    )
    assert names(followed) == [*BEGUN, *OPENED, *CLOSED, "completed"]
    ensure_counted(followed)
    second = followed[-1][1]["response"]
    assert second["id"] != first["id"]
    assert second["previous_response_id"] == first["id"]
    assert text_of(second) == "Well."
    for shown in (first, second):
        assert await get(client, ada, f"/responses/{shown['id']}") == shown


async def test_the_readers_of_the_sdk(official: openai.AsyncOpenAI) -> None:
    async with official.responses.stream(model=MODEL, input="{{words:5}}") as stream:
        events = [event async for event in stream]
        final = await stream.get_final_response()
    assert final.output_text == "w0 w1 w2 w3 w4"
    assert events[-1].type == "response.completed"
    snapshots = [event.snapshot for event in events if event.type == "response.output_text.delta"]
    assert snapshots[-1] == final.output_text


async def test_a_stream_read_again_from_any_frame(client: httpx.AsyncClient, ada: Person) -> None:
    frames = await streamed(client, ada, "{{words:6}}", background=True)
    assert names(frames)[:3] == ["created", "queued", "in_progress"]
    ensure_counted(frames)
    response_id = frames[0][1]["response"]["id"]
    for after in (None, 0, 4, len(frames) - 2):
        query = {"stream": "true"} | ({} if after is None else {"starting_after": str(after)})
        path = f"/v1/responses/{response_id}"
        async with client.stream("GET", path, params=query, headers=ada.headers) as answer:
            again = await frames_of(answer)
        assert again == frames[0 if after is None else after + 1 :]


async def test_a_stream_whose_events_are_gone(client: httpx.AsyncClient, ada: Person, house: Runtime) -> None:
    response = await respond(client, ada, "{{words:6}}")
    async with as_owner(house.settings) as owner:
        await owner.execute(
            "DELETE FROM run_segments WHERE workspace_id = $1 AND id = $2",
            ada.actor.workspace_id,
            response["id"].replace("resp_", "run_"),
        )
    path = f"/v1/responses/{response['id']}"
    async with client.stream("GET", path, params={"stream": "true"}, headers=ada.headers) as answer:
        frames = await frames_of(answer)
    assert names(frames) == [*BEGUN, "completed"]
    assert frames[-1][1]["response"] == response


async def test_the_sdk_reads_a_stream_again(official: openai.AsyncOpenAI) -> None:
    made = await official.responses.create(model=MODEL, input="{{words:6}}", background=True)
    async with official.responses.stream(response_id=made.id) as stream:
        whole = [(event.type, event.sequence_number) async for event in stream]
        assert (await stream.get_final_response()).output_text == "w0 w1 w2 w3 w4 w5"
    async with official.responses.stream(response_id=made.id, starting_after=4) as stream:
        assert [(event.type, event.sequence_number) async for event in stream] == whole[5:]


async def ended(client: httpx.AsyncClient, person: Person, response_id: str) -> dict[str, Any]:
    """A response once it is over."""
    for _ in range(200):
        shown = await get(client, person, f"/responses/{response_id}")
        if shown["status"] not in ("queued", "in_progress"):
            return shown
        await asyncio.sleep(0.05)
    raise AssertionError("the response does not end")


async def begun_and_left(client: httpx.AsyncClient, person: Person, **body: Any) -> str:
    """The id of a streamed response whose reader leaves after the first frame."""
    asked = {"model": MODEL, "stream": True, **body}
    async with client.stream("POST", "/v1/responses", json=asked, headers=person.headers) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                return json.loads(line.removeprefix("data: "))["response"]["id"]
    raise AssertionError("the stream holds no frame")


async def test_a_reader_that_leaves_ends_the_answer(client: httpx.AsyncClient, ada: Person) -> None:
    response_id = await begun_and_left(client, ada, input="{{words:400}}{{pace_ms:20}}")
    assert (await ended(client, ada, response_id))["status"] == "cancelled"


@pytest.mark.slow
async def test_the_background_goes_on_without_a_reader(client: httpx.AsyncClient, ada: Person) -> None:
    asked = "{{words:20}}{{pace_ms:10}}"
    response = await respond(client, ada, asked, background=True)
    assert (response["status"], response["output"], response["usage"]) == ("queued", [], None)
    left = await begun_and_left(client, ada, input=asked, background=True)
    for response_id in (response["id"], left):
        shown = await ended(client, ada, response_id)
        assert shown["status"] == "completed"
        assert text_of(shown).split()[-1] == "w19"


async def test_cancelling_in_the_background(client: httpx.AsyncClient, ada: Person) -> None:
    response = await respond(client, ada, "{{words:400}}{{pace_ms:20}}", background=True)
    for _ in range(2):
        cancelled = await post(client, ada, f"/responses/{response['id']}/cancel")
        assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    done = await respond(client, ada, "{{reply:Hi.}}")
    refused = await post(client, ada, f"/responses/{done['id']}/cancel")
    assert refused.status_code == 400
