"""The WebSocket: the events of runs and turns of one's own, the same as over server-sent events.

A client sends `{"type": "send", "thread_id"?, "text", "message_id"?, "model"?}`, `{"type": "follow", "run_id",
"after"?}` or `{"type": "stop", "run_id"}`. It receives `{"type": "event", "run_id", "seq", "event"}`, "
"`{"type": "started", …}` and
`{"type": "refused", …}` with the members of a problem.
"""

from __future__ import annotations

import asyncio
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

router = APIRouter()

_READERS: Final = 16


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


_commands: Final = msgspec.json.Decoder(_Send | _Follow | _Stop)


@router.websocket("/ws")
async def socket(websocket: WebSocket) -> None:
    """Serve one connection."""
    try:
        _ensure_own_page(websocket)
        actor = await authenticate(websocket)
    except Refusal as refusal:
        # Before the handshake is accepted, a close is an HTTP 403 to the client.
        await websocket.close(code=4401, reason=refusal.detail)
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
        await authenticate_command(websocket, is_change=not isinstance(command, _Follow))
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
                _follow(websocket, actor, started.run_id, 0, readers)
            case _Follow():
                async with runtime.current().database.work(actor) as work:
                    await service.get(work, command.run_id)
                _follow(websocket, actor, command.run_id, command.after, readers)
            case _Stop():
                stopped = await service.stop(actor, command.run_id)
                await _say(websocket, type="stopped", **stopped.model_dump())
    except Refusal as refusal:
        await _say(websocket, **{**problem_body(refusal, ""), "type": "refused"})


def _read(message: str | None) -> _Send | _Follow | _Stop:
    if message is None:
        raise Invalid("A command is a text frame with JSON, not a binary one.")
    check_json(message.encode(), runtime.current().settings.limits)
    try:
        return _commands.decode(message)
    except msgspec.DecodeError as error:
        raise Invalid(f"The command does not fit: {error}.") from error


def _follow(
    websocket: WebSocket, actor: Actor, run_id: str, after: int, readers: set[asyncio.Task[None]]
) -> None:
    if len(readers) >= _READERS:
        raise Invalid(f"One connection follows at most {_READERS} runs at a time; open another one.")
    reader = asyncio.ensure_future(_forward(websocket, actor, run_id, after))
    readers.add(reader)
    reader.add_done_callback(readers.discard)


async def _forward(websocket: WebSocket, actor: Actor, run_id: str, after: int) -> None:
    async with aclosing(service.follow(actor, run_id, after)) as batches:
        async for batch in batches:
            for seq, event in plain(batch):
                head = msgspec.json.encode({"type": "event", "run_id": run_id, "seq": seq})[:-1]
                await websocket.send_text((head + b',"event":' + event + b"}").decode())


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
