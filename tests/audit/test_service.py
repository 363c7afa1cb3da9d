from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from steward.audit import service as audit
from steward.kernel.errors import Invalid
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from tests.conftest import Person
from tests.support.database import as_owner


@pytest.mark.req("OBS-22")
async def test_an_event_says_who_did_what_where(house: Runtime, ada: Person) -> None:
    target = new_id("thread")
    async with house.database.work(ada.actor) as work:
        await audit.record(work, "thread_renamed", "thread", target, by="hand", times=2)
    async with as_owner(house.settings) as owner:
        (event,) = await owner.fetch("SELECT * FROM events WHERE target_id = $1", target)
    assert event["workspace_id"] == ada.actor.workspace_id
    assert event["actor_id"] == ada.actor.user_id
    assert (event["type"], event["target_type"]) == ("thread_renamed", "thread")
    assert event["metadata"] == {"by": "hand", "times": 2}
    assert event["id"].startswith("evt_")


async def test_an_event_is_kept_exactly_when_its_work_is(house: Runtime, ada: Person) -> None:
    target = new_id("thread")

    async def change_my_mind() -> None:
        async with house.database.work(ada.actor) as work:
            await audit.record(work, "thread_renamed", "thread", target)
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        await change_my_mind()
    async with as_owner(house.settings) as owner:
        assert await owner.fetchval("SELECT count(*) FROM events WHERE target_id = $1", target) == 0


@pytest.mark.req("OBS-22")
@pytest.mark.parametrize("statement", ["UPDATE events SET type = 'nothing'", "DELETE FROM events"])
async def test_nobody_changes_what_happened(house: Runtime, ada: Person, statement: str) -> None:
    async with house.database.work(ada.actor) as work:
        await audit.record(work, "thread_renamed", "thread", new_id("thread"))
    with pytest.raises(DBAPIError, match="permission denied"):
        async with house.database.work(ada.actor) as work:
            await work.session.execute(text(statement))


async def note(house: Runtime, person: Person, type: str, target_id: str) -> None:
    async with house.database.transaction(person.actor) as work:
        await audit.record(work, type, "thread", target_id)


async def test_the_log_is_read_newest_first_and_goes_on(house: Runtime, ada: Person) -> None:
    for number in range(5):
        await note(house, ada, f"thing_{number % 2}", f"thread_{number}")
    async with house.database.transaction(ada.actor) as work:
        first = await audit.page(work, limit=3)
        rest = await audit.page(work, limit=9, cursor=first.next_cursor)
        odd = await audit.page(work, limit=9, type="thing_1")
        one = await audit.page(work, limit=9, target_id="thread_2")
        with pytest.raises(Invalid):
            await audit.page(work, limit=3, cursor="nonsense")
    seen = [event.target_id for event in first.items + rest.items if event.target_type == "thread"]
    assert seen == [f"thread_{number}" for number in (4, 3, 2, 1, 0)]
    assert len(first.items) == 3
    assert rest.next_cursor is None
    assert [event.target_id for event in odd.items] == ["thread_3", "thread_1"]
    assert [event.target_id for event in one.items] == ["thread_2"]


@pytest.mark.req("AUTH-05")
async def test_admins_see_all_events_members_their_own_and_strangers_none(
    house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    target = new_id("thread")
    for person in (ada, bob):
        await note(house, person, "thread_renamed", target)
    for person, expected in ((ada, [bob, ada]), (bob, [bob]), (eve, [])):
        async with house.database.transaction(person.actor) as work:
            found = await audit.page(work, limit=9, target_id=target)
        assert [event.actor_id for event in found.items] == [one.actor.user_id for one in expected]
    async with house.database.transaction(bob.actor) as work:
        assert await audit.count(work) == len((await audit.page(work, limit=100)).items)
