"""Functions of the client within responses: asked for, answered in time, too late, or with the talk sent again."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import openai
import pytest

from steward.runs import service
from tests.conftest import Person
from tests.doors.openai.responding import (
    MODEL,
    WEATHER,
    calls_of,
    get,
    outputs_for,
    post,
    respond,
    text_of,
)
from tests.doors.openai.running import calling
from tests.doors.openai.stores import official_client, refused

ASKED = f"Look. {{{{reply:Well.}}}}{calling('Bern')}"


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async for client in official_client(server, ada):
        yield client


async def asking(client: httpx.AsyncClient, person: Person, **body: Any) -> dict[str, Any]:
    """A response that asks for the weather."""
    response = await respond(client, person, ASKED, tools=[WEATHER], **body)
    assert [call["name"] for call in calls_of(response)] == ["get_weather"]
    assert response["status"] == "completed"
    return response


async def following(
    client: httpx.AsyncClient, person: Person, first: dict[str, Any], **body: Any
) -> dict[str, Any]:
    """The response that follows with the outputs."""
    asked = {"tools": [WEATHER], "previous_response_id": first["id"], **body}
    return await respond(client, person, outputs_for(first), **asked)


def run_of(response: dict[str, Any]) -> str:
    return response["id"].split("_")[1]


async def test_the_same_run_goes_on_with_its_outputs(client: httpx.AsyncClient, ada: Person) -> None:
    first = await asking(client, ada)
    second = await following(client, ada, first, metadata={"turn": "two"})
    assert text_of(second) == "Well."
    assert (second["metadata"], first["metadata"]) == ({"turn": "two"}, {})
    assert run_of(second) == run_of(first)
    for usage in (first["usage"], second["usage"]):
        assert min(usage["input_tokens"], usage["output_tokens"]) > 0
    # The first keeps what it had when it was whole.
    assert await get(client, ada, f"/responses/{first['id']}") == first


async def test_outputs_sent_twice_give_the_same_response(client: httpx.AsyncClient, ada: Person) -> None:
    first = await asking(client, ada)
    once = await following(client, ada, first)
    assert await following(client, ada, first) == once


async def test_a_talk_goes_on_behind_the_outputs(client: httpx.AsyncClient, ada: Person) -> None:
    second = await following(client, ada, await asking(client, ada))
    third = await respond(client, ada, "{{echo}} again", previous_response_id=second["id"])
    assert third["status"] == "completed"
    assert run_of(third) != run_of(second)


async def test_other_settings_begin_another_run(client: httpx.AsyncClient, ada: Person) -> None:
    first = await asking(client, ada)
    second = await following(client, ada, first, instructions="Be short.", temperature=0.2)
    assert run_of(second) != run_of(first)
    assert (second["instructions"], second["status"]) == ("Be short.", "completed")
    assert await get(client, ada, f"/responses/{first['id']}") == first


async def test_a_refused_request_leaves_the_run_waiting(client: httpx.AsyncClient, ada: Person) -> None:
    first = await asking(client, ada)
    body = {"model": "nobody/none", "previous_response_id": first["id"], "input": outputs_for(first)}
    assert refused(await post(client, ada, "/responses", **body))["code"] == "unknown_provider"
    assert run_of(await following(client, ada, first)) == run_of(first)


async def test_outputs_with_another_question(client: httpx.AsyncClient, ada: Person) -> None:
    first = await asking(client, ada)
    said = [*outputs_for(first), {"role": "user", "content": "{{reply:Both.}}"}]
    second = await respond(client, ada, said, tools=[WEATHER], previous_response_id=first["id"])
    assert text_of(second) == "Both."


async def test_outputs_that_come_too_late(client: httpx.AsyncClient, ada: Person) -> None:
    first = await asking(client, ada)
    await service.stop(ada.actor, f"run_{run_of(first)}")
    assert await get(client, ada, f"/responses/{first['id']}") == first
    second = await following(client, ada, first)
    assert (second["status"], run_of(second) == run_of(first)) == ("completed", False)


async def test_outputs_that_were_handed_in_before(client: httpx.AsyncClient, ada: Person) -> None:
    first = await asking(client, ada)
    await following(client, ada, first)
    body = {"model": MODEL, "tools": [WEATHER], "previous_response_id": first["id"], "temperature": 0.1}
    answer = await post(client, ada, "/responses", **body, input=outputs_for(first))
    assert refused(answer)["param"] == "previous_response_id"


async def test_outputs_that_come_too_late_in_a_conversation(client: httpx.AsyncClient, ada: Person) -> None:
    made = (await post(client, ada, "/conversations")).json()
    first = await asking(client, ada, conversation=made["id"])
    await service.stop(ada.actor, f"run_{run_of(first)}")
    said = outputs_for(first)
    second = await respond(client, ada, said, tools=[WEATHER], conversation=made["id"])
    assert (second["status"], run_of(second) == run_of(first)) == ("completed", False)


async def test_the_whole_talk_sent_again(client: httpx.AsyncClient, ada: Person) -> None:
    first = await asking(client, ada, store=False)
    said = [{"role": "user", "content": ASKED}, *first["output"], *outputs_for(first)]
    second = await respond(client, ada, said, tools=[WEATHER], store=False)
    assert text_of(second) == "Well."
    for response in (first, second):
        gone = await client.get(f"/v1/responses/{response['id']}", headers=ada.headers)
        assert refused(gone)["status"] == 404


@pytest.mark.parametrize("kind", ["missing", "unknown", "stray", "lone"])
async def test_outputs_that_do_not_fit(client: httpx.AsyncClient, ada: Person, kind: str) -> None:
    first = await asking(client, ada)
    output = {"type": "function_call_output", "call_id": "call_none", "output": "x"}
    said: dict[str, Any] = {
        "missing": [{"role": "user", "content": "And now?"}],
        "unknown": [output],
        "stray": [*outputs_for(first), output],
        "lone": [output],
    }
    body = {"model": MODEL, "input": said[kind], "previous_response_id": first["id"]}
    if kind == "lone":
        del body["previous_response_id"]
    error = refused(await post(client, ada, "/responses", **body))
    assert (error["status"], error["param"]) == (400, "input")
    expected = "No tool output found" if kind == "missing" else "No tool call found"
    assert error["message"].startswith(expected)


async def test_the_loop_of_the_sdk(official: openai.AsyncOpenAI) -> None:
    tools: Any = [WEATHER]
    first = await official.responses.create(model=MODEL, input=ASKED, tools=tools)
    (call,) = [item for item in first.output if item.type == "function_call"]
    second = await official.responses.create(
        model=MODEL,
        tools=tools,
        previous_response_id=first.id,
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": "12 degrees"}],
    )
    assert second.output_text == "Well."
    listed = await official.responses.input_items.list(second.id)
    assert [item.type for item in listed.data] == ["function_call_output"]


async def test_a_forced_function_and_a_forbidden_one(client: httpx.AsyncClient, ada: Person) -> None:
    forced = await respond(
        client,
        ada,
        "Look.",
        tools=[WEATHER],
        tool_choice={"type": "function", "name": "get_weather"},
    )
    assert forced["tool_choice"] == {"type": "function", "name": "get_weather"}
    other = {**WEATHER, "name": "other"}
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "other"}]}
    response = await respond(client, ada, "{{reply:No.}}", tools=[WEATHER, other], tool_choice=allowed)
    assert text_of(response) == "No."
    assert [tool["name"] for tool in response["tools"]] == ["get_weather", "other"]
