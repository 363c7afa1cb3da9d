"""Programs as MCP servers: started for one session, spoken to line by line, and ended with all that they started.

The SDK's own transport hands the server's environment on and reads lines of any length; this one does neither.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp import types
from mcp.shared.message import SessionMessage

from steward.mcp_servers.targets import MOST_BYTES, TOO_MUCH, Allowance, ServerTrouble, Streams, Target

_CHILD: Final = Path(__file__).with_name("child.py")
_PATH: Final = "/usr/local/bin:/usr/bin:/bin"
_GRACE_SECONDS: Final = 0.5
# A longer line is parsed beside the event loop.
_QUICK_BYTES: Final = 32_000
# What a line costs beside its length: many short ones are as much work as a long one.
_MESSAGE_BYTES: Final = 500
_MOST_PROGRAMS: Final = 16
_slots: Final = asyncio.Semaphore(_MOST_PROGRAMS)
_ending: Final = set[asyncio.Task[None]]()


@asynccontextmanager
async def open_program(target: Target) -> AsyncGenerator[Streams]:
    """Start a server's program in a folder of its own, and end it afterwards.

    Raises:
        ServerTrouble: it cannot be started, or sends too much.
    """
    async with _slots, _folder() as folder:
        process = await _start(target, folder)
        to_session, from_program = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        to_program, from_session = anyio.create_memory_object_stream[SessionMessage](0)
        try:
            async with anyio.create_task_group() as tasks, from_program, to_program:
                tasks.start_soon(_read, process, to_session)
                tasks.start_soon(_write, process, from_session)
                try:
                    yield from_program, to_program
                finally:
                    tasks.cancel_scope.cancel()
        finally:
            to_session.close()
            from_session.close()
            await _end(process)


@asynccontextmanager
async def _folder() -> AsyncGenerator[str]:
    folder = await asyncio.to_thread(
        tempfile.TemporaryDirectory[str], prefix="steward-mcp-", ignore_cleanup_errors=True
    )
    try:
        yield folder.name
    finally:
        await asyncio.shield(asyncio.to_thread(folder.cleanup))


async def _start(target: Target, folder: str) -> Process:
    assert target.command is not None
    if not os.access(target.command, os.X_OK):
        raise ServerTrouble("is no program that can be started")
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", "-B", str(_CHILD), str(os.getpid())),
        *(target.command, *target.arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={"PATH": _PATH, "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8", **target.environment},
        cwd=folder,
        start_new_session=True,
        limit=MOST_BYTES,
    )


async def _read(process: Process, session: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
    """Give the session what the program says, until it says no more."""
    assert process.stdout is not None
    allowance = Allowance()
    async with session:
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError as error:
                raise ServerTrouble(TOO_MUCH) from error
            if not line:
                return
            allowance.take(len(line) + _MESSAGE_BYTES)
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                await session.send(await _message(line))


async def _message(line: bytes) -> SessionMessage | Exception:
    try:
        if len(line) < _QUICK_BYTES:
            return _parsed(line)
        return await asyncio.to_thread(_parsed, line)
    except ValueError as error:
        # Programs print other things as well; the session passes over them.
        return error


def _parsed(line: bytes) -> SessionMessage:
    return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))


async def _write(process: Process, session: MemoryObjectReceiveStream[SessionMessage]) -> None:
    """Give the program what the session says."""
    assert process.stdin is not None
    async with session:
        with suppress(ConnectionError):
            async for message in session:
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                process.stdin.write(text.encode() + b"\n")
                await process.stdin.drain()


async def _end(process: Process) -> None:
    """See the program off, also when whoever asked has been called off meanwhile."""
    ending = asyncio.ensure_future(_stop(process))
    _ending.add(ending)
    ending.add_done_callback(_ending.discard)
    with anyio.CancelScope(shield=True):
        await asyncio.shield(ending)


async def _stop(process: Process) -> None:
    """Let the program go by itself for a moment, then end it and whatever it started."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_SECONDS):
            await process.wait()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(ValueError, TimeoutError):
        async with asyncio.timeout(_GRACE_SECONDS):
            # To the end of the pipe, so that it is closed when this returns.
            while await process.stdout.read(2**16):
                pass
            await process.wait()
