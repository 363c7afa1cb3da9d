"""The AI SDK door: `POST /api/v1/chat` and the stream to come back to."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter, Request
from starlette.responses import Response

from steward.doors.ai_sdk import encode, plain, wire
from steward.identity.access import Caller
from steward.kernel import runtime
from steward.kernel.errors import NotFound, Refusal
from steward.kernel.pages import AnyId
from steward.kernel.sse import EventStream, StreamCut
from steward.kernel.work import Actor
from steward.providers.events import Finish, Usage
from steward.runs import actions, attaching, completions, service
from steward.runs.events import RunEnd, RunEvent, RunPause, StepRestart
from steward.runs.schemas import RunRead, TurnRequest

router = APIRouter(tags=["chat"])


@router.post("/api/v1/chat", response_class=Response)
async def chat(request: Request, actor: Caller) -> Response:
    """Send a message, edit one, or ask for another answer; the answer is a UI message stream."""
    turn, form = wire.read(await request.body())
    return await _answer(actor, turn, form)


@router.post("/api/assistant-v2/chat", response_class=Response)
async def chat_in_workspace(request: Request, actor: Caller) -> Response:
    """The same for clients that name the workspace in the body; it must be the caller's own."""
    raw = await request.body()
    workspace_id = wire.read_workspace_id(raw)
    turn, form = wire.read(raw)
    if workspace_id != actor.workspace_id:
        raise NotFound("There is no such workspace.")
    return await _answer(actor, turn, form)


@router.post("/api/v1/completion", response_class=Response)
async def complete(request: Request, actor: Caller) -> Response:
    """Answer one prompt without a conversation, for `useCompletion`; it ends when its reader goes."""
    settings = runtime.current().settings
    model, asked = wire.read_completion(await request.body(), settings.limits.message_chars)
    completion = await completions.complete(actor, model, asked)
    return EventStream(
        _completion(completion), ping_seconds=settings.streams.ping_seconds, headers=encode.HEADERS
    )


@router.get("/api/v1/chat/{conversation_id}/stream", response_class=Response)
async def resume(actor: Caller, conversation_id: AnyId) -> Response:
    """The running answer from its beginning, then live; 204 when nothing runs, also for a conversation not begun."""
    async with runtime.current().database.work(actor) as work:
        live = await service.find_live(work, conversation_id)
    if live is None:
        return Response(status_code=204)
    return _stream(actor, live.id)


async def _answer(actor: Actor, turn: TurnRequest | wire.Words, form: wire.Form) -> Response:
    if isinstance(turn, wire.Words):
        return await _go_on(actor, turn)
    started = await service.start(actor, await attaching.attached(actor, turn))
    match form:
        case "whole":
            return await plain.whole(actor, started)
        case "content":
            ping_seconds = runtime.current().settings.streams.ping_seconds
            return EventStream(plain.events_of(actor, started), ping_seconds=ping_seconds)
        case "ui":
            return _stream(actor, started.run_id)


async def _go_on(actor: Actor, said: wire.Words) -> Response:
    """Tell a waiting turn what the page says, and go on with its answer where the page stopped reading."""
    async with runtime.current().database.work(actor) as work:
        run = await service.find_run(work, said.thread_ref, said.message_ref)
    await actions.decide_all(actor, run.id, said.words)
    after, last = await actions.known_until(actor, run.id, said.words)
    still_waits = after == last and await _waits(actor, run.id)
    ping_seconds = runtime.current().settings.streams.ping_seconds
    return EventStream(
        _rest(actor, run, after, still_waits), ping_seconds=ping_seconds, headers=encode.HEADERS
    )


async def _rest(actor: Actor, run: RunRead, after: int, still_waits: bool) -> AsyncGenerator[bytes]:
    encoder = encode.Encoder()
    yield encode.continuation(run.message_id, run.id, run.thread_id)
    if still_waits:
        # Something else of this step still waits.
        yield encoder.encode([RunPause(0)])
        return
    async with aclosing(service.follow_standing(actor, run.id, after)) as batches:
        async for events in batches:
            if any(isinstance(event, StepRestart) for event in events):
                raise StreamCut
            data, paused = await _encoded(actor, run.id, encoder, events)
            if data:
                yield data
            if paused:
                return


async def _encoded(
    actor: Actor, run_id: str, encoder: encode.Encoder, events: list[RunEvent]
) -> tuple[bytes, bool]:
    """A wait that is over is nothing to the reader; one that is not ends the stream."""
    said: list[RunEvent] = [event for event in events if not isinstance(event, RunPause)]
    paused = bool(events) and isinstance(events[-1], RunPause) and await _waits(actor, run_id)
    return encoder.encode([*said, *events[-1:]] if paused else said), paused


def _stream(actor: Actor, run_id: str) -> Response:
    ping_seconds = runtime.current().settings.streams.ping_seconds
    return EventStream(_chunks(actor, run_id), ping_seconds=ping_seconds, headers=encode.HEADERS)


async def _chunks(actor: Actor, run_id: str) -> AsyncGenerator[bytes]:
    encoder = encode.Encoder()
    async with aclosing(service.follow_standing(actor, run_id)) as batches:
        async for events in batches:
            if any(isinstance(event, StepRestart) for event in events):
                # Text that was shown no longer counts, and this wire cannot take it back: the client comes
                # back and reads the message as it stands.
                raise StreamCut
            data, paused = await _encoded(actor, run_id, encoder, events)
            if data:
                yield data
            if paused:
                return


async def _waits(actor: Actor, run_id: str) -> bool:
    async with runtime.current().database.work(actor) as work:
        return (await service.get(work, run_id)).status == "requires_action"


async def _completion(completion: completions.Completion) -> AsyncGenerator[bytes]:
    encoder = encode.Encoder()
    yield encode.chunk(type="start")
    usage, finish = Usage(0, 0), Finish("stop")
    started = time.monotonic()
    try:
        async with aclosing(completion.events()) as batches:
            async for batch in batches:
                for event in batch:
                    usage = event if isinstance(event, Usage) else usage
                    finish = event if isinstance(event, Finish) else finish
                data = encoder.encode([*batch])
                if data:
                    yield data
    except Refusal as refusal:
        yield encode.refusal(refusal) + encode.DONE
        return
    cost = completion.cost_usd(usage)
    end = RunEnd(
        status="completed",
        finish_reason=finish.reason,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        model=completion.model,
        duration_ms=round((time.monotonic() - started) * 1000),
        cost_usd=None if cost is None else format(cost, "f"),
    )
    yield encoder.encode([end])
