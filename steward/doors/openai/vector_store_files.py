"""The OpenAI door to the files of a vector store, which are documents of a collection."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

from fastapi import APIRouter, Request
from starlette.responses import Response

from steward.doors.openai import lists, raw, vector_stores
from steward.doors.openai import vector_store_objects as objects
from steward.doors.openai import vector_store_requests as requests
from steward.doors.openai.answers import answer
from steward.doors.openai.errors import BadRequest
from steward.identity.access import Caller, InWork
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.work import Actor, Work
from steward.knowledge import documents, store_files
from steward.knowledge.store_files import Batch, Status, StoreFile, Wish

router = APIRouter(prefix="/v1/vector_stores/{vector_store_id}", tags=["openai"])


@router.post("/files", response_class=Response)
async def create_vector_store_file(request: Request, actor: Caller, vector_store_id: str) -> Response:
    """Put a file into a vector store. It is read beside the request."""
    wish = requests.to_wish(raw.read(await request.body()))
    async with runtime.current().database.work(actor) as work:
        await vector_stores.find(work, vector_store_id)
    await put(actor, vector_store_id, [wish])
    async with runtime.current().database.work(actor) as work:
        return answer(objects.store_file_object(await _found(work, vector_store_id, wish.file_id)))


@router.get("/files", response_class=Response)
async def list_vector_store_files(request: Request, work: InWork, vector_store_id: str) -> Response:
    """List the files of a vector store."""
    await vector_stores.find(work, vector_store_id)
    return await listed(request, work, vector_store_id)


@router.get("/files/{file_id}", response_class=Response)
async def read_vector_store_file(work: InWork, vector_store_id: str, file_id: str) -> Response:
    """A file of a vector store, and how far it is."""
    return answer(objects.store_file_object(await _found(work, vector_store_id, file_id)))


@router.post("/files/{file_id}", response_class=Response)
async def change_vector_store_file(
    request: Request, work: InWork, vector_store_id: str, file_id: str
) -> Response:
    """Give a file of a vector store other attributes."""
    attributes = requests.to_attributes(raw.read(await request.body()))
    await _found(work, vector_store_id, file_id)
    changed = await store_files.change_attributes(work, vector_store_id, file_id, attributes)
    if changed is None:
        raise _no_file(vector_store_id, file_id)
    return answer(objects.store_file_object(changed))


@router.delete("/files/{file_id}", response_class=Response)
async def delete_vector_store_file(actor: Caller, vector_store_id: str, file_id: str) -> Response:
    """Take a file out of a vector store."""
    async with runtime.current().database.work(actor) as work:
        file = await _found(work, vector_store_id, file_id)
    await documents.remove(actor, file.document_id)
    return answer({"id": file_id, "object": "vector_store.file.deleted", "deleted": True})


@router.get("/files/{file_id}/content", response_class=Response)
async def read_vector_store_file_content(work: InWork, vector_store_id: str, file_id: str) -> Response:
    """What a file of a vector store says, as searches find it."""
    file = await _found(work, vector_store_id, file_id)
    text = await store_files.text(work, file)
    if text is None:
        raise BadRequest(f"File {file_id} has no content while its status is '{file.status}'.", code=None)
    return await asyncio.to_thread(answer, objects.content_page(file, text))


async def put(actor: Actor, vector_store_id: str, wishes: Sequence[Wish]) -> None:
    """Put files into a vector store that is there.

    Raises:
        Forbidden: the actor may only read.
        NotFound: one of the files is not in the workspace.
    """
    try:
        await store_files.add(actor, vector_store_id, wishes)
    except NotFound as refusal:
        raise NotFound(refusal.detail, param=refusal.facts.get("field"), code=None) from refusal


async def listed(request: Request, work: Work, vector_store_id: str, batch: Batch | None = None) -> Response:
    """A stretch of a vector store's files, or of a batch's, as the query asks.

    Raises:
        BadRequest: the query does not fit.
    """
    query = request.query_params
    asked = lists.read(query, prefix="file")
    status = query.get("filter")
    if status:
        raw.known_word("filter", status, requests.STATUSES)
    wanted = cast("Status | None", status or None)
    found = await store_files.stretch(work, vector_store_id, asked, wanted, batch)
    shown = [objects.store_file_object(file) for file in found.items]
    return answer(lists.page_of(shown, has_more=found.has_more))


async def _found(work: Work, vector_store_id: str, file_id: str) -> StoreFile:
    await vector_stores.find(work, vector_store_id)
    file = await store_files.find(work, vector_store_id, file_id)
    if file is None:
        raise _no_file(vector_store_id, file_id)
    return file


def _no_file(vector_store_id: str, file_id: str) -> NotFound:
    return NotFound(f"No file found with id '{file_id}' in vector store '{vector_store_id}'.", code=None)
