from __future__ import annotations

import asyncio

import pytest

from steward.kernel.errors import Forbidden, NotFound
from steward.kernel.runtime import Runtime
from steward.tasks import tickets
from steward.tasks.schemas import TicketChange, TicketCreate, TicketRead
from tests.conftest import MakePerson, Person
from tests.support.database import as_owner


async def make(house: Runtime, person: Person, subject: str = "The door sticks") -> TicketRead:
    async with house.database.work(person.actor) as work:
        return await tickets.create(work, TicketCreate(subject=subject, requester="A guest"))


async def test_tickets_that_are_opened_at_once_are_counted_without_gaps(
    house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    made = await asyncio.gather(*(make(house, person) for person in (ada, bob) for _ in range(4)))
    assert sorted(ticket.number for ticket in made) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert (await make(house, eve)).number == 1


async def test_a_number_that_was_not_kept_is_given_again_and_one_that_was_is_not(
    house: Runtime, ada: Person
) -> None:
    async def change_my_mind() -> None:
        async with house.database.work(ada.actor) as work:
            await tickets.create(work, TicketCreate(subject="Never mind"))
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        await change_my_mind()
    first = await make(house, ada)
    async with house.database.work(ada.actor) as work:
        await tickets.delete(work, first.id)
    assert (first.number, (await make(house, ada)).number) == (1, 2)


async def test_a_ticket_is_changed_and_listed(house: Runtime, ada: Person, bob: Person) -> None:
    made = await make(house, ada)
    await make(house, ada, "No light")
    assert made.url.endswith(f"/tickets/{made.id}")
    assert (made.status, made.priority, made.requester) == ("open", "normal", "A guest")
    async with house.database.work(bob.actor) as work:
        solved = await tickets.change(work, made.id, TicketChange(status="solved", priority="low"))
        assert await tickets.get(work, made.id) == solved
        everything = await tickets.page(work, limit=9)
        still_open = await tickets.page(work, limit=9, status="open")
        found = await tickets.page(work, limit=9, query="DOOR")
    assert (solved.status, solved.priority, solved.number) == ("solved", "low", made.number)
    assert (solved.subject, solved.requester) == (made.subject, made.requester)
    assert [ticket.subject for ticket in everything.items] == ["No light", "The door sticks"]
    assert [ticket.subject for ticket in still_open.items] == ["No light"]
    assert [ticket.subject for ticket in found.items] == ["The door sticks"]


async def test_a_stranger_finds_no_ticket_and_a_viewer_changes_none(
    house: Runtime, ada: Person, eve: Person, make_person: MakePerson
) -> None:
    made = await make(house, ada)
    viewer = await make_person(beside=ada, role="viewer")
    for person, refusal in ((eve, NotFound), (viewer, Forbidden)):
        async with house.database.work(person.actor) as work:
            with pytest.raises(refusal):
                await tickets.change(work, made.id, TicketChange(status="solved"))
            with pytest.raises(refusal):
                await tickets.delete(work, made.id)
    async with house.database.work(eve.actor) as work:
        with pytest.raises(NotFound):
            await tickets.get(work, made.id)
        assert (await tickets.page(work, limit=9)).items == []
    async with house.database.work(viewer.actor) as work:
        with pytest.raises(Forbidden):
            await tickets.create(work, TicketCreate(subject="Mine"))


async def test_the_log_says_what_was_done_and_not_what_it_said(house: Runtime, ada: Person) -> None:
    made = await make(house, ada)
    async with house.database.work(ada.actor) as work:
        await tickets.change(work, made.id, TicketChange(status="pending"))
        await tickets.delete(work, made.id)
    async with as_owner(house.settings) as owner:
        events = await owner.fetch(
            "SELECT type, metadata FROM events WHERE target_id = $1 ORDER BY created_at, id", made.id
        )
    assert [(event["type"], event["metadata"]) for event in events] == [
        ("ticket_created", {"number": 1, "priority": "normal"}),
        ("ticket_changed", {"fields": ["status"]}),
        ("ticket_deleted", {}),
    ]
