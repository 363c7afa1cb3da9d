"""`/v1/threads`: the conversations of the house, as OpenAI's Assistants API knows them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Request

from steward.doors.openai import lists, message_wire, metadata, raw, tool_resources
from steward.doors.openai.messages import thread_of
from steward.doors.openai.raw import Body
from steward.doors.openai.thread_objects import thread_object
from steward.identity.access import Caller, InWork
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.work import Actor
from steward.runs import service as runs
from steward.threads import exchanges, keeping
from steward.threads import service as threads
from steward.threads.keeping import Kept

router = APIRouter(prefix="/v1", tags=["assistants"])


@router.get("/threads")
async def list_openai_threads(request: Request, work: InWork) -> dict[str, Any]:
    """List the caller's threads, which OpenAI's own API never could."""
    found = await keeping.stretch(work, lists.read(request.query_params, prefix="thread"))
    return lists.page_of([thread_object(one) for one in found.items], has_more=found.has_more)


@router.post("/threads")
async def create_openai_thread(request: Request, actor: Caller) -> dict[str, Any]:
    """Make a thread, with its first messages if there are any."""
    return thread_object(await make(actor, raw.read(await request.body())))


@router.get("/threads/{thread_id}")
async def read_openai_thread(work: InWork, thread_id: str) -> dict[str, Any]:
    """One thread."""
    thread = await thread_of(work, thread_id)
    return thread_object(await keeping.kept(work, thread.id))


@router.post("/threads/{thread_id}")
async def change_openai_thread(request: Request, actor: Caller, thread_id: str) -> dict[str, Any]:
    """Change the metadata or the resources of a thread."""
    house = runtime.current()
    async with house.database.work(actor) as work:
        await thread_of(work, thread_id)
    actor.ensure_role("member")
    body = raw.read(await request.body())
    pairs = metadata.read(body)
    resources = await tool_resources.read(actor, body, store_days=tool_resources.STORE_DAYS)
    async with house.database.work(actor) as work:
        await exchanges.lock(work, thread_id)
        former = (await keeping.kept(work, thread_id)).notes.get("tool_resources")
        notes: dict[str, Any] = {"tool_resources": resources.written(former)}
        if pairs is not None:
            notes["metadata"] = pairs
        return thread_object(await keeping.keep(work, thread_id, notes))


@router.delete("/threads/{thread_id}")
async def delete_openai_thread(actor: Caller, thread_id: str) -> dict[str, Any]:
    """Delete a thread with its messages and runs; what runs in it is stopped."""
    house = runtime.current()
    async with house.database.work(actor) as work:
        await thread_of(work, thread_id)
    # Somebody else may have deleted it since; then the next look says so, in this wire's words.
    with suppress(NotFound):
        await runs.stop_thread(actor, thread_id)
    async with house.database.work(actor) as work:
        # Of several who delete it at once, one does; the others find nothing.
        await exchanges.lock(work, thread_id)
        await thread_of(work, thread_id)
        await threads.delete(work, thread_id)
    return {"id": thread_id, "object": "thread.deleted", "deleted": True}


async def make(actor: Actor, body: Body) -> Kept:
    """Make a thread of a body: its messages, its resources and its metadata.

    Raises:
        BadRequest: the body does not fit.
        Forbidden: the actor may only read.
        NotFound: a file or a vector store is not there.
    """
    actor.ensure_role("member")
    pairs = metadata.read(body) or {}
    drafts = [message_wire.read(message) for message in body.inners("messages") or ()]
    said = await message_wire.to_said(actor, drafts)
    resources = await tool_resources.read(actor, body, store_days=tool_resources.STORE_DAYS)
    written = resources.written()
    file_ids = [file_id for draft in drafts for file_id in draft.searched_file_ids]
    if file_ids:
        store_ids = resources.store_ids or [await tool_resources.make_store(actor)]
        await tool_resources.add_files(actor, store_ids[0], file_ids)
        written |= {"file_search": {"vector_store_ids": store_ids}}
    async with runtime.current().database.work(actor) as work:
        thread = await threads.create(work, "", None)
        await keeping.append(work, thread.id, said)
        return await keeping.keep(work, thread.id, {"metadata": pairs, "tool_resources": written})
