from __future__ import annotations

import httpx
import pytest

from steward.kernel.runtime import Runtime
from steward.things import service as things
from tests.conftest import Person


async def make_task(client: httpx.AsyncClient, person: Person, title: str) -> str:
    made = await client.post("/api/v1/tasks", json={"title": title}, headers=person.headers)
    assert made.status_code == 201, made.text
    return made.json()["id"]


@pytest.mark.req("ONTO-03")
async def test_things_of_every_kind_are_read_in_one_shape(client: httpx.AsyncClient, ada: Person) -> None:
    task_id = await make_task(client, ada, "Water the plants")
    await client.post("/api/v1/tickets", json={"subject": "The door sticks"}, headers=ada.headers)
    everything = (await client.get("/api/v1/things", headers=ada.headers)).json()
    assert [thing["kind"] for thing in everything["items"]] == ["ticket", "task"]
    (task,) = (
        await client.get(
            "/api/v1/things", params={"kind": "task", "q": "PLANTS", "status": "open"}, headers=ada.headers
        )
    ).json()["items"]
    assert (await client.get(f"/api/v1/things/{task_id}", headers=ada.headers)).json() == task
    assert (task["id"], task["name"], task["status"]) == (task_id, "Water the plants", "open")
    assert task["properties"]["assignee_id"] == ada.actor.user_id


async def test_a_kind_that_nobody_registered_is_refused(client: httpx.AsyncClient, ada: Person) -> None:
    refused = await client.get("/api/v1/things", params={"kind": "submarine"}, headers=ada.headers)
    assert (refused.status_code, refused.json()["tag"]) == (422, "kind_unknown")


@pytest.mark.req("ONTO-04")
async def test_connections_are_listed_by_their_ends(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    task_id = await make_task(client, ada, "Water the plants")
    async with house.database.transaction(ada.actor) as work:
        await things.connect(work, "user_reads_task", ada.actor.user_id, task_id, lastRead="today")
        await things.connect(work, "task_blocks_task", task_id, "task_other")
    for params, types in (
        ({}, ["task_blocks_task", "user_reads_task"]),
        ({"to_id": task_id}, ["user_reads_task"]),
        ({"from_id": task_id}, ["task_blocks_task"]),
        ({"type": "user_reads_task"}, ["user_reads_task"]),
    ):
        found = (await client.get("/api/v1/connections", params=params, headers=ada.headers)).json()
        assert [one["type"] for one in found["items"]] == types
    assert found["items"][0]["metadata"] == {"lastRead": "today"}


async def test_events_tell_what_was_done(client: httpx.AsyncClient, ada: Person) -> None:
    task_id = await make_task(client, ada, "Water the plants")
    params = {"type": "task_created", "target_id": task_id}
    (event,) = (await client.get("/api/v1/events", params=params, headers=ada.headers)).json()["items"]
    assert (event["type"], event["target_id"]) == ("task_created", task_id)
    assert event["actor_id"] == ada.actor.user_id


@pytest.mark.req("AUTH-05")
async def test_a_stranger_sees_none_of_it(
    client: httpx.AsyncClient, house: Runtime, ada: Person, eve: Person
) -> None:
    task_id = await make_task(client, ada, "Water the plants")
    async with house.database.transaction(ada.actor) as work:
        await things.connect(work, "task_blocks_task", task_id, "task_other")
    for address, key in (
        ("/api/v1/things", {}),
        ("/api/v1/connections", {"from_id": task_id}),
        ("/api/v1/events", {"target_id": task_id}),
    ):
        found = await client.get(address, params=key, headers=eve.headers)
        assert found.json() == {"items": [], "next_cursor": None}
    refused = await client.get(f"/api/v1/things/{task_id}", headers=eve.headers)
    assert (refused.status_code, refused.json()["tag"]) == (404, "not_found")
