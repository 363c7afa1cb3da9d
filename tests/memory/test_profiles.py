from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from steward.identity import service as identity
from steward.kernel.runtime import Runtime
from steward.kernel.tools import ToolContext, ToolRetry
from steward.kernel.work import Actor
from steward.memory import profiles, service
from steward.memory.errors import MemoryOff
from steward.memory.schemas import Kind, Note, ProfileRead, ProfileUpdate
from steward.memory.tools import retrieve_coaching_memory, update_profile
from tests.conftest import Person


async def read(house: Runtime, actor: Actor) -> ProfileRead:
    async with house.database.transaction(actor) as work:
        return await profiles.get(work)


async def change(house: Runtime, actor: Actor, **fields: Any) -> ProfileRead:
    async with house.database.transaction(actor) as work:
        return await profiles.change(work, ProfileUpdate(**fields))


async def changes(house: Runtime, actor: Actor) -> list[tuple[str, str, str, str]]:
    async with house.database.transaction(actor) as work:
        items = (await profiles.history(work, 100)).items
    return [(one.field, one.before, one.after, one.made_by) for one in items]


def context(person: Person, call_id: str = "call_1", run_id: str = "run_1") -> ToolContext:
    return ToolContext(person.actor, run_id, "thread_1", call_id)


async def test_a_profile_begins_empty_and_keeps_its_history(house: Runtime, ada: Person) -> None:
    empty = await read(house, ada.actor)
    assert (empty.display_name, empty.is_memory_on, empty.updated_at) == ("", True, None)
    await change(house, ada.actor, role="  Head \n baker ", time_zone="Europe/Brussels")
    await change(house, ada.actor, role="Head baker")
    changed = await change(house, ada.actor, role="", is_memory_on=False)
    assert (changed.role, changed.time_zone, changed.is_memory_on) == ("", "Europe/Brussels", False)
    assert sorted(await changes(house, ada.actor)) == [
        ("is_memory_on", "on", "off", "person"),
        ("role", "", "Head baker", "person"),
        ("role", "Head baker", "", "person"),
        ("time_zone", "", "Europe/Brussels", "person"),
    ]


@pytest.mark.parametrize(
    "fields", [{"time_zone": "Mars/Base"}, {"role": "x" * 201}, {"about": "\0"}, {"id": "x"}]
)
def test_what_no_profile_can_say_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ProfileUpdate.model_validate(fields)


async def test_nobody_else_sees_a_profile(house: Runtime, ada: Person, bob: Person, eve: Person) -> None:
    await change(house, ada.actor, role="Baker")
    for other in (bob, eve):
        assert (await read(house, other.actor)).role == ""
        assert await changes(house, other.actor) == []


async def test_nothing_is_remembered_of_an_account_that_many_speak_through(
    house: Runtime, ada: Person
) -> None:
    many = await identity.service_actor(house, ada.actor.workspace_id)
    assert not (await read(house, many)).is_memory_on
    assert not (await change(house, many, company="Bakery")).is_memory_on
    with pytest.raises(MemoryOff):
        await service.remember(many, [Note("fact", "I keep bees.")])
    assert (await change(house, many, is_memory_on=True)).is_memory_on
    assert await service.remember(many, [Note("fact", "I keep bees.")])


@pytest.mark.req("TOOL-18")
async def test_the_assistant_changes_a_profile_once_and_the_history_says_so(
    house: Runtime, ada: Person
) -> None:
    assert (update_profile.changes, update_profile.approval) == (True, "always")
    await change(house, ada.actor, role="Baker")
    arguments = {"field": "role", "value": "Head baker"}
    first = await update_profile.call(context(ada), arguments)
    assert first == {"success": True, "field": "role", "value": "Head baker", "previous": "Baker"}
    await change(house, ada.actor, role="Owner")
    # The same call, run again after a crash, neither acts again nor says something else.
    assert await update_profile.call(context(ada), arguments) == first
    assert (await read(house, ada.actor)).role == "Owner"
    assert await changes(house, ada.actor) == [
        ("role", "Head baker", "Owner", "person"),
        ("role", "Baker", "Head baker", "assistant"),
        ("role", "", "Baker", "person"),
    ]
    same = await update_profile.call(context(ada, "call_2"), {"field": "role", "value": "Owner"})
    assert same["previous"] == same["value"] == "Owner"


@pytest.mark.req("TOOL-18")
@pytest.mark.parametrize(
    "arguments",
    [
        {"field": "is_memory_on", "value": "false"},
        {"field": "time_zone", "value": "Mars/Base"},
        {"field": "role", "value": "x" * 201},
        {"field": "role", "value": "Baker", "userId": "user_1"},
    ],
)
async def test_the_assistant_is_told_what_a_profile_cannot_say(
    house: Runtime, ada: Person, arguments: dict[str, str]
) -> None:
    with pytest.raises(ToolRetry):
        await update_profile.call(context(ada), arguments)
    assert await changes(house, ada.actor) == []


@pytest.mark.req("TOOL-26", "MEMO-02", "MEMO-03")
@pytest.mark.parametrize("kind", ["recent", "goals", "challenges", "progress"])
async def test_the_assistant_recalls_five_memories_of_a_kind(house: Runtime, ada: Person, kind: Kind) -> None:
    kinds: list[Kind] = ["recent", "goals", "challenges", "progress"]
    said = ["bees", "boats", "roses", "goats", "pianos", "tents"]
    await service.remember(ada.actor, [Note(one, f"{one}: {thing}") for one in kinds for thing in said])
    arguments = {"contextType": kind, "userId": ada.actor.user_id}
    found = await retrieve_coaching_memory.call(context(ada), arguments)
    assert found["contextType"] == kind
    assert {memory["text"] for memory in found["memories"]} == {f"{kind}: {thing}" for thing in said[1:]}
    assert found["summary"].count(f"{kind}: ") == 5
    assert await retrieve_coaching_memory.call(context(ada), {"contextType": kind}) == found


@pytest.mark.req("TOOL-26")
async def test_the_assistant_recalls_nobody_else(house: Runtime, ada: Person, bob: Person) -> None:
    await service.remember(bob.actor, [Note("goals", "I want to keep goats.")])
    with pytest.raises(ToolRetry, match="userId"):
        await retrieve_coaching_memory.call(
            context(ada), {"contextType": "goals", "userId": bob.actor.user_id}
        )
    with pytest.raises(ToolRetry):
        await retrieve_coaching_memory.call(context(ada), {"contextType": "secrets"})
    found = await retrieve_coaching_memory.call(context(ada), {"contextType": "goals"})
    assert found == {"memories": [], "summary": "Nothing is remembered.", "contextType": "goals"}
