from __future__ import annotations

import asyncio
from typing import Any

import pytest

from steward.kernel.errors import Forbidden, NotFound
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor
from steward.memory import profiles, queries, service
from steward.memory.errors import MemoryKnown, MemoryOff
from steward.memory.schemas import Kind, MemoryChange, MemoryRead, Note, ProfileUpdate, Source
from tests.conftest import Person


async def kept(house: Runtime, actor: Actor, **fields: Any) -> list[MemoryRead]:
    async with house.database.transaction(actor) as work:
        return (await service.page(work, limit=100, **fields)).items


async def switch(house: Runtime, actor: Actor, *, on: bool) -> None:
    async with house.database.transaction(actor) as work:
        await profiles.change(work, ProfileUpdate(is_memory_on=on))


@pytest.mark.req("MEMO-02")
@pytest.mark.parametrize("kind", ["recent", "goals", "challenges", "progress", "fact"])
async def test_a_memory_keeps_its_kind_and_where_it_was_said(house: Runtime, ada: Person, kind: Kind) -> None:
    source = Source("thread_1", "msg_1", "run_1")
    (made,) = await service.remember(ada.actor, [Note(kind, "  Runs  a bakery\n in Ghent. ", 0.4)], source)
    assert (made.kind, made.text, made.importance) == (kind, "Runs a bakery in Ghent.", 0.4)
    assert (made.thread_id, made.message_id, made.run_id) == ("thread_1", "msg_1", "run_1")
    assert await kept(house, ada.actor, kinds=[kind]) == [made]
    others: list[Kind] = [other for other in ("recent", "goals", "fact") if other != kind]
    assert await kept(house, ada.actor, kinds=others) == []


async def test_what_is_said_twice_is_kept_once(house: Runtime, ada: Person) -> None:
    (first,) = await service.remember(ada.actor, [Note("goals", "I want to run a marathon.", 0.4)])
    (again,) = await service.remember(ada.actor, [Note("goals", "i want to run a MARATHON", 0.9)])
    (longer,) = await service.remember(ada.actor, [Note("goals", "I want to run a marathon in May.", 0.5)])
    (shorter,) = await service.remember(ada.actor, [Note("goals", "I want to run a marathon.", 0.5)])
    assert {first.id} == {again.id, longer.id, shorter.id}
    (only,) = await kept(house, ada.actor)
    assert (only.text, only.importance) == ("I want to run a marathon in May.", 0.9)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("My daughter plays the violin.", "My daughter plays the cello."),
        ("I want to lose 5 kilos.", "I want to lose 10 kilos."),
        ("I eat meat.", "I do not eat meat."),
        ("Ich esse Fleisch.", "Ich esse kein Fleisch."),
    ],
)
async def test_what_only_sounds_the_same_is_kept_beside(
    house: Runtime, ada: Person, one: str, other: str
) -> None:
    await service.remember(ada.actor, [Note("fact", one), Note("fact", other)])
    assert {memory.text for memory in await kept(house, ada.actor)} == {one, other}


async def test_two_who_write_the_same_at_once_keep_it_once(house: Runtime, ada: Person) -> None:
    note = Note("fact", "I keep three hens.")
    await asyncio.gather(*(service.remember(ada.actor, [note]) for _ in range(4)))
    assert len(await kept(house, ada.actor)) == 1


async def test_a_text_without_words_is_no_trouble(house: Runtime, ada: Person) -> None:
    await service.remember(ada.actor, [Note("fact", "!?"), Note("fact", "🎻"), Note("fact", "記憶")])
    assert len(await kept(house, ada.actor)) == 3


async def test_pages_follow_each_other(house: Runtime, ada: Person) -> None:
    for number in range(5):
        await service.remember(ada.actor, [Note("fact", f"My locker is number {number}.")])
    seen: list[str] = []
    cursor: str | None = None
    while True:
        async with house.database.transaction(ada.actor) as work:
            page = await service.page(work, limit=2, cursor=cursor)
        seen += [memory.text for memory in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"My locker is number {number}." for number in (4, 3, 2, 1, 0)]


