"""Sharing: colleagues read what is shared and nothing beside it, another workspace reads nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from steward.kernel.pages import write_cursor
from steward.kernel.runtime import Runtime
from steward.threads import service as threads
from tests.conftest import MakePerson, Person
from tests.support.database import as_owner
from tests.support.talk import Json, again, ask, lay_down, read


async def share(client: httpx.AsyncClient, person: Person, thread: str) -> Json:
    shared = await client.post(f"/api/v1/chat/{thread}/share", headers=person.headers)
    assert shared.status_code == 201, shared.text
    return shared.json()


async def get(client: httpx.AsyncClient, person: Person, path: str, **query: Any) -> httpx.Response:
    return await client.get(f"/api/v1{path}", params=query, headers=person.headers)


async def messages(client: httpx.AsyncClient, person: Person, share_id: str, **query: Any) -> Json:
    answer = await get(client, person, f"/shared/{share_id}/messages", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def is_readable(client: httpx.AsyncClient, person: Person, share_id: str) -> bool:
    """Whether a person reads a share; both of its addresses say the same."""
    statuses = {
        (await get(client, person, f"/shared/{share_id}")).status_code,
        (await get(client, person, f"/shared/{share_id}/messages")).status_code,
    }
    assert len(statuses) == 1
    assert statuses <= {200, 404}
    return statuses == {200}


async def listed(client: httpx.AsyncClient, person: Person) -> list[str]:
    return [one["id"] for one in (await get(client, person, "/shared")).json()["items"]]


def texts(page: Json) -> list[str]:
    return [part["text"] for message in page["items"] for part in message["parts"]]


@pytest.mark.req("CONV-17")
async def test_a_shared_conversation_is_read_by_colleagues_until_it_is_taken_back(
    client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person, make_person: MakePerson
) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    asked = await ask(client, ada, "the plan {{words:2}}")
    thread = asked["thread_id"]
    shared = await share(client, ada, thread)
    assert shared["conversation_id"] == thread
    assert shared["path"] == f"/shared/{shared['id']}"
    for reader in (bob, viewer, ada):
        assert await is_readable(client, reader, shared["id"])
        assert texts(await messages(client, reader, shared["id"])) == ["w0 w1", "the plan {{words:2}}"]
    assert not await is_readable(client, eve, shared["id"])
    ended = await client.delete(f"/api/v1/chat/{thread}/share", headers=ada.headers)
    assert ended.status_code == 204
    for reader in (bob, viewer, ada, eve):
        assert not await is_readable(client, reader, shared["id"])
    assert (await get(client, ada, f"/chat/{thread}/share")).status_code == 404
    # A new share is a new address: the old one stays dead.
    assert (await share(client, ada, thread))["id"] != shared["id"]
    assert not await is_readable(client, bob, shared["id"])


@pytest.mark.req("CONV-17")
async def test_who_reads_a_share_reads_nothing_beside_it(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person
) -> None:
    thread = (await ask(client, ada, "shared {{words:1}}"))["thread_id"]
    other = (await ask(client, ada, "private {{words:1}}"))["thread_id"]
    share_id = (await share(client, ada, thread))["id"]
    assert await is_readable(client, bob, share_id)
    found = (await messages(client, bob, share_id))["items"]
    for ref in (thread, other):
        assert (await get(client, bob, f"/chat/{ref}")).status_code == 404
        assert (await get(client, bob, f"/chat/{ref}/share")).status_code == 404
        assert not await is_readable(client, bob, ref)
        for path in (f"/chat/{ref}/share", f"/chat/{ref}"):
            assert (await client.delete(f"/api/v1{path}", headers=bob.headers)).status_code == 404
        assert (await client.post(f"/api/v1/chat/{ref}/share", headers=bob.headers)).status_code == 404
    for message in found:
        rated = await client.put(
            f"/api/v1/messages/{message['id']}/feedback", json={"rating": "bad"}, headers=bob.headers
        )
        assert rated.status_code == 404
    assert (await get(client, bob, "/chat")).json()["items"] == []
    assert (await get(client, bob, "/chat/search", q="shared")).json()["items"] == []
    async with house.database.work(bob.actor) as work:
        for table in ("threads", "messages", "shares"):
            assert not await work._connection.fetch(f"SELECT 1 FROM {table}")  # noqa: S608  # pyright: ignore[reportPrivateUsage]  # what the wall shows, asked without any filter
    # Neither does the share tell what is the owner's: the ids of runs and clients, what her client kept.
    for message in found:
        assert (message["run_id"], message["client_id"], message["siblings"]) == (None, None, [message["id"]])
        assert set(message["metadata"]) <= {"duration_ms"}


@pytest.mark.req("CONV-17")
async def test_only_who_owns_a_conversation_shares_it(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person, eve: Person, make_person: MakePerson
) -> None:
    thread, _ = await lay_down(house, ada, 2)
    for stranger in (bob, eve):
        for method in ("POST", "GET", "DELETE"):
            answer = await client.request(method, f"/api/v1/chat/{thread}/share", headers=stranger.headers)
            assert answer.status_code == 404
    viewer = await make_person(beside=ada, role="viewer")
    assert (await client.post(f"/api/v1/chat/{thread}/share", headers=viewer.headers)).status_code == 403
    assert (await get(client, ada, f"/chat/{thread}/share")).status_code == 404


async def test_sharing_again_gives_the_same_share(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    thread, _ = await lay_down(house, ada, 2)
    shares = await asyncio.gather(*(share(client, ada, thread) for _ in range(5)))
    assert len({one["id"] for one in shares}) == 1
    assert (await get(client, ada, f"/chat/{thread}/share")).json() == shares[0]
    for _ in range(2):
        ended = await client.delete(f"/api/v1/chat/{thread}/share", headers=ada.headers)
        assert ended.status_code == 204
    async with as_owner(house.settings) as owner:
        events = await owner.fetch(
            "SELECT type, actor_id, metadata FROM events WHERE target_id = $1 ORDER BY created_at", thread
        )
    noted = {"share_id": shares[0]["id"]}
    assert [tuple(event) for event in events] == [
        ("thread_shared", ada.actor.user_id, noted),
        ("thread_unshared", ada.actor.user_id, noted),
    ]


@pytest.mark.req("CONV-17")
async def test_a_share_is_a_live_view_of_the_branch_that_its_owner_sees(
    client: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    first = await ask(client, ada, "one {{words:1}}", message_id="q1")
    thread = first["thread_id"]
    share_id = (await share(client, ada, thread))["id"]
    second = await again(client, ada, thread)
    await ask(client, ada, "two {{words:2}}", thread)
    assert texts(await messages(client, bob, share_id)) == [
        "w0 w1",
        "two {{words:2}}",
        "w0",
        "one {{words:1}}",
    ]
    shown = [message["id"] for message in (await messages(client, bob, share_id))["items"]]
    assert second["message_id"] in shown
    # The older version is not on the branch, and no cursor leads to it.
    assert first["message_id"] not in shown
    forged = await get(client, bob, f"/shared/{share_id}/messages", cursor=write_cursor(first["message_id"]))
    assert forged.status_code == 422
    moved = await client.patch(
        f"/api/v1/chat/{thread}", json={"head_id": first["message_id"]}, headers=ada.headers
    )
    assert moved.status_code == 200
    shown = [message["id"] for message in (await messages(client, bob, share_id))["items"]]
    assert shown == [message["id"] for message in (await read(client, ada, thread))["messages"]]
    assert shown[0] == first["message_id"]


async def test_a_shared_conversation_comes_in_pages(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person
) -> None:
    thread, stored = await lay_down(house, ada, 25)
    share_id = (await share(client, ada, thread))["id"]
    pages = [await messages(client, bob, share_id, limit=10)]
    await ask(client, ada, "one more {{words:1}}", thread)
    while pages[-1]["next_cursor"] is not None:
        pages.append(await messages(client, bob, share_id, limit=10, cursor=pages[-1]["next_cursor"]))
    assert [len(page["items"]) for page in pages] == [10, 10, 5]
    assert [message["id"] for page in pages for message in page["items"]] == stored[::-1]
    skipped = [await messages(client, bob, share_id, limit=10, offset=offset) for offset in (2, 12, 22, 30)]
    assert [message["id"] for page in skipped for message in page["items"]] == stored[::-1]
    assert skipped[-1]["items"] == []


async def test_a_cursor_of_another_conversation_opens_nothing(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person
) -> None:
    thread, _ = await lay_down(house, ada, 3)
    _, private = await lay_down(house, ada, 3)
    share_id = (await share(client, ada, thread))["id"]
    for cursor in (write_cursor(private[0]), write_cursor(1), "nonsense"):
        refused = await get(client, bob, f"/shared/{share_id}/messages", cursor=cursor)
        assert refused.status_code == 422
        assert refused.json()["tag"] == "invalid_request"
    beyond = await messages(client, bob, share_id, cursor=write_cursor(private[0]), offset=1)
    assert beyond["items"] == []


@pytest.mark.req("CONV-17")
async def test_what_is_archived_or_deleted_is_not_shared(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person
) -> None:
    thread, _ = await lay_down(house, ada, 2)
    share_id = (await share(client, ada, thread))["id"]
    await client.delete(f"/api/v1/chat/{thread}", headers=ada.headers)
    assert not await is_readable(client, bob, share_id)
    assert share_id not in await listed(client, bob)
    assert (await get(client, ada, f"/chat/{thread}/share")).status_code == 404
    refused = await client.post(f"/api/v1/chat/{thread}/share", headers=ada.headers)
    assert (refused.status_code, refused.json()["tag"]) == (409, "thread_archived")
    # Out of the archive it is what it was before.
    await client.patch(f"/api/v1/chat/{thread}", json={"archived": False}, headers=ada.headers)
    assert await is_readable(client, bob, share_id)
    async with house.database.work(ada.actor) as work:
        await threads.delete(work, thread)
    assert not await is_readable(client, bob, share_id)
    assert await listed(client, bob) == []


async def test_a_share_is_taken_back_out_of_the_archive_too(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person
) -> None:
    thread, _ = await lay_down(house, ada, 2)
    share_id = (await share(client, ada, thread))["id"]
    await client.delete(f"/api/v1/chat/{thread}", headers=ada.headers)
    ended = await client.delete(f"/api/v1/chat/{thread}/share", headers=ada.headers)
    assert ended.status_code == 204
    await client.patch(f"/api/v1/chat/{thread}", json={"archived": False}, headers=ada.headers)
    assert not await is_readable(client, bob, share_id)


@pytest.mark.req("CONV-17")
async def test_the_list_shows_what_colleagues_share(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    shares: list[str] = []
    for at in range(3):
        thread, _ = await lay_down(house, ada, 2)
        await client.patch(f"/api/v1/chat/{thread}", json={"title": f"Plan {at}"}, headers=ada.headers)
        shares.append((await share(client, ada, thread))["id"])
    bobs, _ = await lay_down(house, bob, 2)
    bobs_share = (await share(client, bob, bobs))["id"]
    assert await listed(client, ada) == [bobs_share]
    assert await listed(client, bob) == shares[::-1]
    assert await listed(client, eve) == []
    first = (await get(client, bob, "/shared", limit=2)).json()
    rest = (await get(client, bob, "/shared", limit=2, cursor=first["next_cursor"])).json()
    assert [one["id"] for page in (first, rest) for one in page["items"]] == shares[::-1]
    assert rest["next_cursor"] is None
    newest = first["items"][0]
    assert newest == newest | {"title": "Plan 2"}
    assert newest["shared_by"].startswith("person_"), "a name, and neither an id nor an address"
    assert "@" not in newest["shared_by"]
    assert (await get(client, bob, f"/shared/{shares[2]}")).json() == newest
    assert (await get(client, bob, "/shared", cursor="nonsense")).status_code == 422


async def test_sharing_and_taking_back_at_once_leave_one_or_none(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    thread, _ = await lay_down(house, ada, 2)
    answers = await asyncio.gather(
        *(
            client.request(method, f"/api/v1/chat/{thread}/share", headers=ada.headers)
            for method in ("POST", "DELETE") * 10
        )
    )
    assert {answer.status_code for answer in answers} == {201, 204}


async def test_an_empty_conversation_is_shared_before_its_first_message(
    client: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    made = await client.post(
        "/api/v1/threads", json={"title": "Soon", "client_id": "soon"}, headers=ada.headers
    )
    share_id = (await share(client, ada, "soon"))["id"]
    assert (await get(client, ada, "/chat/soon/share")).json()["conversation_id"] == made.json()["id"]
    assert await messages(client, bob, share_id) == {"items": [], "next_cursor": None}
    await ask(client, ada, "now {{words:1}}", made.json()["id"])
    assert len((await messages(client, bob, share_id))["items"]) == 2


@pytest.mark.slow
async def test_a_long_branch_costs_a_page_and_no_more(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person
) -> None:
    thread, stored = await lay_down(house, ada, 1_000)
    share_id = (await share(client, ada, thread))["id"]
    page = await messages(client, bob, share_id, limit=100)
    seen = [message["id"] for message in page["items"]]
    while page["next_cursor"] is not None:
        page = await messages(client, bob, share_id, limit=100, cursor=page["next_cursor"])
        seen += [message["id"] for message in page["items"]]
    assert seen == stored[::-1]
