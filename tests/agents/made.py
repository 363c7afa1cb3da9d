"""Agents that tests make."""

from __future__ import annotations

from typing import Any

from steward.agents import service, store
from steward.agents.schemas import AgentCreate
from steward.agents.store import Agent
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.tools import ToolContext
from tests.conftest import Person


async def draft(house: Runtime, person: Person, **fields: Any) -> Agent:
    """An agent that a person made just now."""
    wanted = AgentCreate.model_validate({"name": "Ledger clerk", **fields})
    async with house.database.transaction(person.actor) as work:
        return await service.create(work, house.settings, wanted)


async def active(house: Runtime, person: Person, **fields: Any) -> Agent:
    """An agent that answers."""
    made = await draft(house, person, **fields)
    async with house.database.transaction(person.actor) as work:
        return await service.activate(work, house.settings, made.id)


async def set_status(house: Runtime, person: Person, agent_id: str, status: Any) -> Agent:
    """An agent after somebody changed its status."""
    async with house.database.transaction(person.actor) as work:
        return await store.set_status(work, agent_id, status)


async def seen(house: Runtime, person: Person, **filters: Any) -> list[str]:
    """The names of the agents that somebody sees, the newest first."""
    async with house.database.transaction(person.actor) as work:
        return [agent.name for agent in (await store.page(work, limit=100, **filters)).items]


def context(person: Person) -> ToolContext:
    """Where a tool is called for somebody."""
    return ToolContext(person.actor, new_id("run"), new_id("thread"), new_id("call"))
