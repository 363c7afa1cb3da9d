"""The numbers of an agent: exact, also when turns end at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from steward.agents import specialists, statistics
from steward.agents.statistics import Statistics
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from tests.agents.made import active
from tests.conftest import Person
from tests.support.database import as_owner

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def end(house: Runtime, person: Person, agent_id: str, number: int, *, succeeded: bool) -> None:
    async with house.database.transaction(person.actor) as work:
        at = NOON + timedelta(minutes=number)
        await statistics.record(work, agent_id, succeeded=succeeded, finished_at=at)


@pytest.mark.req("AGNT-22")
async def test_of_ten_turns_eight_go_well(house: Runtime, ada: Person, eve: Person) -> None:
    agent = await active(house, ada)
    async with house.database.transaction(ada.actor) as work:
        assert await statistics.of_agent(work, agent.id) == Statistics()
    await asyncio.gather(
        *(end(house, ada, agent.id, number, succeeded=number not in (3, 6)) for number in range(10))
    )
    async with house.database.transaction(ada.actor) as work:
        counted = await statistics.of_agent(work, agent.id)
    assert counted == Statistics(10, 8, NOON + timedelta(minutes=9))
    assert counted.success_rate == 0.8
    # A stranger counts and reads nothing.
    await end(house, eve, agent.id, 99, succeeded=False)
    async with house.database.transaction(eve.actor) as work:
        assert await statistics.of_agent(work, agent.id) == Statistics()
    async with house.database.transaction(ada.actor) as work:
        assert await statistics.of_agent(work, agent.id) == counted


async def test_built_in_and_deleted_agents_are_not_counted(
    house: Runtime, ada: Person, settings: Settings
) -> None:
    for agent_id in (specialists.JAMES_BOT_ID, "asst_nobody"):
        await end(house, ada, agent_id, 1, succeeded=True)
    async with as_owner(settings) as owner:
        counted = await owner.fetchval(
            "SELECT count(*) FROM agent_statistics WHERE workspace_id = $1", ada.actor.workspace_id
        )
    assert counted == 0
