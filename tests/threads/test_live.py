from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from steward.identity import service as identity
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.threads import live
from steward.threads.live import GAP_SECONDS, ThreadNews
from tests.conftest import MakePerson, Person
from tests.runs.turns import begin, read
from tests.support.database import as_owner

pytestmark = pytest.mark.slow

_PATIENCE_SECONDS = 10
_SILENCE_SECONDS = 0.6

Change = Callable[[httpx.AsyncClient, Person, str], Awaitable[object]]


@asynccontextmanager
async def watching(server: str, **headers: str) -> AsyncGenerator[ClientConnection]:
    """A connection that has been told that it hears everything from now on."""
    url = f"{server.replace('http', 'ws', 1)}/api/v1/ws"
    async with connect(url, additional_headers=headers) as socket:
        await socket.send('{"type": "watch"}')
        assert await hear(socket) == []
        yield socket


async def hear(socket: ClientConnection) -> list[str]:
    message = json.loads(await asyncio.wait_for(socket.recv(), _PATIENCE_SECONDS))
    assert message["type"] == "threads_changed", message
    return message["ids"]


async def hears_nothing(socket: ClientConnection) -> bool:
    try:
        await asyncio.wait_for(socket.recv(), _SILENCE_SECONDS)
    except TimeoutError:
        return True
    return False


async def make(client: httpx.AsyncClient, person: Person, title: str = "Plans") -> str:
    made = await client.post("/api/v1/threads", headers=person.headers, json={"title": title})
    assert made.status_code == 201
    return made.json()["id"]


def changing(**change: Any) -> Change:
    async def patch(client: httpx.AsyncClient, person: Person, thread_id: str) -> None:
        answer = await client.patch(f"/api/v1/chat/{thread_id}", headers=person.headers, json=change)
        assert answer.status_code == 200

    return patch


async def delete(client: httpx.AsyncClient, person: Person, thread_id: str) -> None:
    answer = await client.delete(
        f"/v1/threads/{thread_id}", headers={**person.headers, "openai-beta": "assistants=v2"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(changing(title="Other plans"), id="rename"),
        pytest.param(changing(pinned=True), id="pin"),
        pytest.param(changing(archived=True), id="archive"),
        pytest.param(changing(tags=["sea"]), id="tag"),
        pytest.param(delete, id="delete"),
    ],
)
async def test_every_connection_of_a_person_hears_of_a_change(
    server: str, client: httpx.AsyncClient, ada: Person, change: Change
) -> None:
    async with watching(server, **ada.headers) as one, watching(server, **ada.headers) as two:
        thread_id = await make(client, ada)
        assert await hear(one) == await hear(two) == [thread_id]
        await change(client, ada, thread_id)
        assert await hear(one) == await hear(two) == [thread_id]


