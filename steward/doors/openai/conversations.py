"""`/v1/conversations`: the threads of the house, as OpenAI's Conversations API knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request

from steward.doors.openai import (
    conversation_items,
    lists,
    metadata,
    raw,
    response_files,
    response_input,
    response_requests,
)
from steward.doors.openai.raw import Body
from steward.doors.openai.response_ids import conversation_id as id_of_thread
from steward.doors.openai.response_ids import no_conversation, read_conversation
from steward.doors.openai.response_input import Input, no_call
from steward.doors.openai.response_items import Item
from steward.doors.openai.thread_objects import seconds
from steward.identity.access import Caller, InWork
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.work import Work
from steward.runs import service as runs
from steward.threads import keeping
from steward.threads import service as threads
from steward.threads.keeping import Kept

router = APIRouter(prefix="/v1", tags=["openai"])

_MOST_ITEMS: Final = 20
"""That come at once."""


@router.post("/conversations")
async def create_conversation(request: Request, actor: Caller) -> dict[str, Any]:
    """Make a conversation, with its first items if there are any."""
    body = raw.read(await request.body())
    actor.ensure_role("member")
    said, pairs = _items(body), metadata.read(body) or {}
    if said.outputs:
        raise no_call(next(iter(said.outputs)), "items")
    messages = await response_files.to_said(actor, said.drafts)
    async with runtime.current().database.work(actor) as work:
        thread = await threads.create(work, "", None)
        await keeping.append(work, thread.id, messages)
        return _shown(await keeping.keep(work, thread.id, {"metadata": pairs}))


@router.get("/conversations/{conversation_id}")
async def read_conversation_object(work: InWork, conversation_id: str) -> dict[str, Any]:
    """One conversation."""
    return _shown(await _kept(work, conversation_id))


@router.post("/conversations/{conversation_id}")
async def change_conversation(request: Request, work: InWork, conversation_id: str) -> dict[str, Any]:
    """Change the metadata of a conversation."""
    kept = await _kept(work, conversation_id)
    pairs = metadata.read(raw.read(await request.body()))
    if pairs is None:
        raise raw.missing("metadata")
    return _shown(await keeping.keep(work, kept.thread.id, {"metadata": pairs}))


@router.delete("/conversations/{conversation_id}")
async def delete_conversation(actor: Caller, conversation_id: str) -> dict[str, Any]:
    """Delete a conversation with its items and responses; what is being made in it is stopped."""
    house = runtime.current()
    async with house.database.work(actor) as work:
        thread_id = (await _kept(work, conversation_id)).thread.id
    actor.ensure_role("member")
    await runs.stop_thread(actor, thread_id)
    async with house.database.work(actor) as work:
        await threads.delete(work, thread_id)
    return {"id": conversation_id, "object": "conversation.deleted", "deleted": True}


@router.get("/conversations/{conversation_id}/items")
async def list_conversation_items(request: Request, work: InWork, conversation_id: str) -> dict[str, Any]:
    """List the items of a conversation, the newest first unless `order` says otherwise."""
    thread_id = (await _kept(work, conversation_id)).thread.id
    _ensure_included(request)
    found = await conversation_items.stretch(work, thread_id, lists.read(request.query_params, prefix=""))
    return lists.page_of(found.items, has_more=found.has_more)


@router.post("/conversations/{conversation_id}/items")
async def create_conversation_items(request: Request, actor: Caller, conversation_id: str) -> dict[str, Any]:
    """Add items to the end of a conversation."""
    async with runtime.current().database.work(actor) as work:
        thread_id = (await _kept(work, conversation_id)).thread.id
    actor.ensure_role("member")
    _ensure_included(request)
    body = raw.read(await request.body())
    if not body.fields.get("items"):
        raise raw.missing("items")
    items: Sequence[Item] = await conversation_items.add(actor, thread_id, _items(body))
    return lists.page_of(items, has_more=False)


@router.get("/conversations/{conversation_id}/items/{item_id}")
async def read_conversation_item(
    request: Request, work: InWork, conversation_id: str, item_id: str
) -> dict[str, Any]:
    """One item."""
    thread_id = (await _kept(work, conversation_id)).thread.id
    _ensure_included(request)
    _, item = await conversation_items.find(work, thread_id, item_id)
    return item


@router.delete("/conversations/{conversation_id}/items/{item_id}")
async def delete_conversation_item(work: InWork, conversation_id: str, item_id: str) -> dict[str, Any]:
    """Delete an item; what follows it stays."""
    kept = await _kept(work, conversation_id)
    await conversation_items.delete(work, kept.thread.id, item_id)
    return _shown(kept)


async def _kept(work: Work, conversation_id: str) -> Kept:
    thread_id = read_conversation(conversation_id)
    try:
        return await keeping.kept(work, thread_id)
    except NotFound as error:
        raise no_conversation(conversation_id) from error


def _items(body: Body) -> Input:
    body.inners("items", most=_MOST_ITEMS)
    return response_input.read(body, "items")


def _ensure_included(request: Request) -> None:
    given = request.query_params
    response_requests.ensure_included([*given.getlist("include[]"), *given.getlist("include")])


def _shown(kept: Kept) -> dict[str, Any]:
    return {
        "id": id_of_thread(kept.thread.id),
        "object": "conversation",
        "created_at": seconds(kept.thread.created_at),
        "metadata": kept.notes.get("metadata") or {},
    }
