"""Native REST of runs: a conversation with what runs in it, the events of a run, stop."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from steward.identity.access import Caller, InWork
from steward.kernel import runtime
from steward.kernel.errors import Invalid
from steward.kernel.pages import AnyId, Offset, PageSize
from steward.kernel.sse import EventStream
from steward.kernel.work import Actor
from steward.providers.events import ProviderState
from steward.runs import estimates, objects, service
from steward.runs.feed import Batch
from steward.runs.schemas import (
    EstimateRead,
    EstimateRequest,
    ObjectRead,
    ObjectRequest,
    RunRead,
    Stopped,
)
from steward.threads import service as threads
from steward.threads import windows
from steward.threads.schemas import Conversation

router = APIRouter(tags=["runs"])

_MOST_SEQ = 2**62


@router.get("/chat/{conversation_id}")
async def read_conversation(
    work: InWork,
    conversation_id: AnyId,
    limit: PageSize = 50,
    offset: Offset = 0,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    message: Annotated[
        AnyId | None, Query(description="The page around this message, on whichever branch it is.")
    ] = None,
    after: Annotated[
        AnyId | None, Query(description="The page of those that follow this message, on its branch.")
    ] = None,
) -> Conversation:
    """A conversation with a page of its visible branch, newest first, and the run that answers just now."""
    if sum(place is not None for place in (cursor, message, after)) > 1:
        raise Invalid("Ask for a page by one of cursor, message and after.", field="cursor")
    thread = await threads.get(work, conversation_id)
    window = await windows.find(work, thread, around=message, behind=after, size=limit)
    if window is None:
        leaf_id = thread.head_id if cursor is None else None
        messages, next_cursor = await threads.messages(
            work, thread, limit=limit, offset=offset, cursor=cursor
        )
    else:
        leaf_id = window.leaf_id
        messages, next_cursor = await threads.messages_of(work, thread, window)
    return Conversation(
        thread=await threads.read(work, thread.id),
        messages=messages,
        next_cursor=next_cursor,
        leaf_id=leaf_id,
        live_run=await service.find_live(work, thread.id),
    )


@router.post("/chat/{conversation_id}/stop")
async def stop_conversation(actor: Caller, conversation_id: AnyId) -> Stopped:
    """Stop the answer that is being written; what came so far is kept."""
    return await service.stop_thread(actor, conversation_id)


@router.post("/chat/estimate")
async def estimate_message(work: InWork, body: EstimateRequest) -> EstimateRead:
    """What a message would cost, with its history, before it is sent."""
    return await estimates.estimate(work, body)


@router.post("/objects")
async def generate_object(actor: Caller, body: ObjectRequest) -> ObjectRead:
    """Ask a model for JSON of a schema; an answer that does not fit is asked for again."""
    return await objects.generate(actor, body)


@router.get("/runs/{run_id}")
async def read_run(work: InWork, run_id: AnyId) -> RunRead:
    """A run."""
    return await service.get(work, run_id)


@router.post("/runs/{run_id}/stop")
async def stop_run(actor: Caller, run_id: AnyId) -> Stopped:
    """Stop a run; what came so far is kept."""
    return await service.stop(actor, run_id)


@router.get("/runs/{run_id}/events", response_class=Response)
async def read_run_events(
    actor: Caller,
    run_id: AnyId,
    after: Annotated[int, Query(ge=0, le=_MOST_SEQ)] = 0,
    last_event_id: Annotated[int | None, Header(ge=0, le=_MOST_SEQ)] = None,
) -> Response:
    """The events of a run from a cursor to its end, as server-sent events whose `id` is the cursor."""
    house = runtime.current()
    async with house.database.work(actor) as work:
        await service.get(work, run_id)
    cursor = last_event_id if last_event_id is not None else after
    if cursor and await service.is_read_to_end(actor, run_id, cursor):
        # What tells an EventSource to stop asking.
        return Response(status_code=204)
    events = _encode(actor, run_id, cursor)
    return EventStream(events, ping_seconds=house.settings.streams.ping_seconds)


async def _encode(actor: Actor, run_id: str, after: int) -> AsyncGenerator[bytes]:
    async with aclosing(service.follow(actor, run_id, after)) as batches:
        async for batch in batches:
            yield b"".join(b"id: %d\ndata: %b\n\n" % (seq, event) for seq, event in plain(batch))


def plain(batch: Batch) -> list[tuple[int, bytes]]:
    """The events of a batch with their cursors, as JSON objects: `type`, then the event's own fields."""
    return [
        (
            batch.first_seq + at,
            msgspec.json.encode({"type": event.__struct_config__.tag, **msgspec.structs.asdict(event)}),
        )
        for at, event in enumerate(batch.events)
        # What a wire keeps for itself (signatures, sealed thoughts) is no reader's.
        if not isinstance(event, ProviderState)
    ]
