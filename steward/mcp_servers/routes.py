"""Native REST of MCP servers, for admins and owners."""

from __future__ import annotations

from fastapi import APIRouter

from steward.identity.access import Caller, InWork
from steward.kernel import runtime
from steward.kernel.pages import AnyId
from steward.mcp_servers import checks, service
from steward.mcp_servers.schemas import ServerChange, ServerChecked, ServerCreate, ServerPage, ServerRead

router = APIRouter(tags=["mcp servers"])


@router.get("/mcp-servers")
async def list_mcp_servers(work: InWork) -> ServerPage:
    """List the workspace's MCP servers, with the tools of their last checks."""
    return ServerPage(items=await service.every(work))


@router.post("/mcp-servers", status_code=201)
async def create_mcp_server(work: InWork, body: ServerCreate) -> ServerRead:
    """Connect an MCP server; check it next, to read its tools."""
    return await service.create(work, runtime.current().settings, body)


@router.get("/mcp-servers/{server_id}")
async def read_mcp_server(work: InWork, server_id: AnyId) -> ServerRead:
    """An MCP server and the tools of its last check."""
    return await service.get(work, server_id)


@router.patch("/mcp-servers/{server_id}")
async def change_mcp_server(work: InWork, server_id: AnyId, body: ServerChange) -> ServerRead:
    """Change an MCP server: where it is, what opens it, which tools are offered and which ask a person first."""
    return await service.change(work, runtime.current().settings, server_id, body)


@router.delete("/mcp-servers/{server_id}", status_code=204)
async def delete_mcp_server(work: InWork, server_id: AnyId) -> None:
    """Forget an MCP server, its tools and its credentials."""
    await service.remove(work, server_id)


@router.post("/mcp-servers/{server_id}/check")
async def check_mcp_server(actor: Caller, server_id: AnyId) -> ServerChecked:
    """Connect to an MCP server and read its tools. What goes wrong stands in the answer."""
    return await checks.check(actor, server_id)
