"""Turns of agents, as the model sees them."""

from __future__ import annotations

from typing import Any

import pytest

from steward.agents import specialists, statistics, store
from steward.agents.service import Wishes
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.runs.events import Retrieved, RunEnd, RunEvent, ToolResult
from tests.agents.made import active
from tests.conftest import Person
from tests.knowledge.library import add
from tests.runs.turns import begin, read
from tests.support.scripted_provider import ScriptedProvider


async def sent(provider: ScriptedProvider, person: Person, wishes: Wishes, text: str = "") -> dict[str, Any]:
    """What the model of a turn was sent first."""
    text = text or f"hello {new_id('q')} {{{{reply:Hi.}}}}"
    started = await begin(person, text, wishes=wishes)
    end = (await read(person, started.run_id))[-1][1]
    assert isinstance(end, RunEnd)
    assert (end.status, end.error_tag) == ("completed", None)
    return next(one.body for one in provider.requests if one.said == text)


def system(body: dict[str, Any]) -> str:
    (found,) = [one["content"] for one in body["messages"] if one["role"] in ("system", "developer")]
    return found


@pytest.mark.req("AGNT-03", "AGNT-07", "AGNT-28", "AGNT-29")
@pytest.mark.req("AGNT-06", "AGNT-08", "AGNT-09")
async def test_the_model_sees_what_the_agent_says(
    house: Runtime, ada: Person, provider: ScriptedProvider
) -> None:
    persona = "You are the keeper of the seven keys. " * 50
    agent = await active(
        house, ada, instructions=persona, model="gpt-4.1", provider="openai", temperature=0.3, max_tokens=77
    )
    body = await sent(provider, ada, Wishes(agent_id=agent.id))
    assert persona.strip() in system(body)
    assert (body["model"], body["temperature"]) == ("gpt-4.1", 0.3)
    assert 77 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    other = await sent(provider, ada, Wishes())
    assert "seven keys" not in system(other)


@pytest.mark.req("AGNT-04")
async def test_the_model_is_offered_the_agents_tools_and_no_other(
    house: Runtime, ada: Person, provider: ScriptedProvider
) -> None:
    agent = await active(house, ada, model="openai/gpt-4o", tools=["uploadDocument", "searchKB"])
    body = await sent(provider, ada, Wishes(agent_id=agent.id))
    assert [one["function"]["name"] for one in body["tools"]] == ["uploadDocument", "searchKB"]
    bare = await active(house, ada, model="openai/gpt-4o")
    assert "tools" not in await sent(provider, ada, Wishes(agent_id=bare.id))


@pytest.mark.req("AGNT-31")
async def test_a_changed_agent_has_its_new_model_in_the_next_turn(
    house: Runtime, ada: Person, provider: ScriptedProvider
) -> None:
    agent = await active(house, ada, model="openai/gpt-4o")
    wishes = Wishes(agent_id=agent.id)
    assert (await sent(provider, ada, wishes))["model"] == "gpt-4o"
    async with house.database.transaction(ada.actor) as work:
        await store.change(work, agent.id, {"model": "openai/gpt-4.1"})
    assert (await sent(provider, ada, wishes))["model"] == "gpt-4.1"


@pytest.mark.req("AGNT-24", "TOOL-29")
@pytest.mark.parametrize("tool_id", ["jamesbot", "hybrid_offer", "workshop"])
async def test_the_specialists_answer(ada: Person, provider: ScriptedProvider, tool_id: str) -> None:
    agent_id = specialists.of_tool(tool_id)
    body = await sent(provider, ada, Wishes(model="openai/gpt-4o", agent_id=agent_id))
    first_line = {
        "jamesbot": "You are JamesBot",
        "hybrid_offer": "You help to design a hybrid offer",
        "workshop": "You help to plan a workshop",
    }
    assert first_line[tool_id] in system(body)


async def events(person: Person, text: str, wishes: Wishes) -> list[RunEvent]:
    """What the readers of a turn are told."""
    started = await begin(person, text, wishes=wishes)
    return [event for _, event in await read(person, started.run_id)]


@pytest.mark.slow
@pytest.mark.req("AGNT-11", "AGNT-12", "AGNT-13")
async def test_an_agent_looks_into_the_documents_as_it_says(house: Runtime, ada: Person) -> None:
    for number in range(4):
        await add(ada.actor, f"The pump number {number} runs at {number} bar.", f"pump{number}.txt")

    async def passages(**fields: Any) -> int:
        agent = await active(house, ada, model="openai/gpt-4o", **fields)
        told = await events(ada, "At how many bar does a pump run?", Wishes(agent_id=agent.id))
        return sum(len(event.passages) for event in told if isinstance(event, Retrieved))

    assert await passages(rag_enabled=False) == 0
    assert await passages(rag_enabled=True, rag_top_k=2) == 2
    assert await passages(rag_top_k=3) == 3
    assert await passages(rag_model="local/wordllama", rag_top_k=1) == 1
    assert await passages(rag_model="openai/text-embedding-3-small") == 0


@pytest.mark.req("TOOL-05", "TOOL-10", "AGNT-21")
async def test_a_conversation_makes_a_draft_and_asks_how_it_is(house: Runtime, ada: Person) -> None:
    wishes = Wishes(model="openai/gpt-4o", tools=["createAgent", "getAgentStatus"])
    call = '{"name": "Test Agent", "description": "Tests.", "type": "research"}'
    told = await events(
        ada, f"Create an agent called Test Agent {{{{tool:createAgent:{call}}}}} {{{{reply:Done.}}}}", wishes
    )
    (made,) = [event.output for event in told if isinstance(event, ToolResult)]
    assert made["success"] is True
    asked = f'How is it? {{{{tool:getAgentStatus:{{"agentId": "{made["agentId"]}"}}}}}} {{{{reply:So.}}}}'
    told = await events(ada, asked, wishes)
    (report,) = [event.output for event in told if isinstance(event, ToolResult)]
    assert (report["name"], report["status"], report["totalExecutions"]) == ("Test Agent", "draft", 0)


@pytest.mark.req("AGNT-22")
async def test_the_turns_of_an_agent_are_counted(house: Runtime, ada: Person) -> None:
    agent = await active(house, ada, model="openai/gpt-4o", fallback_models=[])
    for text in ("hello {{reply:Hi.}}", "and again {{reply:Hi.}}", "now {{status:400}}"):
        await events(ada, text, Wishes(agent_id=agent.id))
    async with house.database.transaction(ada.actor) as work:
        counted = await statistics.of_agent(work, agent.id)
    assert (counted.executions, counted.successes) == (3, 2)
