"""Following: an active agent with a schedule of its own has one here, without anybody making it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import and_, delete, select
from sqlalchemy.dialects.postgresql import insert

from steward.agents import scheduled
from steward.agents.scheduled import Scheduled
from steward.audit import service as audit
from steward.kernel import cron, runtime
from steward.kernel.errors import Refusal
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor, House, Statement, Work
from steward.schedules.tables import Schedule

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

OF_ITSELF: Final = (
    "It is time for your scheduled work. Do what your instructions say, and report what came of it."
)
"""What an agent is asked whose own schedule says when it begins."""
_FOLLOWED: Final = Statement(
    "SELECT workspace_id, agent_id, user_id, cron FROM schedules WHERE follows_agent"
)


async def follow_agents(house: Runtime) -> None:
    """Bring the schedules of agents that have one of their own in line with the agents."""
    async with house.database.quick_house() as connection:
        wanted = {(one.workspace_id, one.agent_id): one for one in await scheduled.every(connection)}
        known = {(one.workspace_id, one.agent_id): one for one in await _followed(connection)}
    for key, one in wanted.items():
        if key not in known or known[key].cron != cron.tidied(one.cron):
            await _follow(house, one, one.cron)
    for key, one in known.items():
        if key not in wanted:
            await _follow(house, one, None)


async def _follow(house: Runtime, agent: Scheduled, wanted_cron: str | None) -> None:
    try:
        async with house.database.work(Actor(agent.workspace_id, agent.user_id, "member")) as work:
            await follow_agent(work, agent.agent_id, wanted_cron)
    except Refusal as refusal:
        # Until somebody mends the agent it is the same each time.
        log.debug("agent_not_followed", agent_id=agent.agent_id, tag=refusal.tag)


async def follow_agent(work: Work, agent_id: str, wanted_cron: str | None) -> None:
    """Bring the schedule that an agent's own properties ask for in line with them; doing it twice is doing it once.

    Args:
        work: of the agent's maker, as whom it acts.
        agent_id: whose schedule.
        wanted_cron: the agent's own expression; None when it has none, or is not active.

    Raises:
        CronInvalid: the expression cannot be read, or never comes.
    """
    now = runtime.current().now()
    followed = and_(
        Schedule.workspace_id == work.actor.workspace_id,
        Schedule.agent_id == agent_id,
        Schedule.follows_agent,
    )
    if wanted_cron is None:
        gone = await work.session.execute(delete(Schedule).where(followed).returning(Schedule.id))
        for schedule_id in gone.scalars():
            await audit.record(work, "schedule_deleted", "schedule", schedule_id, agent_id=agent_id)
        return
    written = cron.normal(wanted_cron)
    known = (
        await work.session.execute(select(Schedule).where(followed).with_for_update())
    ).scalar_one_or_none()
    if known is None:
        await _begin_to_follow(work, agent_id, written, now)
    elif known.cron != written:
        known.cron = written
        known.next_at = known.next_at and cron.following(written, known.time_zone, now)
        await audit.record(work, "schedule_changed", "schedule", known.id, fields=["cron"])


async def _followed(house: House) -> list[Scheduled]:
    """What schedules there are because an agent has one of its own."""
    return [Scheduled(*row) for row in await house.all(_FOLLOWED)]


async def _begin_to_follow(work: Work, agent_id: str, written: str, now: datetime) -> None:
    schedule_id = new_id("sched")
    made = await work.session.execute(
        insert(Schedule)
        .values(
            workspace_id=work.actor.workspace_id,
            id=schedule_id,
            user_id=work.actor.user_id,
            agent_id=agent_id,
            cron=written,
            prompt=OF_ITSELF,
            follows_agent=True,
            next_at=cron.following(written, "UTC", now),
        )
        # Two processes look at the same time.
        .on_conflict_do_nothing()
        .returning(Schedule.id)
    )
    if made.first() is not None:
        await audit.record(work, "schedule_created", "schedule", schedule_id, agent_id=agent_id, cron=written)
