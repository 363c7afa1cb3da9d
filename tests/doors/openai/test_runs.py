"""Runs of the Assistants API: begun, looked at, stopped, gone on with; judged raw, and by the official client."""

# OpenAI calls the whole API deprecated; it is kept here.
# pyright: reportDeprecated=false

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import openai
import pytest

from steward.kernel.runtime import Runtime
from steward.runs import actions
from tests.conftest import Person
from tests.doors.openai.running import MODEL, WEATHER, assistant, calling, get, post, thread
from tests.support.database import let_time_pass
from tests.support.scripted_provider import ScriptedProvider

pytestmark = pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning")


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0) as client:
        yield client


async def begin(client: httpx.AsyncClient, person: Person, thread_id: str, **body: Any) -> dict[str, Any]:
    begun = await post(client, person, f"/threads/{thread_id}/runs", **body)
    assert begun.status_code == 200, begun.text
    return begun.json()


async def until(
    client: httpx.AsyncClient, person: Person, run: dict[str, Any], *statuses: str
) -> dict[str, Any]:
    """The run, once it has one of these statuses."""
    seen: dict[str, Any] = {}
    for _ in range(500):
        seen = await get(client, person, f"/threads/{run['thread_id']}/runs/{run['id']}")
        if seen["status"] in statuses:
            return seen
        await asyncio.sleep(0.02)
    raise AssertionError(f"still {seen['status']}: {seen}")


def refused(answer: httpx.Response, status: int = 400) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


async def test_a_run_is_shown_whole(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada, instructions="Be short.", tools=[WEATHER])
    thread_id = await thread(client, ada, "{{reply:Hi.}}")
    begun = await post(
        client,
        ada,
        f"/threads/{thread_id}/runs",
        assistant_id=assistant_id,
        metadata={"a": "b"},
        temperature=0.3,
        top_p=0.9,
        max_completion_tokens=400,
        max_prompt_tokens=4_000,
        additional_instructions="Be kind.",
        parallel_tool_calls=False,
        tool_choice="auto",
        response_format={"type": "text"},
        truncation_strategy={"type": "last_messages", "last_messages": 9},
    )
    assert begun.status_code == 200
    assert int(begun.headers["openai-poll-after-ms"]) < 1000
    queued = begun.json()
    assert queued == {
        "id": queued["id"],
        "object": "thread.run",
        "created_at": queued["created_at"],
        "thread_id": thread_id,
        "assistant_id": assistant_id,
        "status": "queued",
        "required_action": None,
        "last_error": None,
        "expires_at": queued["created_at"] + 600,
        "started_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "incomplete_details": None,
        "model": MODEL,
        "instructions": "Be short.\n\nBe kind.",
        "tools": [WEATHER],
        "tool_resources": {},
        "metadata": {"a": "b"},
        "usage": None,
        "temperature": 0.3,
        "top_p": 0.9,
        "max_prompt_tokens": 4_000,
        "max_completion_tokens": 400,
        "truncation_strategy": {"type": "last_messages", "last_messages": 9},
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "response_format": {"type": "text"},
        "reasoning_effort": None,
    }
    assert queued["id"].startswith("run_")
    ended = await until(client, ada, queued, "completed")
    assert ended["usage"]["total_tokens"] == (
        ended["usage"]["prompt_tokens"] + ended["usage"]["completion_tokens"]
    )
    assert ended["completed_at"] >= ended["started_at"] >= queued["created_at"]
    assert ended["expires_at"] is None


