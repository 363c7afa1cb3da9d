"""Talking to the MCP servers of a workspace: who they are is read first, and no transaction stays open meanwhile."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any, Final

import structlog

from steward.kernel import runtime
from steward.kernel.errors import NotFound, Refusal
from steward.kernel.settings import Settings
from steward.kernel.tools import ToolContext, ToolRetry
from steward.kernel.work import Actor, Found, Statement
from steward.mcp_servers import credentials, offers
from steward.mcp_servers.errors import McpCommandNotAllowed
from steward.mcp_servers.offers import Offer
from steward.mcp_servers.targets import ServerTrouble, Target

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_READ: Final = Statement(
    "SELECT name, url, command, arguments, sealed, is_enabled, allowed_tools FROM mcp_servers "
    "WHERE workspace_id = :workspace_id AND id = :id"
)
# At most once a minute: a busy server would otherwise be a row that everybody waits for.
_SEEN: Final = Statement(
    "UPDATE mcp_servers SET last_seen_at = now(), last_error = NULL WHERE workspace_id = :workspace_id AND id = :id "
    "AND (last_error IS NOT NULL OR last_seen_at IS NULL OR last_seen_at < now() - interval '1 minute')"
)
_FAILED: Final = Statement(
    "UPDATE mcp_servers SET last_error = :error WHERE workspace_id = :workspace_id AND id = :id "
    "AND last_error IS DISTINCT FROM :error"
)


async def call(
    context: ToolContext, server_id: str, offer: Offer, arguments: dict[str, Any]
) -> dict[str, Any]:
    """Call a tool of a server, as it stands now.

    Returns: `text`, and `structured` when the server answers with structured content.

    Raises:
        ToolRetry: the server, or its tool, fails; the sentence says how.
        NotFound: the server is gone, switched off, or the tool is not allowed any more.
        McpCommandNotAllowed, FetchForbiddenAddress, SecretKeyWrong: it may not, or cannot, be asked.
    """
    settings = runtime.current().settings
    row = await _row(context.actor, server_id)
    if not row.is_enabled or not (row.allowed_tools is None or offer.remote_name in row.allowed_tools):
        raise NotFound("This tool is not offered any more.")
    target = target_of(settings, context.actor, row)
    # The SDK takes a second to load: when first needed, and beside the loop.
    await asyncio.to_thread(importlib.import_module, "steward.mcp_servers.client")
    from steward.mcp_servers import client

    try:
        result = await client.call_tool(target, settings, offer.remote_name, arguments)
    except ServerTrouble as trouble:
        sentence = trouble_of(row.name, trouble)
        await note(context.actor, server_id, sentence)
        raise ToolRetry(f"{sentence} Go on without it, or tell the person.") from trouble
    await note(context.actor, server_id, None)
    text, structured = offers.told(result, settings.tools.result_chars)
    if result.is_error:
        raise ToolRetry(text or f"The tool {offer.name} failed and did not say why.")
    return {"text": text} if structured is None else {"text": text, "structured": structured}


async def tools_of_server(actor: Actor, server_id: str) -> tuple[str, list[Any]]:
    """Ask a server for its tools.

    Returns: the server's name, and its tools as the SDK reads them.

    Raises:
        ServerTrouble: it does not answer as it should.
        NotFound: no such server.
        McpCommandNotAllowed, FetchForbiddenAddress, FetchFailed, SecretKeyWrong: it may not, or cannot, be asked.
    """
    settings = runtime.current().settings
    row = await _row(actor, server_id)
    target = target_of(settings, actor, row)
    await asyncio.to_thread(importlib.import_module, "steward.mcp_servers.client")
    from steward.mcp_servers import client

    return row.name, list(await client.list_tools(target, settings))


def target_of(settings: Settings, actor: Actor, row: Found) -> Target:
    """Where a server is, with its credentials.

    Raises:
        McpCommandNotAllowed: the operator has taken the program off the list.
        SecretKeyMissing, SecretKeyWrong: the credentials cannot be read.
    """
    secrets = credentials.unseal(settings, actor.workspace_id, row.sealed)
    if row.command is None:
        return Target(row.name, url=row.url, headers=secrets)
    ensure_allowed(settings, row.command)
    return Target(row.name, command=row.command, arguments=tuple(row.arguments), environment=secrets)


def ensure_allowed(settings: Settings, command: str) -> None:
    """Refuse a program that the operator has not allowed.

    Raises:
        McpCommandNotAllowed: it is not on the list.
    """
    if command not in settings.mcp.commands:
        allowed = ", ".join(settings.mcp.commands) or "none"
        raise McpCommandNotAllowed(
            f"The operator does not allow this program. Allowed: {allowed}. Choose one of these, or ask the operator "
            "to add it to STEWARD_MCP__COMMANDS.",
            field="command",
        )


def trouble_of(server: str, trouble: ServerTrouble | Refusal) -> str:
    """What is wrong with a server, in a sentence."""
    return trouble.detail if isinstance(trouble, Refusal) else f"The MCP server {server!r} {trouble}."


async def note(actor: Actor, server_id: str, error: str | None) -> None:
    """Keep how the server did, for whoever looks after it."""
    error = None if error is None else offers.clean(error)
    if error is not None:
        log.info("mcp_server_failed", server_id=server_id)
    async with runtime.current().database.transaction(actor) as work:
        known = {"workspace_id": actor.workspace_id, "id": server_id}
        await (work.all(_SEEN, **known) if error is None else work.all(_FAILED, **known, error=error))


async def _row(actor: Actor, server_id: str) -> Found:
    async with runtime.current().database.transaction(actor) as work:
        row = await work.first(_READ, workspace_id=actor.workspace_id, id=server_id)
    if row is None:
        raise no_server()
    return row


def no_server() -> NotFound:
    """The refusal for a server that is not there, or not the actor's."""
    return NotFound("There is no such MCP server.")