async def test_a_memory_is_changed_and_found_under_its_new_words(house: Runtime, ada: Person) -> None:
    one, other = await service.remember(
        ada.actor, [Note("fact", "I grow roses."), Note("fact", "I brew tea.")]
    )
    changed = await service.change(ada.actor, one.id, MemoryChange(text="I grow tulips.", importance=1))
    assert (changed.text, changed.kind, changed.importance) == ("I grow tulips.", "fact", 1)
    with pytest.raises(MemoryKnown):
        await service.change(ada.actor, one.id, MemoryChange(text="I brew tea"))
    assert {memory.id for memory in await kept(house, ada.actor)} == {one.id, other.id}


async def test_memories_are_deleted_one_by_one_and_all_at_once(house: Runtime, ada: Person) -> None:
    one, *_ = await service.remember(
        ada.actor, [Note("fact", f"I own {number} boats.") for number in (2, 3, 4)]
    )
    async with house.database.transaction(ada.actor) as work:
        await service.delete(work, one.id)
        with pytest.raises(NotFound):
            await service.get(work, one.id)
        assert await service.delete_all(work) == 2
    assert await kept(house, ada.actor) == []


async def test_what_is_deleted_while_it_is_being_changed_is_not_found(house: Runtime, ada: Person) -> None:
    (one,) = await service.remember(ada.actor, [Note("fact", "I own a boat.")])
    async with house.database.transaction(ada.actor) as work:
        await service.delete(work, one.id)
        changing = asyncio.create_task(service.change(ada.actor, one.id, MemoryChange(importance=1)))
        # It still sees the memory, and waits for what becomes of it.
        await asyncio.wait([changing], timeout=0.3)
        assert not changing.done()
    with pytest.raises(NotFound):
        await changing


async def test_what_was_not_needed_for_the_longest_time_makes_room(house: Runtime, ada: Person) -> None:
    notes = [Note("fact", f"I keep {thing}.") for thing in ("bees", "boats", "roses", "goats")]
    made = [(await service.remember(ada.actor, [note]))[0] for note in notes]
    async with house.database.transaction(ada.actor) as work:
        await queries.touch(work, [made[1].id, made[0].id])
    async with house.database.transaction(ada.actor) as work:
        assert await queries.trim(work, 3) == 1
    assert {memory.text for memory in await kept(house, ada.actor)} == {
        "I keep bees.",
        "I keep boats.",
        "I keep goats.",
    }


async def test_whoever_switched_memory_off_is_not_remembered(house: Runtime, ada: Person) -> None:
    await switch(house, ada.actor, on=False)
    with pytest.raises(MemoryOff):
        await service.remember(ada.actor, [Note("fact", "I keep bees.")])
    await switch(house, ada.actor, on=True)
    assert await service.remember(ada.actor, [Note("fact", "I keep bees.")])


@pytest.mark.req("MEMO-13")
async def test_nobody_else_reaches_a_memory(house: Runtime, ada: Person, bob: Person, eve: Person) -> None:
    (made,) = await service.remember(ada.actor, [Note("fact", "I keep bees.")])
    # A colleague who is an owner sees no more than one who is a member.
    for other in (Actor(ada.actor.workspace_id, bob.actor.user_id, "owner"), eve.actor):
        with pytest.raises(NotFound):
            await service.change(other, made.id, MemoryChange(text="Somebody was here"))
        async with house.database.transaction(other) as work:
            with pytest.raises(NotFound):
                await service.get(work, made.id)
            with pytest.raises(NotFound):
                await service.delete(work, made.id)
            assert await service.delete_all(work) == 0
        # The same words are a memory of their own.
        (own,) = await service.remember(other, [Note("fact", "I keep bees.")])
        assert own.id != made.id
    assert [memory.text for memory in await kept(house, ada.actor)] == ["I keep bees."]


async def test_a_viewer_writes_nothing(house: Runtime, ada: Person) -> None:
    viewer = Actor(ada.actor.workspace_id, ada.actor.user_id, "viewer")
    with pytest.raises(Forbidden):
        await service.remember(viewer, [Note("fact", "I keep bees.")])
    async with house.database.transaction(viewer) as work:
        with pytest.raises(Forbidden):
            await service.delete_all(work)
        with pytest.raises(Forbidden):
            await profiles.change(work, ProfileUpdate(role="Baker"))
