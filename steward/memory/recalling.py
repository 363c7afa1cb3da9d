"""Recalling: the memories that fit a question, and what a turn is told about the person who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from steward.kernel import runtime
from steward.kernel.work import Actor, Transaction
from steward.memory import likeness, profile_queries, profiles, queries, ranking
from steward.memory.block import block, profile_lines
from steward.memory.schemas import Kind, MemoryPage, MemoryRead, ProfileRead
from steward.memory.service import page, read

MOST: Final = 5
METADATA_KEY: Final = "profile_context"
METADATA_CHARS: Final = 2_000
_NEAR: Final = 40
_QUESTION_CHARS: Final = 2_000
_STANDING: Final = 2
_STANDING_KINDS: Final[tuple[Kind, ...]] = ("goals",)


ASKED: Final = (profile_queries.GET, queries.ANY)
"""What `known_of` asks, with workspace and user."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a person says of themselves, and whether there are memories to be recalled."""

    profile: ProfileRead
    has_memories: bool


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a turn is told about the person who asks.

    Attributes:
        block: additional instructions; empty when there is nothing to tell.
        memories: those that are in it.
        time_zone: where the person is, when they have said so.
        metadata: what the question's message keeps of it, under a key of its own. Memories are named there and not
            written out: whoever deletes one wants it gone.
    """

    block: str = ""
    memories: list[MemoryRead] = field(default_factory=list[MemoryRead])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    time_zone: str | None = None


async def recall(
    actor: Actor, question: str, *, kinds: Sequence[Kind] | None = None, limit: int = MOST
) -> list[MemoryRead]:
    """The actor's memories that fit a question, the best first; none when none fits.

    Args:
        actor: whose memories.
        question: in the person's words.
        kinds: only of these.
        limit: at most so many.
    """
    vector = await _vector(question)
    async with runtime.current().database.transaction(actor) as work:
        return await _fitting(work, question, vector, kinds, limit)


async def find(
    actor: Actor, question: str, *, kinds: Sequence[Kind] | None, limit: int, cursor: str | None
) -> MemoryPage:
    """A page of the actor's memories: those that fit a question, or without one the newest first.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    if question.strip():
        found = await recall(actor, question, kinds=kinds, limit=limit)
        return MemoryPage(items=found, next_cursor=None)
    async with runtime.current().database.transaction(actor) as work:
        return await page(work, limit=limit, cursor=cursor, kinds=kinds)


async def newest(work: Transaction, kind: Kind, limit: int = MOST) -> list[MemoryRead]:
    """The actor's newest memories of a kind; none while memory is switched off."""
    if not await profiles.is_memory_on(work):
        return []
    found = [read(row) for row in await queries.newest(work, [kind], limit)]
    await queries.touch(work, [memory.id for memory in found])
    return found


async def known_of(work: Transaction) -> Known:
    """What the actor says of themselves, and whether anything is remembered of them."""
    profile = await profiles.get(work)
    is_wanted = runtime.current().settings.memory.enabled and profile.is_memory_on
    return Known(profile, has_memories=await queries.has_any(work) and is_wanted)


async def for_turn(actor: Actor, question: str, known: Known | None = None) -> Recalled:
    """The coaching context of the actor: their profile, the memories that fit a question, and what they strive for.

    The question is embedded, in a thread, only when there is something to compare it with.

    Args:
        actor: who asks.
        question: in the person's words.
        known: what was read of the actor already.
    """
    if known is None:
        async with runtime.current().database.transaction(actor) as work:
            known = await known_of(work)
    profile = known.profile
    memories = await _for_turn(actor, question[:_QUESTION_CHARS]) if known.has_memories else []
    told = block(profile, memories)
    metadata = _metadata(profile_lines(profile), memories) if told else {}
    return Recalled(told, memories, metadata, profile.time_zone or None)


async def _for_turn(actor: Actor, question: str) -> list[MemoryRead]:
    most = runtime.current().settings.memory.recalled
    vector = await _vector(question)
    async with runtime.current().database.transaction(actor) as work:
        memories = await _fitting(work, question, vector, None, most)
        memories += await _standing(work, memories, most - len(memories))
        await queries.touch(work, [memory.id for memory in memories])
    return memories


async def _fitting(
    work: Transaction, question: str, vector: str, kinds: Sequence[Kind] | None, limit: int
) -> list[MemoryRead]:
    near = await queries.nearest(work, vector, kinds, _NEAR)
    now = runtime.current().now()
    return [read(row) for row in await asyncio.to_thread(ranking.best, question, near, now, limit)]


async def _standing(work: Transaction, known: Sequence[MemoryRead], places: int) -> list[MemoryRead]:
    """What a person strives for matters whatever they ask: it takes the places that are left."""
    if places <= 0:
        return []
    ids = {memory.id for memory in known}
    rows = await queries.newest(work, _STANDING_KINDS, _STANDING + len(ids))
    return [read(row) for row in rows if row.id not in ids][: min(places, _STANDING)]


async def _vector(question: str) -> str:
    return (await likeness.vectors([question]))[0]


def _metadata(profile: Sequence[str], memories: Sequence[MemoryRead]) -> dict[str, Any]:
    kept: list[str] = []
    left = METADATA_CHARS
    for line in profile:
        left -= len(line)
        if left < 0:
            break
        kept.append(line.removeprefix("- "))
    named = [{"id": one.id, "kind": one.kind} for one in memories]
    return {METADATA_KEY: {"profile": kept, "memories": named}}
