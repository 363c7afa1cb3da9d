"""A host that answers every request with the same bytes, whatever they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


@asynccontextmanager
async def answering(
    body: bytes, *, head: bytes = b"", cut: bool = False, stay: bool = False
) -> AsyncGenerator[str]:
    """Serve on a free port of this machine; its base URL.

    Args:
        body: what follows the head.
        head: the status line and headers; without it, those of a stream.
        cut: promise more than is sent.
        stay: leave the connection open until the client leaves.
    """
    length = len(body) + (1000 if cut else 0)
    head = (
        head or b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n" % length
    )

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + body)
        await writer.drain()
        if stay:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
