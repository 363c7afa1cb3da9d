"""The native door of agents."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from steward.agents import statistics
from steward.kernel.runtime import Runtime
from tests.agents.made import active
from tests.conftest import MakePerson, Person


async def ask(
    client: httpx.AsyncClient, person: Person, method: str, path: str, **body: Any
) -> tuple[int, dict[str, Any]]:
    """An answer of the API: its status and body."""
    answer = await client.request(
        method, f"/api/v1{path}", json=body if method in ("POST", "PATCH") else None, headers=person.headers
    )
    return answer.status_code, answer.json() if answer.content else {}


@pytest.mark.req("AGNT-01", "AGNT-02", "AGNT-21")
async def test_the_life_of_an_agent(client: httpx.AsyncClient, ada: Person, eve: Person) -> None:
    given = {
        "name": "Clerk",
        "instructions": "Count.",
        "model": "gpt-4o",
        "tools": ["searchKB"],
        "temperature": 0.5,
        "response_format": {"type": "json_object"},
        "metadata": {"team": "money", "level": 3},
    }
    status, made = await ask(client, ada, "POST", "/agents", **given)
    assert status == 201
    assert made["status"] == "draft"
    assert {name: made[name] for name in given} == given
    assert (made["max_tokens"], made["version"], made["built_in"]) == (2000, 1, False)
    path = f"/agents/{made['id']}"
    assert await ask(client, ada, "GET", path) == (200, made)
    status, changed = await ask(client, ada, "PATCH", path, temperature=None, description="Counts.")
    assert (status, changed["temperature"], changed["version"]) == (200, 0.7, 2)
    assert (await ask(client, ada, "POST", f"{path}/activate"))[1]["status"] == "active"
    _, versions = await ask(client, ada, "GET", f"{path}/versions")
    assert [one["version"] for one in versions["items"]] == [2, 1]
    assert versions["items"][1]["properties"]["temperature"] == 0.5
    status, restored = await ask(client, ada, "POST", f"{path}/versions/1/restore")
    assert (status, restored["version"], restored["temperature"]) == (200, 3, 0.5)
    assert (await ask(client, ada, "POST", f"{path}/archive"))[1]["status"] == "archived"
    _, listed = await ask(client, ada, "GET", "/agents?status=archived&type=custom&query=cler")
    assert [one["id"] for one in listed["items"]] == [made["id"]]
    for method, address in (
        ("GET", path),
        ("PATCH", path),
        ("DELETE", path),
        ("POST", f"{path}/activate"),
        ("POST", f"{path}/archive"),
        ("GET", f"{path}/versions"),
        ("POST", f"{path}/versions/1/restore"),
        ("GET", f"{path}/statistics"),
    ):
        status, problem = await ask(client, eve, method, address)
        assert (status, problem["tag"]) == (404, "not_found"), (method, address)
    assert await ask(client, ada, "DELETE", path) == (204, {})
    assert (await ask(client, ada, "GET", path))[0] == 404


@pytest.mark.req("AGNT-10")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tools", ["noSuchTool"]),
        ("type", "hacker"),
        ("temperature", 3),
        ("max_tokens", 0),
        ("rag_top_k", 0),
        ("tool_seconds", 0),
        ("max_tool_steps", 0),
        ("access", "king"),
        ("schedule", "soon"),
        ("schedule", "0 9 31 2 *"),
        ("provider", "openai"),
        ("systemPrompt", "x"),
        ("metadata", {"a": "x" * 20_000}),
    ],
)
async def test_what_does_not_fit_is_refused_at_save(
    client: httpx.AsyncClient, ada: Person, field: str, value: Any
) -> None:
    status, problem = await ask(client, ada, "POST", "/agents", name="Clerk", **{field: value})
    assert status == 422
    assert field in str(problem)
    _, made = await ask(client, ada, "POST", "/agents", name="Clerk")
    status, problem = await ask(client, ada, "PATCH", f"/agents/{made['id']}", **{field: value})
    assert status == 422
    assert (await ask(client, ada, "GET", f"/agents/{made['id']}"))[1]["version"] == 1


async def test_an_agent_whose_model_nobody_has_stays_a_draft(client: httpx.AsyncClient, ada: Person) -> None:
    _, made = await ask(client, ada, "POST", "/agents", name="Clerk", model="nobody/model")
    path = f"/agents/{made['id']}"
    status, problem = await ask(client, ada, "POST", f"{path}/activate")
    assert (status, problem["tag"]) == (422, "unknown_provider")
    assert (await ask(client, ada, "GET", path))[1]["status"] == "draft"
    await ask(client, ada, "PATCH", path, model="openai/gpt-4o")
    assert (await ask(client, ada, "POST", f"{path}/activate"))[0] == 200
    status, problem = await ask(client, ada, "PATCH", path, model="nobody/model")
    assert problem["tag"] == "unknown_provider"
    assert (await ask(client, ada, "GET", path))[1]["model"] == "openai/gpt-4o"


@pytest.mark.req("AGNT-19")
async def test_templates_name_only_tools_that_there_are(client: httpx.AsyncClient, ada: Person) -> None:
    _, found = await ask(client, ada, "GET", "/agents/templates")
    by_type = {one["type"]: one for one in found["items"]}
    assert {"email", "research", "crm", "support"} <= set(by_type)
    for template in by_type.values():
        fields = {name: template[name] for name in ("type", "description", "instructions", "tools")}
        status, made = await ask(client, ada, "POST", "/agents", name=template["title"], **fields)
        assert (status, made["type"]) == (201, template["type"])


@pytest.mark.req("AGNT-24")
async def test_the_built_in_agents_are_shown_and_nobody_changes_them(
    client: httpx.AsyncClient, ada: Person
) -> None:
    _, found = await ask(client, ada, "GET", "/agents/specialists")
    assert [one["name"] for one in found["items"]] == [
        "Steward",
        "JamesBot",
        "Hybrid Offer",
        "Workshop Generator",
        "Basic chat",
    ]
    for one in found["items"]:
        assert (one["built_in"], one["created_by"], one["status"]) == (True, None, "active")
        assert await ask(client, ada, "GET", f"/agents/{one['id']}") == (200, one)
        assert (await ask(client, ada, "PATCH", f"/agents/{one['id']}", name="Mine"))[0] == 404
        assert (await ask(client, ada, "DELETE", f"/agents/{one['id']}"))[0] == 404
    assert (await ask(client, ada, "GET", "/agents"))[1]["items"] == []


@pytest.mark.req("AGNT-25", "AGNT-26")
async def test_setup_makes_one_assistant_however_many_ask(
    client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person, make_person: MakePerson
) -> None:
    answers = await asyncio.gather(
        *(ask(client, person, "POST", "/agents/setup") for person in (ada, bob) * 3)
    )
    assert {(status, one["id"]) for status, one in answers} == {(200, answers[0][1]["id"])}
    assert (answers[0][1]["type"], answers[0][1]["status"]) == ("coaching", "active")
    assert len((await ask(client, ada, "GET", "/agents"))[1]["items"]) == 1
    _, theirs = await ask(client, eve, "POST", "/agents/setup")
    assert theirs["id"] != answers[0][1]["id"]
    viewer = await make_person(beside=ada, role="viewer")
    assert (await ask(client, viewer, "POST", "/agents/setup"))[0] == 403


@pytest.mark.req("AGNT-26")
async def test_setup_takes_the_agent_that_is_configured(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    own = await active(house, ada, type="support")
    for _ in range(2):
        _, found = await ask(client, ada, "POST", "/agents/setup", type="support")
        assert found["id"] == own.id


@pytest.mark.req("AGNT-22")
async def test_statistics_over_rest(client: httpx.AsyncClient, house: Runtime, ada: Person) -> None:
    agent = await active(house, ada)
    path = f"/agents/{agent.id}/statistics"
    nothing = {"executions": 0, "successes": 0, "success_rate": None, "last_run_at": None}
    assert await ask(client, ada, "GET", path) == (200, nothing)
    async with house.database.transaction(ada.actor) as work:
        for number in range(10):
            await statistics.record(work, agent.id, succeeded=number >= 2, finished_at=house.now())
    _, counted = await ask(client, ada, "GET", path)
    assert (counted["executions"], counted["successes"], counted["success_rate"]) == (10, 8, 0.8)
    assert counted["last_run_at"] is not None


async def test_setting_up_shows_nothing_that_is_not_for_the_caller(
    client: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    _, made = await ask(client, ada, "POST", "/agents/setup")
    path = f"/agents/{made['id']}"
    await ask(client, ada, "PATCH", path, access="admin", instructions="For admins.")
    status, other = await ask(client, bob, "POST", "/agents/setup")
    assert (status, other["id"] != made["id"], other["status"]) == (200, True, "active")
    assert (await ask(client, bob, "POST", "/agents/setup"))[1]["id"] == other["id"]


async def test_setting_up_gives_an_agent_that_answers(client: httpx.AsyncClient, ada: Person) -> None:
    _, made = await ask(client, ada, "POST", "/agents/setup")
    await ask(client, ada, "POST", f"/agents/{made['id']}/archive")
    _, other = await ask(client, ada, "POST", "/agents/setup")
    assert (other["id"] != made["id"], other["status"]) == (True, "active")


@pytest.mark.req("AGNT-20")
async def test_only_the_maker_lets_an_agent_begin_by_the_clock(
    client: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    _, made = await ask(client, bob, "POST", "/agents", name="Clerk")
    path = f"/agents/{made['id']}"
    status, _ = await ask(client, ada, "PATCH", path, schedule="0 9 * * *")
    assert status == 403
    assert (await ask(client, bob, "PATCH", path, schedule="0 9 * * *"))[0] == 200
    assert (await ask(client, ada, "PATCH", path, schedule=None))[0] == 200
