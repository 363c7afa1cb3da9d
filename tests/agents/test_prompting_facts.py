"""What the database knows for a prompt, and the door that shows the result."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from httpx import ASGITransport

from steward.agents import prompt_routes, store
from steward.agents.prompt_facts import AgentLine, PromptFacts, prompt_facts
from steward.agents.prompting import compose, of_turn
from steward.agents.properties import AgentProperties
from steward.agents.service import Wishes, prepare
from steward.identity import service as identity
from steward.kernel.errors import Forbidden, NotFound
from steward.kernel.runtime import Runtime
from tests.conftest import MakePerson, Person

NOON = datetime(2026, 7, 4, 10, 0, tzinfo=UTC)


async def facts_of(house: Runtime, person: Person) -> PromptFacts:
    async with house.database.transaction(person.actor) as work:
        return await prompt_facts(work, house.settings, NOON)


async def make_agent(
    house: Runtime, person: Person, name: str, status: Any = "active", **properties: Any
) -> str:
    async with house.database.transaction(person.actor) as work:
        agent = await store.create(work, name, AgentProperties(**properties))
        await store.set_status(work, agent.id, status)
    return agent.id


@pytest.mark.req("PRMT-02")
@pytest.mark.req("PRMT-03")
@pytest.mark.req("PRMT-14")
@pytest.mark.req("MEMO-12")
async def test_names_and_role_come_from_the_workspace(house: Runtime, ada: Person, bob: Person) -> None:
    facts = await facts_of(house, ada)
    assert (facts.product_name, facts.workspace_name) == ("Steward", "Workspace of a test")
    assert (facts.role, facts.time_zone, facts.now) == ("owner", "UTC", NOON)
    assert facts.user_name.startswith("person_")
    assert (facts.agent_count, facts.agents) == (0, [])
    async with house.database.work(ada.actor) as work:
        await identity.set_properties(work, product_name="Desk", time_zone="Europe/Berlin")
    facts = await facts_of(house, bob)
    assert (facts.product_name, facts.time_zone, facts.role) == ("Desk", "Europe/Berlin", "member")
    async with house.database.work(ada.actor) as work:
        await identity.set_properties(work, product_name=None, time_zone="Mars/Olympus")
    facts = await facts_of(house, bob)
    assert (facts.product_name, facts.time_zone) == ("Steward", "UTC")


@pytest.mark.req("PRMT-14")
async def test_a_program_has_no_name_that_people_gave_it(house: Runtime, ada: Person) -> None:
    service = await identity.service_actor(house, ada.actor.workspace_id)
    facts = await facts_of(house, Person(service, ""))
    assert (facts.user_name, facts.role) == ("", "admin")


@pytest.mark.req("PRMT-04")
async def test_the_newest_agents_that_one_may_see(
    house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    for number in range(4):
        await make_agent(house, ada, f"Agent {number}", description=f"Does {number}.")
    await make_agent(house, ada, "Draft", "draft")
    await make_agent(house, ada, "Old", "archived")
    await make_agent(house, ada, "For admins", access="admin")
    await make_agent(house, bob, "Bob's draft", "draft")
    facts = await facts_of(house, ada)
    assert facts.agent_count == 7
    assert [agent.name for agent in facts.agents] == [
        "Bob's draft",
        "For admins",
        "Draft",
        "Agent 3",
        "Agent 2",
    ]
    assert facts.agents[3] == AgentLine("Agent 3", "Does 3.", "active")
    facts = await facts_of(house, bob)
    assert facts.agent_count == 5
    assert "For admins" not in {agent.name for agent in facts.agents}
    assert (await facts_of(house, eve)).agents == []


@pytest.mark.req("PRMT-01")
@pytest.mark.req("PRMT-07")
@pytest.mark.req("AGNT-28")
async def test_a_turn_tells_the_agents_own_instructions_and_tools(house: Runtime, ada: Person) -> None:
    agent = await make_agent(house, ada, "Boz", instructions="You are Boz.", tools=["searchKnowledge"])
    async with house.database.transaction(ada.actor) as work:
        prepared = await prepare(work, house.settings, Wishes(agent_id=agent))
        facts = of_turn(await prompt_facts(work, house.settings, NOON), prepared)
        plain = await prepare(work, house.settings, Wishes())
        default = of_turn(await prompt_facts(work, house.settings, NOON), plain)
    assert (facts.has_own_voice, default.has_own_voice) == (True, False)
    prompt = compose(facts, 3_000)
    assert "You are Boz." in prompt
    assert [line for line in prompt.splitlines() if line.startswith("- searchKnowledge: ")]


async def call(person: Person, method: str, path: str, body: Any = None) -> Any:
    """Ask the room's own routes."""
    app = FastAPI()
    app.include_router(prompt_routes.router)
    async with httpx.AsyncClient(transport=ASGITransport(app), base_url="http://room") as http:
        answer = await http.request(method, path, json=body, headers=person.headers)
    assert answer.status_code in (200, 422), answer.text
    return answer.json()


async def test_the_prompt_of_an_agent_is_shown(house: Runtime, ada: Person, bob: Person, eve: Person) -> None:
    agent = await make_agent(house, ada, "Boz", "draft", instructions="You are Boz.")
    shown = await call(ada, "GET", f"/agents/{agent}/prompt")
    assert [section["name"] for section in shown["sections"]] == [
        "identity",
        "instructions",
        "guidelines",
        "context",
        "time",
    ]
    assert shown["text"] == "\n\n".join(section["text"] for section in shown["sections"])
    assert shown["tokens"] == sum(section["tokens"] for section in shown["sections"])
    built_in = await call(ada, "GET", "/agents/asst_default/prompt")
    assert "style" in {section["name"] for section in built_in["sections"]}
    for stranger in (bob, eve):
        with pytest.raises(NotFound):
            await call(stranger, "GET", f"/agents/{agent}/prompt")


@pytest.mark.req("PRMT-02")
async def test_a_workspace_names_its_assistant(
    house: Runtime, ada: Person, bob: Person, eve: Person, make_person: MakePerson
) -> None:
    nothing = {"product_name": None, "time_zone": None}
    assert await call(bob, "GET", "/assistant") == nothing
    wanted = {"product_name": "Desk", "time_zone": "Europe/Berlin"}
    assert await call(ada, "PUT", "/assistant", wanted) == wanted
    assert await call(bob, "GET", "/assistant") == wanted
    assert await call(eve, "GET", "/assistant") == nothing
    with pytest.raises(Forbidden):
        await call(bob, "PUT", "/assistant", wanted)
    await call(ada, "PUT", "/assistant", {"time_zone": "Mars/Olympus"})
    assert await call(bob, "GET", "/assistant") == wanted
    assert await call(ada, "PUT", "/assistant", {}) == nothing
