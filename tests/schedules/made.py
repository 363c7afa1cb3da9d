"""Schedules and their agents, made for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from steward.agents import store
from steward.agents.properties import AgentProperties
from steward.kernel.runtime import Runtime
from steward.schedules import service
from steward.schedules.schemas import ScheduleCreate, ScheduleRead
from tests.conftest import Person


async def make_agent(house: Runtime, person: Person, status: Any = "active", **properties: Any) -> str:
    """An agent of a person; its id."""
    async with house.database.transaction(person.actor) as work:
        agent = await store.create(work, "Reporter", AgentProperties(**properties))
        await store.set_status(work, agent.id, status)
    return agent.id


async def make_schedule(
    house: Runtime, person: Person, agent_id: str, cron: str = "0 9 * * *", **fields: Any
) -> ScheduleRead:
    """A schedule of a person, counted from the clock of the runtime."""
    wanted = ScheduleCreate.model_validate(
        {"agent_id": agent_id, "cron": cron, "prompt": "Write the report. {{words:3}}", **fields}
    )
    async with house.database.work(person.actor) as work:
        return await service.create(work, wanted, house.now())


async def look(house: Runtime, person: Person, schedule_id: str) -> ScheduleRead:
    """A schedule as it stands."""
    async with house.database.work(person.actor) as work:
        return service.read(await service.get(work, schedule_id))


def clock(house: Runtime, moment: datetime, process_id: str | None = None) -> Runtime:
    """The same house at another time, perhaps as another process."""
    return replace(house, now=lambda: moment, process_id=process_id or house.process_id)
