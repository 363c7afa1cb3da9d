"""Server-sent events: an answer that writes what there is, pings when there is nothing, and holds no transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from steward.kernel.telemetry import ACTIVE_STREAMS

PING: Final = b": ping\n\n"
_HEADERS: Final = {
    "content-type": "text/event-stream; charset=utf-8",
    # `no-transform`, `x-accel-buffering`: a proxy must neither compress nor hold the pieces back.
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
    "connection": "keep-alive",
}


class StreamCut(Exception):
    """The stream must break off, so that the client sees a lost connection and comes back for the rest."""


class EventStream(Response):
    """Sends the chunks of an iterator as they come; each chunk is one write.

    A comment is sent after `ping_seconds` of silence. When the client leaves, the iterator is closed.
    """

    def __init__(
        self, chunks: AsyncGenerator[bytes], *, ping_seconds: float, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(headers={**_HEADERS, **(headers or {})})
        del self.headers["content-length"]
        self._chunks = chunks
        self._ping_seconds = ping_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write until the iterator or the client ends."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        writer = asyncio.ensure_future(self._write(send))
        leaver = asyncio.ensure_future(_left(receive))
        ACTIVE_STREAMS.inc()
        try:
            await asyncio.wait((writer, leaver), return_when=asyncio.FIRST_COMPLETED)
            if writer.done():
                writer.result()
        except StreamCut:
            # No last chunk: the server closes the connection, which is what tells the client.
            scope.setdefault("state", {})["cut"] = True
        finally:
            ACTIVE_STREAMS.dec()
            for task in (writer, leaver):
                task.cancel()
            await asyncio.gather(writer, leaver, return_exceptions=True)

    async def _write(self, send: Send) -> None:
        pinger = _Pinger(send, self._ping_seconds)
        try:
            async for chunk in self._chunks:
                pinger.quiet = False
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            pinger.stop()
            closing = getattr(self._chunks, "aclose", None)
            if closing is not None:
                await closing()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Pinger:
    """Sends a comment whenever a whole interval passed without a chunk: one timer a stream, nothing per chunk."""

    def __init__(self, send: Send, seconds: float) -> None:
        self._send = send
        self._seconds = seconds
        self.quiet = True
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            if self.quiet:
                await self._send({"type": "http.response.body", "body": PING, "more_body": True})
            self.quiet = True

    def stop(self) -> None:
        self._task.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
