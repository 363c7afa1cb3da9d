"""The OpenAI door to batches of files: many put into a vector store at once, watched and stopped together."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from steward.doors.openai import raw, vector_store_files, vector_stores
from steward.doors.openai import vector_store_objects as objects
from steward.doors.openai import vector_store_requests as requests
from steward.doors.openai.answers import answer
from steward.doors.openai.errors import no_object
from steward.identity.access import Caller, InWork
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.work import Work
from steward.knowledge import store_files
from steward.knowledge.store_files import Batch, Counts

router = APIRouter(prefix="/v1/vector_stores/{vector_store_id}/file_batches", tags=["openai"])


@router.post("", response_class=Response)
async def create_file_batch(request: Request, actor: Caller, vector_store_id: str) -> Response:
    """Put files into a vector store, as a batch. They are read beside the request."""
    wishes = requests.to_wishes(raw.read(await request.body()))
    database = runtime.current().database
    async with database.work(actor) as work:
        await vector_stores.find(work, vector_store_id)
    try:
        batch = await store_files.add_batch(actor, vector_store_id, wishes)
    except NotFound as refusal:
        raise NotFound(refusal.detail, param=refusal.facts.get("field"), code=None) from refusal
    async with database.work(actor) as work:
        return await _shown(work, batch)


@router.get("/{batch_id}", response_class=Response)
async def read_file_batch(work: InWork, vector_store_id: str, batch_id: str) -> Response:
    """A batch, and how far its files are."""
    return await _shown(work, await _found(work, vector_store_id, batch_id))


@router.post("/{batch_id}/cancel", response_class=Response)
async def cancel_file_batch(work: InWork, vector_store_id: str, batch_id: str) -> Response:
    """Stop what is not ready yet of a batch."""
    work.actor.ensure_role("member")
    batch = await _found(work, vector_store_id, batch_id)
    return await _shown(work, await store_files.cancel(work, batch))


@router.get("/{batch_id}/files", response_class=Response)
async def list_file_batch_files(
    request: Request, work: InWork, vector_store_id: str, batch_id: str
) -> Response:
    """List the files of a batch."""
    batch = await _found(work, vector_store_id, batch_id)
    return await vector_store_files.listed(request, work, vector_store_id, batch)


async def _found(work: Work, vector_store_id: str, batch_id: str) -> Batch:
    await vector_stores.find(work, vector_store_id)
    batch = await store_files.find_batch(work, vector_store_id, batch_id)
    if batch is None:
        raise no_object("vector store file batch", batch_id)
    return batch


async def _shown(work: Work, batch: Batch) -> Response:
    counts = await store_files.count(work, [batch.collection_id], batch)
    return answer(objects.batch_object(batch, counts.get(batch.collection_id, Counts())))
