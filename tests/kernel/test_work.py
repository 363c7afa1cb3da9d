from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from steward.kernel.errors import Conflict, Forbidden, Unavailable
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor, Database, Role, Statement, lower_role
from steward.threads import service as threads
from tests.conftest import Person

_ROLES: list[Role] = ["viewer", "member", "admin", "owner"]


@pytest.fixture
async def small(house: Runtime) -> AsyncGenerator[Database]:
    """A database with one connection of each kind."""
    database = Database(house.database.app_url, house.database.system_url, pool_size=2, pool_seconds=0.3)
    yield database
    await database.close()


@pytest.mark.req("AUTH-11")
@pytest.mark.parametrize("role", _ROLES)
def test_a_role_may_do_what_lower_ones_may(role: Role) -> None:
    actor = Actor("ws", "user", role)
    for least in _ROLES:
        if _ROLES.index(least) <= _ROLES.index(role):
            actor.ensure_role(least)
            assert lower_role(role, least) == least
        else:
            with pytest.raises(Forbidden):
                actor.ensure_role(least)
            assert lower_role(least, role) == role


async def test_work_is_kept_when_it_ends_well_and_only_then(house: Runtime, ada: Person) -> None:
    renamed = text("UPDATE workspaces SET name = :name")
    name = text("SELECT name FROM workspaces")
    async with house.database.work(ada.actor) as work:
        await work.session.execute(renamed, {"name": "kept"})

    async def break_off() -> None:
        async with house.database.work(ada.actor) as work:
            await work.session.execute(renamed, {"name": "lost"})
            raise RuntimeError("broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        await break_off()
    async with house.database.work(ada.actor) as work:
        assert (await work.session.execute(name)).scalar_one() == "kept"


async def test_what_names_something_that_is_gone_is_told_as_a_conflict(house: Runtime, ada: Person) -> None:
    insert = (
        "INSERT INTO messages (workspace_id, id, thread_id, user_id, role, content) "
        "VALUES (:workspace_id, 'msg_' || :thread_id, :thread_id, :user_id, 'user', '')"
    )
    values = {"workspace_id": ada.actor.workspace_id, "user_id": ada.actor.user_id, "thread_id": "gone"}

    async def write_by_session() -> None:
        async with house.database.work(ada.actor) as work:
            await work.session.execute(text(insert), values)

    async def write_by_statement() -> None:
        async with house.database.transaction(ada.actor) as transaction:
            await transaction.all(Statement(insert), **values)

    for write in (write_by_session, write_by_statement):
        with pytest.raises(Conflict, match="deleted meanwhile"):
            await write()


async def test_a_change_of_what_is_gone_is_a_conflict(house: Runtime, ada: Person) -> None:
    async with house.database.work(ada.actor) as work:
        thread_id = (await threads.create(work, "Pumps", None)).id

    async def change() -> None:
        async with house.database.work(ada.actor) as work:
            thread = await threads.get(work, thread_id)
            async with house.database.work(ada.actor) as other:
                await threads.delete(other, thread_id)
            thread.title = "Valves"

    with pytest.raises(Conflict, match="deleted meanwhile"):
        await change()


async def test_prepared_statements_see_and_keep_the_same(house: Runtime, ada: Person) -> None:
    rename = Statement("UPDATE workspaces SET name = :name RETURNING id, name")
    async with house.database.work(ada.actor) as work:
        (row,) = await work.all(rename, name="by the work")
        assert (row.id, row.name) == (ada.actor.workspace_id, "by the work")
    async with house.database.transaction(ada.actor) as transaction:
        row = await transaction.first(Statement("SELECT name, :one::int AS one FROM workspaces"), one=1)
        assert row is not None
        assert (row.name, row.one) == ("by the work", 1)

    async def break_off() -> None:
        async with house.database.transaction(ada.actor) as transaction:
            await transaction.all(rename, name="lost")
            raise RuntimeError("broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        await break_off()
    async with house.database.transaction(ada.actor) as transaction:
        (row,) = await transaction.all(Statement("SELECT name FROM workspaces"))
        assert row.name == "by the work"


async def test_the_quick_way_forgets_its_actor_too(small: Database, ada: Person, eve: Person) -> None:
    who = Statement(
        "SELECT current_setting('steward.workspace_id', true) AS workspace, pg_backend_pid() AS pid, "
        "(SELECT count(*) FROM workspaces) AS seen"
    )
    pids: set[int] = set()
    for person in (ada, eve, ada):
        async with small.transaction(person.actor) as transaction:
            row = await transaction.first(who)
            assert row is not None
            assert (row.workspace, row.seen) == (person.actor.workspace_id, 1)
            pids.add(row.pid)
    assert len(pids) == 1, "one connection served them all"


@pytest.mark.parametrize("odd", ["", "x'y", "ws; DROP TABLE users", "a b", "é", "x" * 201])
async def test_an_id_that_is_none_opens_nothing(small: Database, odd: str) -> None:
    with pytest.raises(ValueError, match="no id has"):
        async with small.transaction(Actor(odd, "user", "owner")):
            pass
    with pytest.raises(ValueError, match="no id has"):
        async with small.transaction(Actor("ws", odd, "owner")):
            pass


async def test_a_full_pool_says_so_soon_and_recovers_at_once(small: Database, ada: Person) -> None:
    async with small.work(ada.actor):
        began = time.perf_counter()
        with pytest.raises(Unavailable, match="in use") as refused:
            async with small.work(ada.actor):
                pass
        assert time.perf_counter() - began < 10
    assert (refused.value.status, refused.value.retry_after_seconds) == (503, 1)
    async with small.work(ada.actor) as work:
        assert (await work.session.execute(text("SELECT 1"))).scalar_one() == 1
    assert small.checked_out == 0


@pytest.mark.slow
async def test_turns_wait_for_theirs(small: Database, ada: Person) -> None:
    async def take_one() -> None:
        async with small.transaction(ada.actor) as transaction:
            await transaction.all(Statement("SELECT pg_sleep(0.02)"))

    await asyncio.gather(*(take_one() for _ in range(20)))
    assert small.checked_out == 0


async def test_whoever_is_cancelled_leaves_a_clean_connection(small: Database, ada: Person) -> None:
    async def sleep_within() -> None:
        async with small.transaction(ada.actor) as transaction:
            await transaction.all(Statement("SELECT pg_sleep(30)"))

    for _ in range(3):
        sleeping = asyncio.ensure_future(sleep_within())
        await asyncio.sleep(0.1)
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
        async with small.transaction(ada.actor) as transaction:
            (row,) = await transaction.all(Statement("SELECT 1 AS one"))
            assert row.one == 1
    assert small.checked_out == 0


@pytest.mark.req("ERR-09")
async def test_an_error_of_the_database_shows_nothing_of_what_was_written(
    small: Database, ada: Person
) -> None:
    async def write_badly() -> None:
        async with small.work(ada.actor) as work:
            await work.session.execute(text("SELECT cast(:said AS text) / 0"), {"said": "between you and me"})

    with pytest.raises(DBAPIError) as broke:
        await write_badly()
    assert "you and me" not in str(broke.value)


async def test_a_database_that_is_not_there_is_a_refusal(house: Runtime, ada: Person) -> None:
    nowhere = house.database.app_url.update_query_dict({"host": "/nowhere"})
    away = Database(nowhere, nowhere, pool_size=2, pool_seconds=1)
    for way in (away.work, away.transaction):
        with pytest.raises(Unavailable, match="does not answer"):
            async with way(ada.actor):
                pass
    await away.close()
