"""MCP servers over HTTP: the SDK's requests over the house's own way to addresses that somebody gave it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import httpx2
from mcp.client.streamable_http import streamable_http_client
from yarl import URL

from steward import __version__
from steward.kernel.addresses import read_networks
from steward.kernel.fetch_guard import Pinned, checked_addresses, guarded_sockets, read_url, system_addresses
from steward.kernel.settings import Fetch
from steward.mcp_servers.targets import MOST_BYTES, Allowance, ServerTrouble, Streams, Target

_PIECE_BYTES: Final = 2**16
# Ours to say, or the connection's.
_LEFT_OUT: Final = frozenset({"host", "accept-encoding", "connection", "content-length", "transfer-encoding"})


@asynccontextmanager
async def open_address(target: Target, settings: Fetch) -> AsyncGenerator[Streams]:
    """Connect to a server's address; every request goes to the addresses that were looked at.

    Raises:
        FetchForbiddenAddress: the address, or one that it stands for, is none of the public internet.
        FetchFailed: there is no such host.
        ServerTrouble: the server sends too much, or what was not asked for.
    """
    assert target.url is not None
    url = read_url(target.url)
    allowed = read_networks(settings.allowed_networks)
    addresses = await checked_addresses(url, allowed, system_addresses)
    connector = aiohttp.TCPConnector(
        resolver=Pinned(addresses), socket_factory=guarded_sockets(allowed), use_dns_cache=False
    )
    async with (
        aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # ours is over the whole session
            trust_env=False,
            auto_decompress=False,
            skip_auto_headers=("user-agent",),
        ) as session,
        httpx2.AsyncClient(
            transport=_Guarded(session, url),
            headers={**target.headers, "user-agent": f"Steward/{__version__}"},
            timeout=None,
            trust_env=False,
        ) as http,
        streamable_http_client(str(url), http_client=http, max_sse_event_size=MOST_BYTES) as streams,
    ):
        yield streams


class _Guarded(httpx2.AsyncBaseTransport):
    """Sends requests to one origin, and reads no more than a session's allowance from it."""

    def __init__(self, session: aiohttp.ClientSession, url: URL) -> None:
        self._session = session
        self._origin = url.origin()
        self._allowance = Allowance()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Ask once; redirects are the SDK's, which stays on the origin, and so does this."""
        url = URL(str(request.url), encoded=True)
        if url.origin() != self._origin:
            raise ServerTrouble("leads to another address")
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _LEFT_OUT]
        body = await request.aread()
        try:
            answer = await self._session.request(
                request.method,
                url,
                headers=[*headers, ("accept-encoding", "identity")],
                data=body or None,
                allow_redirects=False,
            )
        except (aiohttp.ClientError, OSError) as error:
            raise ServerTrouble("cannot be reached") from error
        return httpx2.Response(
            answer.status,
            headers=[(name, value) for name, value in answer.headers.items()],
            stream=_Body(answer, self._allowance),
            request=request,
        )


class _Body(httpx2.AsyncByteStream):
    def __init__(self, answer: aiohttp.ClientResponse, allowance: Allowance) -> None:
        self._answer = answer
        self._allowance = allowance

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._answer.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise ServerTrouble("packs its answers in a way that was not asked for")
        try:
            async for piece in self._answer.content.iter_any():
                self._allowance.take(len(piece))
                yield piece
        except (aiohttp.ClientError, OSError) as error:
            raise ServerTrouble("broke off its answer") from error

    async def aclose(self) -> None:
        self._answer.close()
