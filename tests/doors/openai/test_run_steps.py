"""Steps of runs: told from what is stored, the same each time."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import httpx
import pytest

from steward.kernel.runtime import Runtime
from steward.usage import service as usage
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


async def test_the_steps_of_a_plain_answer(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{reply:Hi.}}")
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    (run,) = data_of(frames, "thread.run.completed")
    (message,) = data_of(frames, "thread.message.completed")
    path = f"/threads/{thread_id}/runs/{run['id']}/steps"
    (step,) = (await get(client, ada, path))["data"]
    assert step == {
        "id": step["id"],
        "object": "thread.run.step",
        "created_at": run["created_at"],
        "run_id": run["id"],
        "assistant_id": assistant_id,
        "thread_id": thread_id,
        "type": "message_creation",
        "status": "completed",
        "cancelled_at": None,
        "completed_at": run["completed_at"],
        "expires_at": None,
        "expired_at": None,
        "failed_at": None,
        "last_error": None,
        "step_details": {"type": "message_creation", "message_creation": {"message_id": message["id"]}},
        "metadata": {"cost_usd": step["metadata"]["cost_usd"]},
        "usage": run["usage"],
    }
    assert step["id"].startswith("step_")
    assert Decimal(step["metadata"]["cost_usd"]) > 0
    assert await get(client, ada, f"{path}/{step['id']}") == step
    (streamed_step,) = data_of(frames, "thread.run.step.completed")
    assert streamed_step == step


async def test_the_steps_of_functions(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    thread_id = await thread(client, ada, f"{calling('Bern')} {{{{reply:It rains.}}}}")
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    (run,) = data_of(frames, "thread.run.requires_action")
    path = f"/threads/{thread_id}/runs/{run['id']}"
    (waiting,) = (await get(client, ada, f"{path}/steps"))["data"]
    assert (waiting["status"], waiting["usage"]) == ("in_progress", None)
    (call,) = waiting["step_details"]["tool_calls"]
    assert call["function"] == {"name": "get_weather", "arguments": '{"place":"Bern"}', "output": None}
    outputs = [{"tool_call_id": call["id"], "output": "rain"}]
    await streamed(client, ada, f"{path}/submit_tool_outputs", tool_outputs=outputs)
    found = await get(client, ada, f"{path}/steps", order="asc")
    tools, said = found["data"]
    assert (tools["id"], tools["status"], said["type"]) == (waiting["id"], "completed", "message_creation")
    assert tools["step_details"]["tool_calls"][0]["function"]["output"] == "rain"
    first = await get(client, ada, f"{path}/steps", limit=1)
    assert ([one["id"] for one in first["data"]], first["has_more"]) == ([said["id"]], True)
    rest = await get(client, ada, f"{path}/steps", limit=1, after=said["id"])
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == ([tools["id"]], False)


async def test_each_step_has_what_it_used(client: httpx.AsyncClient, ada: Person, house: Runtime) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    text = f"{calling('Bern')} {calling('Chur')} {{{{reply:It rains.}}}}"
    thread_id = await thread(client, ada, text)
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    path = f"/threads/{thread_id}/runs/{data_of(frames, 'thread.run.created')[0]['id']}"
    for _ in range(2):
        (waiting,) = data_of(frames, "thread.run.requires_action")
        (call,) = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": call["id"], "output": "rain"}]
        frames = await streamed(client, ada, f"{path}/submit_tool_outputs", tool_outputs=outputs)
        (handed_in,) = [
            step
            for step in data_of(frames, "thread.run.step.completed")
            if step["step_details"]["type"] == "tool_calls"
        ]
        assert handed_in["usage"]["total_tokens"] > 0
    (run,) = data_of(frames, "thread.run.completed")
    steps = (await get(client, ada, f"{path}/steps", order="asc"))["data"]
    assert [step["type"] for step in steps] == ["tool_calls", "tool_calls", "message_creation"]
    for name, total in run["usage"].items():
        each = [step["usage"][name] for step in steps]
        assert (sum(each), all(each)) == (total, True)
    async with house.database.work(ada.actor) as work:
        cost = await usage.cost_of_run(work, thread_id, run["id"])
    assert sum(Decimal(step["metadata"]["cost_usd"]) for step in steps) == cost


async def test_a_step_that_is_not_there(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{reply:Hi.}}")
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    (run,) = data_of(frames, "thread.run.completed")
    answer = await client.get(f"/v1/threads/{thread_id}/runs/{run['id']}/steps/step_1", headers=ada.headers)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "No run step found with id 'step_1'."
    assert (await post(client, ada, f"/threads/{thread_id}/runs/{run['id']}", metadata={})).status_code == 200


@pytest.mark.slow
@pytest.mark.req("THRD-14", "THRD-15")
async def test_a_search_of_the_documents_is_a_step(client: httpx.AsyncClient, ada: Person) -> None:
    text = "The harbour of Wexel closes at nine in the evening, and opens at six."
    files = {"file": ("harbour.txt", text.encode(), "text/plain")}
    uploaded = await client.post(
        "/v1/files", data={"purpose": "assistants"}, files=files, headers=ada.headers
    )
    assert uploaded.status_code == 200, uploaded.text
    store = (await post(client, ada, "/vector_stores", file_ids=[uploaded.json()["id"]])).json()
    for _ in range(500):
        if (await get(client, ada, f"/vector_stores/{store['id']}"))["status"] == "completed":
            break
        await asyncio.sleep(0.02)
    assistant_id = await assistant(
        client,
        ada,
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store["id"]]}},
    )
    thread_id = await thread(client, ada, "When does the harbour of Wexel close? {{reply:At nine [1].}}")
    frames = await streamed(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id)
    assert names(frames) == [
        "run.created",
        "run.queued",
        "run.in_progress",
        "run.step.created",
        "run.step.in_progress",
        "run.step.delta",
        "run.step.completed",
        "run.step.created",
        "run.step.in_progress",
        "message.created",
        "message.in_progress",
        "message.delta",
        "message.completed",
        "run.step.completed",
        "run.completed",
        "done",
    ]
    (search, _) = data_of(frames, "thread.run.step.completed")
    (call,) = search["step_details"]["tool_calls"]
    assert call["file_search"]["results"][0]["file_id"] == uploaded.json()["id"]
    deltas = data_of(frames, "thread.message.delta")
    (cited,) = deltas[-1]["delta"]["content"][0]["text"]["annotations"]
    (message,) = data_of(frames, "thread.message.completed")
    (annotation,) = message["content"][0]["text"]["annotations"]
    assert cited == {"index": 0, **annotation}
    value = message["content"][0]["text"]["value"]
    assert value[annotation["start_index"] : annotation["end_index"]] == annotation["text"] == "[1]"
    (run,) = data_of(frames, "thread.run.completed")
    path = f"/threads/{thread_id}/runs/{run['id']}/steps"
    found = (await get(client, ada, path, order="asc"))["data"]
    assert [step["type"] for step in found] == ["tool_calls", "message_creation"]
    assert found[0]["id"] == search["id"]
    assert "content" not in found[0]["step_details"]["tool_calls"][0]["file_search"]["results"][0]
    include = {"include[]": "step_details.tool_calls[*].file_search.results[*].content"}
    step = await get(client, ada, f"{path}/{search['id']}", **include)
    (result,) = step["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert "closes at nine" in result["content"][0]["text"]
