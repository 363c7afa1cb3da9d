from __future__ import annotations

from typing import Any

import httpx
import pytest

from steward.kernel.runtime import Runtime
from steward.runs.ontology import DIMENSIONS
from steward.things import service as things
from tests.conftest import Person
from tests.support.database import as_owner
from tests.support.people import own

SEVEN = ["groups", "things", "connections", "events", "knowledge", "aiCalls", "aiThreads"]


async def overview(client: httpx.AsyncClient, person: Person) -> dict[str, dict[str, Any]]:
    answer = await client.get("/api/v1/ontology", headers=person.headers)
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()["dimensions"]}


async def rows(client: httpx.AsyncClient, person: Person, dimension: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/v1/ontology/{dimension}", headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.mark.req("ONTO-01", "ONTO-10")
async def test_the_view_names_all_seven_dimensions(client: httpx.AsyncClient, ada: Person) -> None:
    found = await overview(client, ada)
    assert list(found) == list(DIMENSIONS) == SEVEN
    assert all(one["description"].endswith(".") for one in found.values())


@pytest.mark.req("ONTO-03")
async def test_every_kind_of_thing_has_a_json_schema(client: httpx.AsyncClient, ada: Person) -> None:
    kinds = {kind["name"]: kind for kind in (await overview(client, ada))["things"]["kinds"]}
    assert kinds["task"]["properties_schema"]["required"] == ["assignee_id"]
    assert kinds["task"]["statuses"] == ["open", "done", "cancelled"]
    assert kinds["ticket"]["properties_schema"]["properties"]["number"]["type"] == "integer"


@pytest.mark.slow
@pytest.mark.req("ONTO-05", "ONTO-06", "ONTO-07", "ONTO-08")
async def test_what_one_chat_leaves_is_found_in_every_dimension(
    client: httpx.AsyncClient, house: Runtime, ada: Person, eve: Person
) -> None:
    mine = await own(client, ada.headers, ada.actor)
    task = await client.post("/api/v1/tasks", json={"title": "Water the plants"}, headers=ada.headers)
    async with house.database.transaction(ada.actor) as work:
        await things.connect(work, "thread_has_task", mine.thread, task.json()["id"])
    found = {dimension: await rows(client, ada, dimension) for dimension in SEVEN}
    shape = {"id", "type", "name", "properties", "created_at"}
    assert all(set(row) == shape for page in found.values() for row in page)
    (thread,) = [row for row in found["aiThreads"] if row["id"] == mine.thread]
    assert thread["properties"]["created_by"] == ada.actor.user_id
    assert [row["id"] for row in found["knowledge"]] == [mine.document]
    assert found["knowledge"][0]["properties"]["embedding_dimensions"] == 256
    chats = [row for row in found["aiCalls"] if row["type"] == "chat"]
    assert mine.thread in {row["properties"]["thread_id"] for row in chats}
    answers = [row["properties"] for row in found["events"] if row["type"] == "ai_response_completed"]
    assert {one["actor_id"] for one in answers} == {ada.actor.user_id}
    assert all("model" in one["metadata"] for one in answers)
    (arrow,) = [row for row in found["connections"] if row["type"] == "thread_has_task"]
    assert (arrow["properties"]["from"], arrow["properties"]["to"]) == (mine.thread, task.json()["id"])
    counts = {name: one["count"] for name, one in (await overview(client, ada)).items()}
    assert {name: counts[name] for name in SEVEN} == {name: len(found[name]) for name in SEVEN}
    for dimension in SEVEN:
        ids = {row["id"] for row in await rows(client, eve, dimension)}
        assert not ids & {row["id"] for row in found[dimension]}


@pytest.mark.req("ONTO-02")
async def test_the_workspace_is_a_group_with_a_plan(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    async with as_owner(house.settings) as owner:
        await owner.execute(
            'UPDATE workspaces SET properties = \'{"plan": "team"}\' WHERE id = $1', ada.actor.workspace_id
        )
    (group,) = await rows(client, ada, "groups")
    assert (group["id"], group["type"]) == (ada.actor.workspace_id, "organization")
    assert (group["name"], group["properties"]) == ("Workspace of a test", {"plan": "team"})


@pytest.mark.req("AUTH-05", "ONTO-08")
async def test_conversations_are_shown_to_nobody_else(
    client: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    made = {
        person.actor.user_id: (
            await client.post("/api/v1/threads", json={"title": "Plans"}, headers=person.headers)
        ).json()["id"]
        for person in (ada, bob)
    }
    for person in (ada, bob):
        (seen,) = await rows(client, person, "aiThreads")
        assert (seen["id"], seen["name"]) == (made[person.actor.user_id], "Plans")
        assert seen["properties"]["created_by"] == person.actor.user_id
        assert seen["properties"]["status"] == "idle"
        assert (await overview(client, person))["aiThreads"]["count"] == 1


async def test_a_dimension_goes_on_where_its_page_ended(client: httpx.AsyncClient, ada: Person) -> None:
    for number in range(3):
        await client.post("/api/v1/tasks", json={"title": f"Task {number}"}, headers=ada.headers)
    first = await client.get("/api/v1/ontology/things", params={"limit": 2}, headers=ada.headers)
    cursor = first.json()["next_cursor"]
    rest = await client.get(
        "/api/v1/ontology/things", params={"limit": 2, "cursor": cursor}, headers=ada.headers
    )
    names = [row["name"] for page in (first, rest) for row in page.json()["items"]]
    assert names == ["Task 2", "Task 1", "Task 0"]
    assert rest.json()["next_cursor"] is None


async def test_a_dimension_that_is_none_is_refused(client: httpx.AsyncClient, ada: Person) -> None:
    refused = await client.get("/api/v1/ontology/weather", headers=ada.headers)
    assert refused.status_code == 422
