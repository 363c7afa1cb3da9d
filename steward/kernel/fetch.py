"""Fetching from the web: the one way in which the server asks an address that somebody gave it.

Only the public internet is asked. Every address that a name stands for is looked at, the connection goes to exactly
these addresses, and the socket looks once more at where it is about to go. Redirects are followed by hand, and each
starts anew. There is one parser of addresses, so that no two can differ.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
from yarl import URL

from steward import __version__
from steward.kernel.addresses import Address, Network, read_networks
from steward.kernel.fetch_errors import FetchFailed, FetchNotFound, FetchTooLarge
from steward.kernel.fetch_guard import (
    Pinned,
    Resolver,
    checked_addresses,
    guarded_sockets,
    read_url,
    redirected,
    system_addresses,
)
from steward.kernel.settings import Fetch

_HEADERS: Final = {"user-agent": f"Steward/{__version__}", "accept": "*/*", "accept-encoding": "gzip"}
_PACKED: Final = frozenset({"gzip", "x-gzip", "deflate"})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_GONE: Final = frozenset({404, 410})
_PIECE_BYTES: Final = 2**16


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page.

    Attributes:
        url: where it was in the end, after redirects.
        media_type: as its host says, in small letters and without parameters.
        charset: as its host says, in small letters, or None.
        content: unpacked.
    """

    url: str
    media_type: str
    charset: str | None
    content: bytes


async def fetch(url: str, settings: Fetch, *, resolver: Resolver | None = None) -> Fetched:
    """Fetch a page.

    Args:
        url: what somebody gave us.
        settings: limits, and the private networks that are allowed.
        resolver: instead of the system's.

    Raises:
        FetchForbiddenAddress: the address, or one that it leads to, is none of the public internet.
        FetchNotFound: its host knows no such page.
        FetchTooLarge: more bytes than the limit.
        FetchFailed: no page, not in time, or one redirect too many.
    """
    try:
        async with asyncio.timeout(settings.seconds):
            return await _follow(read_url(url), settings, resolver or system_addresses)
    except TimeoutError as error:
        raise FetchFailed(f"The page took longer than {settings.seconds:g} seconds.") from error


async def _follow(url: URL, settings: Fetch, resolver: Resolver) -> Fetched:
    allowed = read_networks(settings.allowed_networks)
    for _ in range(settings.redirects + 1):
        addresses = await checked_addresses(url, allowed, resolver)
        async with _asked(url, addresses, allowed) as answer:
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or location is None:
                return await _page(url, answer, settings.bytes)
            url = redirected(url, location)
    raise FetchFailed(f"The page redirects more than {settings.redirects} times.")


@asynccontextmanager
async def _asked(
    url: URL, addresses: Sequence[Address], allowed: Sequence[Network]
) -> AsyncGenerator[aiohttp.ClientResponse]:
    connector = aiohttp.TCPConnector(
        resolver=Pinned(addresses),
        socket_factory=guarded_sockets(allowed),
        use_dns_cache=False,
        force_close=True,
    )
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector,
                headers=_HEADERS,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),  # ours is over all of it
                trust_env=False,
                auto_decompress=False,
            ) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            yield answer
    except aiohttp.ClientConnectorCertificateError as error:
        raise FetchFailed(f"The certificate of {url.host} is not valid.") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        if isinstance(error, TimeoutError):
            raise
        raise FetchFailed(f"The host {url.host} does not answer as a web server should.") from error


async def _page(url: URL, answer: aiohttp.ClientResponse, most_bytes: int) -> Fetched:
    if answer.status in _GONE:
        raise FetchNotFound(f"The host {url.host} has no such page.")
    if answer.status in (401, 403):
        raise FetchFailed(f"The host {url.host} shows the page only to those it knows.")
    if not 200 <= answer.status < 300:
        raise FetchFailed(f"The host {url.host} answers with the status {answer.status}.")
    if (answer.content_length or 0) > most_bytes:
        raise _too_large(most_bytes)
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in _PACKED | {"identity", ""}:
        raise FetchFailed(f"The host {url.host} packs the page in a way that was not asked for.")
    content = await _content(answer, most_bytes, is_packed=encoding in _PACKED)
    charset = answer.charset and answer.charset.lower()
    return Fetched(str(url), answer.content_type.lower(), charset, content)


async def _content(answer: aiohttp.ClientResponse, most_bytes: int, *, is_packed: bool) -> bytes:
    unpacker, seen = _Unpacker(most_bytes), 0
    async for piece in answer.content.iter_chunked(_PIECE_BYTES):
        seen += len(piece)
        if seen > most_bytes:
            raise _too_large(most_bytes)
        if is_packed:
            await asyncio.to_thread(unpacker.feed, piece)
        else:
            unpacker.content += piece
    if is_packed and not unpacker.is_whole:
        raise FetchFailed("The page is cut off.")
    return bytes(unpacker.content)


class _Unpacker:
    """Unpacks gzip and zlib, never further than the limit, however small the packed bytes are."""

    def __init__(self, most_bytes: int) -> None:
        self.content = bytearray()
        self._most_bytes = most_bytes
        self._stream = zlib.decompressobj(wbits=47)
        self.is_whole = True

    def feed(self, packed: bytes) -> None:
        while packed:
            if self._stream.eof:
                self._stream = zlib.decompressobj(wbits=47)
            try:
                self.content += self._stream.decompress(packed, self._most_bytes + 1 - len(self.content))
            except zlib.error as error:
                raise FetchFailed("The page is not packed as its host says.") from error
            if len(self.content) > self._most_bytes:
                raise _too_large(self._most_bytes)
            packed = self._stream.unused_data or self._stream.unconsumed_tail
        self.is_whole = self._stream.eof


def _too_large(most_bytes: int) -> FetchTooLarge:
    return FetchTooLarge(
        f"The page has more than {most_bytes} bytes; upload it as a file, or take a smaller one."
    )
