"""Tools of servers are read once for each state of a server, and what an admin takes away is gone at once."""

from __future__ import annotations

from typing import Any

from steward.agents import catalogue
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.mcp_servers import service
from steward.mcp_servers.schemas import ServerChange
from steward.mcp_servers.tables import McpServer
from tests.conftest import Person


def offer(name: str) -> dict[str, Any]:
    return {
        "name": f"many__{name}",
        "remote_name": name,
        "description": f"Does {name}.",
        "parameters": {"type": "object", "properties": {}},
        "is_read_only": False,
    }


async def server_of(house: Runtime, person: Person, count: int) -> str:
    row = McpServer(
        workspace_id=person.actor.workspace_id,
        id=new_id("mcp"),
        name="many",
        transport="http",
        url="https://example.com/mcp",
        created_by=person.actor.user_id,
        offers=[offer(f"t{number}") for number in range(count)],
    )
    async with house.database.work(person.actor) as work:
        work.session.add(row)
        await work.session.flush()
    return row.id


async def tools_of(house: Runtime, person: Person) -> dict[str, Any]:
    async with house.database.transaction(person.actor) as work:
        return {tool.name: tool for tool in await service.tools_of(work)}


async def change(house: Runtime, person: Person, server_id: str, **changes: Any) -> None:
    async with house.database.work(person.actor) as work:
        await service.change(work, house.settings, server_id, ServerChange.model_validate(changes))


async def test_tools_are_read_once_and_a_change_holds_at_once(
    house: Runtime, ada: Person, eve: Person
) -> None:
    server_id = await server_of(house, ada, 120)
    first = await tools_of(house, ada)
    assert list(first) == [f"many__t{number}" for number in range(120)]
    again = await tools_of(house, ada)
    assert all(again[name] is tool for name, tool in first.items())
    await change(house, ada, server_id, allowed_tools=["t1", "t2"])
    assert list(await tools_of(house, ada)) == ["many__t1", "many__t2"]
    await change(house, ada, server_id, approvals={"t1": "never"})
    assert (await tools_of(house, ada))["many__t1"].approval == "never"
    await change(house, ada, server_id, is_enabled=False)
    assert await tools_of(house, ada) == {}
    await change(house, ada, server_id, is_enabled=True)
    assert list(await tools_of(house, ada)) == ["many__t1", "many__t2"]
    async with house.database.work(ada.actor) as work:
        await service.remove(work, server_id)
    assert await tools_of(house, ada) == {}
    assert await tools_of(house, eve) == {}


async def test_another_workspace_knows_nothing_of_them(house: Runtime, ada: Person, eve: Person) -> None:
    await server_of(house, ada, 1)
    async with house.database.transaction(ada.actor) as work:
        assert "many__t0" in (await catalogue.toolbox(work, house.settings)).tools
    async with house.database.transaction(eve.actor) as work:
        assert "many__t0" not in (await catalogue.toolbox(work, house.settings)).tools
