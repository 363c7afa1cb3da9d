"""What is kept, as the catalogue describes it. `threads` and `messages` are the requirements' conversations."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from tests.conftest import Person
from tests.support.database import RowMaker, as_owner, read_schema
from tests.support.talk import ask


async def described(settings: Settings, table: str) -> dict[str, tuple[str, bool, str | None]]:
    """For each column its type, whether it may be NULL, and its default."""
    async with as_owner(settings) as owner:
        rows = await owner.fetch(
            "SELECT column_name, data_type, is_nullable = 'YES', column_default FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name = $1",
            table,
        )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


@pytest.mark.req("PERS-01")
@pytest.mark.req("PERS-02")
@pytest.mark.req("PERS-12")
async def test_a_conversation_has_its_columns(house: Runtime) -> None:
    columns = await described(house.settings, "threads")
    now = ("timestamp with time zone", False, "now()")
    assert columns == columns | {
        "id": ("text", False, None),
        "workspace_id": ("text", False, None),
        "user_id": ("text", False, None),
        "title": ("text", False, "''::text"),
        "model": ("text", True, None),
        "is_pinned": ("boolean", False, "false"),
        "archived": ("boolean", False, "false"),
        "message_count": ("integer", False, "0"),
        "token_count": ("bigint", False, "0"),
        "metadata": ("jsonb", False, "'{}'::jsonb"),
        "last_message_at": now,
        "created_at": now,
        "updated_at": now,
    }


@pytest.mark.req("PERS-17", "THRD-20")
async def test_a_thread_keeps_the_clients_chat_and_its_assistant(
    house: Runtime, ada: Person, bob: Person
) -> None:
    columns = await described(house.settings, "threads")
    assert columns == columns | {
        "client_id": ("text", True, None),
        "agent_id": ("text", True, None),
        "head_id": ("text", True, None),
    }
    async with as_owner(house.settings) as owner:
        schema = await read_schema(owner)
        rows = RowMaker(owner, schema)
        thread = await rows.make("threads", ada.actor.workspace_id, ada.actor.user_id)
        insert = "INSERT INTO threads (workspace_id, id, user_id, client_id) VALUES ($1, $2, $3, $4)"
        workspace_id = ada.actor.workspace_id
        with pytest.raises(asyncpg.UniqueViolationError):
            await owner.execute(insert, workspace_id, thread["id"], ada.actor.user_id, None)
        await owner.execute(insert, workspace_id, f"{thread['id']}1", ada.actor.user_id, "chat")
        with pytest.raises(asyncpg.UniqueViolationError):
            await owner.execute(insert, workspace_id, f"{thread['id']}2", ada.actor.user_id, "chat")
        # Two people may have a chat of the same id.
        await owner.execute(insert, workspace_id, f"{thread['id']}3", bob.actor.user_id, "chat")
    assert (("user_id",), "users") in {(key.columns, key.table) for key in schema["threads"].foreign_keys}


@pytest.mark.req("PERS-03")
@pytest.mark.req("PERS-13")
async def test_a_message_has_its_columns(house: Runtime) -> None:
    columns = await described(house.settings, "messages")
    count = ("integer", False, "0")
    assert columns == columns | {
        "id": ("text", False, None),
        "thread_id": ("text", False, None),
        "workspace_id": ("text", False, None),
        "user_id": ("text", False, None),
        "role": ("text", False, None),
        "content": ("text", False, "''::text"),
        "parts": ("jsonb", False, "'[]'::jsonb"),
        "metadata": ("jsonb", False, "'{}'::jsonb"),
        "model": ("text", True, None),
        "finish_reason": ("text", True, None),
        "input_tokens": count,
        "output_tokens": count,
        "total_tokens": count,
        "created_at": ("timestamp with time zone", False, "clock_timestamp()"),
    }


@pytest.mark.req("PERS-12")
@pytest.mark.req("PERS-13")
async def test_conversations_and_messages_belong_to_somebody(house: Runtime) -> None:
    async with as_owner(house.settings) as owner:
        schema = await read_schema(owner)
    threads = {(key.columns, key.table) for key in schema["threads"].foreign_keys}
    messages = {(key.columns, key.table) for key in schema["messages"].foreign_keys}
    assert threads >= {(("workspace_id",), "workspaces"), (("user_id",), "users")}
    assert messages >= {
        (("workspace_id", "thread_id"), "threads"),
        (("workspace_id", "thread_id", "parent_id"), "messages"),
        (("workspace_id",), "workspaces"),
        (("user_id",), "users"),
    }


@pytest.mark.req("PERS-03")
@pytest.mark.req("PERS-06")
async def test_messages_go_with_their_conversation(
    house: Runtime, client: httpx.AsyncClient, ada: Person
) -> None:
    thread = (await ask(client, ada, "one {{words:1}}"))["thread_id"]
    await ask(client, ada, "two {{words:1}}", thread)
    async with as_owner(house.settings) as owner:
        assert await owner.fetchval("SELECT count(*) FROM messages WHERE thread_id = $1", thread) == 4
        await owner.execute("DELETE FROM threads WHERE id = $1", thread)
        assert await owner.fetchval("SELECT count(*) FROM messages WHERE thread_id = $1", thread) == 0
        assert await owner.fetchval("SELECT count(*) FROM runs WHERE thread_id = $1", thread) == 0


@pytest.mark.req("PERS-03")
@pytest.mark.req("AUTH-09")
async def test_a_message_has_one_of_four_roles(house: Runtime, ada: Person) -> None:
    async with as_owner(house.settings) as owner:
        message = await RowMaker(owner, await read_schema(owner)).make(
            "messages", ada.actor.workspace_id, ada.actor.user_id
        )
        become = "UPDATE messages SET role = $2 WHERE id = $1"
        for role in ("user", "assistant", "system", "tool"):
            await owner.execute(become, message["id"], role)
        for role in ("admin", "", "User"):
            with pytest.raises(asyncpg.CheckViolationError):
                await owner.execute(become, message["id"], role)


@pytest.mark.req("PERS-07")
@pytest.mark.req("PERS-10")
@pytest.mark.req("PERS-11")
async def test_both_sides_of_an_exchange_are_stored_whole(
    house: Runtime, client: httpx.AsyncClient, ada: Person
) -> None:
    asked = await ask(client, ada, "hello {{words:12}}")
    async with as_owner(house.settings) as owner:
        question, answer = await owner.fetch(
            "SELECT * FROM messages WHERE thread_id = $1 ORDER BY created_at, id", asked["thread_id"]
        )
    for row in (question, answer):
        assert row["workspace_id"] == ada.actor.workspace_id
        assert row["user_id"] == ada.actor.user_id
        assert row["thread_id"] == asked["thread_id"]
        assert row["created_at"] is not None
    assert (question["role"], question["content"]) == ("user", "hello {{words:12}}")
    assert (answer["role"], answer["content"]) == ("assistant", asked["text"])
    assert (answer["finish_reason"], answer["output_tokens"]) == ("stop", 12)
    assert answer["total_tokens"] == answer["input_tokens"] + 12 > 12
    assert answer["parent_id"] == question["id"]
