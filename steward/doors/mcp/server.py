"""The MCP server of one actor, by the official SDK: made for a request and gone with it, so that nothing is shared.

Import it where it is used: the SDK takes a second to load.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import structlog
from mcp import types
from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from starlette.types import Message, Receive, Scope, Send

from steward import __version__
from steward.agents import catalogue, rules
from steward.doors.mcp import encode
from steward.doors.mcp.errors import INTERNAL_ERROR, INVALID_PARAMS, code_of, data_of
from steward.kernel import runtime
from steward.kernel.errors import Refusal
from steward.kernel.http import unexpected
from steward.kernel.tools import Tool
from steward.kernel.work import Actor
from steward.knowledge import documents
from steward.runs import direct

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

# It logs what clients send, which is not ours to keep.
logging.getLogger("mcp").setLevel(logging.CRITICAL + 1)

T = TypeVar("T")
_PAGE: Final = 100
_INSTRUCTIONS: Final = (
    "The tools and the documents of a Steward workspace. Search the documents before you answer from memory, and read "
    "a document as a resource when a passage is not enough. Tools that a person has to approve are not offered here."
)


async def serve(actor: Actor, request_id: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request of the protocol."""
    manager = StreamableHTTPSessionManager(
        _Desk(actor, request_id).server(),
        json_response=True,
        stateless=True,
        # The gate has looked at the size already.
        max_request_body_size=2**31,
    )

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            # Of an enumeration, whose members are told by name in logs.
            message["status"] = int(message["status"])
        await send(message)

    async with manager.run():
        await manager.handle_request(scope, receive, answer)


class _Desk:
    """Answers what an actor asks for."""

    def __init__(self, actor: Actor, request_id: str) -> None:
        self._actor = actor
        self._request_id = request_id
        self._house = runtime.current()

    def server(self) -> Server[Any]:
        """The SDK's server, with a handler for each method that is answered."""
        return Server(
            "steward",
            title="Steward",
            version=__version__,
            instructions=_INSTRUCTIONS,
            on_list_tools=self._told(self._list_tools),
            on_call_tool=self._told(self._call_tool),
            on_list_resources=self._told(self._list_resources),
            on_list_resource_templates=self._told(self._list_templates),
            on_read_resource=self._told(self._read_resource),
        )

    def _told(self, handler: Callable[[Any], Awaitable[T]]) -> Callable[[Any, Any], Awaitable[T]]:
        """The handler as the SDK calls it; refusals become errors of the protocol, and bugs a number to quote."""

        @functools.wraps(handler)
        async def handle(context: Any, params: Any) -> T:
            del context
            try:
                return await handler(params)
            except MCPError:
                raise
            except Refusal as refusal:
                data = data_of(refusal, self._request_id)
                raise MCPError(code_of(refusal), refusal.detail, data) from refusal
            except Exception as error:
                log.exception("mcp_request_broke")
                raise MCPError(INTERNAL_ERROR, unexpected(self._request_id).detail) from error

        return handle

    async def _tools(self) -> tuple[dict[str, Tool], rules.Rules]:
        async with self._house.database.transaction(self._actor) as work:
            box = await catalogue.toolbox(work, self._house.settings)
            return {name: one for name, one in box.tools.items() if one.place == "server"}, (
                await rules.of_workspace(work)
            )

    async def _list_tools(self, params: Any) -> types.ListToolsResult:
        del params
        tools, judge = await self._tools()
        # There is no person behind this door who could be asked.
        offered = [one for one in tools.values() if judge.judge(one, {}).decision == "run"]
        return types.ListToolsResult(tools=list(map(encode.tool, offered)))

    async def _call_tool(self, params: types.CallToolRequestParams) -> types.CallToolResult:
        tools, judge = await self._tools()
        arguments = params.arguments or {}
        if params.name not in tools:
            raise MCPError(INVALID_PARAMS, f"There is no tool named {params.name[:100]!r}.")
        if judge.judge(tools[params.name], arguments).decision == "ask":
            return encode.failure(
                "A person has to approve this call, which is done in a conversation of Steward."
            )
        try:
            done = await direct.execute(self._actor, params.name, arguments, None)
        except Refusal as refusal:
            # Told as a result and not as an error: the model reads it, and can do better.
            return encode.failure(f"{refusal.detail} {refusal.remedy}")
        return encode.output(done.output)

    async def _list_resources(self, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        cursor = params.cursor if params is not None else None
        async with self._house.database.work(self._actor) as work:
            return encode.resources(await documents.page(work, limit=_PAGE, cursor=cursor, status="ready"))

    async def _list_templates(self, params: Any) -> types.ListResourceTemplatesResult:
        del params
        return types.ListResourceTemplatesResult(resource_templates=[encode.template()])

    async def _read_resource(self, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        meant = encode.document_of(params.uri)
        if meant is None:
            raise MCPError(
                INVALID_PARAMS, "This is no address of a document; list the resources to see them."
            )
        document_id, start = meant
        most = start + self._house.settings.tools.result_chars
        async with self._house.database.work(self._actor) as work:
            stretches = [await documents.read_text(work, document_id, start, most)]
            while stretches[-1].end < min(most, stretches[-1].chars):
                stretches.append(await documents.read_text(work, document_id, stretches[-1].end, most))
        return encode.text(params.uri, document_id, stretches)
