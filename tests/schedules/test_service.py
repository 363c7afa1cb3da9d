"""Schedules: whose they are, and what may be done with them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from steward.agents import store
from steward.kernel.cron import CronInvalid
from steward.kernel.errors import Conflict, Forbidden, NotFound
from steward.kernel.runtime import Runtime
from steward.schedules import service
from steward.schedules.errors import ScheduleFollowsAgent
from steward.schedules.following import follow_agent
from steward.schedules.schemas import ScheduleChange, ScheduleRead
from steward.threads.errors import MessageEmpty
from tests.conftest import MakePerson, Person
from tests.schedules.made import clock, look, make_agent, make_schedule

pytestmark = [pytest.mark.req("AGNT-20"), pytest.mark.usefixtures("lone_clock")]
NOON = datetime(2030, 1, 7, 12, 0, tzinfo=UTC)


async def change(house: Runtime, person: Person, schedule_id: str, **fields: Any) -> ScheduleRead:
    async with house.database.work(person.actor) as work:
        return await service.change(work, schedule_id, ScheduleChange(**fields), house.now())


async def follow(house: Runtime, person: Person, agent_id: str, cron: str | None) -> list[ScheduleRead]:
    """What schedules an agent has when its own was followed."""
    async with house.database.work(person.actor) as work:
        # Said by the agent too: the served application brings schedules in line with their agents meanwhile.
        await store.change(work, agent_id, {"schedule": cron and cron.lower()})
        await follow_agent(work, agent_id, cron)
        items, _ = await service.page(work, limit=10, cursor=None, agent_id=agent_id)
    return items


async def test_a_schedule_knows_when_it_comes(house: Runtime, ada: Person) -> None:
    then = clock(house, NOON)
    agent = await make_agent(house, ada)
    made = await make_schedule(then, ada, agent, "0  9 * * MON-fri", time_zone="Europe/Berlin")
    assert (made.cron, made.enabled, made.user_id) == ("0 9 * * mon-fri", True, ada.actor.user_id)
    assert made.next_at == datetime(2030, 1, 8, 8, 0, tzinfo=UTC)
    assert (made.last_at, made.last_run_id, made.last_error) == (None, None, None)
    off = await change(then, ada, made.id, enabled=False)
    assert (off.enabled, off.next_at) == (False, None)
    assert (await change(then, ada, made.id, cron="@daily")).next_at is None
    on = await change(then, ada, made.id, enabled=True, time_zone="UTC", prompt="Sum up.")
    assert (on.next_at, on.prompt) == (datetime(2030, 1, 8, tzinfo=UTC), "Sum up.")


async def test_what_cannot_be_done_is_refused(house: Runtime, ada: Person, eve: Person) -> None:
    agent = await make_agent(house, ada)
    with pytest.raises(CronInvalid, match="is no schedule"):
        await make_schedule(house, ada, agent, "61 * * * *")
    with pytest.raises(CronInvalid, match="never comes"):
        await make_schedule(house, ada, agent, "0 0 30 2 *")
    with pytest.raises(MessageEmpty):
        await make_schedule(house, ada, agent, prompt=" ")
    with pytest.raises(NotFound):
        await make_schedule(house, eve, agent)
    made = await make_schedule(house, ada, agent)
    with pytest.raises(CronInvalid):
        await change(house, ada, made.id, cron="soon")
    assert await look(house, ada, made.id) == made


async def test_a_stranger_finds_nothing(house: Runtime, ada: Person, eve: Person, bob: Person) -> None:
    made = await make_schedule(house, ada, await make_agent(house, ada))
    for stranger in (eve, bob):
        with pytest.raises(NotFound):
            await look(house, stranger, made.id)
        with pytest.raises(NotFound):
            await change(house, stranger, made.id, enabled=False)
        async with house.database.work(stranger.actor) as work:
            assert await service.page(work, limit=10, cursor=None) == ([], None)
            with pytest.raises(NotFound):
                await service.remove(work, made.id)


async def test_an_admin_may_stop_a_colleagues_schedule_and_no_more(
    house: Runtime, ada: Person, bob: Person
) -> None:
    made = await make_schedule(house, bob, await make_agent(house, ada))
    for changes in ({"prompt": "Do what I say."}, {"enabled": True}, {"enabled": False, "cron": "@daily"}):
        with pytest.raises(Forbidden):
            await change(house, ada, made.id, **changes)
    assert not (await change(house, ada, made.id, enabled=False)).enabled
    async with house.database.work(ada.actor) as work:
        await service.remove(work, made.id)
    with pytest.raises(NotFound):
        await look(house, bob, made.id)


async def test_a_viewer_makes_none(house: Runtime, ada: Person, make_person: MakePerson) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    with pytest.raises(Forbidden):
        await make_schedule(house, viewer, await make_agent(house, ada))


async def test_a_list_is_cut_into_pages(house: Runtime, ada: Person, bob: Person) -> None:
    agent = await make_agent(house, ada)
    made = [(await make_schedule(house, person, agent)).id for person in (ada, bob, ada)]
    seen: list[str] = []
    cursor = None
    async with house.database.work(ada.actor) as work:
        while True:
            items, cursor = await service.page(work, limit=2, cursor=cursor)
            seen += [item.id for item in items]
            if cursor is None:
                break
    assert seen == made[::-1]
    async with house.database.work(bob.actor) as work:
        items, _ = await service.page(work, limit=10, cursor=None)
    assert [item.id for item in items] == [made[1]]


async def test_an_agents_own_schedule_is_followed(house: Runtime, ada: Person) -> None:
    agent = await make_agent(house, ada)
    (made,) = await follow(house, ada, agent, "@Daily")
    assert (made.follows_agent, made.cron, made.user_id) == (True, "@daily", ada.actor.user_id)
    assert await follow(house, ada, agent, "@daily") == [made]
    (moved,) = await follow(house, ada, agent, "0 7 * * *")
    assert (moved.id, moved.cron, moved.next_at != made.next_at) == (made.id, "0 7 * * *", True)
    with pytest.raises(ScheduleFollowsAgent):
        await change(house, ada, made.id, cron="@weekly")
    with pytest.raises(ScheduleFollowsAgent):
        async with house.database.work(ada.actor) as work:
            await service.remove(work, made.id)
    await change(house, ada, made.id, enabled=False)
    (still_off,) = await follow(house, ada, agent, "0 8 * * *")
    assert not still_off.enabled
    assert await follow(house, ada, agent, None) == await follow(house, ada, agent, None) == []


async def test_a_user_has_so_many_schedules(
    house: Runtime, ada: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_SCHEDULES", 1)
    agent = await make_agent(house, ada)
    await make_schedule(house, ada, agent)
    with pytest.raises(Conflict):
        await make_schedule(house, ada, agent)
    await make_schedule(house, bob, agent)
