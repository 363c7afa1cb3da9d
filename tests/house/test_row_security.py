"""Row security, for every table that the catalogue knows: a new table is covered without a change here."""

# ruff: noqa: S608  # table names come from the catalogue, ids from ourselves

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError

from steward.identity import service as identity
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Actor, Database, asyncpg_dsn
from steward.threads import service as threads
from tests.conftest import Person
from tests.support.database import (
    UNTENANTED,
    Connection,
    RowMaker,
    Table,
    Values,
    as_owner,
    insert,
    read_schema,
)

# Not one user's own, although a user is named in each row: the whole workspace sees them.
_SHARED_WITH_THE_WORKSPACE = {
    "collections": "documents are the workspace's",
    "documents": "documents are the workspace's",
    "files": "files are the workspace's",
    "api_keys": "admins see who may call",
    "schedules": "admins see what begins by itself",
    "memberships": "colleagues see each other",
    "model_calls": "admins see what was used; no row holds text of a message",
}
# What may look past the policies, because it names the actor itself.
_DEFINER_FUNCTIONS = {
    "search_chunks",
    "search_messages",
    "shared_thread",
    "shared_threads",
    "shared_messages",
}
_HIDDEN_FROM_THE_APP = ("sessions", "sign_in_links", "processes")


@pytest.fixture
async def owner(house: Runtime) -> AsyncGenerator[Connection]:
    async with as_owner(house.settings) as connection:
        yield connection


@pytest.fixture
async def schema(owner: Connection) -> dict[str, Table]:
    tables = await read_schema(owner)
    assert len(tables) > 10
    return {name: table for name, table in tables.items() if name not in UNTENANTED}


@pytest.fixture
def maker(owner: Connection, schema: dict[str, Table]) -> RowMaker:
    return RowMaker(owner, schema)


def is_personal(table: Table) -> bool:
    return "user_id" in table.columns and table.name not in {
        *_SHARED_WITH_THE_WORKSPACE,
        *_HIDDEN_FROM_THE_APP,
    }


async def run(house: Runtime, actor: Actor, statement: str) -> int | str:
    """What a statement does for an actor: the rows that it touches, or the SQLSTATE of the refusal. Never kept."""
    touched: int | str = "not run"
    try:
        async with house.database.work(actor) as work:
            result = await work.session.execute(text(statement.replace(":", "\\:")))
            touched = len(result.all()) if result.returns_rows else result.rowcount  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
            await work.session.rollback()
    except DBAPIError as error:
        touched = str(getattr(error.orig, "sqlstate", error.orig))
    return touched  # pyright: ignore[reportUnknownVariableType]


async def may(owner: Connection, table: str, right: str) -> bool:
    return bool(await owner.fetchval("SELECT has_table_privilege('steward_app', $1, $2)", table, right))


