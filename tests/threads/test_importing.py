"""Conversations that were held elsewhere are stored with their branches, once, and never over somebody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from steward.kernel.errors import Conflict, Forbidden
from steward.kernel.runtime import Runtime
from steward.threads import importing, keeping, service
from steward.threads.importing import PastMessage, PastThread, Restored
from tests.conftest import MakePerson, Person

BEGAN = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)


def message(message_id: str, parent_id: str | None, seconds: int = 0, **fields: object) -> PastMessage:
    """A message that says its id."""
    role = "user" if parent_id is None else "assistant"
    parts = [{"type": "text", "text": f"I am {message_id}."}]
    return PastMessage(message_id, parent_id, role, parts, BEGAN + timedelta(seconds=seconds), **fields)  # pyright: ignore[reportArgumentType]  # each test passes what it means


def thread(*messages: PastMessage, head_id: str | None = None, thread_id: str = "thread_Old") -> PastThread:
    """A thread that ends in its last message."""
    return PastThread(thread_id, BEGAN, messages, head_id or (messages[-1].id if messages else None))


async def restore(house: Runtime, person: Person, *threads: PastThread) -> list[Restored]:
    """Store threads for a person."""
    async with house.database.transaction(person.actor) as work:
        return await importing.restore(work, threads)


async def shown(house: Runtime, person: Person) -> list[str]:
    """The ids of the visible branch, the oldest first."""
    async with house.database.work(person.actor) as work:
        kept = await service.get(work, "thread_Old")
        found, _ = await service.messages(work, kept, limit=100, offset=0, cursor=None)
    return [one.id for one in reversed(found)]


async def test_what_was_said_keeps_its_time_and_counts(house: Runtime, ada: Person) -> None:
    asked, answered = message("msg_a", None), message("msg_b", "msg_a", 9, input_tokens=3, output_tokens=4)
    assert await restore(house, ada, thread(asked, answered)) == [
        Restored("thread_Old", is_new=True, added=2)
    ]
    async with house.database.work(ada.actor) as work:
        kept = await service.read(work, "thread_Old")
        told = await keeping.message(work, "thread_Old", "msg_b")
    assert (kept.title, kept.last_message_preview, kept.message_count) == ("I am msg_a.", "I am msg_b.", 2)
    assert (kept.created_at, kept.last_message_at) == (BEGAN, BEGAN + timedelta(seconds=9))
    assert told.usage is not None
    assert (told.created_at, told.usage.total_tokens) == (BEGAN + timedelta(seconds=9), 7)


async def test_what_comes_later_goes_on_only_where_the_branch_ends(house: Runtime, ada: Person) -> None:
    first = (message("msg_a", None), message("msg_b", "msg_a"))
    await restore(house, ada, thread(*first))
    longer = (*first, message("msg_c", "msg_b"), message("msg_d", "msg_c"))
    assert await restore(house, ada, thread(*longer)) == [Restored("thread_Old", is_new=False, added=2)]
    assert await shown(house, ada) == ["msg_a", "msg_b", "msg_c", "msg_d"]
    # A branch that was made anew is there, and the one that is shown stays.
    other = (*first, message("msg_x", "msg_a"))
    assert (await restore(house, ada, thread(*other)))[0].added == 1
    assert await shown(house, ada) == ["msg_a", "msg_b", "msg_c", "msg_d"]
    assert (await restore(house, ada, thread(*longer)))[0].added == 0


async def test_an_empty_thread_is_one_and_can_be_filled(house: Runtime, ada: Person) -> None:
    assert await restore(house, ada, thread()) == [Restored("thread_Old", is_new=True, added=0)]
    assert await shown(house, ada) == []
    await restore(house, ada, thread(message("msg_a", None)))
    assert await shown(house, ada) == ["msg_a"]


async def test_what_a_colleague_has_is_refused_whole(house: Runtime, ada: Person, bob: Person) -> None:
    await restore(house, ada, thread(message("msg_a", None)))
    with pytest.raises(Conflict, match="Another conversation has its id"):
        await restore(house, bob, thread(message("msg_b", None), thread_id="thread_Bob"), thread())
    with pytest.raises(Conflict, match="One of its messages is here already"):
        await restore(house, bob, thread(message("msg_a", None), thread_id="thread_Bob"))
    async with house.database.work(bob.actor) as work:
        assert await service.count(work) == 0


async def test_a_stranger_may_have_the_same_ids(house: Runtime, ada: Person, eve: Person) -> None:
    for person in (ada, eve):
        assert (await restore(house, person, thread(message("msg_a", None))))[0].is_new


async def test_who_may_only_read_stores_nothing(house: Runtime, ada: Person, make_person: MakePerson) -> None:
    with pytest.raises(Forbidden):
        await restore(house, await make_person(beside=ada, role="viewer"), thread())
