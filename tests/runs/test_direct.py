"""Direct calls whose process died: somebody says how they ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from steward.kernel.runtime import Runtime
from steward.runs import direct, tool_calls
from steward.runs.tables import ToolUse
from steward.runs.tool_calls import Opening
from steward.runs.tooling import INTERRUPTED
from tests.conftest import Person


async def state_of(house: Runtime, person: Person, call_id: str) -> tuple[str, str | None]:
    async with house.database.work(person.actor) as work:
        row = (await work.session.execute(select(ToolUse).where(ToolUse.id == call_id))).scalar_one()
    return row.state, row.error


@pytest.mark.req("TOOL-20")
async def test_a_call_that_nobody_ends_is_ended_when_its_time_is_over(house: Runtime, ada: Person) -> None:
    over_at = house.now() + timedelta(seconds=90)
    lost = f"call_lost_{ada.actor.user_id}"
    opening = Opening(lost, lost, "testEcho", {"text": "hi"}, "running", expires_at=over_at)
    async with house.database.transaction(ada.actor) as work:
        await tool_calls.insert(work, None, None, 0, [opening])
    await direct.close_lost(house)
    assert await state_of(house, ada, lost) == ("running", None)
    later = over_at + timedelta(seconds=1)
    await direct.close_lost(replace(house, now=lambda: later))
    assert await state_of(house, ada, lost) == ("failed", INTERRUPTED)


async def test_a_direct_call_is_no_action(client: httpx.AsyncClient, house: Runtime, ada: Person) -> None:
    made = await client.post(
        "/api/v1/tools/testEcho/execute", json={"arguments": {"text": "hi"}}, headers=ada.headers
    )
    assert made.status_code == 200, made.text
    call_id = made.json()["id"]
    assert await state_of(house, ada, call_id) == ("completed", None)
    assert (await client.get(f"/api/v1/actions/{call_id}", headers=ada.headers)).status_code == 404
    later = house.now() + timedelta(days=1)
    await direct.close_lost(replace(house, now=lambda: later))
    assert await state_of(house, ada, call_id) == ("completed", None)
