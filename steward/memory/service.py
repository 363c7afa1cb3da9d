"""What can be done with memories: keep, list, change and delete them. Only their own person can."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from steward.audit import service as audit
from steward.kernel import runtime
from steward.kernel.characters import cut
from steward.kernel.errors import NotFound
from steward.kernel.ids import new_id
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.work import Actor, Found, Transaction
from steward.memory import likeness, profiles, queries
from steward.memory.errors import MemoryKnown, MemoryOff
from steward.memory.schemas import (
    TEXT_CHARS,
    Kind,
    MemoryChange,
    MemoryCreate,
    MemoryPage,
    MemoryRead,
    Note,
    Source,
)

_COMPARED: Final = 5


async def create(actor: Actor, wanted: MemoryCreate) -> MemoryRead:
    """Remember what a person wrote down; one that says the same is written over.

    Raises:
        Forbidden: the actor may only read.
        MemoryOff: nothing is remembered of the actor.
    """
    (kept,) = await remember(actor, [Note(wanted.kind, wanted.text, wanted.importance)])
    return kept


async def remember(actor: Actor, notes: Sequence[Note], source: Source | None = None) -> list[MemoryRead]:
    """Keep what was found of a person. What is there already is renewed, and the oldest make room.

    Returns: a memory for each note, in their order.

    Raises:
        Forbidden: the actor may only read.
        MemoryOff: nothing is remembered of the actor.
    """
    actor.ensure_role("member")
    texts = [cut(" ".join(note.text.split()), TEXT_CHARS) for note in notes]
    vectors = await likeness.vectors(texts)
    house = runtime.current()
    async with house.database.transaction(actor) as work:
        await queries.lock(work)
        await ensure_on(work)
        kept = [
            await _keep(work, note, text, vector, source or Source())
            for note, text, vector in zip(notes, texts, vectors, strict=True)
        ]
        await queries.trim(work, house.settings.memory.kept)
    return kept


async def ensure_on(work: Transaction) -> None:
    """Refuse when nothing is remembered of the actor.

    Raises:
        MemoryOff: they, or the operator, switched it off.
    """
    if not await profiles.is_memory_on(work):
        raise MemoryOff("Memory is switched off for you. Switch it on in your profile, then try again.")


async def _keep(work: Transaction, note: Note, text: str, vector: str, source: Source) -> MemoryRead:
    text_hash = likeness.text_hash(text)
    known = await queries.same(work, text_hash) or await _alike(work, note.kind, text, vector)
    if known is None:
        values = _values(note.kind, text, note.importance, vector, source)
        made = await queries.insert(work, id=new_id("mem"), **values)
        await audit.record(work, "memory_added", "memory", made.id, kind=note.kind)
        return read(made)
    importance = max(note.importance, known.importance)
    if len(known.text) > len(text):
        # The older one says more; what is new is that it was said again.
        renewed = await queries.change(work, known.id, importance=importance)
        assert renewed is not None
        return read(renewed)
    return read(
        await queries.renew(work, id=known.id, **_values(note.kind, text, importance, vector, source))
    )


async def _alike(work: Transaction, kind: Kind, text: str, vector: str) -> Found | None:
    """A memory of this kind that says the same in nearly the same words, or None."""
    for near in await queries.nearest(work, vector, [kind], _COMPARED):
        if near.cosine >= likeness.ALIKE_COSINE and likeness.are_alike(near.text, text):
            return near
    return None


def _values(kind: Kind, text: str, importance: float, vector: str, source: Source) -> dict[str, Any]:
    return {
        "kind": kind,
        "text": text,
        "text_hash": likeness.text_hash(text),
        "importance": importance,
        "vector": vector,
        "thread_id": source.thread_id,
        "message_id": source.message_id,
        "run_id": source.run_id,
    }


async def get(work: Transaction, memory_id: str) -> MemoryRead:
    """A memory.

    Raises:
        NotFound: the actor has no such memory.
    """
    found = await queries.get(work, memory_id)
    if found is None:
        raise _no_memory()
    return read(found)


async def page(
    work: Transaction, *, limit: int, cursor: str | None = None, kinds: Sequence[Kind] | None = None
) -> MemoryPage:
    """The actor's memories, the newest first.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    before = None if cursor is None else read_cursor(cursor, datetime, str)
    rows = await queries.newest(work, kinds, limit + 1, before and (before[0], str(before[1])))
    items = [read(row) for row in rows[:limit]]
    more = len(rows) > limit
    return MemoryPage(
        items=items, next_cursor=write_cursor(items[-1].created_at, items[-1].id) if more else None
    )


async def change(actor: Actor, memory_id: str, wanted: MemoryChange) -> MemoryRead:
    """Change a memory's text, kind or importance.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor has no such memory.
        MemoryKnown: another one has this text.
    """
    actor.ensure_role("member")
    text = wanted.text
    vector = None if text is None else (await likeness.vectors([text]))[0]
    text_hash = None if text is None else likeness.text_hash(text)
    async with runtime.current().database.transaction(actor) as work:
        await queries.lock(work)
        await get(work, memory_id)
        same = None if text_hash is None else await queries.same(work, text_hash)
        if same is not None and same.id != memory_id:
            raise MemoryKnown("Another memory says this already; change or delete that one.", id=same.id)
        changed = await queries.change(
            work,
            memory_id,
            kind=wanted.kind,
            importance=wanted.importance,
            text=text,
            text_hash=text_hash,
            vector=vector,
        )
        if changed is None:
            # Deleting waits for nobody: it was there when it was looked for.
            raise _no_memory()
        await audit.record(
            work, "memory_changed", "memory", memory_id, fields=sorted(wanted.model_fields_set)
        )
    return read(changed)


async def delete(work: Transaction, memory_id: str) -> None:
    """Delete a memory.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor has no such memory.
    """
    work.actor.ensure_role("member")
    if not await queries.delete(work, memory_id):
        raise _no_memory()
    await audit.record(work, "memory_deleted", "memory", memory_id)


async def delete_all(work: Transaction) -> int:
    """Delete every memory of the actor; how many they were.

    Raises:
        Forbidden: the actor may only read.
    """
    work.actor.ensure_role("member")
    await queries.lock(work)
    deleted = await queries.delete_all(work)
    await audit.record(work, "memories_deleted", "user", work.actor.user_id, count=deleted)
    return deleted


def read(row: Found) -> MemoryRead:
    """A row as doors show it."""
    return MemoryRead.model_validate({name: row[name] for name in MemoryRead.model_fields})


def _no_memory() -> NotFound:
    return NotFound("There is no such memory.")
