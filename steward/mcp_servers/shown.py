"""How a server's row is shown: to whoever looks after it, to the audit log, and what is offered of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steward.kernel.fetch_guard import read_url
from steward.mcp_servers.offers import Offer, read_offers
from steward.mcp_servers.schemas import Approval, ServerRead, ServerTool
from steward.mcp_servers.tables import McpServer


def shown(row: McpServer) -> ServerRead:
    """A server, without its secrets."""
    tools = [
        ServerTool(
            name=offer.name,
            remote_name=offer.remote_name,
            description=offer.description,
            is_read_only=offer.is_read_only,
            is_offered=is_offered(offer, row.allowed_tools),
            approval=approval_of(offer, row.approvals),
        )
        for offer in read_offers(row.offers)
    ]
    return ServerRead.model_validate({**_columns(row), "tools": tools})


def _columns(row: McpServer) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ServerRead.model_fields if name != "tools"}


def is_offered(offer: Offer, allowed_tools: list[str] | None) -> bool:
    """Whether the workspace allows a tool."""
    return allowed_tools is None or offer.remote_name in allowed_tools


def approval_of(offer: Offer, approvals: Mapping[str, Any]) -> Approval:
    """Whether a person is asked before a call: unless an admin has said never."""
    return "never" if approvals.get(offer.remote_name) == "never" else "always"


def home(row: McpServer) -> tuple[str, ...]:
    """Whom the credentials are meant for."""
    return (str(read_url(row.url).origin()),) if row.url is not None else (row.command or "",)


def facts(row: McpServer) -> dict[str, Any]:
    """What the audit log tells of a server; an address may hold a secret, so only its host."""
    host = read_url(row.url).host if row.url is not None else None
    return {"name": row.name, "transport": row.transport, "host": host, "is_enabled": row.is_enabled}
