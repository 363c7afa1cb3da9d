"""SQL of memories. Every statement names workspace and user beside the row policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from steward.kernel.work import Found, Statement, Transaction

_MINE: Final = "workspace_id = :workspace_id AND user_id = :user_id"
_COLUMNS: Final = (
    "id, kind, text, importance, thread_id, message_id, run_id, created_at, updated_at, last_recalled_at"
)
_OF_KINDS: Final = "(cast(:kinds AS text[]) IS NULL OR kind = ANY (cast(:kinds AS text[])))"
_VECTOR: Final = "cast(cast(:vector AS text) AS halfvec)"

_NEAREST: Final = Statement(
    f"SELECT {_COLUMNS}, -(embedding <#> {_VECTOR}) AS cosine FROM memories WHERE {_MINE} AND {_OF_KINDS} "
    f"ORDER BY embedding <#> {_VECTOR}, id LIMIT cast(:most AS int)"
)
_NEWEST: Final = Statement(
    f"SELECT {_COLUMNS} FROM memories WHERE {_MINE} AND {_OF_KINDS} "
    "AND (cast(:before_at AS timestamptz) IS NULL OR (created_at, id) < (:before_at, cast(:before_id AS text))) "
    "ORDER BY created_at DESC, id DESC LIMIT cast(:most AS int)"
)
_GET: Final = Statement(f"SELECT {_COLUMNS} FROM memories WHERE {_MINE} AND id = :id")
_SAME: Final = Statement(f"SELECT {_COLUMNS} FROM memories WHERE {_MINE} AND text_hash = :text_hash")
_INSERT: Final = Statement(
    "INSERT INTO memories (workspace_id, user_id, id, kind, text, text_hash, importance, thread_id, message_id, "
    "run_id, embedding) VALUES (:workspace_id, :user_id, :id, :kind, :text, :text_hash, cast(:importance AS float8), "
    f":thread_id, :message_id, :run_id, {_VECTOR}) RETURNING {_COLUMNS}"
)
_RENEW: Final = Statement(
    "UPDATE memories SET kind = :kind, text = :text, text_hash = :text_hash, importance = cast(:importance AS float8), "
    f"embedding = {_VECTOR}, thread_id = :thread_id, message_id = :message_id, run_id = :run_id, updated_at = now() "
    f"WHERE {_MINE} AND id = :id RETURNING {_COLUMNS}"
)
_CHANGE: Final = Statement(
    "UPDATE memories SET kind = coalesce(:kind, kind), importance = coalesce(cast(:importance AS float8), importance), "
    "text = coalesce(:text, text), text_hash = coalesce(:text_hash, text_hash), "
    f"embedding = coalesce({_VECTOR}, embedding), updated_at = now() "
    f"WHERE {_MINE} AND id = :id RETURNING {_COLUMNS}"
)
# Two turns of one person recall the same memories in two orders: neither waits for the other.
_TOUCH: Final = Statement(
    f"UPDATE memories SET last_recalled_at = now() WHERE {_MINE} AND id IN (SELECT id FROM memories WHERE {_MINE} "
    "AND id = ANY (cast(:ids AS text[])) ORDER BY id FOR UPDATE SKIP LOCKED)"
)
# What was neither said nor needed for the longest time makes room.
_TRIM: Final = Statement(
    f"DELETE FROM memories WHERE {_MINE} AND id IN (SELECT id FROM memories WHERE {_MINE} "
    "ORDER BY greatest(updated_at, last_recalled_at) DESC, id DESC OFFSET cast(:kept AS int)) RETURNING id"
)
_DELETE: Final = Statement(f"DELETE FROM memories WHERE {_MINE} AND id = :id RETURNING id")
_DELETE_ALL: Final = Statement(f"DELETE FROM memories WHERE {_MINE} RETURNING id")
ANY: Final = Statement(f"SELECT 1 AS one FROM memories WHERE {_MINE} LIMIT 1")
_LOCK: Final = Statement(
    "SELECT pg_advisory_xact_lock(hashtextextended(concat('memory', cast(:workspace_id AS text), '/', "
    "cast(:user_id AS text)), 0))"
)


async def nearest(work: Transaction, vector: str, kinds: Sequence[str] | None, most: int) -> list[Found]:
    """The memories whose vectors are nearest, with `cosine`; every one is compared."""
    return await work.all(_NEAREST, **work.mine, vector=vector, kinds=_listed(kinds), most=most)


async def newest(
    work: Transaction, kinds: Sequence[str] | None, most: int, before: tuple[Any, str] | None = None
) -> list[Found]:
    """Memories, the newest first, from behind a place in that list."""
    before_at, before_id = before or (None, None)
    values = {"kinds": _listed(kinds), "most": most, "before_at": before_at, "before_id": before_id}
    return await work.all(_NEWEST, **work.mine, **values)


async def get(work: Transaction, memory_id: str) -> Found | None:
    """A memory of the actor, or None."""
    return await work.first(_GET, **work.mine, id=memory_id)


async def same(work: Transaction, text_hash: str) -> Found | None:
    """The memory with this very text, or None."""
    return await work.first(_SAME, **work.mine, text_hash=text_hash)


async def insert(work: Transaction, **values: Any) -> Found:
    """Write a memory."""
    return (await work.all(_INSERT, **work.mine, **values))[0]


async def renew(work: Transaction, **values: Any) -> Found:
    """Write over a memory what was said again."""
    return (await work.all(_RENEW, **work.mine, **values))[0]


async def change(
    work: Transaction,
    memory_id: str,
    *,
    kind: str | None = None,
    importance: float | None = None,
    text: str | None = None,
    text_hash: str | None = None,
    vector: str | None = None,
) -> Found | None:
    """Change what is not None; None when there is no such memory."""
    values = {
        "kind": kind,
        "importance": importance,
        "text": text,
        "text_hash": text_hash,
        "vector": vector,
    }
    return await work.first(_CHANGE, **work.mine, id=memory_id, **values)


async def touch(work: Transaction, ids: Sequence[str]) -> None:
    """Note that these were needed just now."""
    if ids:
        await work.all(_TOUCH, **work.mine, ids=list(ids))


async def trim(work: Transaction, kept: int) -> int:
    """Delete what is over the most that are kept; how many."""
    return len(await work.all(_TRIM, **work.mine, kept=kept))


async def delete(work: Transaction, memory_id: str) -> bool:
    """Delete a memory; whether it was there."""
    return await work.first(_DELETE, **work.mine, id=memory_id) is not None


async def delete_all(work: Transaction) -> int:
    """Delete every memory of the actor; how many."""
    return len(await work.all(_DELETE_ALL, **work.mine))


async def has_any(work: Transaction) -> bool:
    """Whether anything is remembered of the actor."""
    return await work.first(ANY, **work.mine) is not None


async def lock(work: Transaction) -> None:
    """Let nobody else write memories of the actor until the transaction ends: twins would not see each other."""
    await work.all(_LOCK, **work.mine)


def _listed(kinds: Sequence[str] | None) -> list[str] | None:
    return None if kinds is None else list(kinds)
