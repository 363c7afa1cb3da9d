"""A time that comes while the turn before is not over is skipped, and the schedule says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from steward.kernel.runtime import Runtime
from steward.runs import service as runs
from steward.runs.events import RunPause
from steward.schedules import jobs
from tests.conftest import Person
from tests.runs.turns import until_pause
from tests.schedules.made import clock, look, make_agent, make_schedule

pytestmark = [pytest.mark.req("AGNT-20"), pytest.mark.usefixtures("lone_clock")]
NOON = datetime(2099, 2, 7, 12, 0, tzinfo=UTC)
MORNING = datetime(2099, 2, 8, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


async def test_a_time_is_skipped_while_the_last_turn_is_at_work(house: Runtime, ada: Person) -> None:
    agent_id = await make_agent(house, ada)
    made = await make_schedule(
        clock(house, NOON), ada, agent_id, prompt="Report. {{words:2}} {{hang_after:2}}"
    )
    await jobs.tick(clock(house, MORNING))
    first = await look(house, ada, made.id)
    assert (first.last_error, first.last_at) == (None, MORNING)
    await jobs.tick(clock(house, MORNING + DAY))
    skipped = await look(house, ada, made.id)
    assert skipped.last_error is not None
    assert skipped.last_error.tag == "schedule_still_busy"
    assert "is at work" in skipped.last_error.message
    assert (skipped.last_at, skipped.next_at) == (MORNING + DAY, MORNING + 2 * DAY)
    assert (skipped.last_run_id, skipped.last_thread_id) == (first.last_run_id, first.last_thread_id)
    assert first.last_run_id is not None
    await runs.stop(ada.actor, first.last_run_id)
    await jobs.tick(clock(house, MORNING + 2 * DAY))
    after = await look(house, ada, made.id)
    assert after.last_error is None
    assert after.last_run_id not in (None, first.last_run_id)
    await runs.stop(ada.actor, after.last_run_id or "")


async def test_a_turn_that_waits_for_a_person_is_not_over(house: Runtime, ada: Person) -> None:
    agent_id = await make_agent(house, ada, tools=["callHuman"])
    asks = 'Ask. {{tool:callHuman:{"reason":"May I?"}}} {{words:2}}'
    made = await make_schedule(clock(house, NOON), ada, agent_id, prompt=asks)
    await jobs.tick(clock(house, MORNING))
    first = await look(house, ada, made.id)
    assert first.last_run_id is not None
    assert isinstance((await until_pause(ada, first.last_run_id))[-1][1], RunPause)
    await jobs.tick(clock(house, MORNING + DAY))
    skipped = await look(house, ada, made.id)
    assert skipped.last_error is not None
    assert "waits for a person" in skipped.last_error.message
    await runs.stop(ada.actor, first.last_run_id)
