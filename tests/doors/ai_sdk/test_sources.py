"""Sources and tools on this door, as a page asks for them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.conftest import Person
from tests.knowledge.library import add
from tests.support.talk import read, settled, text


async def _chunks(client: httpx.AsyncClient, person: Person, **body: Any) -> list[dict[str, Any]]:
    answer = await client.post("/api/v1/chat", json=body, headers=person.headers)
    assert answer.status_code == 200, answer.text
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in lines]


@pytest.mark.req("RAG-09", "RAG-10")
async def test_a_source_comes_when_it_is_cited_and_places_when_the_answer_is_over(
    client: httpx.AsyncClient, ada: Person
) -> None:
    document = await add(ada.actor, "# Pump\n\nThe pump of the Aria runs at 9 bar.", "pump.md")
    question = text("At how many bar does the pump run? {{reply:It runs at 9 bar [1]. It is of gold [1].}}")
    chunks = await _chunks(client, ada, id="sources", messages=[question])
    (source,) = [chunk for chunk in chunks if chunk["type"] == "source-url"]
    assert (source["sourceId"], source["title"]) == ("source-1", "Pump")
    assert source["url"].startswith(f"/library/documents/{document.id}?start=")
    told = source["providerMetadata"]["steward"]
    assert told["number"] == 1
    assert "9 bar" in told["excerpt"]
    (citations,) = [chunk for chunk in chunks if chunk["type"] == "data-citations"]
    assert [(place["number"], place["is_supported"]) for place in citations["data"]["places"]] == [
        (1, True),
        (1, False),
    ]
    # Whoever loads the conversation later sees the same.
    message = (await read(client, ada, "sources"))["messages"][0]
    assert [part["type"] for part in message["parts"]] == ["text", "source", "data"]
    assert message["parts"][1]["url"] == source["url"]
    assert message["parts"][2]["data"]["places"] == citations["data"]["places"]


@pytest.mark.req("CHAT-28", "TOOL-11")
async def test_a_page_offers_one_tool(client: httpx.AsyncClient, ada: Person) -> None:
    upload = '{"title": "Descaling", "content": "Descale every 90 days."}'
    said = f"Keep this. {{{{tool:uploadDocument:{upload}}}}} {{{{reply:Kept.}}}}"
    body = {"messages": [text(said)], "toolId": "uploadDocument", "stream": False}
    answer = (await client.post("/api/v1/chat", json=body, headers=ada.headers)).json()
    # It adds to what everybody finds, so a person is asked first.
    assert (answer["status"], answer["actions"][0]["tool"]) == ("requires_action", "uploadDocument")
    decided = f"/api/v1/actions/{answer['actions'][0]['id']}/decide"
    await client.post(decided, json={"decision": "approve"}, headers=ada.headers)
    await settled(client, ada, answer["thread_id"])
    message = (await read(client, ada, answer["thread_id"]))["messages"][0]
    assert message["parts"][0]["output"]["success"] is True


async def test_a_tool_that_is_not_there_is_refused(client: httpx.AsyncClient, ada: Person) -> None:
    body = {"messages": [text("hello")], "toolId": "deleteEverything"}
    answer = await client.post("/api/v1/chat", json=body, headers=ada.headers)
    assert (answer.status_code, answer.json()["tag"]) == (422, "invalid_request")


async def test_collections_of_a_stranger_are_not_found(
    client: httpx.AsyncClient, ada: Person, eve: Person
) -> None:
    document = await add(ada.actor, "The pump of the Aria runs at 9 bar.", "pump.md")
    body = {"messages": [text("pump")], "collectionIds": [document.collection_id]}
    answer = await client.post("/api/v1/chat", json=body, headers=eve.headers)
    assert answer.status_code == 404
    for wrong in ({"ragTopK": 0}, {"ragTopK": 51}, {"collectionIds": ["x"] * 51}):
        answer = await client.post("/api/v1/chat", json={**body, **wrong}, headers=ada.headers)
        assert answer.status_code == 422
