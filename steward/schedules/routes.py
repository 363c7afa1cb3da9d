"""Native REST of schedules."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from steward.identity.access import Caller, InWork
from steward.kernel import runtime
from steward.kernel.pages import AnyId, PageSize
from steward.schedules import firing, service
from steward.schedules.schemas import (
    ScheduleChange,
    ScheduleCreate,
    SchedulePage,
    ScheduleRead,
    ScheduleStarted,
)

router = APIRouter(tags=["schedules"])


@router.get("/schedules")
async def list_schedules(
    work: InWork,
    limit: PageSize = 30,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    agent_id: AnyId | None = None,
) -> SchedulePage:
    """List the caller's schedules, the newest first: everybody's for admins and owners."""
    items, next_cursor = await service.page(work, limit=limit, cursor=cursor, agent_id=agent_id)
    return SchedulePage(items=items, next_cursor=next_cursor)


@router.post("/schedules", status_code=201)
async def create_schedule(work: InWork, body: ScheduleCreate) -> ScheduleRead:
    """Let an agent begin by the clock, as the caller."""
    return await service.create(work, body, runtime.current().now())


@router.get("/schedules/{schedule_id}")
async def read_schedule(work: InWork, schedule_id: AnyId) -> ScheduleRead:
    """A schedule, and what became of its last slot."""
    return service.read(await service.get(work, schedule_id))


@router.patch("/schedules/{schedule_id}")
async def change_schedule(work: InWork, schedule_id: AnyId, body: ScheduleChange) -> ScheduleRead:
    """Change a schedule, or switch it off and on."""
    return await service.change(work, schedule_id, body, runtime.current().now())


@router.delete("/schedules/{schedule_id}", status_code=204)
async def delete_schedule(work: InWork, schedule_id: AnyId) -> None:
    """Delete a schedule."""
    await service.remove(work, schedule_id)


@router.post("/schedules/{schedule_id}/run", status_code=202)
async def run_schedule(actor: Caller, schedule_id: AnyId) -> ScheduleStarted:
    """Let a schedule's agent begin now; its slots come as they would have."""
    return await firing.fire_now(actor, schedule_id)
