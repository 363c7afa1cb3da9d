"""Slots: each begins one turn, whoever tries, however often, and whatever breaks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from steward.agents import store
from steward.identity import service as identity
from steward.identity.tables import Membership
from steward.kernel.errors import Forbidden, NotFound
from steward.kernel.runtime import Runtime
from steward.runs import queries
from steward.runs.events import TextDelta
from steward.schedules import firing, following, jobs, service
from steward.schedules.firing import Slot
from steward.schedules.tables import Schedule
from steward.threads import service as threads
from steward.threads.schemas import ThreadRead
from tests.conftest import Person
from tests.runs.turns import read
from tests.schedules.made import clock, look, make_agent, make_schedule

pytestmark = [pytest.mark.req("AGNT-20"), pytest.mark.usefixtures("lone_clock")]
# Long ago: the server of the tests runs its own clock, and takes no slot of these schedules before they are due.
NOON = datetime(2099, 1, 7, 12, 0, tzinfo=UTC)
MORNING = datetime(2099, 1, 8, 9, 0, tzinfo=UTC)


async def threads_of(house: Runtime, person: Person) -> list[ThreadRead]:
    async with house.database.transaction(person.actor) as work:
        return (await threads.page(work, limit=50, offset=0, cursor=None, archived=False)).items


async def begun(house: Runtime, person: Person, schedule_id: str) -> list[ThreadRead]:
    """The threads, once the slot is over: the served application looks for lost slots too, and may have been first."""
    while (await look(house, person, schedule_id)).last_at is None:
        await asyncio.sleep(0.02)
    return await threads_of(house, person)


async def claimed(house: Runtime, schedule_id: str) -> Slot:
    """The slot of a schedule that this process claims; others' that are due as well are given back."""
    (slot,) = [slot for slot in await firing.claim_due(house) if slot.schedule_id == schedule_id]
    return slot


@pytest.fixture
async def schedule_id(house: Runtime, ada: Person) -> str:
    agent = await make_agent(house, ada, instructions="You report.")
    return (await make_schedule(clock(house, NOON), ada, agent)).id


async def test_a_slot_begins_a_turn_as_the_user(house: Runtime, ada: Person, schedule_id: str) -> None:
    await jobs.tick(clock(house, MORNING - timedelta(microseconds=1)))
    assert await threads_of(house, ada) == []
    await jobs.tick(clock(house, MORNING))
    stands = await look(house, ada, schedule_id)
    assert (stands.last_at, stands.next_at) == (MORNING, MORNING + timedelta(days=1))
    assert stands.last_error is None
    (thread,) = await threads_of(house, ada)
    assert (thread.title, thread.id) == ("Reporter, 2099-01-08 09:00", stands.last_thread_id)
    assert stands.last_run_id is not None
    events = await read(ada, stands.last_run_id)
    assert any(isinstance(event, TextDelta) for _, event in events)
    await jobs.tick(clock(house, MORNING + timedelta(hours=1)))
    assert len(await threads_of(house, ada)) == 1


async def test_two_processes_begin_a_slot_once(house: Runtime, ada: Person, schedule_id: str) -> None:
    processes = [clock(house, MORNING, f"proc_{number}") for number in range(4)]
    await asyncio.gather(*(jobs.tick(process) for process in processes))
    assert len(await threads_of(house, ada)) == 1
    assert (await look(house, ada, schedule_id)).last_run_id is not None


async def test_of_missed_slots_only_the_latest_begins(house: Runtime, ada: Person, schedule_id: str) -> None:
    late = MORNING + timedelta(days=30, hours=3)
    await jobs.tick(clock(house, late))
    stands = await look(house, ada, schedule_id)
    assert (stands.last_at, stands.next_at) == (
        MORNING + timedelta(days=30),
        MORNING + timedelta(days=31),
    )
    assert len(await threads_of(house, ada)) == 1


async def test_a_slot_of_a_dead_process_is_begun_by_another(
    house: Runtime, ada: Person, schedule_id: str
) -> None:
    await claimed(clock(house, MORNING), schedule_id)
    await jobs.tick(clock(house, MORNING))
    assert await threads_of(house, ada) == []
    await _set(house, schedule_id, claimed_by="proc_that_died")
    await asyncio.gather(*(jobs.tick_lost(clock(house, MORNING)) for _ in range(2)))
    assert len(await begun(house, ada, schedule_id)) == 1
    assert (await look(house, ada, schedule_id)).last_at == MORNING


async def test_a_slot_that_is_fired_again_is_the_same_turn(
    house: Runtime, ada: Person, schedule_id: str
) -> None:
    slot = await claimed(clock(house, MORNING), schedule_id)
    await asyncio.gather(*(firing.fire(house, slot) for _ in range(3)))
    first = await look(house, ada, schedule_id)
    await firing.fire(house, slot)
    again = await look(house, ada, schedule_id)
    assert (again.last_run_id, again.last_thread_id) == (first.last_run_id, first.last_thread_id)
    (thread,) = await threads_of(house, ada)
    assert thread.message_count == 2


async def test_a_living_process_keeps_its_slot_for_a_while(
    house: Runtime, ada: Person, schedule_id: str
) -> None:
    await claimed(clock(house, MORNING), schedule_id)
    await jobs.tick_lost(clock(house, MORNING))
    assert await threads_of(house, ada) == []
    await _set(house, schedule_id, claimed_at=datetime.now(UTC) - timedelta(minutes=2))
    await jobs.tick_lost(clock(house, MORNING))
    assert len(await begun(house, ada, schedule_id)) == 1


