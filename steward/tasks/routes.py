"""Native REST of tasks and tickets."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Query

from steward.identity.access import InWork
from steward.kernel.pages import AnyId, CleanText, PageSize
from steward.tasks import service, tickets
from steward.tasks.kinds import TaskStatus, TicketStatus
from steward.tasks.schemas import (
    TaskChange,
    TaskCreate,
    TaskPage,
    TaskRead,
    TicketChange,
    TicketCreate,
    TicketPage,
    TicketRead,
)

router = APIRouter(tags=["tasks"])

_Cursor: TypeAlias = Annotated[str | None, Query(max_length=500)]
_Words: TypeAlias = Annotated[CleanText | None, Query(max_length=200, description="Letters of the title.")]


@router.post("/tasks", status_code=201)
async def create_task(work: InWork, body: TaskCreate) -> TaskRead:
    """Make a task for oneself or for another member of the workspace."""
    return await service.create(work, body)


@router.get("/tasks")
async def list_tasks(
    work: InWork,
    status: TaskStatus | None = None,
    assignee_id: AnyId | None = None,
    q: _Words = None,
    limit: PageSize = 30,
    cursor: _Cursor = None,
) -> TaskPage:
    """List the workspace's tasks, the newest first."""
    return await service.page(
        work, limit=limit, cursor=cursor, status=status, assignee_id=assignee_id, query=q
    )


@router.get("/tasks/{task_id}")
async def read_task(work: InWork, task_id: AnyId) -> TaskRead:
    """A task."""
    return await service.get(work, task_id)


@router.patch("/tasks/{task_id}")
async def change_task(work: InWork, task_id: AnyId, body: TaskChange) -> TaskRead:
    """Change a task, give it to somebody else, or say that it is done."""
    return await service.change(work, task_id, body)


@router.delete("/tasks/{task_id}", status_code=204)
async def delete_task(work: InWork, task_id: AnyId) -> None:
    """Delete a task."""
    await service.delete(work, task_id)


@router.post("/tickets", status_code=201)
async def create_ticket(work: InWork, body: TicketCreate) -> TicketRead:
    """Open a ticket under the workspace's next number."""
    return await tickets.create(work, body)


@router.get("/tickets")
async def list_tickets(
    work: InWork,
    status: TicketStatus | None = None,
    q: _Words = None,
    limit: PageSize = 30,
    cursor: _Cursor = None,
) -> TicketPage:
    """List the workspace's tickets, the newest first."""
    return await tickets.page(work, limit=limit, cursor=cursor, status=status, query=q)


@router.get("/tickets/{ticket_id}")
async def read_ticket(work: InWork, ticket_id: AnyId) -> TicketRead:
    """A ticket."""
    return await tickets.get(work, ticket_id)


@router.patch("/tickets/{ticket_id}")
async def change_ticket(work: InWork, ticket_id: AnyId, body: TicketChange) -> TicketRead:
    """Change a ticket, or say that it waits or is solved."""
    return await tickets.change(work, ticket_id, body)


@router.delete("/tickets/{ticket_id}", status_code=204)
async def delete_ticket(work: InWork, ticket_id: AnyId) -> None:
    """Delete a ticket; its number is not given again."""
    await tickets.delete(work, ticket_id)