@pytest.mark.req("CHAT-24", "THRD-22")
async def test_what_a_run_says_reaches_the_model(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    assistant_id = await assistant(client, ada, instructions="You are a boat.")
    thread_id = await thread(client, ada, "Which boat? {{reply:A red one.}}")
    run = await begin(
        client,
        ada,
        thread_id,
        assistant_id=assistant_id,
        additional_instructions="Name the harbour.",
        temperature=0.25,
        max_tokens=77,
        additional_messages=[{"role": "user", "content": f"And the harbour of {thread_id}?"}],
    )
    await until(client, ada, run, "completed")
    asked = next(one.body for one in reversed(provider.requests) if thread_id in str(one.body))
    said = str(asked["messages"])
    assert "You are a boat." in said
    assert "Name the harbour." in said
    assert asked["temperature"] == 0.25
    assert 77 in asked.values()
    shown = await get(client, ada, f"/threads/{thread_id}/messages", order="asc")
    assert [message["role"] for message in shown["data"]] == ["user", "user", "assistant"]


@pytest.mark.req("THRD-13")
async def test_a_run_has_its_own_instructions_format_and_choice(
    client: httpx.AsyncClient, ada: Person, provider: ScriptedProvider
) -> None:
    assistant_id = await assistant(client, ada, instructions="You are a boat.", tools=[WEATHER])
    thread_id = await thread(client, ada, f"{calling('Bern')} {{{{reply:It rains.}}}}")
    schema: dict[str, Any] = {"name": "rain", "schema": {"type": "object", "properties": {}}}
    begun = await begin(
        client,
        ada,
        thread_id,
        assistant_id=assistant_id,
        instructions=f"You are a car in {thread_id}.",
        top_p=0.4,
        tool_choice="required",
        parallel_tool_calls=False,
        response_format={"type": "json_schema", "json_schema": schema},
    )
    run = await until(client, ada, begun, "requires_action")
    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = [{"tool_call_id": call["id"], "output": "rain"}]
    await post(
        client, ada, f"/threads/{thread_id}/runs/{run['id']}/submit_tool_outputs", tool_outputs=outputs
    )
    await until(client, ada, run, "completed")
    first, second = [
        one.body for one in provider.requests if f"You are a car in {thread_id}." in str(one.body)
    ]
    assert "You are a boat." not in str(first)
    assert (first["tool_choice"], first["parallel_tool_calls"], first["top_p"]) == ("required", False, 0.4)
    assert first["response_format"]["json_schema"]["name"] == "rain"
    # Forced again, it would never end.
    assert "tool_choice" not in second


async def test_another_run_answers_behind_the_first(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{reply:Hi.}}")
    for _ in range(2):
        await until(client, ada, await begin(client, ada, thread_id, assistant_id=assistant_id), "completed")
    shown = await get(client, ada, f"/threads/{thread_id}/messages", order="asc")
    assert [message["role"] for message in shown["data"]] == ["user", "assistant", "assistant"]
    assert len({message["run_id"] for message in shown["data"]}) == 3


async def test_only_one_of_many_runs_begins(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{hang}} wait")
    answers = await asyncio.gather(
        *(post(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id) for _ in range(10))
    )
    (begun,) = [answer.json() for answer in answers if answer.status_code == 200]
    for answer in answers:
        if answer.status_code != 200:
            error = refused(answer)
            assert error == {
                "message": f"Thread {thread_id} already has an active run {begun['id']}.",
                "type": "invalid_request_error",
                "param": None,
                "code": None,
            }
    added = await post(client, ada, f"/threads/{thread_id}/messages", role="user", content="More")
    assert refused(added)["message"] == (
        f"Can't add messages to {thread_id} while a run {begun['id']} is active."
    )
    more = {"assistant_id": assistant_id, "additional_messages": [{"role": "user", "content": "More"}]}
    assert refused(await post(client, ada, f"/threads/{thread_id}/runs", **more))["code"] is None
    path = f"/threads/{thread_id}/runs/{begun['id']}"
    error = refused(await post(client, ada, path, metadata={"a": "b"}))
    assert error["message"] == "Cannot update run with status 'in_progress'."
    error = refused(await post(client, ada, f"{path}/submit_tool_outputs", tool_outputs=[]))
    assert error["message"] == 'Runs in status "in_progress" do not accept tool outputs.'

    cancelled = await post(client, ada, f"{path}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelling")
    ended = await until(client, ada, begun, "cancelled")
    assert ended["cancelled_at"] is not None
    assert refused(await post(client, ada, f"{path}/cancel"))["message"] == (
        "Cannot cancel run with status 'cancelled'."
    )
    # What a refused run would have added is not there.
    shown = await get(client, ada, f"/threads/{thread_id}/messages")
    assert [message["role"] for message in shown["data"]] == ["user"]
    changed = await post(client, ada, path, metadata={"a": "b"})
    assert changed.json()["metadata"] == {"a": "b"}


async def test_outputs_are_handed_in_all_at_once(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    text = f"{calling('Bern')} {calling('Chur')} {{{{parallel_tools:2}}}} {{{{reply:It rains.}}}}"
    thread_id = await thread(client, ada, text)
    begun = await begin(client, ada, thread_id, assistant_id=assistant_id)
    run = await until(client, ada, begun, "requires_action")
    assert run["required_action"]["type"] == "submit_tool_outputs"
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert [call["function"] for call in calls] == [
        {"name": "get_weather", "arguments": '{"place":"Bern"}'},
        {"name": "get_weather", "arguments": '{"place":"Chur"}'},
    ]
    ids = [call["id"] for call in calls]
    path = f"/threads/{thread_id}/runs/{run['id']}/submit_tool_outputs"
    half = await post(client, ada, path, tool_outputs=[{"tool_call_id": ids[0], "output": "rain"}])
    assert refused(half)["message"] == f"Expected tool outputs for call_ids {ids}, got {ids[:1]}"
    missing = refused(await post(client, ada, path))
    assert (missing["code"], missing["param"]) == ("missing_required_parameter", "tool_outputs")
    outputs = [{"tool_call_id": call_id, "output": "rain"} for call_id in reversed(ids)]
    handed_in = await post(client, ada, path, tool_outputs=outputs)
    assert (handed_in.status_code, handed_in.json()["status"]) == (200, "queued")
    assert handed_in.json()["required_action"] is None
    ended = await until(client, ada, run, "completed")
    assert ended["required_action"] is None
    again = refused(await post(client, ada, path, tool_outputs=outputs))
    assert again["message"] == 'Runs in status "completed" do not accept tool outputs.'


async def test_a_run_that_waits_is_cancelled(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    thread_id = await thread(client, ada, f"{calling('Bern')} {{{{reply:It rains.}}}}")
    begun = await begin(client, ada, thread_id, assistant_id=assistant_id)
    run = await until(client, ada, begun, "requires_action")
    path = f"/threads/{thread_id}/runs/{run['id']}"
    assert (await post(client, ada, f"{path}/cancel")).json()["status"] == "cancelling"
    await until(client, ada, run, "cancelled")
    (step,) = (await get(client, ada, f"{path}/steps"))["data"]
    assert (step["status"], step["cancelled_at"] is None) == ("cancelled", False)


async def test_a_run_expires_when_nobody_hands_in_outputs(
    client: httpx.AsyncClient, ada: Person, house: Runtime
) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    thread_id = await thread(client, ada, f"{calling('Bern')} {{{{reply:It rains.}}}}")
    begun = await begin(client, ada, thread_id, assistant_id=assistant_id)
    run = await until(client, ada, begun, "requires_action")
    await let_time_pass(house.settings, ada.actor.workspace_id, 601)
    await actions.expire_due(house)
    expired = await until(client, ada, run, "expired")
    assert (expired["last_error"], expired["required_action"], expired["expires_at"]) == (None, None, None)
    path = f"/threads/{thread_id}/runs/{run['id']}"
    (step,) = (await get(client, ada, f"{path}/steps"))["data"]
    assert (step["status"], step["expired_at"] is None) == ("expired", False)
    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    late = await post(
        client, ada, f"{path}/submit_tool_outputs", tool_outputs=[{"tool_call_id": call["id"], "output": "x"}]
    )
    assert refused(late)["message"] == 'Runs in status "expired" do not accept tool outputs.'
    # The thread is free again.
    added = await post(client, ada, f"/threads/{thread_id}/messages", role="user", content="{{reply:Hi.}}")
    assert added.status_code == 200
    await until(client, ada, await begin(client, ada, thread_id, assistant_id=assistant_id), "completed")


async def test_a_run_waits_as_long_as_the_server_is_set_to(
    client: httpx.AsyncClient, ada: Person, house: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = house.settings.tools.model_copy(update={"client_seconds": 86_400.0})
    monkeypatch.setattr(house, "settings", house.settings.model_copy(update={"tools": patient}))
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    thread_id = await thread(client, ada, f"{calling('Bern')} {{{{reply:It rains.}}}}")
    begun = await begin(client, ada, thread_id, assistant_id=assistant_id)
    assert begun["expires_at"] - begun["created_at"] == 86_400
    run = await until(client, ada, begun, "requires_action")
    await let_time_pass(house.settings, ada.actor.workspace_id, 23 * 3_600)
    await actions.expire_due(house)
    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    path = f"/threads/{thread_id}/runs/{run['id']}/submit_tool_outputs"
    late = await post(client, ada, path, tool_outputs=[{"tool_call_id": call["id"], "output": "rain"}])
    assert late.status_code == 200, late.text
    await until(client, ada, run, "completed")


@pytest.mark.req("CHAT-27", "THRD-11")
async def test_a_run_fails_with_its_cause(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{status:429}} no")
    begun = await begin(client, ada, thread_id, assistant_id=assistant_id)
    failed = await until(client, ada, begun, "failed")
    assert failed["last_error"]["code"] == "rate_limit_exceeded"
    assert failed["last_error"]["message"]


async def test_runs_are_listed(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{reply:Hi.}}")
    path = f"/threads/{thread_id}/runs"
    empty = await get(client, ada, path)
    assert empty == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    ids: list[str] = []
    for _ in range(3):
        run = await begin(client, ada, thread_id, assistant_id=assistant_id)
        ids.append((await until(client, ada, run, "completed"))["id"])
    newest = await get(client, ada, path, limit=2)
    assert [run["id"] for run in newest["data"]] == [ids[2], ids[1]]
    assert (newest["first_id"], newest["last_id"], newest["has_more"]) == (ids[2], ids[1], True)
    rest = await get(client, ada, path, after=ids[1])
    assert ([run["id"] for run in rest["data"]], rest["has_more"]) == ([ids[0]], False)
    oldest = await get(client, ada, path, order="asc", before=ids[2])
    assert [run["id"] for run in oldest["data"]] == ids[:2]


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "assistant_id"),
        ({"assistant_id": "thread_1"}, "invalid_value", "assistant_id"),
        ({"temperature": 2.5}, "decimal_above_max_value", "temperature"),
        ({"temperature": "hot"}, "invalid_type", "temperature"),
        ({"tools": [{"type": "web"}]}, "invalid_value", "tools[0].type"),
        ({"tools": [{"type": "code_interpreter"}]}, "unsupported_tool", "tools"),
        ({"tool_choice": "sometimes"}, "invalid_value", "tool_choice"),
        ({"metadata": {"a": True}}, "invalid_type", "metadata.a"),
    ],
)
async def test_a_body_that_does_not_fit(
    client: httpx.AsyncClient, ada: Person, body: dict[str, Any], code: str, param: str
) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "Hello")
    body = {"assistant_id": assistant_id, **body} if body else body
    error = refused(await post(client, ada, f"/threads/{thread_id}/runs", **body))
    assert (error["code"], error["param"]) == (code, param)


