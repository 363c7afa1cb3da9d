"""Native REST of sharing: the owner's side, and the readers'."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from steward.files import service as files
from steward.files.handing_out import handed_out
from steward.files.routes import BYTES
from steward.identity.access import Caller, InTransaction
from steward.kernel import runtime
from steward.kernel.pages import AnyId, Offset, PageSize
from steward.threads import sharing
from steward.threads.schemas import MessagePage, SharedPage, SharedThread, ShareRead

router = APIRouter()

_Cursor = Annotated[str | None, Query(max_length=500)]


@router.post("/chat/{conversation_id}/share", status_code=201)
async def share_thread(work: InTransaction, conversation_id: AnyId) -> ShareRead:
    """Share a conversation with the workspace, as it is and as it goes on. Sharing it again gives the same share."""
    return await sharing.share(work, conversation_id)


@router.get("/chat/{conversation_id}/share")
async def read_share(work: InTransaction, conversation_id: AnyId) -> ShareRead:
    """How a conversation of the caller is shared; 404 while it is not."""
    return await sharing.read(work, conversation_id)


@router.delete("/chat/{conversation_id}/share", status_code=204)
async def unshare_thread(work: InTransaction, conversation_id: AnyId) -> None:
    """Take a conversation back: from now on nobody else can read it."""
    await sharing.unshare(work, conversation_id)


@router.get("/shared")
async def list_shared(work: InTransaction, limit: PageSize = 30, cursor: _Cursor = None) -> SharedPage:
    """List the conversations that colleagues share, those shared last first."""
    return await sharing.page(work, limit=limit, cursor=cursor)


@router.get("/shared/{share_id}")
async def read_shared(work: InTransaction, share_id: AnyId) -> SharedThread:
    """A conversation that somebody in the workspace shares."""
    return await sharing.open_shared(work, share_id)


@router.get("/shared/{share_id}/messages")
async def read_shared_messages(
    work: InTransaction, share_id: AnyId, limit: PageSize = 50, offset: Offset = 0, cursor: _Cursor = None
) -> MessagePage:
    """A page of a shared conversation, newest first: the branch that its owner sees."""
    return await sharing.messages(work, share_id, limit=limit, offset=offset, cursor=cursor)


@router.get("/shared/{share_id}/files/{file_id}", response_class=StreamingResponse, responses=BYTES)
async def download_shared_file(actor: Caller, share_id: AnyId, file_id: AnyId) -> StreamingResponse:
    """Download a file that is attached to a message of a shared conversation."""
    database = runtime.current().database
    async with database.transaction(actor) as transaction:
        owner_id = await sharing.owner_of_file(transaction, share_id, file_id)
    async with database.work(actor) as work:
        file = await files.get_of(work, owner_id, file_id)
    return await handed_out(actor, file)
