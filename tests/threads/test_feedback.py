"""Feedback on answers: one's own, and all of it for those who run the workspace."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.threads import keeping
from steward.threads import service as threads
from tests.conftest import MakePerson, Person
from tests.support.database import as_owner
from tests.support.talk import Json, ask, lay_down, read


async def give(client: httpx.AsyncClient, person: Person, message: str, **fields: Any) -> httpx.Response:
    return await client.put(f"/api/v1/messages/{message}/feedback", json=fields, headers=person.headers)


async def take_back(client: httpx.AsyncClient, person: Person, message: str) -> int:
    answer = await client.delete(f"/api/v1/messages/{message}/feedback", headers=person.headers)
    return answer.status_code


async def listed(client: httpx.AsyncClient, person: Person, **query: Any) -> Json:
    answer = await client.get("/api/v1/feedback", params=query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_feedback_stands_with_its_answer_until_it_is_taken_back(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    asked = await ask(client, ada, "hello {{words:1}}")
    thread, answer = asked["thread_id"], asked["message_id"]

    async def shown() -> list[Json | None]:
        return [message["feedback"] for message in (await read(client, ada, thread))["messages"]]

    assert await shown() == [None, None]
    given = await give(client, ada, answer, rating="bad", reason="  Too short.  ")
    assert given.status_code == 200
    told = given.json()
    assert told == told | {"message_id": answer, "rating": "bad", "reason": "Too short."}
    assert await shown() == [{"rating": "bad", "reason": "Too short."}, None]
    # What is said later takes the place of what was said before.
    await give(client, ada, answer, rating="good")
    assert await shown() == [{"rating": "good", "reason": None}, None]
    assert await take_back(client, ada, answer) == 204
    assert await shown() == [None, None]
    assert await take_back(client, ada, answer) == 404
    async with as_owner(settings) as owner:
        events = await owner.fetch(
            "SELECT type, metadata FROM events WHERE target_id = $1 AND type LIKE 'feedback%' ORDER BY created_at",
            answer,
        )
    assert [tuple(event) for event in events] == [
        ("feedback_given", {"rating": "bad"}),
        ("feedback_given", {"rating": "good"}),
        ("feedback_taken_back", {}),
    ]


async def test_only_an_answer_of_ones_own_takes_feedback(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person, eve: Person, make_person: MakePerson
) -> None:
    _, (question, answer) = await lay_down(house, ada, 2)
    assert (await give(client, ada, answer, rating="good")).status_code == 200
    for stranger in (bob, eve):
        assert (await give(client, stranger, answer, rating="bad")).status_code == 404
        assert await take_back(client, stranger, answer) == 404
    for message in (question, "msg_none"):
        assert (await give(client, ada, message, rating="good")).status_code == 404
    viewer = await make_person(beside=ada, role="viewer")
    assert (await give(client, viewer, answer, rating="good")).status_code == 403
    assert [one["rating"] for one in (await listed(client, ada))["items"]] == ["good"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"rating": "great"},
        {"rating": None},
        {"rating": "good", "reason": "x" * 2_001},
        {"rating": "good", "score": 5},
    ],
    ids=["nothing", "another rating", "no rating", "a long reason", "another field"],
)
async def test_feedback_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, house: Runtime, ada: Person, fields: Json
) -> None:
    _, (_, answer) = await lay_down(house, ada, 2)
    assert (await give(client, ada, answer, **fields)).status_code == 422
    assert (await give(client, ada, answer, rating="good", reason=" ")).json()["reason"] is None
    assert (await give(client, ada, answer, rating="good", reason="x" * 2_000)).status_code == 200


async def test_who_runs_the_workspace_reads_all_of_it(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person, eve: Person, make_person: MakePerson
) -> None:
    admin = await make_person(beside=ada, role="admin")
    asked = await ask(client, bob, "hello {{words:1}}")
    await give(client, bob, asked["message_id"], rating="bad", reason="No source.")
    _, (_, *answers) = await lay_down(house, ada, 4)
    for message, rating in ((answers[0], "good"), (answers[2], "bad")):
        await give(client, ada, message, rating=rating)
    for reader in (ada, admin):
        items = (await listed(client, reader))["items"]
        assert [one["message_id"] for one in items] == [answers[2], answers[0], asked["message_id"]]
        assert items[2] == items[2] | {
            "thread_id": asked["thread_id"],
            "user_id": bob.actor.user_id,
            "model": "openai/gpt-4o-mini",
            "agent_id": None,
            "rating": "bad",
            "reason": "No source.",
        }
        assert items[2]["user_name"].startswith("person_")
        assert [one["rating"] for one in (await listed(client, reader, rating="bad"))["items"]] == [
            "bad",
            "bad",
        ]
    first = await listed(client, ada, limit=2)
    rest = await listed(client, ada, limit=2, cursor=first["next_cursor"])
    assert [len(first["items"]), len(rest["items"]), rest["next_cursor"]] == [2, 1, None]
    assert (await client.get("/api/v1/feedback", headers=bob.headers)).status_code == 403
    assert (await listed(client, eve))["items"] == []
    for query in ({"cursor": "nonsense"}, {"rating": "great"}):
        assert (await client.get("/api/v1/feedback", params=query, headers=ada.headers)).status_code == 422


async def test_the_wall_shows_feedback_to_its_giver_and_to_who_runs_the_workspace(
    house: Runtime, client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person, make_person: MakePerson
) -> None:
    colleague = await make_person(beside=ada, role="member")
    _, (_, answer) = await lay_down(house, bob, 2)
    await give(client, bob, answer, rating="bad")
    seen: list[int] = []
    for person in (bob, ada, colleague, eve):
        async with house.database.work(person.actor) as work:
            rows = await work._connection.fetch("SELECT 1 FROM message_feedback")  # pyright: ignore[reportPrivateUsage]  # what the wall shows, asked without any filter
            seen.append(len(rows))
    assert seen == [1, 1, 0, 0]


async def test_feedback_goes_with_its_message_and_with_its_conversation(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    thread, (_, first, _, second) = await lay_down(house, ada, 4)
    for message in (first, second):
        await give(client, ada, message, rating="good")
    async with house.database.work(ada.actor) as work:
        await keeping.delete_message(work, thread, second)
    assert [one["message_id"] for one in (await listed(client, ada))["items"]] == [first]
    async with house.database.work(ada.actor) as work:
        await threads.delete(work, thread)
    assert (await listed(client, ada))["items"] == []
