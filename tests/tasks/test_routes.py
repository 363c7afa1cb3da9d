from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Person

BODIES: dict[str, dict[str, Any]] = {
    "tasks": {"title": "Water the plants", "details": "Twice", "due_on": "2027-02-03"},
    "tickets": {"subject": "The door sticks", "description": "Since Monday", "requester": "A guest"},
}
ENDS = {"tasks": "done", "tickets": "solved"}


@pytest.mark.parametrize("noun", ["tasks", "tickets"])
async def test_a_life_over_rest(client: httpx.AsyncClient, ada: Person, noun: str) -> None:
    address = f"/api/v1/{noun}"
    made = await client.post(address, json=BODIES[noun], headers=ada.headers)
    assert made.status_code == 201, made.text
    one = f"{address}/{made.json()['id']}"
    assert made.json().items() >= BODIES[noun].items()
    assert (await client.get(one, headers=ada.headers)).json() == made.json()
    changed = await client.patch(one, json={"status": ENDS[noun]}, headers=ada.headers)
    assert changed.json()["status"] == ENDS[noun]
    listed = await client.get(address, params={"status": ENDS[noun]}, headers=ada.headers)
    assert listed.json() == {"items": [changed.json()], "next_cursor": None}
    assert (await client.delete(one, headers=ada.headers)).status_code == 204
    assert (await client.get(one, headers=ada.headers)).status_code == 404


@pytest.mark.parametrize("noun", ["tasks", "tickets"])
async def test_a_stranger_gets_not_found(
    client: httpx.AsyncClient, ada: Person, eve: Person, noun: str
) -> None:
    made = await client.post(f"/api/v1/{noun}", json=BODIES[noun], headers=ada.headers)
    one = f"/api/v1/{noun}/{made.json()['id']}"
    for method, body in (("GET", None), ("PATCH", {"status": ENDS[noun]}), ("DELETE", None)):
        refused = await client.request(method, one, json=body, headers=eve.headers)
        assert (refused.status_code, refused.json()["tag"]) == (404, "not_found")


@pytest.mark.parametrize("noun", ["tasks", "tickets"])
async def test_what_does_not_fit_is_refused(client: httpx.AsyncClient, ada: Person, noun: str) -> None:
    for body in ({}, {**BODIES[noun], "number": 7}, {**BODIES[noun], "priority": "soon"}):
        refused = await client.post(f"/api/v1/{noun}", json=body, headers=ada.headers)
        assert refused.status_code == 422, refused.text