async def test_who_has_left_does_not_act(house: Runtime, ada: Person, bob: Person) -> None:
    made = await make_schedule(clock(house, NOON), bob, await make_agent(house, ada))
    async with house.database.house() as session:
        gone = await session.get(Membership, (bob.actor.workspace_id, bob.actor.user_id))
        await session.delete(gone)
    await jobs.tick(clock(house, MORNING))
    stands = await look(house, ada, made.id)
    assert stands.last_error is not None
    assert (stands.last_error.tag, stands.enabled) == ("schedule_owner_gone", False)
    assert await threads_of(house, bob) == []


async def test_the_role_is_that_of_the_moment(house: Runtime, ada: Person, bob: Person) -> None:
    made = await make_schedule(clock(house, NOON), bob, await make_agent(house, ada))
    async with house.database.house() as session:
        await session.execute(
            update(Membership).where(Membership.user_id == bob.actor.user_id).values(role="viewer")
        )
    await jobs.tick(clock(house, MORNING))
    stands = await look(house, bob, made.id)
    assert stands.last_error is not None
    assert (stands.last_error.tag, stands.enabled) == ("forbidden", True)
    assert await threads_of(house, bob) == []


async def test_an_agent_that_is_gone_is_told_at_the_schedule(
    house: Runtime, ada: Person, schedule_id: str
) -> None:
    agent = (await look(house, ada, schedule_id)).agent_id
    async with house.database.transaction(ada.actor) as work:
        await store.delete(work, agent)
    await jobs.tick(clock(house, MORNING))
    stands = await look(house, ada, schedule_id)
    assert stands.last_error is not None
    assert (stands.last_error.tag, stands.last_run_id) == ("not_found", None)
    assert stands.next_at == MORNING + timedelta(days=1)


async def test_a_schedule_that_is_off_does_not_begin(house: Runtime, ada: Person) -> None:
    agent = await make_agent(house, ada)
    await make_schedule(clock(house, NOON), ada, agent, enabled=False)
    await jobs.tick(clock(house, MORNING))
    assert await threads_of(house, ada) == []


async def test_a_schedule_begins_now(house: Runtime, ada: Person, eve: Person, schedule_id: str) -> None:
    before = await look(house, ada, schedule_id)
    began = await firing.fire_now(ada.actor, schedule_id)
    again = await firing.fire_now(ada.actor, schedule_id)
    assert began.thread_id != again.thread_id
    stands = await look(house, ada, schedule_id)
    assert (stands.last_run_id, stands.next_at) == (again.run_id, before.next_at)
    with pytest.raises(NotFound):
        await firing.fire_now(eve.actor, schedule_id)


async def test_nobody_lets_a_schedule_act_as_somebody_else(house: Runtime, ada: Person, bob: Person) -> None:
    made = await make_schedule(house, bob, await make_agent(house, ada))
    with pytest.raises(Forbidden):
        await firing.fire_now(ada.actor, made.id)


async def test_agents_with_a_schedule_of_their_own_are_followed(house: Runtime, ada: Person) -> None:
    agent = await make_agent(house, ada, schedule="0 6 * * *")
    draft = await make_agent(house, ada, status="draft", schedule="@daily")
    await asyncio.gather(*(following.follow_agents(house) for _ in range(3)))
    async with house.database.work(ada.actor) as work:
        (made,), _ = await service.page(work, limit=10, cursor=None)
        await store.set_status(work, agent, "archived")
        await store.set_status(work, draft, "active")
    assert (made.agent_id, made.cron, made.user_id) == (agent, "0 6 * * *", ada.actor.user_id)
    await following.follow_agents(house)
    async with house.database.work(ada.actor) as work:
        (other,), _ = await service.page(work, limit=10, cursor=None)
    assert (other.agent_id, other.cron) == (draft, "@daily")


async def test_a_schedule_that_cannot_be_read_holds_nobody_up(
    house: Runtime, ada: Person, schedule_id: str
) -> None:
    broken = (await make_schedule(clock(house, NOON), ada, await make_agent(house, ada))).id
    await _set(house, broken, time_zone="Mars/Olympus")
    await jobs.tick(clock(house, MORNING))
    stands = await look(house, ada, broken)
    assert stands.last_error is not None
    assert (stands.last_error.tag, stands.enabled, stands.last_at) == ("cron_invalid", False, None)
    assert (await look(house, ada, schedule_id)).last_at == MORNING


async def _set(house: Runtime, schedule_id: str, **values: Any) -> None:
    async with house.database.house() as session:
        await session.execute(update(Schedule).where(Schedule.id == schedule_id).values(**values))
        assert (await session.execute(select(Schedule.id).where(Schedule.id == schedule_id))).scalar_one()


async def test_a_workspaces_key_acts_as_a_member_by_the_clock_too(house: Runtime, ada: Person) -> None:
    async with house.database.work(ada.actor) as work:
        key = (await identity.create_key(work, "a program")).key
    program = await identity.actor_of_key(house, key)
    agent = await make_agent(house, ada)
    by_key = Person(program, key)
    made = await make_schedule(clock(house, NOON), by_key, agent)
    await jobs.tick(clock(house, MORNING))
    stands = await look(house, by_key, made.id)
    async with house.database.transaction(program) as work:
        run = await queries.get(work, stands.last_run_id or "")
    assert run is not None
    assert (program.role, run.request["role"]) == ("member", "member")
