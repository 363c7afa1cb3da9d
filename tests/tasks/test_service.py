from __future__ import annotations

from datetime import date

import pytest

from steward.identity import service as identity
from steward.kernel.errors import Forbidden, NotFound
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.tasks import service as tasks
from steward.tasks.errors import AssigneeUnknown
from steward.tasks.schemas import TaskChange, TaskCreate, TaskRead
from tests.conftest import MakePerson, Person
from tests.support.database import as_owner


async def make(house: Runtime, person: Person, title: str = "Water the plants", **fields: object) -> TaskRead:
    async with house.database.work(person.actor) as work:
        return await tasks.create(work, TaskCreate.model_validate({"title": title, **fields}))


async def test_a_task_is_the_callers_own_until_it_is_given_to_a_colleague(
    house: Runtime, ada: Person, bob: Person
) -> None:
    made = await make(house, ada, details="Twice", due_on="2027-02-03", priority="high")
    assert made.id.startswith("task_")
    assert made.url.endswith(f"/tasks/{made.id}")
    assert (made.title, made.details, made.status) == ("Water the plants", "Twice", "open")
    assert (made.assignee_id, made.due_on, made.priority) == (ada.actor.user_id, date(2027, 2, 3), "high")
    async with house.database.work(bob.actor) as work:
        given = await tasks.change(work, made.id, TaskChange(assignee=bob.actor.user_id, status="done"))
        assert await tasks.get(work, made.id) == given
    assert (given.assignee_id, given.status, given.created_by) == (
        bob.actor.user_id,
        "done",
        ada.actor.user_id,
    )
    assert (given.details, given.due_on) == (made.details, made.due_on)


async def test_only_an_explicit_null_takes_the_day_away(house: Runtime, ada: Person) -> None:
    made = await make(house, ada, due_on="2027-02-03")
    async with house.database.work(ada.actor) as work:
        renamed = await tasks.change(work, made.id, TaskChange(title="Feed the cat"))
        assert renamed.due_on == date(2027, 2, 3)
        cleared = await tasks.change(work, made.id, TaskChange.model_validate({"due_on": None}))
    assert (cleared.title, cleared.due_on) == ("Feed the cat", None)


async def test_a_colleague_is_named_by_id_or_address_and_nobody_else(
    house: Runtime, ada: Person, eve: Person
) -> None:
    address = f"{new_id('Colleague')}@example.com"
    user_id = await identity.create_user(house, address, ada.actor.workspace_id, "member", None)
    by_address = await make(house, ada, assignee=address.upper())
    assert by_address.assignee_id == user_id
    stranger = f"{new_id('stranger')}@example.com"
    await identity.create_user(house, stranger, eve.actor.workspace_id, "member", None)
    for nobody in (eve.actor.user_id, stranger, "nobody@example.com", "user_nobody"):
        with pytest.raises(AssigneeUnknown):
            await make(house, ada, assignee=nobody)
    async with house.database.work(ada.actor) as work:
        with pytest.raises(AssigneeUnknown):
            await tasks.change(work, by_address.id, TaskChange(assignee=eve.actor.user_id))


async def test_a_list_holds_what_was_asked_for(house: Runtime, ada: Person, bob: Person) -> None:
    made = [await make(house, ada, f"Task {number}") for number in range(3)]
    async with house.database.work(ada.actor) as work:
        await tasks.change(work, made[0].id, TaskChange(status="done"))
        await tasks.change(work, made[1].id, TaskChange(assignee=bob.actor.user_id))
        for found, expected in (
            (await tasks.page(work, limit=9), ["Task 2", "Task 1", "Task 0"]),
            (await tasks.page(work, limit=9, status="open"), ["Task 2", "Task 1"]),
            (await tasks.page(work, limit=9, assignee_id=bob.actor.user_id), ["Task 1"]),
            (await tasks.page(work, limit=9, query="task 0"), ["Task 0"]),
        ):
            assert [task.title for task in found.items] == expected


async def test_a_stranger_finds_no_task_and_a_viewer_changes_none(
    house: Runtime, ada: Person, eve: Person, make_person: MakePerson
) -> None:
    made = await make(house, ada)
    viewer = await make_person(beside=ada, role="viewer")
    for person, refusal in ((eve, NotFound), (viewer, Forbidden)):
        async with house.database.work(person.actor) as work:
            with pytest.raises(refusal):
                await tasks.change(work, made.id, TaskChange(status="done"))
            with pytest.raises(refusal):
                await tasks.delete(work, made.id)
    async with house.database.work(eve.actor) as work:
        with pytest.raises(NotFound):
            await tasks.get(work, made.id)
        assert (await tasks.page(work, limit=9)).items == []
    async with house.database.work(viewer.actor) as work:
        assert await tasks.get(work, made.id) == made
        with pytest.raises(Forbidden):
            await tasks.create(work, TaskCreate(title="Mine"))


async def test_the_log_says_what_was_done_and_not_what_it_said(house: Runtime, ada: Person) -> None:
    made = await make(house, ada, details="A secret plan")
    async with house.database.work(ada.actor) as work:
        await tasks.change(work, made.id, TaskChange(status="done", details="Another"))
        await tasks.delete(work, made.id)
        with pytest.raises(NotFound):
            await tasks.get(work, made.id)
    async with as_owner(house.settings) as owner:
        events = await owner.fetch(
            "SELECT type, metadata FROM events WHERE target_id = $1 ORDER BY created_at, id", made.id
        )
    assert [(event["type"], event["metadata"]) for event in events] == [
        ("task_created", {"assignee_id": ada.actor.user_id}),
        ("task_changed", {"fields": ["details", "status"]}),
        ("task_deleted", {}),
    ]
