"""Tags of conversations: set with a change, counted, and what a list is narrowed to."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.threads import service as threads
from tests.conftest import Person
from tests.support.database import as_owner
from tests.support.talk import Json, lay_down


async def change(client: httpx.AsyncClient, person: Person, thread: str, **fields: Any) -> httpx.Response:
    return await client.patch(f"/api/v1/chat/{thread}", json=fields, headers=person.headers)


async def tagged(client: httpx.AsyncClient, house: Runtime, person: Person, *tags: str) -> str:
    thread, _ = await lay_down(house, person, 2)
    changed = await change(client, person, thread, tags=list(tags))
    assert changed.status_code == 200, changed.text
    return thread


async def page(client: httpx.AsyncClient, person: Person, **query: Any) -> Json:
    answer = await client.get("/api/v1/chat", params=query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ids(client: httpx.AsyncClient, person: Person, **query: Any) -> list[str]:
    return [thread["id"] for thread in (await page(client, person, **query))["items"]]


async def counted(client: httpx.AsyncClient, person: Person) -> list[tuple[str, int]]:
    answer = await client.get("/api/v1/chat/tags", headers=person.headers)
    assert answer.status_code == 200, answer.text
    return [(one["tag"], one["conversations"]) for one in answer.json()["items"]]


async def test_a_list_is_narrowed_to_a_tag(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    both = await tagged(client, house, ada, "invoice", "2026")
    one = await tagged(client, house, ada, "invoice")
    await tagged(client, house, ada)
    for stranger in (bob, eve):
        await tagged(client, house, stranger, "invoice")
    assert await ids(client, ada, tag="invoice") == [one, both]
    assert await ids(client, ada, tag=" invoice ") == [one, both]
    assert await ids(client, ada, tag="2026") == [both]
    assert await ids(client, ada, tag="invoi") == []
    assert await counted(client, ada) == [("invoice", 2), ("2026", 1)]
    # Pinned ones come first and archived ones stand apart, as everywhere.
    await change(client, ada, both, pinned=True)
    assert await ids(client, ada, tag="invoice") == [both, one]
    await change(client, ada, both, archived=True)
    assert await ids(client, ada, tag="invoice") == [one]
    assert await ids(client, ada, tag="invoice", archived=True) == [both]
    assert await counted(client, ada) == [("invoice", 1)]


async def test_a_narrowed_list_comes_in_pages(client: httpx.AsyncClient, house: Runtime, ada: Person) -> None:
    wanted = [await tagged(client, house, ada, "a" if at % 2 else "b") for at in range(10)][1::2]
    first = await page(client, ada, tag="a", limit=3)
    rest = await page(client, ada, tag="a", limit=3, cursor=first["next_cursor"])
    assert [one["id"] for one in first["items"] + rest["items"]] == wanted[::-1]
    assert rest["next_cursor"] is None
    assert await ids(client, ada, tag="a", limit=3, offset=3) == wanted[:2][::-1]


async def test_tags_are_one_line_each_and_each_once(
    client: httpx.AsyncClient, house: Runtime, settings: Settings, ada: Person
) -> None:
    thread = await tagged(
        client, house, ada, " due \n soon ", "due soon", "cafe\u0301", "caf\u00e9", "Due soon"
    )
    shown = (await page(client, ada))["items"][0]
    assert shown["tags"] == ["due soon", "caf\u00e9", "Due soon"]
    # What is left out stays; the same again leaves no trace; an empty list takes them away.
    assert (await change(client, ada, thread, title="Plans")).json()["tags"] == shown["tags"]
    assert (await change(client, ada, thread, tags=shown["tags"])).json()["tags"] == shown["tags"]
    assert (await change(client, ada, thread, tags=[])).json()["tags"] == []
    async with as_owner(settings) as owner:
        events = await owner.fetch(
            "SELECT metadata FROM events WHERE target_id = $1 AND type = 'thread_tagged' ORDER BY created_at",
            thread,
        )
    assert [event["metadata"] for event in events] == [{"tags": 3}, {"tags": 0}]


@pytest.mark.parametrize(
    "tags",
    [["x" * 41], [""], [" \t"], ["null\x00"], [str(at) for at in range(11)], "invoice", [1]],
    ids=["a long tag", "no tag", "blanks", "a NUL", "eleven tags", "no list", "a number"],
)
async def test_tags_that_make_no_sense_are_refused(
    client: httpx.AsyncClient, house: Runtime, ada: Person, tags: Any
) -> None:
    thread, _ = await lay_down(house, ada, 2)
    assert (await change(client, ada, thread, tags=tags)).status_code in (400, 422)
    fitting = [f"{at} ".ljust(40, "x") for at in range(10)]
    assert (await change(client, ada, thread, tags=fitting)).json()["tags"] == fitting


async def test_nobody_tags_what_is_another_s(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    thread = await tagged(client, house, ada, "mine")
    for stranger in (bob, eve):
        assert (await change(client, stranger, thread, tags=["theirs"])).status_code == 404
        assert await counted(client, stranger) == []
    assert await counted(client, ada) == [("mine", 1)]


@pytest.mark.slow
async def test_a_narrowed_list_walks_the_index_of_tagged_threads(
    client: httpx.AsyncClient, house: Runtime, settings: Settings, ada: Person
) -> None:
    thread = await tagged(client, house, ada, "rare")
    async with as_owner(settings) as owner:
        await owner.execute(
            "INSERT INTO threads (workspace_id, id, user_id) SELECT $1, $2 || n, $3 "
            "FROM generate_series(1, 20000) AS n",
            ada.actor.workspace_id,
            thread,
            ada.actor.user_id,
        )
        await owner.execute("ANALYZE threads")
    scans = text("SELECT pg_stat_get_xact_numscans('ix_threads_tagged'::regclass)")
    async with house.database.work(ada.actor) as work:
        before = (await work.session.execute(scans)).scalar_one()
        found = await threads.page(work, limit=30, offset=0, cursor=None, archived=False, tag="rare")
        after = (await work.session.execute(scans)).scalar_one()
    assert [one.id for one in found.items] == [thread]
    assert after == before + 1
    async with as_owner(settings) as owner:
        await owner.execute("DELETE FROM threads WHERE id LIKE $1 || '%' AND id <> $1", thread)
