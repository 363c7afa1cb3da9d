"""Stretches of a branch: in either direction, from any message, and quickly in a long thread."""

from __future__ import annotations

import pytest

from steward.kernel.runtime import Runtime
from steward.kernel.stretches import Asked, Stretch
from steward.kernel.work import Work
from steward.threads import keeping
from steward.threads import service as threads
from steward.threads.keeping import Said
from tests.conftest import Person
from tests.support.database import as_owner


def said(count: int) -> list[Said]:
    return [Said("user", [{"type": "text", "text": f"message {n}"}], {}) for n in range(count)]


def expected(ids: list[str], asked: Asked) -> Stretch[str]:
    """The same of a list in memory, the oldest first."""
    shown = ids if asked.ascending else ids[::-1]
    begin = 0 if asked.after is None else shown.index(asked.after) + 1
    end = len(shown) if asked.before is None else shown.index(asked.before)
    within = shown[begin:end]
    is_turned = asked.before is not None and asked.after is None
    items = within[-asked.limit :] if is_turned else within[: asked.limit]
    return Stretch(items, len(within) > asked.limit)


async def read(work: Work, thread_id: str, asked: Asked) -> Stretch[str]:
    found = await keeping.branch_stretch(work, thread_id, asked)
    return Stretch([message.id for message in found.items], found.has_more)


async def test_every_stretch_is_that_of_the_whole_branch(house: Runtime, ada: Person) -> None:
    async with house.database.work(ada.actor) as work:
        thread = await threads.create(work, "", None)
        ids = await keeping.append(work, thread.id, said(9))
        places = [None, ids[0], ids[4], ids[8]]
        for ascending in (False, True):
            for limit in (1, 3, 20):
                for after in places:
                    for before in places:
                        shown = ids if ascending else ids[::-1]
                        if after and before and shown.index(before) <= shown.index(after):
                            continue
                        asked = Asked(limit, ascending, after, before)
                        assert await read(work, thread.id, asked) == expected(ids, asked), asked


async def test_where_it_forks_only_what_is_visible_is_listed(house: Runtime, ada: Person) -> None:
    async with house.database.work(ada.actor) as work:
        thread = await threads.create(work, "", None)
        ids = await keeping.append(work, thread.id, said(4))
    async with as_owner(house.settings) as owner:
        # Another version of the last message: the thread shows the newer.
        await owner.execute(
            "INSERT INTO messages (workspace_id, id, thread_id, user_id, parent_id, role, content) "
            "VALUES ($1, $2, $3, $4, $5, 'user', 'another')",
            ada.actor.workspace_id,
            f"{ids[3]}b",
            thread.id,
            ada.actor.user_id,
            ids[2],
        )
        await owner.execute("UPDATE threads SET head_id = $1 WHERE id = $2", f"{ids[3]}b", thread.id)
    visible = [*ids[:3], f"{ids[3]}b"]
    async with house.database.work(ada.actor) as work:
        for ascending in (False, True):
            for asked in (Asked(20, ascending), Asked(2, ascending), Asked(2, ascending, after=ids[1])):
                assert await read(work, thread.id, asked) == expected(visible, asked)
        # Only those that nothing forks before are needed.
        assert (await read(work, thread.id, Asked(2, ascending=True))).items == ids[:2]


async def test_a_strangers_cursor_begins_nothing(house: Runtime, ada: Person, eve: Person) -> None:
    async with house.database.work(eve.actor) as work:
        hers = await threads.create(work, "", None)
        foreign = (await keeping.append(work, hers.id, said(3)))[1]
    async with house.database.work(ada.actor) as work:
        thread = await threads.create(work, "", None)
        await keeping.append(work, thread.id, said(3))
        for ascending in (False, True):
            found = await read(work, thread.id, Asked(20, ascending, after=foreign))
            assert (found.items, found.has_more) == ([], False)


@pytest.mark.slow
async def test_twenty_of_ten_thousand_are_listed_from_any_place(house: Runtime, ada: Person) -> None:
    workspace, user = ada.actor.workspace_id, ada.actor.user_id
    async with house.database.work(ada.actor) as work:
        thread = await threads.create(work, "", None)
    many = f"msg_{thread.id}_"
    async with as_owner(house.settings) as owner:
        await owner.execute(
            "INSERT INTO messages (workspace_id, id, thread_id, user_id, parent_id, role, content) "
            "SELECT $1, $2 || n, $3, $4, CASE WHEN n > 1 THEN $2 || (n - 1) END, 'user', 'message ' || n "
            "FROM generate_series(1, 10000) AS n",
            workspace,
            many,
            thread.id,
            user,
        )
        await owner.execute("UPDATE threads SET head_id = $1 || 10000 WHERE id = $2", many, thread.id)
        await owner.execute("ANALYZE messages")
    asked = [
        (Asked(20), range(10_000, 9_980, -1)),
        (Asked(20, ascending=True), range(1, 21)),
        (Asked(20, after=f"{many}5000"), range(4_999, 4_979, -1)),
        (Asked(20, ascending=True, after=f"{many}5000"), range(5_001, 5_021)),
        (Asked(20, before=f"{many}5000"), range(5_020, 5_000, -1)),
    ]
    async with house.database.work(ada.actor) as work:
        for one, numbers in asked:
            found = await read(work, thread.id, one)
            assert found == Stretch([f"{many}{n}" for n in numbers], has_more=True)
