"""Agents with a schedule of their own are found without looking through everything there is."""

from __future__ import annotations

import asyncpg
import pytest

from steward.agents import scheduled
from steward.kernel.runtime import Runtime
from steward.kernel.work import asyncpg_dsn
from tests.conftest import Person
from tests.schedules.made import make_agent


@pytest.mark.req("AGNT-20")
async def test_the_job_reads_no_other_things(house: Runtime, ada: Person) -> None:
    agent_id = await make_agent(house, ada, status="draft", schedule="0 9 * * *")
    connection = await asyncpg.connect(asyncpg_dsn(house.database.system_url))
    try:
        # A table of a few rows is read whole, whatever indexes it has.
        await connection.execute("SET enable_seqscan = off")
        plan = await connection.fetch(f"EXPLAIN {scheduled.EVERY_SQL}")
        found = await connection.fetch(
            "SELECT id FROM agents WHERE properties->>'schedule' IS NOT NULL AND workspace_id = $1",
            ada.actor.workspace_id,
        )
    finally:
        await connection.close()
    assert "ix_things_scheduled" in "\n".join(row[0] for row in plan)
    assert [row["id"] for row in found] == [agent_id]
