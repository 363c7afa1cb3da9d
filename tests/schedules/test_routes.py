"""The native door of schedules."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from steward.kernel.runtime import Runtime
from tests.conftest import Person
from tests.schedules.made import make_agent

pytestmark = [pytest.mark.req("AGNT-20"), pytest.mark.usefixtures("lone_clock")]


async def call(
    client: httpx.AsyncClient, person: Person, method: str, path: str, body: Any = None, expected: int = 200
) -> Any:
    answer = await client.request(method, f"/api/v1{path}", json=body, headers=person.headers)
    assert answer.status_code == expected, answer.text
    return answer.json() if answer.content else None


async def test_a_schedule_from_its_making_to_its_end(
    client: httpx.AsyncClient, house: Runtime, ada: Person, eve: Person
) -> None:
    agent = await make_agent(house, ada)
    wanted = {
        "agent_id": agent,
        "cron": "@weekly",
        "prompt": "Report. {{words:2}}",
        "time_zone": "Asia/Tokyo",
    }
    made = await call(client, ada, "POST", "/schedules", wanted, expected=201)
    path = f"/schedules/{made['id']}"
    assert {name: made[name] for name in wanted} == wanted
    assert await call(client, ada, "GET", path) == made
    listed = await call(client, ada, "GET", f"/schedules?agent_id={agent}")
    assert listed == {"items": [made], "next_cursor": None}
    off = await call(client, ada, "PATCH", path, {"enabled": False})
    assert (off["enabled"], off["next_at"]) == (False, None)
    began = await call(client, ada, "POST", f"{path}/run", expected=202)
    thread = (await call(client, ada, "GET", f"/chat/{began['thread_id']}"))["thread"]
    assert thread["title"].startswith("Reporter, ")
    assert (await call(client, ada, "GET", path))["last_run_id"] == began["run_id"]
    for method, under in (("GET", path), ("PATCH", path), ("DELETE", path), ("POST", f"{path}/run")):
        refused = await call(
            client, eve, method, under, {"enabled": True} if method == "PATCH" else None, expected=404
        )
        assert refused["tag"] == "not_found"
    await call(client, ada, "DELETE", path, expected=204)
    await call(client, ada, "GET", path, expected=404)


@pytest.mark.parametrize(
    ("fields", "tag"),
    [
        ({"cron": "61 * * * *"}, "cron_invalid"),
        ({"cron": "0 0 30 2 *"}, "cron_invalid"),
        ({"time_zone": "Mars/Olympus"}, "invalid_request"),
        ({"prompt": "  "}, "message_empty"),
        ({"user_id": "user_x"}, "invalid_request"),
    ],
    ids=["minute-61", "never", "no-zone", "blank", "somebody-else"],
)
async def test_what_does_not_fit_is_refused(
    client: httpx.AsyncClient, house: Runtime, ada: Person, fields: dict[str, str], tag: str
) -> None:
    wanted = {"agent_id": await make_agent(house, ada), "cron": "@daily", "prompt": "Report."}
    answer = await client.post("/api/v1/schedules", json=wanted | fields, headers=ada.headers)
    assert answer.json()["tag"] == tag, answer.text
    assert 400 <= answer.status_code < 500
