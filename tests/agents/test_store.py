"""Agents as rows: who sees and changes them, and what every change leaves behind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from steward.agents import store
from steward.agents.properties import AgentProperties
from steward.audit.tables import Event
from steward.kernel.errors import Forbidden, Invalid, NotFound
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.things import service as things
from tests.agents.made import active, draft, seen, set_status
from tests.conftest import MakePerson, Person
from tests.support.database import as_owner

FULL: dict[str, Any] = {
    "description": "Checks invoices.",
    "type": "crm",
    "instructions": "You check invoices. " * 400,
    "model": "gpt-4o",
    "provider": "openai",
    "temperature": 0.1,
    "max_tokens": 321,
    "tools": ["searchKnowledge"],
    "rag_enabled": False,
    "rag_model": "local/wordllama",
    "rag_top_k": 9,
    "tool_seconds": 2.5,
    "max_tool_steps": 3,
    "fallback_models": ["openai/gpt-4.1"],
    "collection_ids": ["vs_1"],
    "access": "member",
    "schedule": "0 9 * * 1-5",
    "greeting": "Which invoice?",
    "response_format": {"type": "json_object"},
    "metadata": {"team": "money"},
    "top_p": 0.9,
    "reasoning_effort": "low",
    "assistant_tools": [{"type": "function", "function": {"name": "find"}}],
    "code_file_ids": ["file-1"],
}


async def change(house: Runtime, person: Person, agent_id: str, **changes: Any) -> store.Agent:
    async with house.database.transaction(person.actor) as work:
        return await store.change(work, agent_id, changes)


@pytest.mark.req("AGNT-01", "AGNT-05", "AGNT-06", "AGNT-07", "AGNT-21")
async def test_an_agent_is_a_thing_and_a_row_of_the_view(
    house: Runtime, ada: Person, settings: Settings
) -> None:
    made = await draft(house, ada, **FULL)
    assert made.id.startswith("asst_")
    assert (made.status, made.version, made.created_by) == ("draft", 1, ada.actor.user_id)
    async with house.database.transaction(ada.actor) as work:
        thing = await things.get(work, store.KIND, made.id)
        read = await store.get(work, made.id)
    assert read == made
    assert thing.properties == {**FULL, "version": 1}
    async with as_owner(settings) as owner:
        row = await owner.fetchrow("SELECT * FROM agents WHERE id = $1", made.id)
    assert row is not None
    told = {name: row[name] for name in ("workspace_id", "name", "description", "model", "provider")}
    assert told == {
        "workspace_id": ada.actor.workspace_id,
        "name": "Ledger clerk",
        "description": "Checks invoices.",
        "model": "gpt-4o",
        "provider": "openai",
    }
    assert (row["temperature"], row["max_tokens"], row["tools"]) == (0.1, 321, ["searchKnowledge"])
    assert row["instructions"] == made.properties.instructions


@pytest.mark.req("AGNT-08", "AGNT-09", "AGNT-13", "AGNT-14", "AGNT-15")
def test_the_defaults_are_those_of_the_requirements() -> None:
    new = AgentProperties()
    assert (new.temperature, new.max_tokens, new.rag_top_k) == (0.7, 2000, 5)
    assert (new.tool_seconds, new.max_tool_steps) == (5.0, 5)


@pytest.mark.parametrize(
    ("model", "provider", "full"),
    [
        ("gpt-4o", None, "gpt-4o"),
        ("gpt-4o", "openai", "openai/gpt-4o"),
        ("openai/gpt-4o", "openai", "openai/gpt-4o"),
        ("meta/llama-4", "openrouter", "openrouter/meta/llama-4"),
        (None, None, None),
    ],
)
def test_a_model_is_named_with_its_provider(
    model: str | None, provider: str | None, full: str | None
) -> None:
    assert AgentProperties(model=model, provider=provider).full_model == full


@pytest.mark.req("AGNT-02", "AGNT-18")
async def test_a_workspace_has_several_and_another_one_none_of_them(
    house: Runtime, ada: Person, eve: Person
) -> None:
    ids = [(await active(house, ada, name=name)).id for name in ("One", "Two", "Three")]
    assert await seen(house, ada) == ["Three", "Two", "One"]
    assert await seen(house, eve) == []
    async with house.database.transaction(eve.actor) as work:
        for agent_id in ids:
            with pytest.raises(NotFound):
                await store.get(work, agent_id)
            with pytest.raises(NotFound):
                await store.change(work, agent_id, {"name": "Mine"})
            with pytest.raises(NotFound):
                await store.set_status(work, agent_id, "archived")
            with pytest.raises(NotFound):
                await store.versions(work, agent_id, limit=10)
            with pytest.raises(NotFound):
                await store.restore(work, agent_id, 1)
            with pytest.raises(NotFound):
                await store.delete(work, agent_id)
    assert await seen(house, ada) == ["Three", "Two", "One"]


async def test_the_list_is_narrowed_and_cut_into_pages(house: Runtime, ada: Person) -> None:
    await draft(house, ada, name="Draft", type="email")
    await active(house, ada, name="Writer", type="email", description="Answers 100% of the mail")
    await active(house, ada, name="Finder", type="research")
    assert await seen(house, ada, status="active") == ["Finder", "Writer"]
    assert await seen(house, ada, type="email") == ["Writer", "Draft"]
    assert await seen(house, ada, query="100% OF") == ["Writer"]
    assert await seen(house, ada, status="active", type="research", query="find") == ["Finder"]
    async with house.database.transaction(ada.actor) as work:
        first = await store.page(work, limit=2)
        second = await store.page(work, limit=2, cursor=first.next_cursor)
    assert [agent.name for agent in (*first.items, *second.items)] == ["Finder", "Writer", "Draft"]
    assert second.next_cursor is None


@pytest.mark.req("AGNT-18")
async def test_a_draft_is_its_makers_and_the_admins_and_access_asks_for_a_role(
    house: Runtime, ada: Person, bob: Person, make_person: MakePerson
) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    admin = await make_person(beside=ada, role="admin")
    await draft(house, bob, name="bob's draft")
    await draft(house, ada, name="ada's draft")
    for_members = await active(house, ada, name="for members", access="member")
    for_owners = await active(house, ada, name="for owners", access="owner")
    everything = ["for owners", "for members", "ada's draft", "bob's draft"]
    assert await seen(house, ada) == everything
    assert await seen(house, admin) == everything
    assert await seen(house, bob) == ["for members", "bob's draft"]
    assert await seen(house, viewer) == []
    async with house.database.transaction(viewer.actor) as work:
        with pytest.raises(NotFound):
            await store.get(work, for_members.id)
    async with house.database.transaction(bob.actor) as work:
        assert (await store.get(work, for_members.id)).name == "for members"
        with pytest.raises(NotFound):
            await store.get(work, for_owners.id)


async def test_makers_and_admins_change_an_agent_and_nobody_else(
    house: Runtime, ada: Person, bob: Person, make_person: MakePerson
) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    of_ada = await active(house, ada)
    of_bob = await active(house, bob)
    with pytest.raises(Forbidden):
        await change(house, bob, of_ada.id, name="Mine")
    with pytest.raises(Forbidden):
        await set_status(house, bob, of_ada.id, "archived")
    with pytest.raises(Forbidden):
        await change(house, viewer, of_ada.id, name="Mine")
    with pytest.raises(Forbidden):
        await draft(house, viewer)
    assert (await change(house, bob, of_bob.id, name="Bob's")).name == "Bob's"
    assert (await change(house, ada, of_bob.id, name="Ours")).name == "Ours"


@pytest.mark.req("AGNT-28", "AGNT-31")
async def test_every_change_is_a_version_that_can_be_had_again(house: Runtime, ada: Person) -> None:
    made = await draft(house, ada, instructions="First.", temperature=0.1)
    second = await change(house, ada, made.id, instructions="Second.")
    third = await change(house, ada, made.id, name="Clerk", temperature=None)
    assert (second.version, third.version) == (2, 3)
    # A null is what new agents have.
    assert third.properties.temperature == 0.7
    same = await change(house, ada, made.id, instructions="Second.")
    assert same.version == 3
    async with house.database.transaction(ada.actor) as work:
        page = await store.versions(work, made.id, limit=2)
        rest = await store.versions(work, made.id, limit=2, cursor=page.next_cursor)
        former = await store.load(work, made.id, version=1)
        assert await store.load(work, made.id, version=9) is None
    told = [(one.version, one.name, one.properties.instructions) for one in (*page.items, *rest.items)]
    assert told == [
        (3, "Clerk", "Second."),
        (2, "Ledger clerk", "Second."),
        (1, "Ledger clerk", "First."),
    ]
    assert former is not None
    assert (former.version, former.name, former.properties) == (1, made.name, made.properties)
    async with house.database.transaction(ada.actor) as work:
        restored = await store.restore(work, made.id, 1)
        with pytest.raises(NotFound):
            await store.restore(work, made.id, 77)
    assert (restored.version, restored.name, restored.properties) == (4, made.name, made.properties)


async def test_changes_at_once_are_all_kept(house: Runtime, ada: Person) -> None:
    made = await draft(house, ada)
    fields: list[dict[str, Any]] = [
        {"name": "Clerk"},
        {"description": "Counts."},
        {"temperature": 1.5},
        {"rag_top_k": 7},
    ]
    await asyncio.gather(*(change(house, ada, made.id, **one) for one in fields))
    async with house.database.transaction(ada.actor) as work:
        agent = await store.get(work, made.id)
        versions = (await store.versions(work, made.id, limit=100)).items
    assert (agent.name, agent.properties.description) == ("Clerk", "Counts.")
    assert (agent.properties.temperature, agent.properties.rag_top_k) == (1.5, 7)
    assert [one.version for one in versions] == [5, 4, 3, 2, 1]


async def test_what_does_not_fit_together_is_refused(house: Runtime, ada: Person) -> None:
    made = await draft(house, ada)
    with pytest.raises(Invalid, match="a provider needs a model"):
        await change(house, ada, made.id, provider="openai")


async def test_a_given_id_makes_one_agent_however_often(house: Runtime, ada: Person) -> None:
    async def make() -> store.Agent:
        async with house.database.transaction(ada.actor) as work:
            return await store.create(work, "Once", AgentProperties(), agent_id="asst_once")

    made = await asyncio.gather(*(make() for _ in range(5)))
    assert {(agent.id, agent.version) for agent in made} == {("asst_once", 1)}
    assert await seen(house, ada) == ["Once"]
    async with house.database.work(ada.actor) as work:
        events = await work.session.execute(Event.__table__.select().where(Event.type == "agent_created"))
        assert len(events.all()) == 1


async def test_a_deleted_agent_takes_its_versions_along(
    house: Runtime, ada: Person, settings: Settings
) -> None:
    made = await draft(house, ada)
    async with house.database.transaction(ada.actor) as work:
        await store.delete(work, made.id)
        assert await store.load(work, made.id, version=1) is None
    async with as_owner(settings) as owner:
        assert await owner.fetchval("SELECT count(*) FROM agent_versions WHERE id = $1", made.id) == 0
