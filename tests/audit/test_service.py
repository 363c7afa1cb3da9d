from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from steward.audit import service as audit
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
