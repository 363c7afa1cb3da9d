"""Native REST of threads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from steward.identity.access import InTransaction, InWork
from steward.kernel.pages import AnyId, CleanText, Offset, PageSize
from steward.threads import export_routes, feedback_routes, service, sharing_routes, tagging
from steward.threads.schemas import (
    Archived,
    Branch,
    SearchPage,
    Tag,
    TagList,
    ThreadChange,
    ThreadCreate,
    ThreadPage,
    ThreadRead,
)

router = APIRouter(tags=["conversations"])
router.include_router(sharing_routes.router)
router.include_router(export_routes.router)
router.include_router(feedback_routes.router)


@router.post("/threads", status_code=201)
async def create_thread(work: InWork, body: ThreadCreate) -> ThreadRead:
    """Make an empty conversation."""
    return await service.create(work, body.title, body.client_id)


@router.get("/chat")
async def list_threads(
    work: InTransaction,
    limit: PageSize = 30,
    offset: Offset = 0,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    archived: bool = False,
    tag: Annotated[Tag | None, Query(description="Only those that have it.")] = None,
) -> ThreadPage:
    """List the caller's conversations: pinned first, then newest first. A cursor stays right while rows come and go."""
    return await service.page(work, limit=limit, offset=offset, cursor=cursor, archived=archived, tag=tag)


@router.get("/chat/tags")
async def list_tags(work: InTransaction) -> TagList:
    """List the tags of the caller's conversations outside the archive, the most used first."""
    return TagList(items=await tagging.every(work))


@router.get("/chat/search")
async def search_threads(
    work: InWork, q: Annotated[CleanText, Query(min_length=1, max_length=200)], limit: PageSize = 20
) -> SearchPage:
    """Find messages in the caller's conversations."""
    return SearchPage(items=await service.search(work, q, limit))


@router.patch("/chat/{conversation_id}")
async def change_thread(work: InWork, conversation_id: AnyId, body: ThreadChange) -> ThreadRead:
    """Rename, pin, tag, archive or restore a conversation, or show another branch of it."""
    return await service.change(
        work,
        conversation_id,
        title=body.title,
        pinned=body.pinned,
        archived=body.archived,
        head_id=body.head_id,
        tags=body.tags,
    )


@router.delete("/chat/{conversation_id}", operation_id="delete_thread")
@router.post("/chat/{conversation_id}/archive", operation_id="archive_thread")
async def archive_thread(work: InWork, conversation_id: AnyId) -> Archived:
    """Archive a conversation: it leaves the list and can be brought back."""
    thread = await service.change(work, conversation_id, title=None, pinned=None, archived=True, head_id=None)
    return Archived(id=thread.id)


@router.post("/chat/{conversation_id}/branch", status_code=201)
async def branch_thread(work: InWork, conversation_id: AnyId, body: Branch) -> ThreadRead:
    """Copy a conversation up to a message into a new one."""
    return await service.branch(work, conversation_id, body.message_id)
