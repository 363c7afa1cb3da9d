from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import event, text

from steward.kernel.runtime import Runtime
from steward.kernel.work import Work
from steward.threads import exchanges, queries
from steward.threads import service as threads
from steward.threads.schemas import ThreadPage
from tests.conftest import Person
from tests.support.database import as_owner
from tests.support.talk import lay_down

_MANY = 100_000


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.req("PERS-04")
@pytest.mark.req("PERS-05")
async def test_lists_and_pages_use_their_indexes_among_a_hundred_thousand(
    house: Runtime, ada: Person
) -> None:
    workspace, user = ada.actor.workspace_id, ada.actor.user_id
    many = f"{workspace}_many"
    async with as_owner(house.settings) as owner:
        # One long conversation, and many empty ones.
        await owner.execute(
            "INSERT INTO threads (workspace_id, id, user_id, title, is_pinned, last_message_at) "
            "SELECT $1, $2 || n, $3, 'thread ' || n, n % 1000 = 0, now() - n * interval '1 minute' "
            "FROM generate_series(1, $4::int) AS n",
            workspace,
            many,
            user,
            _MANY,
        )
        await owner.execute(
            "INSERT INTO messages (workspace_id, id, thread_id, user_id, parent_id, role, content) "
            "SELECT $1, $2 || n, $2 || 1, $3, CASE WHEN n > 1 THEN $2 || (n - 1) END, 'user', 'message ' || n "
            "FROM generate_series(1, 20000) AS n",
            workspace,
            many,
            user,
        )
        await owner.execute("UPDATE threads SET head_id = $1 || 20000 WHERE id = $1 || 1", many)
        await owner.execute("ANALYZE threads, messages")

    pages: list[ThreadPage] = []

    async def list_first(work: Work) -> None:
        pages.append(await threads.page(work, limit=30, offset=0, cursor=None, archived=False))

    async def list_next(work: Work) -> None:
        cursor = pages[0].next_cursor
        pages.append(await threads.page(work, limit=30, offset=0, cursor=cursor, archived=False))

    async def read(work: Work) -> None:
        thread = await threads.get(work, f"{many}1")
        items, more = await threads.messages(work, thread, limit=50, offset=0, cursor=None)
        assert (len(items), items[0].id, more is not None) == (50, f"{many}20000", True)

    assert await _whole_scans(house, ada, list_first, "threads", "ix_threads_list") == (0, 1)
    assert await _whole_scans(house, ada, list_next, "threads", "ix_threads_list") == (0, 1)
    scans, index_scans = await _whole_scans(house, ada, read, "messages", "pk_messages")
    assert scans == 0
    assert index_scans > 0
    assert [thread.pinned for page in pages for thread in page.items] == [True] * 60
    assert len({thread.id for page in pages for thread in page.items}) == 60


async def _whole_scans(
    house: Runtime, person: Person, act: Callable[[Work], Awaitable[None]], table: str, index: str
) -> tuple[int, int]:
    """How often an act read a whole table, and how often it asked an index."""
    count = text(
        "SELECT pg_stat_get_xact_numscans(cast(cast(:table AS text) AS regclass)), "
        "pg_stat_get_xact_numscans(cast(cast(:index AS text) AS regclass))"
    )
    names = {"table": table, "index": index}
    async with house.database.work(person.actor) as work:
        before = (await work.session.execute(count, names)).one()
        await act(work)
        after = (await work.session.execute(count, names)).one()
    return after[0] - before[0], after[1] - before[1]


async def test_a_path_goes_no_further_than_asked(house: Runtime, ada: Person) -> None:
    _, ids = await lay_down(house, ada, 12)
    async with house.database.work(ada.actor) as work:
        assert [row.id for row in await queries.path(work, ids[-1], 5)] == ids[:-6:-1]
        assert [row.id for row in await queries.path(work, ids[2], 100)] == ids[2::-1]
        assert await queries.path(work, "msg_nobodys", 100) == []
        said = await exchanges.history(work, ids[-1], 3)
    assert [parts[0]["text"] for _, parts in said] == [f"message {at}" for at in range(8, 12)]


async def test_nobody_walks_a_strangers_path(house: Runtime, ada: Person, bob: Person, eve: Person) -> None:
    thread, ids = await lay_down(house, ada, 4)
    for stranger in (bob, eve):
        async with house.database.work(stranger.actor) as work:
            assert await queries.path(work, ids[-1], 10) == []
            assert await queries.said(work, ids[-1], 10) == []
            assert await queries.find_message(work, thread, ids[0]) is None
            assert await queries.lock_thread(work, thread) is None
            assert await queries.siblings(work, thread, [None, ids[0]]) == {}


@pytest.mark.slow
async def test_a_long_conversation_forks_in_as_few_steps_as_a_short_one(house: Runtime, ada: Person) -> None:
    steps: list[int] = []
    for length in (4, 400):
        _, ids = await lay_down(house, ada, length)
        async with house.database.work(ada.actor) as work:
            (source,) = await queries.path(work, ids[0], 1)
            heard: list[str] = []

            def hear(
                _connection: object, _cursor: object, statement: str, *_rest: object, to: list[str] = heard
            ) -> None:
                to.append(statement)

            connection = (await work.session.connection()).sync_connection
            assert connection is not None
            event.listen(connection, "before_cursor_execute", hear)
            fork = await threads.branch(work, source.thread_id, ids[-1])
            event.remove(connection, "before_cursor_execute", hear)
            copies = await queries.path(work, fork.head_id or "", 1000)
        assert [row.content for row in copies[::-1]] == [f"message {at}" for at in range(length)]
        assert fork.message_count == length
        steps.append(len(heard))
    assert 0 < steps[0] == steps[1], steps
