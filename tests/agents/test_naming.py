"""How programs that know only models ask for an agent."""

from __future__ import annotations

import pytest

from steward.agents import naming, store
from steward.agents.errors import AgentNotActive
from steward.agents.properties import AgentProperties
from steward.kernel.errors import Invalid, NotFound
from steward.kernel.runtime import Runtime
from tests.conftest import Person


async def test_a_name_or_an_id(house: Runtime, ada: Person) -> None:
    async with house.database.transaction(ada.actor) as work:
        made = await store.create(work, "Ünit Bot", AgentProperties(), status="active")
        for model in ("agent/Ünit Bot", "agent/ünit BOT ", f"agent/{made.id}"):
            assert (await naming.named(work, house.settings, model)).id == made.id
        assert (await naming.named(work, house.settings, "agent/jamesbot")).id == "asst_jamesbot"
        assert ("agent/Ünit Bot", made) in await naming.offered(work, house.settings)
        await store.set_status(work, made.id, "archived")
        with pytest.raises(AgentNotActive):
            await naming.named(work, house.settings, f"agent/{made.id}")
        for nobody in ("agent/Ünit Bot", "agent/", "agent/a\x00b", "agent/" + "x" * 501, "agent/Ünit"):
            with pytest.raises(NotFound):
                await naming.named(work, house.settings, nobody)


async def test_a_name_of_two_names_none(house: Runtime, ada: Person) -> None:
    async with house.database.transaction(ada.actor) as work:
        # One of them is built in.
        made = await store.create(work, "JamesBot", AgentProperties(), status="active")
        with pytest.raises(Invalid, match=f"agent/asst_jamesbot, agent/{made.id}"):
            await naming.named(work, house.settings, "agent/JamesBot")
        names = [name for name, _ in await naming.offered(work, house.settings)]
    assert {"agent/asst_jamesbot", f"agent/{made.id}"} <= set(names)
    assert "agent/JamesBot" not in names


async def test_agents_of_others_have_no_name_here(
    house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    async with house.database.transaction(ada.actor) as work:
        made = await store.create(work, "Mine", AgentProperties(access="admin"), status="active")
    for other in (bob, eve):
        async with house.database.transaction(other.actor) as work:
            for model in ("agent/Mine", f"agent/{made.id}"):
                with pytest.raises(NotFound):
                    await naming.named(work, house.settings, model)
            assert made.id not in [agent.id for _, agent in await naming.offered(work, house.settings)]
