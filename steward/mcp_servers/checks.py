"""Checks of MCP servers: connect, read which tools are offered, and ask again about those that changed."""

from __future__ import annotations

from steward.audit import service as audit
from steward.kernel import runtime
from steward.kernel.errors import Refusal
from steward.kernel.work import Actor
from steward.mcp_servers import calls
from steward.mcp_servers.offers import Offer, offers_of, read_offers
from steward.mcp_servers.schemas import ServerChecked
from steward.mcp_servers.service import find_row, refreshed
from steward.mcp_servers.shown import approval_of
from steward.mcp_servers.tables import McpServer
from steward.mcp_servers.targets import ServerTrouble


async def check(actor: Actor, server_id: str) -> ServerChecked:
    """Connect to a server and read which tools it offers; those of the last check stay when it fails.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: no such server.
    """
    actor.ensure_role("admin")
    house = runtime.current()
    try:
        name, tools = await calls.tools_of_server(actor, server_id)
    except (ServerTrouble, Refusal) as trouble:
        async with house.database.work(actor) as work:
            row = await find_row(work, server_id, lock=True)
            row.last_error = calls.trouble_of(row.name, trouble)
            await work.session.flush()
            return ServerChecked(
                ok=False, error=row.last_error, left_out=0, asked_again=[], server=await refreshed(work, row)
            )
    async with house.database.work(actor) as work:
        row = await find_row(work, server_id, lock=True)
        found, left_out = offers_of(row.name, tools, house.settings.mcp.tools)
        asked_again = _take(row, found)
        row.fetched_at = row.last_seen_at = house.now()
        row.last_error = None
        await work.session.flush()
        await audit.record(
            work,
            "mcp_server_checked",
            "mcp_server",
            row.id,
            name=name,
            tools=len(found),
            left_out=left_out,
            asked_again=asked_again,
        )
        return ServerChecked(
            ok=True,
            error=None,
            left_out=left_out,
            asked_again=asked_again,
            server=await refreshed(work, row),
        )


def _take(row: McpServer, found: list[Offer]) -> list[str]:
    """Keep what a server offers now.

    Returns: names of tools that ran without a question and are not what they were; from now on a person is asked.
    """
    known = {one.remote_name: one for one in read_offers(row.offers)}
    changed = [
        one.remote_name
        for one in found
        if one.remote_name in known
        and not one.is_same(known[one.remote_name])
        and approval_of(one, row.approvals) == "never"
    ]
    row.offers = [one.written() for one in found]
    row.approvals = {name: approval for name, approval in row.approvals.items() if name not in changed}
    return changed
