from __future__ import annotations

import asyncio
from typing import Any

import pytest

from steward.kernel.errors import Refusal
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.tools import ToolContext, ToolRetry
from steward.tasks import service as tasks
from steward.tasks import tickets
from steward.tasks.tools import create_task, create_ticket
from tests.conftest import Person
from tests.support.database import as_owner


def called_by(person: Person) -> ToolContext:
    return ToolContext(person.actor, new_id("run"), new_id("thread"), new_id("call"))


async def events_of(house: Runtime, target_id: str) -> list[str]:
    async with as_owner(house.settings) as owner:
        rows = await owner.fetch("SELECT type FROM events WHERE target_id = $1", target_id)
    return [row["type"] for row in rows]


@pytest.mark.req("TOOL-17")
async def test_create_task_writes_down_a_task_of_the_user(house: Runtime, ada: Person) -> None:
    context = called_by(ada)
    told = await create_task.call(context, {"title": "Water the plants", "due_on": "2027-02-03"})
    async with house.database.work(ada.actor) as work:
        (task,) = (await tasks.page(work, limit=9)).items
    assert told == {
        "success": True,
        "task_id": task.id,
        "title": "Water the plants",
        "assignee_id": ada.actor.user_id,
        "due_on": "2027-02-03",
        "url": task.url,
    }
    assert (task.status, task.thread_id) == ("open", context.thread_id)
    assert await events_of(house, task.id) == ["task_created"]


@pytest.mark.req("TOOL-16")
async def test_create_ticket_opens_a_ticket_and_returns_its_link(house: Runtime, ada: Person) -> None:
    context = called_by(ada)
    told = await create_ticket.call(context, {"subject": "The door sticks", "priority": "high"})
    async with house.database.work(ada.actor) as work:
        (ticket,) = (await tickets.page(work, limit=9)).items
    assert told == {
        "success": True,
        "ticket_id": ticket.id,
        "number": 1,
        "status": "open",
        "url": ticket.url,
    }
    assert ticket.url.endswith(f"/tickets/{ticket.id}")
    assert (ticket.priority, ticket.thread_id) == ("high", context.thread_id)
    assert await events_of(house, ticket.id) == ["ticket_created"]


async def test_a_call_that_runs_again_acts_once(house: Runtime, ada: Person) -> None:
    context = called_by(ada)
    arguments: dict[str, Any] = {"title": "Water the plants"}
    first, *others = await asyncio.gather(*(create_task.call(context, arguments) for _ in range(4)))
    assert others == [first, first, first]
    assert await events_of(house, first["task_id"]) == ["task_created"]
    opened = await asyncio.gather(
        *(create_ticket.call(context, {"subject": "The door sticks"}) for _ in range(4))
    )
    assert [one["number"] for one in opened] == [1, 1, 1, 1]
    assert await events_of(house, opened[0]["ticket_id"]) == ["ticket_created"]
    assert (await create_ticket.call(called_by(ada), {"subject": "No light"}))["number"] == 2


async def test_two_workspaces_with_the_same_call_have_a_task_each(
    house: Runtime, ada: Person, eve: Person
) -> None:
    context = called_by(ada)
    hers = ToolContext(eve.actor, context.run_id, context.thread_id, context.call_id)
    made = [await create_task.call(one, {"title": "Water the plants"}) for one in (context, hers)]
    assert made[0]["task_id"] != made[1]["task_id"]
    assert [one["assignee_id"] for one in made] == [ada.actor.user_id, eve.actor.user_id]


async def test_neither_asks_a_person_first() -> None:
    assert {(one.changes, one.approval, one.repeats) for one in (create_task, create_ticket)} == {
        (True, "never", True)
    }


@pytest.mark.parametrize(
    "arguments",
    [{}, {"title": ""}, {"title": "x" * 201}, {"title": "a\x00b"}, {"title": "x", "workspace_id": "ws_1"}],
    ids=["nothing", "empty", "long", "nul", "workspace"],
)
async def test_arguments_that_do_not_fit_are_told_to_the_model(
    ada: Person, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ToolRetry, match="The arguments do not fit"):
        await create_task.call(called_by(ada), arguments)


async def test_a_colleague_that_nobody_knows_is_told_in_a_sentence(house: Runtime, ada: Person) -> None:
    with pytest.raises(Refusal, match="Nobody in this workspace is called 'nobody@"):
        await create_task.call(called_by(ada), {"title": "x", "assignee": "nobody@example.com"})
