"""One session with an MCP server, by the official SDK: connect, ask, and leave, all within one deadline.

A session per question: nothing of one person's call is left for the next, and a server that hangs or dies costs its
deadline and no more. Import it where it is used: the SDK takes a second to load.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

import anyio
from mcp import types
from mcp.client import Client
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from steward import __version__
from steward.kernel.errors import Refusal
from steward.kernel.settings import Settings
from steward.mcp_servers.stdio import open_program
from steward.mcp_servers.streamable import open_address
from steward.mcp_servers.targets import ServerTrouble, Target

# It logs what servers send, which is not ours to keep.
logging.getLogger("mcp").setLevel(logging.CRITICAL + 1)

T = TypeVar("T")
_ME: Final = types.Implementation(name="steward", title="Steward", version=__version__)
_MOST_PAGES: Final = 20


async def list_tools(target: Target, settings: Settings) -> list[types.Tool]:
    """The tools that a server offers, at most a few more than the settings allow.

    Raises:
        ServerTrouble: it does not answer, not in time, or not as it should.
        FetchForbiddenAddress, FetchFailed: its address may not be asked, or cannot.
    """

    async def ask(client: Client) -> list[types.Tool]:
        found: list[types.Tool] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await client.list_tools(cursor=cursor)
            found += page.tools
            cursor = page.next_cursor
            if cursor is None or len(found) > settings.mcp.tools:
                break
        return found

    return await _within(target, settings, ask)


async def call_tool(
    target: Target, settings: Settings, name: str, arguments: dict[str, Any]
) -> types.CallToolResult:
    """Call a tool of a server.

    Raises:
        ServerTrouble: it does not answer, not in time, or not as it should.
        FetchForbiddenAddress, FetchFailed: its address may not be asked, or cannot.
    """

    async def ask(client: Client) -> types.CallToolResult:
        # Not `client.call_tool`: it lists the tools before, and runs the server's schemas over its answer in the loop.
        request = types.CallToolRequest(params=types.CallToolRequestParams(name=name, arguments=arguments))
        try:
            return await client.session.send_request(request, types.CallToolResult)
        except MCPError as error:
            if error.code != types.HEADER_MISMATCH:
                raise
            await client.list_tools()
            return await client.session.send_request(request, types.CallToolResult)

    return await _within(target, settings, ask)


async def _within(target: Target, settings: Settings, ask: Callable[[Client], Awaitable[T]]) -> T:
    transport = open_program(target) if target.command is not None else open_address(target, settings.fetch)
    try:
        with anyio.fail_after(settings.mcp.seconds):
            async with Client(transport, client_info=_ME, cache=None) as client:
                return await ask(client)
    except TimeoutError as error:
        raise ServerTrouble(f"did not answer within {settings.mcp.seconds:g} seconds") from error
    except Exception as error:
        raise _told(error) from error


def _told(error: BaseException) -> Exception:
    """What went wrong, of all that broke with it."""
    causes = list(_leaves(error))
    for cause in causes:
        if isinstance(cause, Refusal | ServerTrouble):
            return cause
    for cause in causes:
        if isinstance(cause, MCPError):
            return ServerTrouble(f"refused: {cause.error.message[:300]}")
        if isinstance(cause, ValidationError):
            return ServerTrouble("answered with what the protocol does not know")
        if isinstance(cause, OSError | anyio.ClosedResourceError | anyio.BrokenResourceError):
            return ServerTrouble("closed the connection")
    raise error


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        inner = cast("tuple[BaseException, ...]", error.exceptions)  # pyright: ignore[reportUnknownMemberType]  # of any
        return [leaf for one in inner for leaf in _leaves(one)]
    return [error]
