"""The WebSocket: the events of runs and turns of one's own, the same as over server-sent events, and which of one's
conversations change.

A client sends `{"type": "send", "thread_id"?, "text", "message_id"?, "model"?}`, `{"type": "follow", "run_id",
"after"?}`, `{"type": "stop", "run_id"}` or `{"type": "watch"}`. It receives `{"type": "event", "run_id", "seq",
"event"}`, `{"type": "started", …}`, `{"type": "threads_changed", "ids"}` and `{"type": "refused", …}` with the members
of a problem. Whoever watches and may have missed something is closed with 1013: connect again, and read the list anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from steward.agents.service import Wishes
from steward.identity.access import authenticate, authenticate_command
from steward.kernel import runtime
from steward.kernel.errors import Invalid, Refusal, Unauthorized
from steward.kernel.http import check_json, problem_body
from steward.kernel.work import Actor
from steward.runs import service
from steward.runs.routes import plain
from steward.runs.schemas import TurnRequest
from steward.threads.live import ThreadNews

router = APIRouter()

_READERS: Final = 16
_NOBODY: Final = 4401
_AGAIN: Final = 1013


class _Send(msgspec.Struct, tag="send", tag_field="type", forbid_unknown_fields=True):
    text: str
    thread_id: str | None = None
    message_id: str | None = None
    model: str | None = None
    agent_id: str | None = None


class _Follow(msgspec.Struct, tag="follow", tag_field="type", forbid_unknown_fields=True):
    run_id: str
    after: int = 0


class _Stop(msgspec.Struct, tag="stop", tag_field="type", forbid_unknown_fields=True):
    run_id: str


class _Watch(msgspec.Struct, tag="watch", tag_field="type", forbid_unknown_fields=True):
    pass


_commands: Final = msgspec.json.Decoder(_Send | _Follow | _Stop | _Watch)


@router.websocket("/ws")
async def socket(websocket: WebSocket) -> None:
    """Serve one connection."""
    try:
        _ensure_own_page(websocket)
        actor = await authenticate(websocket)
    except Refusal as refusal:
        # Before the handshake is accepted, a close is an HTTP 403 to the client.
        await websocket.close(_NOBODY, refusal.detail)
        return
    await websocket.accept()
    readers: set[asyncio.Task[None]] = set()
    try:
        while (received := await websocket.receive())["type"] != "websocket.disconnect":
            await _serve(websocket, actor, received.get("text"), readers)
    except WebSocketDisconnect:
        pass
    finally:
        for reader in readers:
            reader.cancel()


async def _serve(
    websocket: WebSocket, actor: Actor, message: str | None, readers: set[asyncio.Task[None]]
) -> None:
    try:
        command = _read(message)
        # The credential may have been revoked since the connection opened.
        await authenticate_command(websocket, is_change=not isinstance(command, _Follow | _Watch))
        match command:
            case _Send():
                started = await service.start(
                    actor,
                    TurnRequest(
                        trigger="submit",
                        thread_ref=command.thread_id,
                        parts=[{"type": "text", "text": command.text}],
                        message_id=command.message_id,
                        wishes=Wishes(model=command.model, agent_id=command.agent_id),
                    ),
                )
                await _say(websocket, type="started", **msgspec.to_builtins(started))
                _keep(readers, _forward(websocket, actor, started.run_id, 0))
            case _Follow():
                async with runtime.current().database.work(actor) as work:
                    await service.get(work, command.run_id)
                _keep(readers, _forward(websocket, actor, command.run_id, command.after))
            case _Stop():
                stopped = await service.stop(actor, command.run_id)
                await _say(websocket, type="stopped", **stopped.model_dump())
            case _Watch():
                _keep(readers, _watch(websocket, actor))
    except Refusal as refusal:
        await _say(websocket, **{**problem_body(refusal, ""), "type": "refused"})


def _read(message: str | None) -> _Send | _Follow | _Stop | _Watch:
    if message is None:
        raise Invalid("A command is a text frame with JSON, not a binary one.")
    check_json(message.encode(), runtime.current().settings.limits)
    try:
        return _commands.decode(message)
    except msgspec.DecodeError as error:
        raise Invalid(f"The command does not fit: {error}.") from error


def _keep(readers: set[asyncio.Task[None]], forwarding: Coroutine[Any, Any, None]) -> None:
    if len(readers) >= _READERS:
        forwarding.close()
        raise Invalid(f"One connection follows at most {_READERS} runs at a time; open another one.")
    reader = asyncio.ensure_future(forwarding)
    readers.add(reader)
    reader.add_done_callback(readers.discard)


async def _forward(websocket: WebSocket, actor: Actor, run_id: str, after: int) -> None:
    async with aclosing(service.follow(actor, run_id, after)) as batches:
        async for batch in batches:
            for seq, event in plain(batch):
                head = msgspec.json.encode({"type": "event", "run_id": run_id, "seq": seq})[:-1]
                await websocket.send_text((head + b',"event":' + event + b"}").decode())


async def _watch(websocket: WebSocket, actor: Actor) -> None:
    # The other side may be gone whenever there is something to say.
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        code = _AGAIN
        try:
            async with aclosing(runtime.current().part(ThreadNews).follow(actor)) as news:
                async for ids in news:
                    # Whoever only listens sends no command with which the credential would be read again.
                    await authenticate_command(websocket, is_change=False)
                    await _say(websocket, type="threads_changed", ids=ids)
        except Unauthorized:
            code = _NOBODY
        except Refusal:
            pass
        await websocket.close(code)


async def _say(websocket: WebSocket, **message: Any) -> None:
    await websocket.send_text(msgspec.json.encode(message).decode())


def _ensure_own_page(websocket: WebSocket) -> None:
    # Browsers send cookies with a WebSocket from any page: only our own page may use them.
    origin = websocket.headers.get("origin")
    if (
        origin is not None
        and "authorization" not in websocket.headers
        and urlsplit(origin).netloc != websocket.headers["host"]
    ):
        raise Unauthorized("Unauthorized")
