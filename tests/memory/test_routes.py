from __future__ import annotations

import httpx
import pytest

from tests.conftest import Person

_PATH = "/api/v1/memories"


async def test_a_person_keeps_finds_changes_and_deletes(client: httpx.AsyncClient, ada: Person) -> None:
    made = await client.post(
        _PATH, json={"text": "I am allergic to nuts.", "kind": "fact"}, headers=ada.headers
    )
    assert made.status_code == 201, made.text
    memory_id = made.json()["id"]
    await client.post(_PATH, json={"text": "I want to travel.", "kind": "goals"}, headers=ada.headers)

    listed = (await client.get(_PATH, headers=ada.headers)).json()
    assert [item["text"] for item in listed["items"]] == ["I want to travel.", "I am allergic to nuts."]
    goals = (await client.get(_PATH, params={"kind": ["goals", "recent"]}, headers=ada.headers)).json()
    assert [item["kind"] for item in goals["items"]] == ["goals"]
    found = (await client.get(_PATH, params={"q": "which nuts am I allergic to"}, headers=ada.headers)).json()
    assert [item["id"] for item in found["items"]] == [memory_id]

    changed = await client.patch(f"{_PATH}/{memory_id}", json={"importance": 1}, headers=ada.headers)
    assert changed.json()["importance"] == 1
    assert (await client.get(f"{_PATH}/{memory_id}", headers=ada.headers)).json() == changed.json()
    assert (await client.delete(f"{_PATH}/{memory_id}", headers=ada.headers)).status_code == 204
    assert (await client.get(f"{_PATH}/{memory_id}", headers=ada.headers)).status_code == 404
    assert (await client.delete(_PATH, headers=ada.headers)).json() == {"deleted": 1}


async def test_pages_of_a_list(client: httpx.AsyncClient, ada: Person) -> None:
    for thing in ("bees", "boats", "roses"):
        await client.post(_PATH, json={"text": f"I keep {thing}."}, headers=ada.headers)
    first = (await client.get(_PATH, params={"limit": 2}, headers=ada.headers)).json()
    rest = (await client.get(_PATH, params={"cursor": first["next_cursor"]}, headers=ada.headers)).json()
    assert [item["text"] for item in first["items"] + rest["items"]] == [
        "I keep roses.",
        "I keep boats.",
        "I keep bees.",
    ]
    assert rest["next_cursor"] is None
    wrong = await client.get(_PATH, params={"cursor": "nonsense"}, headers=ada.headers)
    assert (wrong.status_code, wrong.json()["tag"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": " \n "},
        {"text": "x" * 501},
        {"text": "x", "kind": "secret"},
        {"text": "x", "user_id": "y"},
    ],
)
async def test_what_is_no_memory_is_refused(
    client: httpx.AsyncClient, ada: Person, body: dict[str, str]
) -> None:
    assert (await client.post(_PATH, json=body, headers=ada.headers)).status_code == 422


async def test_a_profile_is_changed_and_memory_switched_off(client: httpx.AsyncClient, ada: Person) -> None:
    body = {"display_name": "Ada", "time_zone": "Europe/Brussels", "is_memory_on": False}
    changed = await client.patch("/api/v1/profile", json=body, headers=ada.headers)
    assert changed.status_code == 200, changed.text
    assert (await client.get("/api/v1/profile", headers=ada.headers)).json() == changed.json()
    history = (await client.get("/api/v1/profile/changes", headers=ada.headers)).json()
    assert {item["field"] for item in history["items"]} == set(body)
    refused = await client.post(_PATH, json={"text": "I keep bees."}, headers=ada.headers)
    assert (refused.status_code, refused.json()["tag"]) == (409, "memory_off")


@pytest.mark.req("MEMO-13")
async def test_a_stranger_and_a_colleague_find_nothing(
    client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    made = (await client.post(_PATH, json={"text": "I keep bees."}, headers=ada.headers)).json()
    for other in (bob, eve):
        address = f"{_PATH}/{made['id']}"
        assert (await client.get(address, headers=other.headers)).status_code == 404
        assert (await client.patch(address, json={"text": "Mine"}, headers=other.headers)).status_code == 404
        assert (await client.delete(address, headers=other.headers)).status_code == 404
        assert (await client.get(_PATH, headers=other.headers)).json()["items"] == []
        assert (await client.get(_PATH, params={"q": "bees"}, headers=other.headers)).json()["items"] == []