async def test_an_empty_thread_is_not_run(client: httpx.AsyncClient, ada: Person) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada)
    error = refused(await post(client, ada, f"/threads/{thread_id}/runs", assistant_id=assistant_id))
    assert error["code"] == "invalid_thread"


async def test_ids_of_another_kind_and_of_nothing(client: httpx.AsyncClient, ada: Person) -> None:
    thread_id = await thread(client, ada, "Hello")
    wrong = await client.get("/v1/threads/undefined/runs/run_1", headers=ada.headers)
    error = refused(wrong)
    assert error["message"] == "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'."
    for path, message in (
        ("/v1/threads/thread_1/runs", "No thread found with id 'thread_1'."),
        (f"/v1/threads/{thread_id}/runs/run_1", "No run found with id 'run_1'."),
        (f"/v1/threads/{thread_id}/runs/run_1/steps", "No run found with id 'run_1'."),
    ):
        missing = await client.get(path, headers=ada.headers)
        assert refused(missing, 404)["message"] == message


async def test_a_stranger_finds_nothing(
    client: httpx.AsyncClient, ada: Person, eve: Person, bob: Person
) -> None:
    assistant_id = await assistant(client, ada)
    thread_id = await thread(client, ada, "{{reply:Hi.}}")
    run = await begin(client, ada, thread_id, assistant_id=assistant_id)
    await until(client, ada, run, "completed")
    path = f"/v1/threads/{thread_id}/runs"
    for person in (eve, bob):
        for asked in (path, f"{path}/{run['id']}", f"{path}/{run['id']}/steps"):
            assert refused(await client.get(asked, headers=person.headers), 404)
        changes: list[tuple[str, dict[str, Any]]] = [
            (path, {"assistant_id": assistant_id}),
            (f"{path}/{run['id']}", {"metadata": {}}),
            (f"{path}/{run['id']}/cancel", {}),
            (f"{path}/{run['id']}/submit_tool_outputs", {"tool_outputs": []}),
        ]
        for asked, body in changes:
            assert refused(await client.post(asked, json=body, headers=person.headers), 404)