@pytest.mark.req("AUTH-05")
async def test_every_table_is_behind_row_security(owner: Connection, schema: dict[str, Table]) -> None:
    rows = await owner.fetch(
        "SELECT relname::text AS name, relrowsecurity, relforcerowsecurity, relowner::regrole::text AS owner "
        "FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    found = {row["name"]: row for row in rows}
    faults = [
        name
        for name in schema
        if not found[name]["relrowsecurity"]
        or not found[name]["relforcerowsecurity"]
        or found[name]["owner"] in ("steward_app", "steward_system")
    ]
    assert faults == []
    without_policy = await owner.fetch(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
        "AND relname <> ALL ($1) AND NOT EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = pg_class.oid)",
        list(UNTENANTED),
    )
    assert without_policy == []


async def test_every_policy_of_the_app_names_the_workspace(schema: dict[str, Table]) -> None:
    faults = [
        f"{table.name} {command}"
        for table in schema.values()
        for command, rule in table.policies.items()
        if "steward.workspace_id" not in rule and table.name != "users"
    ]
    assert faults == []


async def test_every_table_with_a_user_is_personal_or_known_to_be_shared(schema: dict[str, Table]) -> None:
    undecided = [
        table.name
        for table in schema.values()
        if is_personal(table) and not all("steward.user_id" in rule for rule in table.policies.values())
    ]
    assert undecided == []


@pytest.mark.req("AUTH-05")
async def test_the_roles_cannot_pass_the_wall(owner: Connection) -> None:
    roles = await owner.fetch(
        "SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'steward_%' AND NOT (rolsuper OR rolbypassrls "
        "OR rolcreaterole OR rolcreatedb OR rolreplication) ORDER BY 1"
    )
    assert [row[0] for row in roles] == ["steward_app", "steward_system"]
    # A member of another role could become it.
    assert (
        await owner.fetchval("SELECT count(*) FROM pg_auth_members WHERE member = 'steward_app'::regrole")
        == 0
    )
    owned = await owner.fetchval(
        "SELECT count(*) FROM pg_shdepend WHERE refobjid = 'steward_app'::regrole AND deptype = 'o'"
    )
    assert owned == 0
    for schema, right in (("public", "CREATE"), ("dbos", "USAGE"), ("dbos", "CREATE")):
        assert not await owner.fetchval("SELECT has_schema_privilege('steward_app', $1, $2)", schema, right)


@pytest.mark.req("AUTH-05")
async def test_the_app_has_no_right_that_row_security_does_not_filter(
    owner: Connection, schema: dict[str, Table]
) -> None:
    faults = [
        f"{right} on {table}"
        for table in schema
        for right in ("TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
        if await may(owner, table, right)
    ]
    faults += [
        f"{right} on {table}"
        for table in _HIDDEN_FROM_THE_APP
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE")
        if await may(owner, table, right)
        or await owner.fetchval(
            "SELECT has_any_column_privilege('steward_app', $1, $2)", table, right.replace("DELETE", "SELECT")
        )
    ]
    assert faults == []
    for right in ("SELECT", "INSERT", "UPDATE"):
        assert not await owner.fetchval(
            "SELECT has_column_privilege('steward_app', 'users', 'password_hash', $1)", right
        )


async def test_views_and_functions_do_not_look_past_the_wall(owner: Connection) -> None:
    views = await owner.fetch(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm') "
        "AND NOT coalesce(reloptions::text LIKE '%security_invoker=true%', false)"
    )
    assert views == []
    functions = await owner.fetch(
        "SELECT proname::text AS name, proconfig::text AS config, "
        "has_function_privilege('public', oid, 'EXECUTE') AS anybody FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace AND prosecdef"
    )
    assert {row["name"] for row in functions} == _DEFINER_FUNCTIONS
    for row in functions:
        assert "search_path=public, pg_temp" in row["config"]
        assert not row["anybody"]


@pytest.mark.req("AUTH-05")
@pytest.mark.req("AUTH-06")
async def test_rows_of_another_workspace_can_be_neither_read_nor_written(
    house: Runtime, owner: Connection, schema: dict[str, Table], maker: RowMaker, ada: Person, eve: Person
) -> None:
    faults: list[str] = []
    for table in schema.values():
        if table.has_workspace and table.policies:
            faults += await _faults_between(house, owner, maker, table, ada.actor, eve.actor)
    assert faults == []


@pytest.mark.req("AUTH-07")
async def test_personal_rows_are_hidden_from_colleagues(
    house: Runtime, owner: Connection, schema: dict[str, Table], maker: RowMaker, ada: Person, bob: Person
) -> None:
    personal = [table for table in schema.values() if is_personal(table)]
    assert {table.name for table in personal} >= {"threads", "messages", "runs"}
    faults: list[str] = []
    for table in [*personal, schema["run_segments"]]:
        faults += await _faults_between(house, owner, maker, table, ada.actor, bob.actor)
    assert faults == []


async def _faults_between(
    house: Runtime, owner: Connection, maker: RowMaker, table: Table, holder: Actor, stranger: Actor
) -> list[str]:
    """What a stranger can do with a holder's row, and what the holder cannot: else the first would mean nothing."""
    name = table.name
    if name == "memberships":
        theirs: Values = {"workspace_id": holder.workspace_id, "user_id": holder.user_id}
        own: Values = {"workspace_id": stranger.workspace_id, "user_id": stranger.user_id}
    else:
        theirs = await maker.make(name, holder.workspace_id, holder.user_id)
        own = await maker.make(name, stranger.workspace_id, stranger.user_id)
    here, mine = table.where(theirs), table.where(own)
    bound = {"workspace_id", "user_id", *(column for key in table.foreign_keys for column in key.columns)}
    move = ", ".join(f"{column} = '{theirs[column]}'" for column in sorted(bound & theirs.keys()))
    first = table.key[0]
    touch = f"UPDATE {name} SET {first} = {first} WHERE"
    new = await maker.values(name, holder.workspace_id, holder.user_id)
    tried = {
        ("SELECT", "read"): (f"SELECT 1 FROM {name} WHERE {here}", f"SELECT 1 FROM {name} WHERE {mine}"),
        ("UPDATE", "updated"): (f"{touch} {here}", f"{touch} {mine}"),
        ("DELETE", "deleted"): (f"DELETE FROM {name} WHERE {here}", f"DELETE FROM {name} WHERE {mine}"),
        ("INSERT", "inserted"): (insert(name, new), None),
        ("UPDATE", "moved"): (f"UPDATE {name} SET {move} WHERE {mine}", None),
    }
    faults: list[str] = []
    for (right, deed), (forbidden, allowed) in tried.items():
        done = await run(house, stranger, forbidden)
        if done not in (0, "42501"):
            faults.append(f"{name}: a stranger's row was {deed}: {done}")
        if allowed is not None and await may(owner, name, right):
            done = await run(house, stranger, allowed)
            if done != 1:
                faults.append(f"{name}: one's own row was not {deed}: {done}")
    if name != "memberships" and await may(owner, name, "INSERT"):
        done = await run(house, holder, insert(name, new))
        if done != 1:
            faults.append(f"{name}: one's own row was not inserted: {done}")
    if await owner.fetchval(f"SELECT count(*) FROM {name} WHERE {here}") != 1:
        faults.append(f"{name}: the row is gone")
    return faults


@pytest.mark.req("AUTH-05")
async def test_one_sees_ones_own_workspace_and_its_people_only(
    house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    async with house.database.work(bob.actor) as work:
        workspaces = set((await work.session.execute(text("SELECT id FROM workspaces"))).scalars())
        people = set((await work.session.execute(text("SELECT id FROM users"))).scalars())
    assert workspaces == {ada.actor.workspace_id}
    assert {ada.actor.user_id, bob.actor.user_id} < people
    assert eve.actor.user_id not in people
    assert len(people) == 3, "beside the two there is the workspace's service account only"
    renamed = f"UPDATE workspaces SET name = 'Eve was here' WHERE id = '{ada.actor.workspace_id}'"
    assert await run(house, eve.actor, renamed) == 0


@pytest.mark.req("AUTH-05")
async def test_without_an_actor_every_table_is_empty(
    house: Runtime, owner: Connection, schema: dict[str, Table], maker: RowMaker, ada: Person
) -> None:
    readable = [name for name in schema if await may(owner, name, "SELECT")]
    assert len(readable) >= 9
    for name in readable:
        if schema[name].has_workspace and name != "memberships":
            await maker.make(name, ada.actor.workspace_id, ada.actor.user_id)
    stranger = await asyncpg.connect(asyncpg_dsn(house.database.app_url))
    try:
        never_set = {name: await stranger.fetchval(f"SELECT count(*) FROM {name}") for name in readable}
        async with stranger.transaction():
            await stranger.execute(
                "SELECT set_config('steward.workspace_id', $1, true)", ada.actor.workspace_id
            )
            await stranger.execute("SELECT set_config('steward.user_id', $1, true)", ada.actor.user_id)
            as_ada = {name: await stranger.fetchval(f"SELECT count(*) FROM {name}") for name in readable}
        # Now the settings are '' and no longer NULL.
        after_commit = {name: await stranger.fetchval(f"SELECT count(*) FROM {name}") for name in readable}
    finally:
        await stranger.close()
    assert min(as_ada.values()) > 0
    assert set(never_set.values()) == {0}
    assert set(after_commit.values()) == {0}


async def test_a_pooled_connection_forgets_its_actor(house: Runtime, ada: Person, eve: Person) -> None:
    async with house.database.work(ada.actor) as work:
        thread = await threads.create(work, "Ada's", None)
    one = Database(house.database.app_url, house.database.system_url, pool_size=1, pool_seconds=2)
    who = text(
        "SELECT current_setting('steward.workspace_id', true), current_setting('steward.user_id', true), "
        "pg_backend_pid()"
    )
    try:
        async with one.work(ada.actor) as work:
            assert (await threads.get(work, thread.id)).id == thread.id
            connection = (await work.session.execute(who)).one()
        with pytest.raises(RuntimeError, match="broke"):
            async with one.work(ada.actor) as work:
                raise RuntimeError("broke")
        pool = one._app  # pyright: ignore[reportPrivateUsage]  # what the next borrower gets, without an actor
        async with pool.connect() as borrowed:
            after = (await borrowed.execute(who)).one()
        async with one.work(eve.actor) as work:
            seen = (await work.session.execute(text("SELECT count(*) FROM threads"))).scalar_one()
    finally:
        await one.close()
    assert connection[:2] == (ada.actor.workspace_id, ada.actor.user_id)
    assert after[2] == connection[2], "it is the same connection"
    assert after[:2] == ("", "")
    assert seen == 0


@pytest.mark.req("AUTH-05")
async def test_no_child_can_point_at_another_workspaces_parent(
    owner: Connection, schema: dict[str, Table], maker: RowMaker, ada: Person, eve: Person
) -> None:
    checked = 0
    faults: list[str] = []
    for table in schema.values():
        for key in table.foreign_keys:
            if not table.has_workspace or not schema[key.table].has_workspace:
                continue
            checked += 1
            parent = await maker.make(key.table, ada.actor.workspace_id, ada.actor.user_id)
            child = await maker.values(table.name, eve.actor.workspace_id, eve.actor.user_id)
            pointed = dict(zip(key.columns, (parent[target] for target in key.targets), strict=True))
            child |= {name: value for name, value in pointed.items() if name != "workspace_id"}
            try:
                await owner.execute(insert(table.name, child))
                faults.append(f"{table.name}({', '.join(key.columns)}) took a stranger's {key.table}")
            except asyncpg.ForeignKeyViolationError:
                pass
    assert checked >= 4
    assert faults == []


@pytest.mark.req("CONV-19")
async def test_the_search_past_the_wall_shows_ones_own_messages_only(
    house: Runtime, owner: Connection, maker: RowMaker, ada: Person, bob: Person, eve: Person
) -> None:
    for person in (ada, bob, eve):
        message = await maker.make("messages", person.actor.workspace_id, person.actor.user_id)
        await owner.execute(f"UPDATE messages SET content = 'Quittenmus 林檎' WHERE id = '{message['id']}'")
    for words in ("quittenmus", "林檎"):
        for person in (ada, bob, eve):
            async with house.database.work(person.actor) as work:
                found = await work.session.execute(
                    text("SELECT message_id FROM search_messages(:words, 50)"), {"words": words}
                )
                ids = list(found.scalars())
            async with as_owner(house.settings) as everything:
                owners = await everything.fetch(
                    "SELECT DISTINCT user_id FROM messages WHERE id = ANY ($1)", ids
                )
            assert [row[0] for row in owners] == [person.actor.user_id]
    stranger = await asyncpg.connect(asyncpg_dsn(house.database.app_url))
    try:
        assert await stranger.fetch("SELECT * FROM search_messages('quittenmus', 50)") == []
    finally:
        await stranger.close()


@pytest.mark.slow
@pytest.mark.req("CONV-19")
async def test_the_search_uses_its_index_and_row_secured_full_text_cannot(
    house: Runtime, settings: Settings, owner: Connection, maker: RowMaker, ada: Person
) -> None:
    thread = await maker.make("threads", ada.actor.workspace_id, ada.actor.user_id)
    await owner.execute(
        "INSERT INTO messages (workspace_id, id, thread_id, user_id, role, content) SELECT $1, $2 || n, $2, $3, "
        "'user', repeat('lorem ipsum dolor sit amet ', 6) || CASE n % 800 WHEN 0 THEN 'zwetschge' ELSE '' END "
        "FROM generate_series(1, 8000) AS n",
        ada.actor.workspace_id,
        thread["id"],
        ada.actor.user_id,
    )
    # What the server itself does after a while.
    await owner.execute("SELECT gin_clean_pending_list('ix_messages_search')")
    await owner.execute("ANALYZE messages, threads")
    scans = text("SELECT pg_stat_get_xact_numscans('ix_messages_search'::regclass)")
    through_the_function = text("SELECT message_id FROM search_messages('zwetschge', 50)")
    behind_the_policy = text("SELECT id FROM messages WHERE search @@ to_tsquery('simple', 'zwetschge:*')")

    async def measure(statement: TextClause) -> tuple[int, int]:
        found = 0
        async with house.database.work(ada.actor) as work:
            before = (await work.session.execute(scans)).scalar_one()
            # More often than PostgreSQL plans anew by itself.
            for _ in range(8):
                found = len((await work.session.execute(statement)).all())
            return found, (await work.session.execute(scans)).scalar_one() - before

    found, index_scans = await measure(through_the_function)
    slow_found, slow_scans = await measure(behind_the_policy)
    assert found == slow_found == 10
    assert index_scans == 8
    assert slow_scans == 0
    await owner.execute("DELETE FROM messages WHERE thread_id = $1", thread["id"])


async def test_works_of_many_actors_at_once_do_not_mix(house: Runtime, ada: Person, eve: Person) -> None:
    async def own_ids(person: Person) -> set[str]:
        async with house.database.work(person.actor) as work:
            await threads.create(work, "Mine", None)
            await asyncio.sleep(0)
            found = await work.session.execute(text("SELECT DISTINCT user_id FROM threads"))
            return set(found.scalars())

    seen = await asyncio.gather(*(own_ids(person) for _ in range(15) for person in (ada, eve)))
    assert seen == [{person.actor.user_id} for _ in range(15) for person in (ada, eve)]


async def test_the_service_account_of_a_workspace_is_no_way_into_another(
    house: Runtime, ada: Person, eve: Person
) -> None:
    service = await identity.service_actor(house, eve.actor.workspace_id)
    async with house.database.work(ada.actor) as work:
        thread = await threads.create(work, "Ada's", None)
    assert await run(house, service, f"SELECT 1 FROM threads WHERE id = '{thread.id}'") == 0
