"""What keeps agents in bounds: their number, and that an active one has a model to answer with."""

from __future__ import annotations

import httpx
import pytest

from steward.agents import store
from steward.agents.properties import AgentProperties
from steward.agents.service import Wishes, prepare
from steward.kernel.errors import Conflict
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from tests.agents.test_routes import ask
from tests.conftest import Person
from tests.support.database import as_owner


@pytest.mark.req("AGNT-21")
async def test_an_active_agent_does_not_get_back_a_model_that_nobody_has(
    client: httpx.AsyncClient, ada: Person, eve: Person
) -> None:
    _, made = await ask(client, ada, "POST", "/agents", name="Clerk", model="nobody/model")
    path = f"/agents/{made['id']}"
    await ask(client, ada, "PATCH", path, model="openai/gpt-4o")
    # A draft may have any.
    status, draft = await ask(client, ada, "POST", f"{path}/versions/1/restore")
    assert (status, draft["version"], draft["model"]) == (200, 3, "nobody/model")
    await ask(client, ada, "PATCH", path, model="openai/gpt-4o")
    assert (await ask(client, ada, "POST", f"{path}/activate"))[0] == 200
    status, refused = await ask(client, ada, "POST", f"{path}/versions/1/restore")
    assert (status, refused["tag"]) == (422, "unknown_provider")
    _, stands = await ask(client, ada, "GET", path)
    assert (stands["version"], stands["model"]) == (4, "openai/gpt-4o")
    assert (await ask(client, eve, "POST", f"{path}/versions/1/restore"))[0] == 404


async def test_a_workspace_has_so_many_agents_at_most(
    house: Runtime, settings: Settings, ada: Person, eve: Person
) -> None:
    async with house.database.transaction(ada.actor) as work:
        first = await store.create(work, "First", AgentProperties())
    async with as_owner(settings) as connection:
        await connection.execute(
            "INSERT INTO things (workspace_id, id, kind, name, status, properties, created_by) "
            "SELECT workspace_id, id || '_' || n, kind, name, status, properties, created_by FROM things, "
            "generate_series(2, $3::int) n WHERE workspace_id = $1 AND id = $2",
            ada.actor.workspace_id,
            first.id,
            store.MOST_AGENTS,
        )
    async with house.database.transaction(ada.actor) as work:
        with pytest.raises(Conflict, match="at most"):
            await store.create(work, "One too many", AgentProperties())
        # What is there already is none too many.
        again = await store.create(work, "First", AgentProperties(), agent_id=first.id)
        assert again.id == first.id
        await store.delete(work, f"{first.id}_2")
        await store.create(work, "In its place", AgentProperties())
    async with house.database.transaction(eve.actor) as work:
        await store.create(work, "Another workspace's", AgentProperties())


async def test_an_agent_thinks_as_hard_as_it_says_unless_the_request_says_otherwise(
    house: Runtime, ada: Person
) -> None:
    async with house.database.transaction(ada.actor) as work:
        agent = await store.create(work, "Thinker", AgentProperties(reasoning_effort="high"), status="active")
        found = await prepare(work, house.settings, Wishes(agent_id=agent.id))
        wished = await prepare(work, house.settings, Wishes(agent_id=agent.id, reasoning_effort="low"))
        plain = await prepare(work, house.settings, Wishes())
    assert (found.reasoning_effort, wished.reasoning_effort, plain.reasoning_effort) == ("high", "low", None)