async def test_strangers_and_colleagues_hear_nothing(
    server: str, client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    async with watching(server, **bob.headers) as colleague, watching(server, **eve.headers) as stranger:
        await changing(title="Mine")(client, ada, await make(client, ada))
        assert await asyncio.gather(hears_nothing(colleague), hears_nothing(stranger)) == [True, True]
        # They do hear what is their own.
        assert [await make(client, bob)] == await hear(colleague)
        assert [await make(client, eve)] == await hear(stranger)


async def test_a_turn_is_heard_when_it_begins_and_when_it_ends(
    server: str, client: httpx.AsyncClient, ada: Person
) -> None:
    async def status(thread_id: str) -> str:
        answer = await client.get(f"/api/v1/chat/{thread_id}", headers=ada.headers)
        return answer.json()["thread"]["status"]

    async with watching(server, **ada.headers) as socket:
        run = await begin(ada, "{{words:60}} {{pace_ms:20}}")
        assert await hear(socket) == [run.thread_id]
        assert await status(run.thread_id) == "running"
        await read(ada, run.run_id)
        while await status(run.thread_id) == "running":
            assert await hear(socket) == [run.thread_id]
        assert await status(run.thread_id) == "idle"


async def test_what_no_list_shows_changes_in_silence(
    server: str, client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    thread_id = await make(client, ada)
    async with watching(server, **ada.headers) as socket, as_owner(house.settings) as owner:
        await owner.execute(
            "UPDATE threads SET token_count = 7, metadata = '{\"a\": 1}' WHERE id = $1", thread_id
        )
        assert await hears_nothing(socket)


async def test_many_changes_are_few_messages(server: str, house: Runtime, ada: Person) -> None:
    ids = [new_id("thread") for _ in range(300)]
    async with watching(server, **ada.headers) as socket, as_owner(house.settings) as owner:
        for at in range(0, len(ids), 10):
            await owner.execute(
                "INSERT INTO threads (workspace_id, id, user_id) SELECT $1, id, $2 FROM unnest($3::text[]) AS id",
                ada.actor.workspace_id,
                ada.actor.user_id,
                ids[at : at + 10],
            )
        heard: list[list[str]] = []
        while sum(map(len, heard)) < len(ids):
            heard.append(await hear(socket))
    assert sorted(one for batch in heard for one in batch) == sorted(ids)
    assert len(heard) < 30


async def test_batches_keep_their_distance(house: Runtime, client: httpx.AsyncClient, ada: Person) -> None:
    loop = asyncio.get_running_loop()
    thread_id = await make(client, ada)
    follower = house.part(ThreadNews).follow(ada.actor)
    assert await anext(follower) == []
    times: list[float] = []
    for number in range(3):
        await changing(title=f"Plan {number}")(client, ada, thread_id)
        assert await anext(follower) == [thread_id]
        times.append(loop.time())
    await follower.aclose()
    assert all(later - earlier > GAP_SECONDS * 0.9 for earlier, later in pairwise(times))


async def test_who_falls_too_far_behind_begins_anew(
    house: Runtime, client: httpx.AsyncClient, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_WAITING", 3)
    follower = house.part(ThreadNews).follow(ada.actor)
    assert await anext(follower) == []
    beside = house.part(ThreadNews).follow(ada.actor)
    assert await anext(beside) == []
    made = [await make(client, ada) for _ in range(3)]
    heard = await anext(beside)
    while len(heard) < 3:
        heard += await anext(beside)
    assert heard == made
    await make(client, ada)
    assert len(await anext(beside)) == 1
    with pytest.raises(StopAsyncIteration):
        await anext(follower)
    await beside.aclose()


async def test_a_lost_line_to_the_database_closes_connections_which_come_back(
    server: str, client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    async with watching(server, **ada.headers) as socket:
        async with as_owner(house.settings) as owner:
            # Its own alone: the tests of other processes listen in the same database.
            await owner.execute("SELECT pg_terminate_backend($1)", house.part(ThreadNews).backend_id)
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
    # The server listens again after a moment, and this waits for it.
    async with watching(server, **ada.headers) as again:
        assert [await make(client, ada)] == await hear(again)


async def test_a_key_that_is_revoked_hears_no_more(
    server: str, client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    key = await identity.create_personal_key(house, ada.actor, "second")
    async with watching(server, authorization=f"Bearer {key}") as socket:
        keys = (await client.get("/api/v1/keys", headers=ada.headers)).json()["items"]
        (key_id,) = [one["id"] for one in keys if one["name"] == "second"]
        assert (await client.delete(f"/api/v1/keys/{key_id}", headers=ada.headers)).is_success
        await make(client, ada)
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


async def test_visitors_of_embedded_chats_get_no_connection(
    server: str, client: httpx.AsyncClient, ada: Person
) -> None:
    made = await client.post("/api/v1/embed/tokens", headers=ada.headers, json={"user": "visitor-1"})
    assert made.status_code == 201, made.text
    with pytest.raises(InvalidStatus) as refused:
        async with watching(server, authorization=f"Bearer {made.json()['token']}"):
            pass
    assert refused.value.response.status_code == 403


async def test_who_may_only_read_hears_too(
    server: str, house: Runtime, ada: Person, make_person: MakePerson
) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    async with watching(server, **viewer.headers) as socket, as_owner(house.settings) as owner:
        thread_id = new_id("thread")
        await owner.execute(
            "INSERT INTO threads (workspace_id, id, user_id) VALUES ($1, $2, $3)",
            viewer.actor.workspace_id,
            thread_id,
            viewer.actor.user_id,
        )
        assert await hear(socket) == [thread_id]


async def test_nothing_is_left_of_connections_that_are_gone(server: str, house: Runtime, ada: Person) -> None:
    owner = (ada.actor.workspace_id, ada.actor.user_id)
    watches = house.part(ThreadNews)._watches  # pyright: ignore[reportPrivateUsage]  # what is left is seen nowhere else
    async with watching(server, **ada.headers) as socket:
        assert len(watches[owner]) == 1
        socket.transport.abort()
    for _ in range(100):
        if owner not in watches:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the watch of a connection that is gone is still there")


async def test_another_process_on_the_same_data_hears_too(
    server: str, client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    # Processes share nothing but the database: this one listens by itself, as another process would.
    elsewhere = ThreadNews(house.database)
    listening = asyncio.ensure_future(elsewhere.keep_listening())
    follower = elsewhere.follow(ada.actor)
    try:
        assert await anext(follower) == []
        async with watching(server, **ada.headers) as near:
            thread_id = await make(client, ada)
            assert await anext(follower) == await hear(near) == [thread_id]
    finally:
        await follower.aclose()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
