"""What a turn of an agent is made of: who wins, who may, and which tools are offered."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
import pytest

from steward.agents import rules, specialists, store
from steward.agents.errors import AgentNotActive
from steward.agents.properties import AgentProperties
from steward.agents.service import ClientTool, Prepared, Wishes, prepare, settle
from steward.kernel.errors import Invalid, NotFound
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Chat, Settings
from steward.kernel.settings import Tools as ToolSettings
from tests.agents.made import active, draft, set_status
from tests.conftest import MakePerson, Person


@pytest.fixture(scope="module")
def chosen(settings: Settings) -> Settings:
    """Settings of an operator who has set everything."""
    chat = Chat(temperature=0.2, max_tokens=99, system_prompt="Be brief.", fallback_models=["openai/gpt-4"])
    return settings.model_copy(update={"chat": chat, "default_model": "openai/gpt-4o"})


async def prepared(
    house: Runtime, person: Person, settings: Settings, wishes: Wishes | None = None, **more: Any
) -> Prepared:
    async with house.database.transaction(person.actor) as work:
        return await prepare(work, settings, wishes or Wishes(), **more)


def tools(found: Prepared) -> list[str]:
    return [tool.name for tool in found.tools]


@pytest.mark.req("AGNT-06", "AGNT-07", "AGNT-08", "AGNT-09", "AGNT-14", "AGNT-15", "AGNT-28")
async def test_the_request_counts_more_than_the_agent_and_the_agent_more_than_the_rest(
    house: Runtime, ada: Person, chosen: Settings
) -> None:
    agent = await active(
        house,
        ada,
        name="Poet",
        instructions="In verse.",
        model="gpt-4.1",
        provider="openai",
        temperature=0.9,
        max_tokens=321,
        tool_seconds=1.5,
        max_tool_steps=2,
        fallback_models=["openai/gpt-4-turbo"],
    )
    found = await prepared(house, ada, chosen, Wishes(agent_id=agent.id), thread_model="openai/gpt-4")
    assert (found.agent_id, found.agent_version, found.agent_name) == (agent.id, 1, "Poet")
    assert [one.full_name for one in found.chain] == ["openai/gpt-4.1", "openai/gpt-4-turbo"]
    assert (found.instructions, found.temperature, found.max_tokens) == ("In verse.", 0.9, 321)
    assert (found.tool_seconds, found.max_tool_steps) == (1.5, 2)
    wishes = Wishes("openai/gpt-4o", temperature=0.0, max_tokens=5, instructions="Rhyme.", agent_id=agent.id)
    found = await prepared(house, ada, chosen, wishes)
    assert found.resolved.full_name == "openai/gpt-4o"
    assert (found.instructions, found.temperature, found.max_tokens) == ("In verse.\n\nRhyme.", 0.0, 5)


async def test_an_agent_without_a_model_takes_the_threads_and_then_the_workspaces(
    house: Runtime, ada: Person, chosen: Settings
) -> None:
    agent = await active(house, ada, fallback_models=[])
    wishes = Wishes(agent_id=agent.id)
    found = await prepared(house, ada, chosen, wishes, thread_model="openai/gpt-4.1")
    assert [one.full_name for one in found.chain] == ["openai/gpt-4.1"]
    found = await prepared(house, ada, chosen, wishes)
    assert [one.full_name for one in found.chain] == ["openai/gpt-4o"]
    # Without instructions of its own it has those of the operator.
    assert found.instructions == "Be brief."


async def test_without_an_agent_the_built_in_one_answers(
    house: Runtime, ada: Person, chosen: Settings
) -> None:
    for wishes in (Wishes(tools=[]), Wishes(tools=[], agent_id=specialists.DEFAULT_ID)):
        found = await prepared(house, ada, chosen, wishes)
        assert (found.agent_id, found.agent_version, found.agent_name) == (None, None, "Steward")
        assert (found.tool_seconds, found.max_tool_steps, found.tools) == (None, None, [])
        assert found.tool_rules == rules.NO_RULES
        assert [one.full_name for one in found.chain] == ["openai/gpt-4o", "openai/gpt-4"]


@pytest.mark.req("AGNT-03")
async def test_the_thread_remembers_its_agent_until_the_request_names_another(
    house: Runtime, ada: Person, chosen: Settings
) -> None:
    first = await active(house, ada, name="First")
    second = await active(house, ada, name="Second")
    found = await prepared(house, ada, chosen, thread_agent_id=first.id)
    assert found.agent_name == "First"
    found = await prepared(house, ada, chosen, Wishes(agent_id=second.id), thread_agent_id=first.id)
    assert found.agent_name == "Second"
    back = Wishes(agent_id=specialists.DEFAULT_ID)
    assert (await prepared(house, ada, chosen, back, thread_agent_id=first.id)).agent_id is None
    async with house.database.transaction(ada.actor) as work:
        await store.delete(work, first.id)
    with pytest.raises(AgentNotActive, match="no longer there"):
        await prepared(house, ada, chosen, thread_agent_id=first.id)


@pytest.mark.req("AGNT-18")
async def test_who_may_use_an_agent(
    house: Runtime, ada: Person, bob: Person, eve: Person, chosen: Settings, make_person: MakePerson
) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    admin = await make_person(beside=ada, role="admin")
    of_bob = await draft(house, bob, access="member")
    wishes = Wishes(agent_id=of_bob.id)
    for person in (bob, admin, ada):
        assert (await prepared(house, person, chosen, wishes)).agent_id == of_bob.id
    for person in (viewer, eve):
        with pytest.raises(NotFound):
            await prepared(house, person, chosen, wishes)
    of_ada = await draft(house, ada)
    with pytest.raises(NotFound):
        await prepared(house, bob, chosen, Wishes(agent_id=of_ada.id))
    await set_status(house, bob, of_bob.id, "active")
    other = await make_person(beside=ada, role="member")
    assert (await prepared(house, other, chosen, wishes)).agent_id == of_bob.id
    with pytest.raises(NotFound):
        await prepared(house, viewer, chosen, wishes)
    await set_status(house, bob, of_bob.id, "archived")
    for person in (bob, admin):
        with pytest.raises(AgentNotActive, match="archived"):
            await prepared(house, person, chosen, wishes)
    with pytest.raises(NotFound):
        await prepared(house, eve, chosen, wishes)


async def test_whoever_goes_on_with_a_turn_has_the_version_that_it_began_with(
    house: Runtime, ada: Person, bob: Person, eve: Person, chosen: Settings
) -> None:
    agent = await active(house, ada, instructions="First.", access="owner")
    async with house.database.transaction(ada.actor) as work:
        wishes = await settle(work, chosen, Wishes(agent_id=agent.id))
        await store.change(work, agent.id, {"instructions": "Second."})
        await store.set_status(work, agent.id, "archived")
    assert wishes.agent_version == 1
    # As the run keeps it.
    wishes = msgspec.convert(asdict(wishes), Wishes)
    # The sweep knows the user but neither the role nor what has become of the agent.
    found = await prepared(house, bob, chosen, wishes, is_admitted=True)
    assert (found.instructions, found.agent_version) == ("First.", 1)
    with pytest.raises(NotFound):
        await prepared(house, eve, chosen, wishes, is_admitted=True)
    with pytest.raises(NotFound):
        await prepared(house, bob, chosen, wishes)


@pytest.mark.req("AGNT-11", "AGNT-12", "AGNT-13")
async def test_what_an_agent_says_about_the_documents(house: Runtime, ada: Person, chosen: Settings) -> None:
    agent = await active(
        house, ada, rag_enabled=False, rag_model="local/wordllama", rag_top_k=9, collection_ids=["vs_1"]
    )

    async def settled(wishes: Wishes) -> tuple[bool | None, str | None, int | None, list[str] | None]:
        async with house.database.transaction(ada.actor) as work:
            found = await settle(work, chosen, wishes, thread_agent_id=agent.id)
        return found.rag_enabled, found.rag_model, found.rag_top_k, found.collection_ids

    assert await settled(Wishes()) == (False, "local/wordllama", 9, ["vs_1"])
    own = Wishes(rag_enabled=True, rag_model="x/y", rag_top_k=1, collection_ids=[])
    assert await settled(own) == (True, "x/y", 1, [])
    default = Wishes(agent_id=specialists.DEFAULT_ID)
    assert await settled(default) == (None, None, None, None)
    found = await prepared(house, ada, chosen, Wishes(agent_id=agent.id))
    assert found.collection_ids == ["vs_1"]


@pytest.mark.req("AGNT-04", "AGNT-10")
async def test_an_agents_tools_are_the_only_ones_and_a_request_may_narrow_them(
    house: Runtime, ada: Person, chosen: Settings
) -> None:
    agent = await active(house, ada, tools=["searchKB", "uploadDocument"])
    bare = await active(house, ada)

    async def offered(agent_id: str | None, *names: str) -> list[str]:
        wishes = Wishes(agent_id=agent_id, tools=list(names) or None)
        return tools(await prepared(house, ada, chosen, wishes))

    assert await offered(agent.id) == ["searchKB", "uploadDocument"]
    assert await offered(agent.id, "uploadDocument", "searchKnowledge") == ["uploadDocument"]
    assert await offered(bare.id) == []
    assert await offered(bare.id, "searchKnowledge") == []
    assert await offered(None, "searchKnowledge") == ["searchKnowledge"]
    none = Wishes(agent_id=agent.id, tools=[])
    assert tools(await prepared(house, ada, chosen, none)) == []
    with pytest.raises(Invalid, match="no tool named"):
        await offered(agent.id, "deleteEverything")


@pytest.mark.req("AGNT-30")
async def test_an_agent_has_the_tools_that_come_later(house: Runtime, ada: Person, chosen: Settings) -> None:
    every = await active(house, ada, tools=["*"])
    named = await active(house, ada, tools=["searchKB", "searchKnowledge"])

    def with_disabled(*names: str) -> Settings:
        return chosen.model_copy(update={"tools": ToolSettings(disabled=list(names))})

    before = with_disabled("searchKB", "callHuman")
    for agent in (every, named):
        wishes = Wishes(agent_id=agent.id)
        offered = tools(await prepared(house, ada, before, wishes))
        assert "searchKB" not in offered
        assert "searchKnowledge" in offered
        # The operator brings it back: nobody touches the agent.
        assert "searchKB" in tools(await prepared(house, ada, chosen, wishes))
    assert "callHuman" in tools(await prepared(house, ada, chosen, Wishes(agent_id=every.id)))


async def test_the_clients_own_tools_come_beside(house: Runtime, ada: Person, chosen: Settings) -> None:
    agent = await active(house, ada, tools=["searchKB"])
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    given = [ClientTool("showMap", "Shows a map.", schema), ClientTool("beep")]
    found = await prepared(house, ada, chosen, Wishes(agent_id=agent.id, client_tools=given))
    assert tools(found) == ["searchKB", "showMap", "beep"]
    shown, beep = found.tools[1:]
    assert (shown.place, shown.parameters, shown.seconds) == ("client", schema, 600.0)
    assert beep.parameters == {"type": "object", "properties": {}}
    kept = msgspec.convert(asdict(Wishes(client_tools=given)), Wishes)
    assert kept.client_tools == given
    for wrong in ("searchKB", "a b", "x" * 65, ""):
        wishes = Wishes(agent_id=agent.id, client_tools=[ClientTool(wrong)])
        with pytest.raises(Invalid):
            await prepared(house, ada, chosen, wishes)
    with pytest.raises(Invalid, match="Two tools"):
        await prepared(house, ada, chosen, Wishes(client_tools=[ClientTool("beep"), ClientTool("beep")]))


@pytest.mark.req("AGNT-24", "TOOL-29")
@pytest.mark.parametrize("tool_id", ["jamesbot", "hybrid_offer", "workshop"])
async def test_every_workspace_has_the_specialists(
    house: Runtime, ada: Person, chosen: Settings, tool_id: str
) -> None:
    agent_id = specialists.of_tool(tool_id)
    assert agent_id is not None
    agent = specialists.find(agent_id, chosen)
    assert agent is not None
    found = await prepared(house, ada, chosen, Wishes(agent_id=agent_id))
    assert (found.agent_id, found.agent_name, found.agent_version) == (agent_id, agent.name, None)
    assert found.instructions == agent.properties.instructions


@pytest.mark.req("AGNT-29")
def test_a_long_persona_is_kept_whole() -> None:
    persona = "You were born in 1912. " * 10_000
    assert AgentProperties(instructions=persona).instructions == persona
