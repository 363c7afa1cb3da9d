"""Conversations for tests: asked through the door, or laid down in the database when many messages are wanted."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.threads import exchanges
from tests.conftest import Person
from tests.support.database import as_owner

Json = dict[str, Any]


def text(said: str, message_id: str | None = None) -> Json:
    """A user's message as the page sends it."""
    return {"id": message_id or new_id("said"), "role": "user", "parts": [{"type": "text", "text": said}]}


async def ask(
    client: httpx.AsyncClient, person: Person, said: str, thread: str | None = None, **fields: Any
) -> Json:
    """Ask and wait for the whole answer: thread_id, message_id, run_id, text."""
    message_id = fields.pop("message_id", None)
    body = {"id": thread, "messages": [text(said, message_id)], "stream": False, **fields}
    answer = await client.post("/api/v1/chat", json=body, headers=person.headers)
    assert answer.status_code == 200, answer.text
    await settled(client, person, answer.json()["thread_id"])
    return answer.json()


async def again(client: httpx.AsyncClient, person: Person, thread: str, message: str | None = None) -> Json:
    """Ask for another answer."""
    body = {"id": thread, "trigger": "regenerate-message", "messageId": message, "stream": False}
    answer = await client.post("/api/v1/chat", json=body, headers=person.headers)
    assert answer.status_code == 200, answer.text
    await settled(client, person, thread)
    return answer.json()


async def read(client: httpx.AsyncClient, person: Person, thread: str, **query: Any) -> Json:
    """A conversation with its visible branch, newest first."""
    answer = await client.get(f"/api/v1/chat/{thread}", params=query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def settled(client: httpx.AsyncClient, person: Person, thread: str) -> Json:
    """The conversation as soon as nothing runs in it."""
    for _ in range(500):
        conversation = await read(client, person, thread)
        if conversation["live_run"] is None and conversation["thread"]["status"] == "idle":
            return conversation
        await asyncio.sleep(0.02)
    raise AssertionError("the conversation never came to rest")


async def lay_down(
    house: Runtime, person: Person, count: int, stem: str = "message"
) -> tuple[str, list[str]]:
    """A conversation of so many messages, in turns; its id and theirs, oldest first."""
    async with house.database.work(person.actor) as work:
        thread = await exchanges.open_thread(work, None)
        earlier = [
            (None, "assistant" if at % 2 else "user", [{"type": "text", "text": f"{stem} {at}"}])
            for at in range(count)
        ]
        head_id = await exchanges.fill(work, thread, earlier)
    async with as_owner(house.settings) as owner:
        await owner.execute("UPDATE threads SET head_id = $1 WHERE id = $2", head_id, thread.id)
        rows = await owner.fetch(
            "SELECT id FROM messages WHERE thread_id = $1 ORDER BY created_at, id", thread.id
        )
    return thread.id, [row["id"] for row in rows]
