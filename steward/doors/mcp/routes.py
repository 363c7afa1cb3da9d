"""The MCP door: streamable HTTP at `/mcp`, one answer for each POST, and an API key as everywhere."""

from __future__ import annotations

import asyncio
import importlib
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from steward.doors.mcp.errors import OriginRefused, PostOnly
from steward.identity.access import Caller
from steward.kernel import runtime
from steward.kernel.work import Actor

PATH: Final = "/mcp"
router = APIRouter(include_in_schema=False)


@router.post(PATH)
async def answer_mcp(request: Request, actor: Caller) -> Response:
    """Answer a message of the Model Context Protocol."""
    ensure_known_origin(request)
    return _Answer(actor, request.state.request_id)


@router.api_route(PATH, methods=["GET", "DELETE"])
async def refuse_mcp_stream() -> Response:
    """There are no sessions here: each message is answered by itself."""
    raise PostOnly("The MCP door takes POST only: it keeps no streams and no sessions.")


def ensure_known_origin(request: Request) -> None:
    """Refuse pages of other sites, as the protocol asks for.

    Raises:
        OriginRefused: the request comes from a page, and not from one of this server.
    """
    origin = request.headers.get("origin")
    if origin is None:
        return
    public = urlsplit(runtime.current().settings.public_url or "").netloc
    if urlsplit(origin).netloc not in {request.headers.get("host"), public} - {"", None}:
        raise OriginRefused(
            "The request comes from a page of another site, and those may not use the MCP door."
        )


class _Answer(Response):
    """Hands the request on to the SDK, which answers in its own words."""

    def __init__(self, actor: Actor, request_id: str) -> None:
        super().__init__()
        self._actor = actor
        self._request_id = request_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        # When first needed, and beside the loop: a start need not wait for the SDK.
        await asyncio.to_thread(importlib.import_module, "steward.doors.mcp.server")
        from steward.doors.mcp import server

        await server.serve(self._actor, self._request_id, scope, receive, send)
