"""Agents within responses: tools of the server are its own affair, and calls that wait for people hold nobody up."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Person
from tests.doors.openai.responding import calls_of, get, names, respond, streamed, text_of
from tests.runs.test_tools import calling


async def agent(client: httpx.AsyncClient, person: Person, *tools: str) -> str:
    """A new agent with these tools, as a model is named."""
    body = {"name": "Clerk", "instructions": "Be brief.", "tools": list(tools)}
    made = await client.post("/api/v1/agents", json=body, headers=person.headers)
    assert made.status_code == 201, made.text
    agent_id = made.json()["id"]
    active = await client.post(f"/api/v1/agents/{agent_id}/activate", headers=person.headers)
    assert active.status_code == 200, active.text
    return f"agent/{agent_id}"


async def test_tools_of_the_server_are_not_told(client: httpx.AsyncClient, ada: Person) -> None:
    model = await agent(client, ada, "testEcho")
    asked = f"Say it. {calling('testEcho', text='x')} {{{{reply:Said.}}}}"
    frames = await streamed(client, ada, asked, model=model)
    last = frames[-1][1]["response"]
    assert (text_of(last), calls_of(last)) == ("Said.", [])
    assert "function_call_arguments.delta" not in names(frames)
    done = [data["item"] for name, data in frames if name == "response.output_item.done"]
    assert done == last["output"]
    assert await get(client, ada, f"/responses/{last['id']}") == last


async def test_a_call_that_waits_for_a_person(client: httpx.AsyncClient, ada: Person) -> None:
    model = await agent(client, ada, "testPay")
    asked = f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}"
    waiting = await respond(client, ada, asked, model=model)
    assert (waiting["status"], waiting["output"]) == ("in_progress", [])
    inbox = await client.get("/api/v1/actions", headers=ada.headers)
    (action,) = inbox.json()["items"]
    path = f"/api/v1/actions/{action['id']}/decide"
    decided = await client.post(path, json={"decision": "approve"}, headers=ada.headers)
    assert decided.status_code == 200, decided.text
    path = f"/v1/responses/{waiting['id']}"
    async with client.stream("GET", path, params={"stream": "true"}, headers=ada.headers) as answer:
        assert "response.completed" in (await answer.aread()).decode()
    assert text_of(await get(client, ada, f"/responses/{waiting['id']}")) == "Paid."


@pytest.mark.parametrize("named", ["instructions", "nothing"])
async def test_instructions_beside_an_agents_own(client: httpx.AsyncClient, ada: Person, named: str) -> None:
    given: dict[str, Any] = {"instructions": "In rhymes."} if named == "instructions" else {}
    response = await respond(client, ada, "{{reply:Yes.}}", model="agent/JamesBot", **given)
    assert response["instructions"] == given.get("instructions")
