from __future__ import annotations

from typing import Any

import httpx
import pytest

from steward.kernel.runtime import Runtime
from tests.conftest import Person
from tests.support.database import as_owner
from tests.support.talk import Json, again, ask, lay_down, read

MANY = 60


@pytest.fixture
async def long(client: httpx.AsyncClient, house: Runtime, ada: Person) -> str:
    """A conversation of `MANY` messages in one branch, said0 to said59, and a second answer to said20."""
    thread_id, _ = await lay_down(house, ada, 1)
    async with as_owner(house.settings) as owner:
        await owner.execute("DELETE FROM messages WHERE thread_id = $1", thread_id)
        await owner.execute(
            "INSERT INTO messages (workspace_id, id, thread_id, user_id, parent_id, role, parts, content, created_at) "
            "SELECT $1, $2 || n, $2, $3, CASE WHEN n > 0 THEN $2 || CASE n WHEN 60 THEN 20 ELSE n - 1 END END, "
            "CASE WHEN n % 2 = 0 AND n < 60 THEN 'user' ELSE 'assistant' END, "
            "jsonb_build_array(jsonb_build_object('type', 'text', 'text', 'said' || n)), 'said' || n, "
            "now() + n * interval '1 second' FROM generate_series(0, $4::int) AS n",
            ada.actor.workspace_id,
            thread_id,
            ada.actor.user_id,
            MANY,
        )
        await owner.execute("UPDATE threads SET head_id = $1 || 59 WHERE id = $1", thread_id)
    return thread_id


async def page(client: httpx.AsyncClient, person: Person, thread_id: str, **query: Any) -> Json:
    answer = await client.get(f"/api/v1/chat/{thread_id}", params=query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def said(conversation: Json) -> list[str]:
    return [message["parts"][0]["text"] for message in conversation["messages"]]


def from_to(newest: int, oldest: int) -> list[str]:
    return [f"said{number}" for number in range(newest, oldest - 1, -1)]


async def test_a_page_around_a_message_has_those_before_and_behind_it(
    client: httpx.AsyncClient, ada: Person, long: str
) -> None:
    found = await page(client, ada, long, message=f"{long}30", limit=10)
    assert said(found) == from_to(35, 26)
    assert found["leaf_id"] == found["thread"]["head_id"] == f"{long}59"
    older = await page(client, ada, long, cursor=found["next_cursor"], limit=10)
    assert said(older) == from_to(25, 16)
    assert older["leaf_id"] is None


@pytest.mark.parametrize(("number", "shown"), [(0, (5, 0)), (3, (8, 0)), (59, (59, 50)), (57, (59, 50))])
async def test_a_page_around_a_message_near_an_end_has_what_there_is(
    client: httpx.AsyncClient, ada: Person, long: str, number: int, shown: tuple[int, int]
) -> None:
    found = await page(client, ada, long, message=f"{long}{number}", limit=10)
    assert said(found) == from_to(*shown)
    assert (found["next_cursor"] is None) == (shown[1] == 0)


async def test_pages_behind_a_message_lead_to_the_end_with_nothing_twice(
    client: httpx.AsyncClient, ada: Person, long: str
) -> None:
    found = await page(client, ada, long, message=f"{long}30", limit=10)
    shown = said(found)
    while found["messages"] and found["messages"][0]["id"] != found["leaf_id"]:
        found = await page(client, ada, long, after=found["messages"][0]["id"], limit=10)
        shown = said(found) + shown
    assert shown == from_to(59, 26)
    assert said(await page(client, ada, long, after=f"{long}59", limit=10)) == []


async def test_a_message_of_another_branch_is_shown_on_its_own(
    client: httpx.AsyncClient, ada: Person, long: str
) -> None:
    found = await page(client, ada, long, message=f"{long}60", limit=10)
    assert said(found) == ["said60", *from_to(20, 12)]
    assert found["leaf_id"] == f"{long}60"
    assert found["messages"][0]["siblings"] == [f"{long}21", f"{long}60"]
    # Looking changes nothing.
    assert found["thread"]["head_id"] == f"{long}59"


async def test_what_lies_before_a_fork_is_shown_on_the_visible_branch(
    client: httpx.AsyncClient, ada: Person, long: str
) -> None:
    assert (await page(client, ada, long, message=f"{long}20"))["leaf_id"] == f"{long}59"


async def test_a_found_message_is_opened_where_it_is(client: httpx.AsyncClient, ada: Person) -> None:
    first = await ask(client, ada, "{{reply:The heron waits.}}")
    await again(client, ada, first["thread_id"])
    answer = await client.get("/api/v1/chat/search", params={"q": "heron waits"}, headers=ada.headers)
    (hit,) = [hit for hit in answer.json()["items"] if hit["message_id"] == first["message_id"]]
    found = await page(client, ada, hit["thread"]["id"], message=hit["message_id"])
    assert found["leaf_id"] == found["messages"][0]["id"] == first["message_id"]
    assert found["thread"]["head_id"] != first["message_id"]


async def test_a_message_is_named_by_the_id_of_its_client_too(client: httpx.AsyncClient, ada: Person) -> None:
    asked = await ask(client, ada, "hello {{words:3}}", message_id="m1")
    found = await page(client, ada, asked["thread_id"], message="m1")
    assert found["leaf_id"] == asked["message_id"]


async def test_strangers_and_other_conversations_find_nothing(
    client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person, long: str
) -> None:
    for person in (bob, eve):
        for query in ({"message": f"{long}3"}, {"after": f"{long}3"}):
            answer = await client.get(f"/api/v1/chat/{long}", params=query, headers=person.headers)
            assert answer.status_code == 404
    other = (await ask(client, ada, "elsewhere {{words:2}}"))["thread_id"]
    for query in ({"message": f"{long}3"}, {"after": f"{long}3"}, {"message": "msg_none"}):
        answer = await client.get(f"/api/v1/chat/{other}", params=query, headers=ada.headers)
        assert answer.status_code == 404
        assert answer.json()["tag"] == "not_found"


async def test_a_page_is_asked_for_in_one_way(client: httpx.AsyncClient, ada: Person, long: str) -> None:
    query = {"message": f"{long}3", "after": f"{long}4"}
    answer = await client.get(f"/api/v1/chat/{long}", params=query, headers=ada.headers)
    assert answer.status_code == 422
    assert len((await read(client, ada, long))["messages"]) == 50
