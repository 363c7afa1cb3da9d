"""Several statements in one way to the database: each is answered from it once, and only for the same values."""

from __future__ import annotations

from steward.kernel.runtime import Runtime
from steward.kernel.work import Statement
from tests.conftest import Person

NAME = Statement("SELECT name, properties FROM workspaces WHERE id = :workspace_id")
NUMBERS = Statement("SELECT n, n * 1.5 AS more FROM generate_series(1, cast(:most AS int)) n ORDER BY n DESC")
NOBODY = Statement("SELECT id FROM threads WHERE workspace_id = :workspace_id AND id = 'thread_of_nobody'")


async def test_each_room_asks_as_it_always_does(house: Runtime, ada: Person) -> None:
    mine = {"workspace_id": ada.actor.workspace_id}
    async with (
        house.database.transaction(ada.actor) as work,
        work.at_once(NAME, NUMBERS, NOBODY, **mine, most=3),
    ):
        workspace = await work.first(NAME, **mine)
        assert workspace is not None
        assert (workspace.name, workspace["name"], workspace.properties) == (
            "Workspace of a test",
            "Workspace of a test",
            {},
        )
        assert [(row.n, float(row.more)) for row in await work.all(NUMBERS, most=3)] == [
            (3, 4.5),
            (2, 3.0),
            (1, 1.5),
        ]
        assert await work.first(NOBODY, **mine) is None


async def test_other_values_and_a_second_time_are_asked_anew(house: Runtime, ada: Person) -> None:
    moment = Statement("SELECT statement_timestamp() AS at, cast(:most AS int) AS most")
    async with house.database.transaction(ada.actor) as work:
        async with work.at_once(moment, NUMBERS, most=2):
            known = await work.first(moment, most=2)
            again = await work.first(moment, most=2)
            assert known is not None
            assert again is not None
            assert isinstance(known.at, str)
            assert again.at.isoformat() > known.at
            assert len(await work.all(NUMBERS, most=4)) == 4
        # What was not asked for is forgotten at the end.
        async with work.at_once(moment, most=2):
            pass
        late = await work.first(moment, most=2)
        assert late is not None
        assert not isinstance(late.at, str)


async def test_the_wall_stands(house: Runtime, ada: Person, eve: Person) -> None:
    theirs = {"workspace_id": ada.actor.workspace_id}
    async with house.database.transaction(eve.actor) as work, work.at_once(NAME, **theirs):
        assert await work.first(NAME, **theirs) is None
