"""Where the server may go for a page: addresses that somebody gave, read by one parser and followed to their end."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, ip_address
from typing import Any, Final, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from steward.kernel.addresses import Address, Network, may_be_fetched
from steward.kernel.fetch_errors import FetchFailed, FetchForbiddenAddress

Resolver: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""Finds the addresses of a host, given its port as well."""
AddressInfo: TypeAlias = tuple[int, int, int, str, tuple[Any, ...]]
"""Family, kind, protocol, canonical name and address of a socket, as `getaddrinfo` tells them."""

_URL_CHARS: Final = 2_000
_WEB_PORTS: Final = frozenset({80, 443})
_LEAST_FREE_PORT: Final = 1024
# Read differently by different programs: as the end of a host, or as part of it.
_DOUBTFUL: Final = re.compile(r"[\x00-\x20\x7f\\]")
# Whatever ends in a number would be an address, had it the usual form.
_NUMERIC_HOST: Final = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)\.?", re.IGNORECASE)
_NAME: Final = re.compile(r"[a-z0-9._-]+", re.IGNORECASE)


def read_url(given: str) -> URL:
    """Read an address of the web; nothing is asked.

    Raises:
        FetchForbiddenAddress: it is none, or one that two programs could read differently.
    """
    given = given.strip()
    _ensure_plain(given)
    try:
        url = URL(given).with_fragment(None)
        host, port = url.host, url.port
    except ValueError as error:
        raise _forbidden("is none of the web") from error
    if url.scheme not in ("http", "https") or not host or port is None:
        raise _forbidden("does not begin with http or https and a host")
    if "@" in re.split("[/?#]", given.partition("://")[2])[0]:
        raise _forbidden("has a name or a password in it")
    if port not in _WEB_PORTS and port < _LEAST_FREE_PORT:
        raise _forbidden(f"names the port {port}, which is not one of the web")
    if _literal(host) is None and (_NUMERIC_HOST.fullmatch(host) or not _NAME.fullmatch(url.raw_host or "")):
        raise _forbidden("names its host in an unusual way")
    return url


def redirected(url: URL, location: str) -> URL:
    """Where a page says that it is instead; nothing is asked.

    Raises:
        FetchForbiddenAddress: nowhere that may be fetched.
        FetchFailed: no address at all, or one that gives up the safe connection.
    """
    _ensure_plain(location)
    try:
        target = read_url(str(url.join(URL(location))))
    except ValueError as error:
        raise FetchFailed(f"The host {url.host} redirects to nowhere.") from error
    if url.scheme == "https" and target.scheme == "http":
        raise FetchFailed(f"The host {url.host} redirects from a safe connection to one that is not.")
    return target


async def checked_addresses(url: URL, allowed: Sequence[Network], resolver: Resolver) -> list[Address]:
    """Where a page would be fetched from.

    Raises:
        FetchForbiddenAddress: one of the addresses of its host is not public. One is enough: which of them would be
            asked is chance, or somebody's plan.
        FetchFailed: its host has none.
    """
    assert url.host is not None
    assert url.port is not None
    literal = _literal(url.host)
    try:
        found = [literal] if literal else [ip_address(one) for one in await resolver(url.host, url.port)]
    except (OSError, UnicodeError) as error:
        raise FetchFailed(f"There is no host {url.host}. Check the address.") from error
    if not found:
        raise FetchFailed(f"There is no host {url.host}. Check the address.")
    if not all(may_be_fetched(address, allowed) for address in found):
        raise _forbidden("leads into a private network")
    return found


async def system_addresses(host: str, port: int) -> list[str]:
    """The addresses of a host, as this machine finds them.

    Raises:
        OSError: it finds none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


def guarded_sockets(allowed: Sequence[Network]) -> Callable[[AddressInfo], socket.socket]:
    """Makes sockets for a connector, and none to where nothing may be fetched: the last look before a connection."""

    def make(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, sockaddr = info
        if not may_be_fetched(ip_address(sockaddr[0]), allowed):
            raise PermissionError("not an address of the public internet")
        return socket.socket(family, kind, protocol)

    return make


class Pinned(AbstractResolver):
    """Answers with the addresses that were looked at, and never asks again."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses, of whichever host and family."""
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


def _ensure_plain(given: str) -> None:
    if len(given) > _URL_CHARS or _DOUBTFUL.search(given):
        raise _forbidden("is too long, or has a blank or a backslash in it")


def _literal(host: str) -> Address | None:
    """The address that the host is; of all ways to write one only the usual."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _forbidden(why: str) -> FetchForbiddenAddress:
    return FetchForbiddenAddress(
        f"The address {why}; only public addresses of the web are fetched.", field="url"
    )
