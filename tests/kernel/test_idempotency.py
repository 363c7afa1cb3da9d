from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from steward.kernel.ids import new_id
from steward.kernel.settings import Settings
from tests.conftest import Person
from tests.support.database import as_owner


async def post(
    client: httpx.AsyncClient, person: Person, key: str, body: dict[str, Any], path: str = "/api/v1/threads"
) -> httpx.Response:
    return await client.post(path, json=body, headers={**person.headers, "idempotency-key": key})


async def count_threads(settings: Settings, person: Person) -> int:
    async with as_owner(settings) as owner:
        return await owner.fetchval("SELECT count(*) FROM threads WHERE user_id = $1", person.actor.user_id)


async def test_fifty_at_once_are_one(client: httpx.AsyncClient, settings: Settings, ada: Person) -> None:
    key = new_id("key")
    answers = await asyncio.gather(*(post(client, ada, key, {"title": "Once"}) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert {answer.headers["content-type"] for answer in answers} == {"application/json"}
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 49
    assert await count_threads(settings, ada) == 1


async def test_a_repeat_gets_the_first_answer(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    key = new_id("key")
    first = await post(client, ada, key, {"title": "Once"})
    again = await post(client, ada, key, {"title": "Once"})
    assert again.json() == first.json()
    assert again.status_code == 201
    assert again.headers["idempotency-replayed"] == "true"
    assert await count_threads(settings, ada) == 1


async def test_another_body_under_the_same_key_is_refused(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    key = new_id("key")
    await post(client, ada, key, {"title": "Once"})
    other = await post(client, ada, key, {"title": "Twice"})
    assert (other.status_code, other.json()["tag"]) == (422, "idempotency_mismatch")
    assert await count_threads(settings, ada) == 1


async def test_another_address_is_another_request(client: httpx.AsyncClient, ada: Person) -> None:
    key = new_id("key")
    thread = (await post(client, ada, key, {})).json()["id"]
    archived = await post(client, ada, key, {}, f"/api/v1/chat/{thread}/archive")
    assert archived.json() == {"success": True, "archived": True, "id": thread}


async def test_a_refusal_is_not_kept(client: httpx.AsyncClient, ada: Person) -> None:
    key = new_id("key")
    assert (await post(client, ada, key, {"title": 3})).status_code == 422
    assert (await post(client, ada, key, {"title": "Now it fits"})).status_code == 201


async def test_the_same_key_of_somebody_else_is_another(
    client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    key = new_id("key")
    answers = [await post(client, person, key, {"title": "Mine"}) for person in (ada, bob, eve)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 3
    assert not any("idempotency-replayed" in answer.headers for answer in answers)


async def test_long_keys_that_begin_alike_are_two(client: httpx.AsyncClient, ada: Person) -> None:
    start = "k" * 300
    first, second = [await post(client, ada, start + end, {}) for end in ("1", "2")]
    assert first.json()["id"] != second.json()["id"]


async def test_a_new_secret_is_not_stored_for_a_repeat(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    key = new_id("key")
    made = await post(client, ada, key, {"name": "for a program"}, "/api/v1/keys")
    assert made.headers["cache-control"] == "no-store"
    async with as_owner(settings) as owner:
        bodies = await owner.fetch(
            "SELECT body FROM idempotency_keys WHERE workspace_id = $1", ada.actor.workspace_id
        )
    assert not any(made.json()["key"].encode() in (row["body"] or b"") for row in bodies)
    again = await post(client, ada, key, {"name": "for a program"}, "/api/v1/keys")
    assert again.json()["id"] != made.json()["id"]


@pytest.mark.slow
async def test_a_stream_passes_and_its_repeat_joins_it(client: httpx.AsyncClient, ada: Person) -> None:
    key = new_id("key")
    question = {
        "id": "m1",
        "role": "user",
        "parts": [{"type": "text", "text": "{{words:40}} {{pace_ms:20}}"}],
    }
    body = {"id": "c1", "messages": [question]}
    first, again = await asyncio.wait_for(
        asyncio.gather(*(post(client, ada, key, body, "/api/v1/chat") for _ in range(2))), 8
    )
    assert first.status_code == again.status_code == 200
    assert first.text.endswith("data: [DONE]\n\n")
    assert again.text.endswith("data: [DONE]\n\n")
    read = (await client.get("/api/v1/chat/c1", headers=ada.headers)).json()
    assert read["thread"]["message_count"] == 2


async def test_after_a_day_a_key_is_new(client: httpx.AsyncClient, settings: Settings, ada: Person) -> None:
    key = new_id("key")
    first = await post(client, ada, key, {"title": "Once"})
    async with as_owner(settings) as owner:
        await owner.execute(
            "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE workspace_id = $1",
            ada.actor.workspace_id,
        )
    second = await post(client, ada, key, {"title": "Another"})
    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]


@pytest.mark.slow
async def test_a_request_that_never_ended_is_told_to_wait(
    client: httpx.AsyncClient, settings: Settings, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steward.kernel.idempotency._WAIT_SECONDS", 0.2)
    key = new_id("key")
    await post(client, ada, key, {"title": "Once"})
    async with as_owner(settings) as owner:
        # An answer is kept beside sending it, and may be kept a moment later.
        stands = "SELECT status FROM idempotency_keys WHERE workspace_id = $1"
        while await owner.fetchval(stands, ada.actor.workspace_id) == 0:
            await asyncio.sleep(0.01)
        left_open = "UPDATE idempotency_keys SET status = 0, created_at = $2 WHERE workspace_id = $1"
        now = await owner.fetchval("SELECT now()")
        await owner.execute(left_open, ada.actor.workspace_id, now)
        busy = await post(client, ada, key, {"title": "Once"})
        await owner.execute(
            "UPDATE idempotency_keys SET created_at = now() - interval '3 minutes' WHERE workspace_id = $1",
            ada.actor.workspace_id,
        )
    assert (busy.status_code, busy.json()["tag"]) == (409, "idempotency_busy")
    assert busy.headers["retry-after"] == "1"
    # Its process died: the next one may go ahead.
    assert (await post(client, ada, key, {"title": "Once"})).status_code == 201
