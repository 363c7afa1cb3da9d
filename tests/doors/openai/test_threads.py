"""Threads of the Assistants API, judged by OpenAI's own client, and as the same conversations at other doors."""

# pyright: reportDeprecated=false
# The door is for the programs that still call what the client calls deprecated.

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import openai
import pytest

from steward.kernel.ids import new_id
from tests.conftest import Person
from tests.knowledge.library import add
from tests.support import talk

pytestmark = pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning")


@pytest.fixture
async def official(server: str, ada: Person) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's own client, with ada's key."""
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0) as client:
        yield client


@pytest.mark.req("THRD-04")
@pytest.mark.req("THRD-05")
async def test_a_thread_keeps_metadata_and_resources(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    document = await add(ada.actor, "The pump of the Aria runs at 9 bar.", "pump.txt")
    resources: Any = {"file_search": {"vector_store_ids": [document.collection_id]}}
    pairs = {"chatId": "c1", "userId": "u1", "createdAt": "2026-11-21T09:00:00Z"}
    made = await official.beta.threads.create(metadata=pairs, tool_resources=resources)
    read = await official.beta.threads.retrieve(made.id)
    assert read.to_dict() == {
        "id": made.id,
        "object": "thread",
        "created_at": made.created_at,
        "metadata": pairs,
        "tool_resources": resources,
    }
    changed = await official.beta.threads.update(made.id, metadata={"chatId": "c2"})
    assert changed.to_dict() == {**read.to_dict(), "metadata": {"chatId": "c2"}}
    code: Any = {"code_interpreter": {"file_ids": [document.file_id]}}
    changed = await official.beta.threads.update(made.id, tool_resources=code)
    assert changed.to_dict()["tool_resources"] == {**resources, **code}
    assert changed.metadata == {"chatId": "c2"}
    # What this door keeps with a thread is nobody else's.
    assert (await talk.read(client, ada, made.id))["thread"]["metadata"] == {}


async def test_an_empty_thread_has_nothing_and_no_nulls(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await client.post("/v1/threads", headers=ada.headers)
    made = answer.json()
    assert (answer.status_code, made.pop("created_at") > 0, made.pop("id")[:7]) == (200, True, "thread_")
    assert made == {"object": "thread", "metadata": {}, "tool_resources": {}}


async def test_a_thread_begins_with_messages(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    made = await official.beta.threads.create(
        messages=[
            {"role": "user", "content": "How many bar?", "metadata": {"n": "1"}},
            {"role": "assistant", "content": "Nine."},
            {"role": "user", "content": [{"type": "text", "text": "Sure?"}]},
        ]
    )
    listed = [one async for one in official.beta.threads.messages.list(made.id, order="asc")]
    assert [one.role for one in listed] == ["user", "assistant", "user"]
    assert listed[0].metadata == {"n": "1"}
    shown = await client.get("/api/v1/chat", headers=ada.headers)
    assert [(one["id"], one["title"]) for one in shown.json()["items"]] == [(made.id, "How many bar?")]


@pytest.mark.req("THRD-16")
@pytest.mark.req("THRD-17")
async def test_a_thread_goes_on_at_every_door(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    made = await official.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
    # Here begun, there gone on with: as useChat does it.
    answer = await talk.ask(client, ada, "And now? {{reply:Now this.}}", made.id)
    assert answer["thread_id"] == made.id
    listed = [one async for one in official.beta.threads.messages.list(made.id, order="asc")]
    said = [content.text.value for one in listed for content in one.content if content.type == "text"]
    assert said == ["Hello", "And now? {{reply:Now this.}}", "Now this."]
    assert (listed[2].run_id, listed[2].status) == (answer["run_id"], "completed")
    # There begun, here gone on with, and read there again.
    theirs = await talk.ask(client, ada, "Hi {{reply:Hi you.}}")
    await official.beta.threads.messages.create(theirs["thread_id"], role="user", content="More")
    conversation = await talk.read(client, ada, theirs["thread_id"])
    assert [one["parts"][0]["text"] for one in conversation["messages"]] == [
        "More",
        "Hi you.",
        "Hi {{reply:Hi you.}}",
    ]
    assert conversation["thread"]["message_count"] == 3


async def test_threads_can_be_listed(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    ids = [(await official.beta.threads.create()).id for _ in range(3)]
    page = (await client.get("/v1/threads?limit=2", headers=ada.headers)).json()
    assert ([one["id"] for one in page["data"]], page["has_more"]) == (ids[:0:-1], True)
    rest = (await client.get(f"/v1/threads?after={page['last_id']}", headers=ada.headers)).json()
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == (ids[:1], False)
    before = (await client.get(f"/v1/threads?before={ids[0]}", headers=ada.headers)).json()
    assert [one["id"] for one in before["data"]] == ids[:0:-1]


async def test_a_deleted_thread_is_gone(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    answer = await talk.ask(client, ada, "Hi")
    gone = await official.beta.threads.delete(answer["thread_id"])
    assert gone.to_dict() == {"id": answer["thread_id"], "object": "thread.deleted", "deleted": True}
    with pytest.raises(openai.NotFoundError, match="No thread found with id"):
        await official.beta.threads.retrieve(answer["thread_id"])
    assert (await client.get("/api/v1/chat", headers=ada.headers)).json()["items"] == []


async def test_a_thread_is_deleted_while_it_is_answered(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    made = await official.beta.threads.create()
    body = {"id": made.id, "messages": [talk.text("{{words:400}} {{pace_ms:20}}")]}
    async with client.stream("POST", "/api/v1/chat", json=body, headers=ada.headers):
        assert (await official.beta.threads.delete(made.id)).deleted
    with pytest.raises(openai.NotFoundError):
        await official.beta.threads.retrieve(made.id)


@pytest.mark.req("THRD-18")
async def test_errors_are_explained(official: openai.AsyncOpenAI, server: str) -> None:
    with pytest.raises(openai.BadRequestError, match="at most 16 properties") as refused:
        await official.beta.threads.create(metadata={f"k{n}": "v" for n in range(17)})
    assert (refused.value.param, refused.value.code) == ("metadata", "object_above_max_properties")
    with pytest.raises(openai.BadRequestError, match="string too long") as refused:
        await official.beta.threads.create(metadata={"userId": "u" * 513})
    assert (refused.value.param, refused.value.code) == ("metadata.userId", "string_above_max_length")
    with pytest.raises(openai.BadRequestError) as refused:
        await official.beta.threads.retrieve("undefined")
    assert refused.value.body == {
        "message": "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'.",
        "type": "invalid_request_error",
        "param": "thread_id",
        "code": "invalid_value",
    }
    async with openai.AsyncOpenAI(base_url=f"{server}/v1", api_key="sk-wrong", max_retries=0) as nobody:
        with pytest.raises(openai.AuthenticationError, match="Incorrect API key provided"):
            await nobody.beta.threads.create()


async def test_nothing_stays_of_a_thread_that_does_not_fit(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, ada: Person
) -> None:
    for attachment in ("file-nobody", "undefined"):
        with pytest.raises(openai.APIStatusError, match=attachment):
            await official.beta.threads.create(
                messages=[
                    {
                        "role": "user",
                        "content": "Read it.",
                        "attachments": [{"file_id": attachment, "tools": [{"type": "file_search"}]}],
                    }
                ]
            )
    assert (await client.get("/v1/threads", headers=ada.headers)).json()["data"] == []


async def test_a_strangers_thread_is_not_there(
    official: openai.AsyncOpenAI, client: httpx.AsyncClient, bob: Person, eve: Person
) -> None:
    made = await official.beta.threads.create()
    missing = f"No thread found with id '{made.id}'."
    for stranger in (bob, eve):
        for method, body in (("GET", None), ("POST", {"metadata": {"a": "b"}}), ("DELETE", None)):
            answer = await client.request(
                method, f"/v1/threads/{made.id}", json=body, headers=stranger.headers
            )
            assert (answer.status_code, answer.json()["error"]["message"]) == (404, missing)
            assert answer.json()["error"]["code"] is None
        assert (await client.get("/v1/threads", headers=stranger.headers)).json()["data"] == []
        answer = await client.get(f"/v1/threads/{new_id('thread')}/messages", headers=stranger.headers)
        assert answer.status_code == 404


async def test_the_client_that_blocks(server: str, ada: Person) -> None:
    def makes_a_thread() -> list[str]:
        with openai.OpenAI(base_url=f"{server}/v1", api_key=ada.key, max_retries=0) as blocking:
            made = blocking.beta.threads.create()
            blocking.beta.threads.messages.create(made.id, role="user", content="Hello")
            return [one.role for one in blocking.beta.threads.messages.list(made.id)]

    assert await asyncio.to_thread(makes_a_thread) == ["user"]
