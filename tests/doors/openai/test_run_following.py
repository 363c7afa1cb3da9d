"""The end of a stream tells the message as it is read afterwards, however the run ended."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.conftest import Person
from tests.doors.openai.running import WEATHER, assistant, calling, data_of, get, post, streamed, thread

ENDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "completed": ("{{words:3}}", {}, "thread.message.completed"),
    "cut": ("{{words:30}}", {"max_completion_tokens": 5}, "thread.message.incomplete"),
    "failed": ("{{words:9}} {{error_after:4}}", {}, "thread.message.incomplete"),
    "filtered": ("{{words:9}} {{finish:content_filter}}", {}, "thread.message.incomplete"),
}


@pytest.mark.parametrize("end", ENDS)
async def test_the_last_message_is_the_stored_one(client: httpx.AsyncClient, ada: Person, end: str) -> None:
    text, asked, name = ENDS[end]
    assistant_id, thread_id = await assistant(client, ada), await thread(client, ada, text)
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id, **asked)
    (told,) = data_of(frames, name)
    assert told == await get(client, ada, f"/threads/{thread_id}/messages/{told['id']}")


async def test_the_message_of_a_cancelled_run(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    thread_id = await thread(client, ada, "{{words:500}} {{pace_ms:10}}")
    asked = {"assistant_id": assistant_id}
    following = asyncio.ensure_future(streamed(client, ada, f"/threads/{thread_id}/runs", **asked))
    runs: list[dict[str, Any]] = []
    while not runs:
        runs = (await get(client, ada, f"/threads/{thread_id}/runs"))["data"]
    await asyncio.sleep(0.3)
    await post(client, ada, f"/threads/{thread_id}/runs/{runs[0]['id']}/cancel")
    (told,) = data_of(await following, "thread.message.incomplete")
    assert told["incomplete_details"] == {"reason": "run_cancelled"}
    assert told == await get(client, ada, f"/threads/{thread_id}/messages/{told['id']}")


async def test_the_message_behind_the_outputs_of_a_tool(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    thread_id = await thread(client, ada, f"{calling('Bern')} {{{{reply:It rains.}}}}")
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    (waiting,) = data_of(frames, "thread.run.requires_action")
    (call,) = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = [{"tool_call_id": call["id"], "output": "rain"}]
    path = f"/threads/{thread_id}/runs/{waiting['id']}/submit_tool_outputs"
    (told,) = data_of(await streamed(client, ada, path, tool_outputs=outputs), "thread.message.completed")
    assert told == await get(client, ada, f"/threads/{thread_id}/messages/{told['id']}")
