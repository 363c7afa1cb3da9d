"""The floor: a proxy that forwards the bytes of /v1/chat/completions and looks at none of them.

The same stack as Steward (ASGI on uvicorn, uvloop and httptools; aiohttp towards the provider), so what Steward
costs beyond it is what Steward does.

    python -m bench.passthrough --upstream http://127.0.0.1:9000 --port 0       # prints {"port": N}
"""

import argparse
import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import aiohttp
import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_HOP_BY_HOP = {b"connection", b"content-length", b"host", b"keep-alive", b"transfer-encoding"}


class PassThrough:
    """One ASGI app in front of one upstream."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._forward(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                timeout = aiohttp.ClientTimeout(total=None)
                self._session = aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(limit=0), timeout=timeout, auto_decompress=False
                )
                await send({"type": "lifespan.startup.complete"})
            else:
                if self._session is not None:
                    await self._session.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _forward(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        pump = asyncio.ensure_future(self._pump(scope, body, send))
        left = asyncio.ensure_future(_until_left(receive))
        try:
            await asyncio.wait({pump, left}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            left.cancel()
            if not pump.done():
                pump.cancel()
        if pump.done() and not pump.cancelled():
            pump.result()

    async def _pump(self, scope: Message, body: bytes, send: Send) -> None:
        assert self._session is not None
        headers = [
            (name.decode(), value.decode()) for name, value in scope["headers"] if name not in _HOP_BY_HOP
        ]
        url = self._upstream + scope["path"]
        async with self._session.request(scope["method"], url, data=body, headers=headers) as answer:
            await send(
                {
                    "type": "http.response.start",
                    "status": answer.status,
                    "headers": [pair for pair in answer.raw_headers if pair[0].lower() not in _HOP_BY_HOP],
                }
            )
            async for data in answer.content.iter_any():
                await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m bench.passthrough")
    parser.add_argument("--upstream", required=True, help="where requests go, without a path")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    listener = socket.socket()
    listener.bind(("127.0.0.1", options.port))
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    config = uvicorn.Config(
        PassThrough(options.upstream), loop="uvloop", http="httptools", lifespan="on", access_log=False,
        log_level="warning", backlog=2048,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
