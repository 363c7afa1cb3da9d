"""What can be done with schedules: list, make, change and delete them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_

from steward.agents import service as agents
from steward.agents.store import ensure_usable
from steward.audit import service as audit
from steward.kernel import cron, runtime
from steward.kernel.errors import Conflict, Forbidden, NotFound
from steward.kernel.ids import new_id
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.work import Actor, Work
from steward.schedules.errors import ScheduleFollowsAgent
from steward.schedules.schemas import ScheduleChange, ScheduleCreate, ScheduleRead
from steward.schedules.tables import Schedule
from steward.threads import exchanges

MOST_SCHEDULES: Final = 100
"""Of one user: they all begin in the same processes as what people wait for."""


async def page(
    work: Work, *, limit: int, cursor: str | None, agent_id: str | None = None
) -> tuple[list[ScheduleRead], str | None]:
    """The actor's schedules, the newest first, and the cursor of the next page; admins and owners see everybody's.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    query = _visible(work.actor).order_by(Schedule.created_at.desc(), Schedule.id.desc()).limit(limit + 1)
    if agent_id is not None:
        query = query.where(Schedule.agent_id == agent_id)
    if cursor is not None:
        query = query.where(
            tuple_(Schedule.created_at, Schedule.id) < tuple_(*read_cursor(cursor, datetime, str))
        )
    rows = (await work.session.execute(query)).scalars().all()
    last = rows[limit - 1] if len(rows) > limit else None
    return [read(row) for row in rows[:limit]], None if last is None else write_cursor(
        last.created_at, last.id
    )


async def get(work: Work, schedule_id: str, *, lock: bool = False) -> Schedule:
    """A schedule that the actor may see.

    Raises:
        NotFound: there is none.
    """
    query = _visible(work.actor).where(Schedule.id == schedule_id)
    found = (await work.session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such schedule.")
    return found


async def create(work: Work, wanted: ScheduleCreate, now: datetime) -> ScheduleRead:
    """Make a schedule that acts as the actor.

    Raises:
        AgentNotActive: the agent is archived.
        Conflict: the actor has as many schedules as they may.
        CronInvalid: the expression cannot be read, or never comes.
        Forbidden: the actor may only read.
        MessageEmpty, MessageTooLong: the prompt is no message.
        NotFound: no agent that the actor may use.
    """
    work.actor.ensure_role("member")
    written = cron.normal(wanted.cron)
    _ensure_prompt(wanted.prompt)
    await _ensure_agent(work, wanted.agent_id)
    await _ensure_room(work)
    row = Schedule(
        workspace_id=work.actor.workspace_id,
        id=new_id("sched"),
        user_id=work.actor.user_id,
        agent_id=wanted.agent_id,
        cron=written,
        time_zone=wanted.time_zone,
        prompt=wanted.prompt,
        next_at=cron.following(written, wanted.time_zone, now) if wanted.enabled else None,
    )
    work.session.add(row)
    await audit.record(
        work,
        "schedule_created",
        "schedule",
        row.id,
        agent_id=row.agent_id,
        cron=row.cron,
        time_zone=row.time_zone,
    )
    return await _stored(work, row)


async def change(work: Work, schedule_id: str, wanted: ScheduleChange, now: datetime) -> ScheduleRead:
    """Change a schedule; the next slot is counted from now on. Admins and owners may switch off everybody's.

    Raises:
        CronInvalid: the expression cannot be read, or never comes.
        Forbidden: the actor may only read, or it acts as somebody else.
        MessageEmpty, MessageTooLong: the prompt is no message.
        NotFound: no such schedule.
        ScheduleFollowsAgent: the agent says when it comes.
    """
    work.actor.ensure_role("member")
    row = await get(work, schedule_id, lock=True)
    changes = wanted.model_dump(exclude_none=True)
    if changes != {"enabled": False}:
        ensure_own(work.actor, row)
    if row.follows_agent and "cron" in changes:
        raise ScheduleFollowsAgent(
            "The agent's own schedule says when this one comes; change it at the agent."
        )
    row.cron = cron.normal(wanted.cron or row.cron)
    row.time_zone = wanted.time_zone or row.time_zone
    if wanted.prompt is not None:
        _ensure_prompt(wanted.prompt)
        row.prompt = wanted.prompt
    if {"cron", "time_zone", "enabled"} & changes.keys():
        enabled = row.next_at is not None if wanted.enabled is None else wanted.enabled
        row.next_at = cron.following(row.cron, row.time_zone, now) if enabled else None
    await audit.record(work, "schedule_changed", "schedule", row.id, fields=sorted(changes))
    return await _stored(work, row)


async def remove(work: Work, schedule_id: str) -> None:
    """Delete a schedule; what it began goes on.

    Raises:
        Forbidden: the actor may only read.
        NotFound: no such schedule.
        ScheduleFollowsAgent: it would come back; the agent's own schedule has to go.
    """
    work.actor.ensure_role("member")
    row = await get(work, schedule_id, lock=True)
    if row.follows_agent:
        raise ScheduleFollowsAgent(
            "This schedule is there because the agent has one; take it from the agent, or switch this one off."
        )
    await work.session.delete(row)
    await audit.record(work, "schedule_deleted", "schedule", schedule_id, agent_id=row.agent_id)


def read(row: Schedule) -> ScheduleRead:
    """A schedule as doors show it."""
    columns = {name: getattr(row, name) for name in ScheduleRead.model_fields if name != "enabled"}
    return ScheduleRead(**columns, enabled=row.next_at is not None)


async def _stored(work: Work, row: Schedule) -> ScheduleRead:
    await work.session.flush()
    await work.session.refresh(row)
    return read(row)


async def _ensure_room(work: Work) -> None:
    mine = (Schedule.workspace_id == work.actor.workspace_id, Schedule.user_id == work.actor.user_id)
    if (await work.session.execute(select(func.count()).where(*mine))).scalar_one() >= MOST_SCHEDULES:
        raise Conflict(f"You have {MOST_SCHEDULES} schedules, and more are not kept; delete one first.")


async def _ensure_agent(work: Work, agent_id: str) -> None:
    settings = runtime.current().settings
    ensure_usable(work.actor, await agents.get(work, settings, agent_id))


def _ensure_prompt(prompt: str) -> None:
    most = runtime.current().settings.limits.message_chars
    exchanges.ensure_fits([{"type": "text", "text": prompt}], most)


def ensure_own(actor: Actor, row: Schedule) -> None:
    """Refuse to let a schedule act for anybody but the user whose it is.

    Raises:
        Forbidden: it is somebody else's.
    """
    if row.user_id != actor.user_id:
        raise Forbidden(
            "This schedule acts as somebody else. You can switch it off or delete it, and make your own."
        )


def _visible(actor: Actor) -> Select[Schedule]:
    rule: ColumnElement[bool] = Schedule.workspace_id == actor.workspace_id
    if actor.role not in ("owner", "admin"):
        rule = and_(rule, Schedule.user_id == actor.user_id)
    return select(Schedule).where(rule)
