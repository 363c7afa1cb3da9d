"""Conversations over the wire: threads with items, and responses that belong to them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import openai
import pytest

from tests.conftest import MakePerson, Person
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
from tests.doors.openai.stores import official_client, one_call, refused

HELLO = {"role": "user", "content": "Hello."}


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async for client in official_client(server, ada):
        yield client


async def conversation(client: httpx.AsyncClient, person: Person, *items: dict[str, Any]) -> str:
    """The id of a new conversation."""
    made = await post(client, person, "/conversations", items=list(items))
    assert made.status_code == 200, made.text
    return made.json()["id"]


async def items_of(
    client: httpx.AsyncClient, person: Person, conversation_id: str, **query: Any
) -> list[Any]:
    """The items of a conversation, the oldest first."""
    listed = await get(client, person, f"/conversations/{conversation_id}/items", order="asc", **query)
    return listed["data"]


@pytest.mark.slow
async def test_the_life_of_a_conversation(official: openai.AsyncOpenAI) -> None:
    made = await official.conversations.create(
        items=[{"role": "user", "content": "Hello."}], metadata={"a": "b"}
    )
    assert (made.object, made.metadata) == ("conversation", {"a": "b"})
    assert (await official.conversations.retrieve(made.id)) == made
    changed = await official.conversations.update(made.id, metadata={"c": "d"})
    assert changed.metadata == {"c": "d"}
    (item,) = (await official.conversations.items.list(made.id)).data
    assert item.type == "message"
    assert (item.role, item.content[0].type) == ("user", "input_text")
    assert await official.conversations.items.retrieve(item.id, conversation_id=made.id) == item
    await official.conversations.items.delete(item.id, conversation_id=made.id)
    assert (await official.conversations.items.list(made.id)).data == []
    deleted = await official.conversations.delete(made.id)
    assert (deleted.deleted, deleted.object) == (True, "conversation.deleted")
    with pytest.raises(openai.NotFoundError):
        await official.conversations.retrieve(made.id)


async def test_responses_add_to_their_conversation(client: httpx.AsyncClient, ada: Person) -> None:
    conversation_id = await conversation(client, ada, {"role": "developer", "content": "Be kind."}, HELLO)
    first = await respond(client, ada, "{{reply:One.}}", conversation=conversation_id)
    second = await respond(client, ada, "{{reply:Two.}}", conversation={"id": conversation_id})
    assert first["conversation"] == second["conversation"] == {"id": conversation_id}
    items = await items_of(client, ada, conversation_id)
    assert [(item["role"], item["content"][0]["text"]) for item in items] == [
        ("developer", "Be kind."),
        ("user", "Hello."),
        ("user", "{{reply:One.}}"),
        ("assistant", "One."),
        ("user", "{{reply:Two.}}"),
        ("assistant", "Two."),
    ]
    assert items[3] == first["output"][0]


@pytest.mark.slow
async def test_functions_within_a_conversation(client: httpx.AsyncClient, ada: Person) -> None:
    conversation_id = await conversation(client, ada)
    asked = f"Look. {{{{reply:Well.}}}}{calling('Bern')}"
    first = await respond(client, ada, asked, tools=[WEATHER], conversation=conversation_id)
    assert len(calls_of(first)) == 1
    second = await respond(client, ada, outputs_for(first), tools=[WEATHER], conversation=conversation_id)
    assert text_of(second) == "Well."
    items = await items_of(client, ada, conversation_id)
    assert [item["type"] for item in items] == ["message", "function_call", "function_call_output", "message"]
    assert items[1] == first["output"][0]
    assert items[3] == second["output"][0]
    path = f"/conversations/{conversation_id}/items"
    for item in items:
        assert await get(client, ada, f"{path}/{item['id']}") == item
    kept = await client.delete(f"/v1{path}/{items[1]['id']}", headers=ada.headers)
    assert refused(kept)["status"] == 400
    for item in (items[0], items[3]):
        gone = await client.delete(f"/v1{path}/{item['id']}", headers=ada.headers)
        assert gone.status_code == 200, gone.text
    assert await items_of(client, ada, conversation_id) == []


@pytest.mark.slow
async def test_items_are_listed_in_stretches(client: httpx.AsyncClient, ada: Person) -> None:
    said = [{"role": "user", "content": f"Number {number}"} for number in range(20)]
    conversation_id = await conversation(client, ada, *said)
    added = await post(client, ada, f"/conversations/{conversation_id}/items", items=said[:10])
    assert [item["content"][0]["text"] for item in added.json()["data"]] == [
        f"Number {number}" for number in range(10)
    ]
    whole = await items_of(client, ada, conversation_id, limit=100)
    assert len(whole) == 30
    for order, expected in (("asc", whole), ("desc", whole[::-1])):
        read: list[Any] = []
        has_more = True
        while has_more:
            query = {"limit": 7, "order": order} | ({"after": read[-1]["id"]} if read else {})
            listed = await get(client, ada, f"/conversations/{conversation_id}/items", **query)
            read += listed["data"]
            has_more = listed["has_more"]
            assert listed["last_id"] == read[-1]["id"]
        assert read == expected
    lost = await get(client, ada, f"/conversations/{conversation_id}/items", after="msg_none")
    assert (lost["data"], lost["has_more"]) == ([], False)


async def test_calls_among_the_items(client: httpx.AsyncClient, ada: Person) -> None:
    call = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": '{"at":"it"}'}
    output = {"type": "function_call_output", "call_id": "call_1", "output": "Seen."}
    conversation_id = await conversation(client, ada, HELLO, call, output)
    _, shown_call, shown_output = await items_of(client, ada, conversation_id)
    assert shown_call.items() >= call.items()
    assert shown_output.items() >= output.items()
    response = await respond(client, ada, "{{reply:Yes.}}", conversation=conversation_id)
    assert text_of(response) == "Yes."
    lone = await post(client, ada, f"/conversations/{conversation_id}/items", items=[output])
    assert refused(lone)["param"] == "items"


async def test_one_response_at_a_time(client: httpx.AsyncClient, ada: Person) -> None:
    conversation_id = await conversation(client, ada)
    slow = await respond(
        client, ada, "{{words:400}}{{pace_ms:20}}", conversation=conversation_id, background=True
    )
    other = await post(client, ada, "/responses", model=MODEL, input="x", conversation=conversation_id)
    assert (refused(other)["status"], refused(other)["code"]) == (400, "conversation_locked")
    added = await post(client, ada, f"/conversations/{conversation_id}/items", items=[HELLO])
    assert refused(added)["code"] == "conversation_locked"
    deleted = await client.delete(f"/v1/conversations/{conversation_id}", headers=ada.headers)
    assert deleted.status_code == 200
    gone = await client.get(f"/v1/responses/{slow['id']}", headers=ada.headers)
    assert refused(gone)["status"] == 404


@pytest.mark.slow
@pytest.mark.parametrize("who", ["stranger", "colleague"])
async def test_others_find_nothing(
    client: httpx.AsyncClient, ada: Person, eve: Person, bob: Person, who: str
) -> None:
    conversation_id = await conversation(client, ada, HELLO)
    (item,) = await items_of(client, ada, conversation_id)
    other, path = (eve if who == "stranger" else bob), f"/v1/conversations/{conversation_id}"
    for method, address, body in (
        one_call("GET", path),
        one_call("POST", path, {"metadata": {"a": "b"}}),
        one_call("DELETE", path),
        one_call("GET", f"{path}/items"),
        one_call("POST", f"{path}/items", {"items": [HELLO]}),
        one_call("GET", f"{path}/items/{item['id']}"),
        one_call("DELETE", f"{path}/items/{item['id']}"),
        one_call("POST", "/v1/responses", {"model": MODEL, "input": "x", "conversation": conversation_id}),
    ):
        answer = await client.request(method, address, json=body, headers=other.headers)
        assert (refused(answer)["status"], refused(answer)["code"]) == (404, None), f"{method} {address}"
    assert await items_of(client, ada, conversation_id) == [item]


async def test_viewers_change_nothing(
    client: httpx.AsyncClient, ada: Person, make_person: MakePerson
) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    for path, body in (("/conversations", {}), ("/responses", {"model": MODEL, "input": "x"})):
        assert refused(await post(client, viewer, path, **body))["status"] == 403
