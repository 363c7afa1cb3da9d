"""Native REST of memory: each person's own memories and profile, and nobody else's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from steward.identity.access import Caller, InTransaction
from steward.kernel.pages import AnyId, CleanText, PageSize
from steward.memory import profiles, recalling, service
from steward.memory.schemas import (
    Kind,
    MemoriesDeleted,
    MemoryChange,
    MemoryCreate,
    MemoryPage,
    MemoryRead,
    ProfileHistory,
    ProfileRead,
    ProfileUpdate,
)

router = APIRouter(tags=["memory"])


@router.get("/memories")
async def list_memories(
    actor: Caller,
    kind: Annotated[list[Kind] | None, Query(description="Only of these kinds.")] = None,
    q: Annotated[CleanText, Query(max_length=1_000, description="Only what fits, the best first.")] = "",
    limit: PageSize = 30,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> MemoryPage:
    """List the caller's memories, the newest first, or find those that fit a question."""
    return await recalling.find(actor, q, kinds=kind, limit=limit, cursor=cursor)


@router.post("/memories", status_code=201)
async def create_memory(actor: Caller, body: MemoryCreate) -> MemoryRead:
    """Write something down to be remembered. What says the same as before is kept once."""
    return await service.create(actor, body)


@router.delete("/memories")
async def delete_memories(work: InTransaction) -> MemoriesDeleted:
    """Delete every memory of the caller."""
    return MemoriesDeleted(deleted=await service.delete_all(work))


@router.get("/memories/{memory_id}")
async def read_memory(work: InTransaction, memory_id: AnyId) -> MemoryRead:
    """A memory of the caller."""
    return await service.get(work, memory_id)


@router.patch("/memories/{memory_id}")
async def change_memory(actor: Caller, memory_id: AnyId, body: MemoryChange) -> MemoryRead:
    """Change a memory's text, kind or importance."""
    return await service.change(actor, memory_id, body)


@router.delete("/memories/{memory_id}", status_code=204)
async def delete_memory(work: InTransaction, memory_id: AnyId) -> None:
    """Delete a memory."""
    await service.delete(work, memory_id)


@router.get("/profile")
async def read_profile(work: InTransaction) -> ProfileRead:
    """The caller's profile, and whether they are remembered."""
    return await profiles.get(work)


@router.patch("/profile")
async def change_profile(work: InTransaction, body: ProfileUpdate) -> ProfileRead:
    """Change the caller's profile, or switch memory on or off."""
    return await profiles.change(work, body)


@router.get("/profile/changes")
async def list_profile_changes(work: InTransaction, limit: PageSize = 30) -> ProfileHistory:
    """How the caller's profile changed, and whether the person or the assistant changed it."""
    return await profiles.history(work, limit)