async def test_the_pollers_of_the_client(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    assistant_id = await assistant(client, ada)
    run = await official.beta.threads.create_and_run_poll(
        assistant_id=assistant_id, thread={"messages": [{"role": "user", "content": "{{reply:Hi.}}"}]}
    )
    assert run.status == "completed"
    assert run.usage is not None
    await official.beta.threads.messages.create(run.thread_id, role="user", content="{{reply:Yes.}}")
    runs = official.beta.threads.runs
    second = await runs.create_and_poll(thread_id=run.thread_id, assistant_id=assistant_id)
    assert second.status == "completed"
    said = [
        message.content[0].text.value
        async for message in official.beta.threads.messages.list(run.thread_id, run_id=second.id)
        if message.content[0].type == "text"
    ]
    assert said == ["Yes."]
    assert [one.id async for one in runs.list(run.thread_id, limit=1)] == [second.id, run.id]


@pytest.mark.req("THRD-12")
async def test_outputs_by_the_poller_of_the_client(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    assistant_id = await assistant(client, ada, tools=[WEATHER])
    thread_id = await thread(client, ada, f"{calling('Bern')} {{{{reply:It rains.}}}}")
    runs = official.beta.threads.runs
    run = await runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
    assert run.required_action is not None
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    ended = await runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "rain"}]
    )
    assert ended.status == "completed"
