"""`/v1/threads/{thread_id}/messages`: the visible branch of a thread, read and written message by message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request

from steward.doors.openai import lists, message_wire, metadata, raw, tool_resources
from steward.doors.openai.assistant_objects import stores_of
from steward.doors.openai.errors import BadRequest, no_object
from steward.doors.openai.raw import Body
from steward.doors.openai.thread_objects import message_object
from steward.identity.access import Caller, InWork
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.work import Actor, Work
from steward.knowledge import collections
from steward.runs import authors
from steward.runs import service as runs
from steward.threads import exchanges, keeping
from steward.threads import service as threads
from steward.threads.errors import ThreadArchived
from steward.threads.schemas import MessageRead, ThreadRead

router = APIRouter(prefix="/v1", tags=["assistants"])


@router.get("/threads/{thread_id}/messages")
async def list_messages(request: Request, work: InWork, thread_id: str) -> dict[str, Any]:
    """List the messages of a thread; with `run_id` those that a run wrote."""
    await thread_of(work, thread_id)
    run_id = request.query_params.get("run_id")
    if run_id:
        raw.ensure_id("run_id", run_id, "run")
    asked = lists.read(request.query_params, prefix="msg")
    found = await keeping.branch_stretch(work, thread_id, asked, run_id=run_id or None)
    return lists.page_of(await _objects(work, thread_id, found.items), has_more=found.has_more)


@router.post("/threads/{thread_id}/messages")
async def create_message(request: Request, actor: Caller, thread_id: str) -> dict[str, Any]:
    """Add a message to a thread."""
    body = raw.read(await request.body())
    (message_id,) = await add(actor, thread_id, [body])
    async with runtime.current().database.work(actor) as work:
        return await _one(work, thread_id, message_id)


@router.get("/threads/{thread_id}/messages/{message_id}")
async def read_message(work: InWork, thread_id: str, message_id: str) -> dict[str, Any]:
    """One message."""
    await thread_of(work, thread_id)
    return await _one(work, thread_id, message_id)


@router.post("/threads/{thread_id}/messages/{message_id}")
async def change_message(request: Request, work: InWork, thread_id: str, message_id: str) -> dict[str, Any]:
    """Change the metadata of a message."""
    await thread_of(work, thread_id)
    await _one(work, thread_id, message_id)
    pairs = metadata.read(raw.read(await request.body()))
    notes = {} if pairs is None else {"metadata": pairs}
    changed = await keeping.keep_with_message(work, thread_id, message_id, notes)
    return (await _objects(work, thread_id, [changed]))[0]


@router.delete("/threads/{thread_id}/messages/{message_id}")
async def delete_message(work: InWork, thread_id: str, message_id: str) -> dict[str, Any]:
    """Delete a message; what follows it stays."""
    await thread_of(work, thread_id)
    await _one(work, thread_id, message_id)
    work.actor.ensure_role("member")
    await exchanges.lock(work, thread_id)
    await _ensure_idle(work, thread_id, "delete messages of")
    await keeping.delete_message(work, thread_id, message_id)
    return {"id": message_id, "object": "thread.message.deleted", "deleted": True}


async def add(actor: Actor, thread_id: str, bodies: Sequence[Body]) -> list[str]:
    """Add messages to a thread, and their attachments to its vector store.

    Returns: their ids, in their order.

    Raises:
        BadRequest: one does not fit, or a run is active in the thread.
        Forbidden: the actor may only read.
        NotFound: the thread or a file is not there.
    """
    house = runtime.current()
    async with house.database.work(actor) as work:
        await thread_of(work, thread_id)
        actor.ensure_role("member")
        drafts = [message_wire.read(body) for body in bodies]
        await _ensure_idle(work, thread_id, "add messages to")
    said = await message_wire.to_said(actor, drafts)
    file_ids = [file_id for draft in drafts for file_id in draft.searched_file_ids]
    if file_ids:
        await tool_resources.add_files(actor, await _store_of(actor, thread_id), file_ids)
    async with house.database.work(actor) as work:
        # Whoever starts a run locks the thread, too: one of the two comes first.
        await exchanges.lock(work, thread_id)
        # It may have been deleted since.
        await thread_of(work, thread_id)
        await _ensure_idle(work, thread_id, "add messages to")
        try:
            return await keeping.append(work, thread_id, said)
        except ThreadArchived as refusal:
            raise BadRequest(refusal.detail, code=refusal.tag) from refusal


async def thread_of(work: Work, thread_id: str) -> ThreadRead:
    """The thread of an id; of ours, never of one that a client of another door chose.

    Raises:
        BadRequest: it is an id of something else.
        NotFound: the actor has no such thread.
    """
    raw.ensure_id("thread_id", thread_id, "thread")
    try:
        found = await threads.read(work, thread_id)
    except NotFound as error:
        raise no_object("thread", thread_id) from error
    if found.id != thread_id:
        raise no_object("thread", thread_id)
    return found


async def _store_of(actor: Actor, thread_id: str) -> str:
    """The vector store of a thread, made at its first attachment."""
    database = runtime.current().database
    async with database.work(actor) as work:
        known = stores_of((await keeping.kept(work, thread_id)).notes.get("tool_resources"))
    if known:
        return known[0]
    made = await tool_resources.make_store(actor)
    async with database.work(actor) as work:
        await exchanges.lock(work, thread_id)
        former = (await keeping.kept(work, thread_id)).notes.get("tool_resources")
        known = stores_of(former)
        if not known:
            resources = tool_resources.Resources(store_ids=[made]).written(former)
            await keeping.keep(work, thread_id, {"tool_resources": resources})
            return made
    # Another message was quicker.
    await collections.delete(actor, made)
    return known[0]


async def _ensure_idle(work: Work, thread_id: str, doing: str) -> None:
    live = await runs.find_live(work, thread_id)
    if live is not None:
        raise BadRequest(f"Can't {doing} {thread_id} while a run {live.id} is active.", code=None)


async def _one(work: Work, thread_id: str, message_id: str) -> dict[str, Any]:
    raw.ensure_id("message_id", message_id, "msg")
    try:
        found = await keeping.message(work, thread_id, message_id)
    except NotFound as error:
        raise no_object("message", message_id) from error
    return (await _objects(work, thread_id, [found]))[0]


async def _objects(work: Work, thread_id: str, found: Sequence[MessageRead]) -> list[dict[str, Any]]:
    known = await authors.of_runs(work, [message.run_id for message in found])
    return [message_object(message, thread_id, known.get(message.run_id or "")) for message in found]
