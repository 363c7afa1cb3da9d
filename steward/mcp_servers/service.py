"""What can be done with MCP servers: connect one to a workspace, check it, and offer its tools to models."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pydantic import SecretStr
from sqlalchemy import func, select

from steward.audit import service as audit
from steward.kernel import runtime
from steward.kernel.errors import Conflict, Invalid
from steward.kernel.fetch_guard import read_url
from steward.kernel.ids import new_id
from steward.kernel.settings import Settings
from steward.kernel.tools import Tool, ToolContext
from steward.kernel.work import Found, Statement, Transaction, Work
from steward.mcp_servers import calls, credentials
from steward.mcp_servers.errors import McpNameTaken
from steward.mcp_servers.offers import Offer, read_offers, renamed
from steward.mcp_servers.schemas import (
    ServerChange,
    ServerCreate,
    ServerRead,
)
from steward.mcp_servers.shown import approval_of, facts, home, is_offered, shown
from steward.mcp_servers.tables import McpServer

_MOST_SERVERS: Final = 50

# Not what they offer, which is long and seldom changes: only which state of a server holds.
OFFERED: Final = Statement(
    "SELECT id, cast(updated_at AS text) AS changed FROM mcp_servers "
    "WHERE workspace_id = :workspace_id AND is_enabled ORDER BY name"
)
_OFFERS: Final = Statement(
    "SELECT id, cast(updated_at AS text) AS changed, offers, allowed_tools, approvals FROM mcp_servers "
    "WHERE workspace_id = :workspace_id AND is_enabled AND id = ANY (cast(:ids AS text[]))"
)
_MOST_KNOWN: Final = 64
_PIECE: Final = 50


class _State(NamedTuple):
    """A server as one change left it, and how long its answers are waited for."""

    server_id: str
    changed: str
    seconds: float


_known: Final = OrderedDict[_State, list[Tool]]()
"""The tools of servers; the last to be used is the last to go."""


async def every(work: Work) -> list[ServerRead]:
    """The workspace's servers, by name.

    Raises:
        Forbidden: the actor is no admin.
    """
    work.actor.ensure_role("admin")
    query = select(McpServer).where(_mine(work)).order_by(McpServer.name)
    return [shown(row) for row in (await work.session.execute(query)).scalars()]


async def get(work: Work, server_id: str) -> ServerRead:
    """A server and the tools that it offered when it was last checked.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: no such server.
    """
    work.actor.ensure_role("admin")
    return shown(await find_row(work, server_id))


async def create(work: Work, settings: Settings, wanted: ServerCreate) -> ServerRead:
    """Connect a server to the workspace; nothing is asked of it before it is checked.

    Raises:
        Forbidden: the actor is no admin.
        Invalid: it has not what its transport needs, or what belongs to the other.
        FetchForbiddenAddress: its address is none of the web.
        McpCommandNotAllowed: the operator does not allow the program.
        McpNameTaken: there is a server of this name.
        SecretKeyMissing: Steward cannot seal its credentials.
    """
    work.actor.ensure_role("admin")
    row = McpServer(
        workspace_id=work.actor.workspace_id,
        id=new_id("mcp"),
        created_by=work.actor.user_id,
        **wanted.model_dump(exclude={"headers", "environment"}),
    )
    _ensure_whole(settings, row, wanted.headers, wanted.environment)
    await _ensure_room(work, row.name)
    _keep_secrets(work, settings, row, wanted.headers or wanted.environment)
    work.session.add(row)
    await work.session.flush()
    await audit.record(work, "mcp_server_created", "mcp_server", row.id, **facts(row))
    return await refreshed(work, row)


async def change(work: Work, settings: Settings, server_id: str, wanted: ServerChange) -> ServerRead:
    """Change a server. Its credentials stay with its host or program: another one is not given them.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: no such server.
        Invalid, FetchForbiddenAddress, McpCommandNotAllowed, McpNameTaken, SecretKeyMissing: as in `create`.
    """
    work.actor.ensure_role("admin")
    row = await find_row(work, server_id, lock=True)
    given = {
        name: getattr(wanted, name)
        for name in wanted.model_fields_set - {"headers", "environment"}
        if name == "allowed_tools" or getattr(wanted, name) is not None
    }
    before = home(row)
    if given.get("name", row.name) != row.name:
        await _ensure_room(work, given["name"])
        row.offers = [one.written() for one in renamed(given["name"], read_offers(row.offers))]
    for name, value in given.items():
        setattr(row, name, value)
    _ensure_whole(settings, row, wanted.headers or {}, wanted.environment or {})
    secrets = wanted.headers if row.transport == "http" else wanted.environment
    if home(row) != before:
        # What somebody allowed, and what opens it, was another server.
        row.offers, row.fetched_at, row.approvals = [], None, given.get("approvals", {})
        secrets = secrets or {}
    if secrets is not None:
        _keep_secrets(work, settings, row, secrets)
    await work.session.flush()
    await audit.record(
        work,
        "mcp_server_changed",
        "mcp_server",
        row.id,
        fields=sorted(wanted.model_fields_set),
        **facts(row),
    )
    return await refreshed(work, row)


async def remove(work: Work, server_id: str) -> None:
    """Forget a server, its tools and its credentials.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: no such server.
    """
    work.actor.ensure_role("admin")
    row = await find_row(work, server_id, lock=True)
    await audit.record(work, "mcp_server_deleted", "mcp_server", row.id, **facts(row))
    await work.session.delete(row)
    await work.session.flush()


async def tools_of(work: Transaction) -> list[Tool]:
    """The tools of the workspace's servers, from their last checks: no server is asked, and the database only which
    states hold. What a state offers is read once, since hundreds of schemas take tens of milliseconds.
    """
    mine = {"workspace_id": work.actor.workspace_id}
    seconds = runtime.current().settings.mcp.seconds
    states = [_State(row.id, row.changed, seconds) for row in await work.all(OFFERED, **mine)]
    found = {state.server_id: _known[state] for state in states if state in _known}
    missing = [state.server_id for state in states if state.server_id not in found]
    for row in await work.all(_OFFERS, **mine, ids=missing) if missing else ():
        state = _State(row.id, row.changed, seconds)
        found[row.id] = _known[state] = await _read_tools(row, seconds)
    for state in states:
        if state in _known:
            _known.move_to_end(state)
    while len(_known) > _MOST_KNOWN:
        _known.popitem(last=False)
    return [tool for state in states for tool in found.get(state.server_id, ())]


async def _read_tools(row: Found, seconds: float) -> list[Tool]:
    tools: list[Tool] = []
    for at, offer in enumerate(read_offers(row.offers)):
        if is_offered(offer, row.allowed_tools):
            tools.append(_tool(row, offer, seconds))
        if at % _PIECE == _PIECE - 1:
            # Others go on meanwhile.
            await asyncio.sleep(0)
    return tools


def _tool(row: Found, offer: Offer, seconds: float) -> Tool:
    server_id: str = row.id
    approval = approval_of(offer, row.approvals)

    async def function(context: ToolContext, arguments: dict[str, Any]) -> dict[str, Any]:
        return await calls.call(context, server_id, offer, arguments)

    return Tool.of_schema(
        offer.name,
        offer.description,
        offer.parameters,
        function,
        # A session ends a moment after its deadline: the program is seen off.
        seconds=seconds + 2,
        # That it only reads is the server's word; an admin who lets it run unasked has taken it.
        changes=not (offer.is_read_only and approval == "never"),
        approval=approval,
        repeats=False,
    )


def _ensure_whole(
    settings: Settings,
    row: McpServer,
    headers: Mapping[str, SecretStr],
    environment: Mapping[str, SecretStr],
) -> None:
    if row.transport == "http":
        if row.url is None or row.command is not None or row.arguments or environment:
            raise Invalid("A server over HTTP has a url and headers, and nothing of a program.", field="url")
        row.url = str(read_url(row.url))
        return
    if row.command is None or row.url is not None or headers:
        raise Invalid("A program has a command and an environment, and no url or headers.", field="command")
    calls.ensure_allowed(settings, row.command)


async def _ensure_room(work: Work, name: str) -> None:
    """Room for one more of this name. Two at once: the later one waits, and then sees the first."""
    await work.session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"mcp_servers {work.actor.workspace_id}", 0)))
    )
    names = (await work.session.execute(select(McpServer.name).where(_mine(work)))).scalars().all()
    if name in names:
        raise McpNameTaken(
            f"There is an MCP server named {name!r} already; choose another name.", field="name"
        )
    if len(names) >= _MOST_SERVERS:
        raise Conflict(f"A workspace has at most {_MOST_SERVERS} MCP servers; delete one first.")


def _keep_secrets(work: Work, settings: Settings, row: McpServer, secrets: Mapping[str, SecretStr]) -> None:
    row.sealed = credentials.seal(settings, work.actor.workspace_id, secrets)
    row.secret_names = sorted(secrets)


async def find_row(work: Work, server_id: str, *, lock: bool = False) -> McpServer:
    """A server's row.

    Raises:
        NotFound: no such server.
    """
    query = select(McpServer).where(_mine(work), McpServer.id == server_id)
    found = (await work.session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
    if found is None:
        raise calls.no_server()
    return found


async def refreshed(work: Work, row: McpServer) -> ServerRead:
    """A server as it stands after a change."""
    await work.session.refresh(row)
    return shown(row)


def _mine(work: Work) -> Any:
    return McpServer.workspace_id == work.actor.workspace_id
