"""Firing: a slot is claimed by one process, and its turn begins once, whoever dies meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, or_, select, text, update

from steward.agents import service as agents
from steward.agents.service import Wishes
from steward.audit import service as audit
from steward.identity import service as identity
from steward.kernel import cron, durable, runtime
from steward.kernel.characters import cut
from steward.kernel.errors import NotFound, Refusal, Unavailable
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor, Work
from steward.runs import service as runs
from steward.runs.ending import broke
from steward.runs.events import ENDED
from steward.runs.schemas import Started, TurnRequest
from steward.schedules import service
from steward.schedules.errors import ScheduleOwnerGone, ScheduleStillBusy
from steward.schedules.schemas import ScheduleStarted
from steward.schedules.tables import Schedule
from steward.threads import reading
from steward.threads import service as threads

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

AT_ONCE: Final = 8
"""Slots that a process claims at a time."""
_LOST: Final = text("interval '60 seconds'")


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which a schedule begins; `name` belongs to this one alone, however often it is tried."""

    workspace_id: str
    schedule_id: str
    user_id: str
    agent_id: str
    time_zone: str
    prompt: str
    at: datetime

    @property
    def name(self) -> str:
        """The client's id of the slot's thread and question: the same slot twice is one turn."""
        return f"{self.schedule_id}:{self.at:%Y%m%dT%H%M%S.%f}"


async def claim_due(house: Runtime) -> list[Slot]:
    """Claim slots whose time has come, for this process, and move each schedule on to its next slot.

    Of slots that were missed while no process ran, only the latest is claimed.
    """
    now = house.now()
    async with house.database.house() as session:
        rows = await session.execute(
            select(Schedule)
            .where(Schedule.next_at <= now)
            .order_by(Schedule.next_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        due = [row for row in rows.scalars() if _move_on(row, now)]
        for row in due:
            row.claimed_by = house.process_id
            row.claimed_at = func.now()
        return [_slot(row, row.due_at) for row in due]


def _move_on(row: Schedule, now: datetime) -> bool:
    """Make the last slot that has come due, and the following one the next; whether that could be done."""
    assert row.next_at is not None
    try:
        due_at = cron.latest(row.cron, row.time_zone, row.next_at, now)
        next_at = cron.following(row.cron, row.time_zone, now)
    except (ValueError, KeyError):
        # Another machine's time zones, or a year without such a day: it must not hold up the other schedules.
        log.exception("schedule_unreadable", schedule_id=row.id)
        row.next_at = None
        row.last_error = {
            "tag": cron.CronInvalid.tag,
            "message": "The next time of this schedule is not known.",
        }
        return False
    row.due_at, row.next_at = due_at, next_at
    return True


async def claim_lost(house: Runtime) -> list[Slot]:
    """Claim slots anew whose process died, or could not begin them, before their turn began."""
    living = await durable.living(house.database)
    async with house.database.house() as session:
        rows = await session.execute(
            select(Schedule)
            .where(
                Schedule.due_at.is_not(None),
                or_(Schedule.claimed_by.not_in(living), Schedule.claimed_at < func.now() - _LOST),
            )
            .order_by(Schedule.claimed_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        lost = list(rows.scalars())
        for row in lost:
            row.claimed_by = house.process_id
            row.claimed_at = func.now()
        return [_slot(row, row.due_at) for row in lost]


async def fire(house: Runtime, slot: Slot) -> None:
    """Begin the turn of a claimed slot, and write down what became of it. A slot that fires twice is one turn; one
    that comes while the turn before is not over is skipped.

    Raises:
        Unavailable: the database is away; the slot stays claimed, and is tried again.
    """
    actor = await identity.actor_of_member(house, slot.workspace_id, slot.user_id)
    began: Started | None = None
    refusal: Refusal | None = None
    try:
        if actor is None:
            raise ScheduleOwnerGone(
                "The user as whom this schedule acts is no member of the workspace any more."
            )
        await _ensure_idle(actor, slot)
        began = await _begin(actor, slot)
    except Unavailable:
        raise
    except Refusal as error:
        refusal = error
    except Exception:
        log.exception("schedule_broke", schedule_id=slot.schedule_id)
        refusal = broke()
    await _settle(house, slot, began, refusal)


async def fire_now(actor: Actor, schedule_id: str) -> ScheduleStarted:
    """Begin a turn outside the slots.

    Raises:
        Forbidden: the actor may only read, or the schedule acts as somebody else.
        NotFound: no such schedule, or no such agent any more.
    """
    actor.ensure_role("member")
    house = runtime.current()
    async with house.database.work(actor) as work:
        row = await service.get(work, schedule_id)
        service.ensure_own(actor, row)
        slot = _slot(row, house.now())
    began = await _begin(actor, slot)
    await _settle(house, slot, began, None)
    return ScheduleStarted(thread_id=began.thread_id, run_id=began.run_id)


async def _ensure_idle(actor: Actor, slot: Slot) -> None:
    """Refuse to begin a turn beside the schedule's last one, which may wait for a person for days.

    Raises:
        NotFound: the schedule was deleted meanwhile.
        ScheduleStillBusy: the last turn is not over.
    """
    async with runtime.current().database.work(actor) as work:
        last_run_id = (await service.get(work, slot.schedule_id)).last_run_id
        if last_run_id is None or await _has_begun(work, slot):
            return
        try:
            last = await runs.get(work, last_run_id)
        except NotFound:
            # Its conversation was deleted.
            return
    if last.status not in ENDED:
        does = "waits for a person" if last.status == "requires_action" else "is at work"
        raise ScheduleStillBusy(
            f"This time was skipped: the turn that the schedule began before still {does}."
        )


async def _has_begun(work: Work, slot: Slot) -> bool:
    """Whether a process that died meanwhile had begun this very slot."""
    try:
        await threads.get(work, slot.name)
    except NotFound:
        return False
    return True


async def _begin(actor: Actor, slot: Slot) -> Started:
    house = runtime.current()
    async with house.database.work(actor) as work:
        agent = await agents.get(work, house.settings, slot.agent_id)
        await threads.create(work, _title(agent.name, slot), slot.name)
    request = TurnRequest(
        "submit",
        slot.name,
        parts=[{"type": "text", "text": slot.prompt}],
        message_id=slot.name,
        wishes=Wishes(agent_id=slot.agent_id),
        metadata={"schedule_id": slot.schedule_id},
    )
    return await runs.start(actor, request)


async def _settle(house: Runtime, slot: Slot, began: Started | None, refusal: Refusal | None) -> None:
    """Write down what became of a slot, unless a later one was settled meanwhile."""
    values: dict[str, Any] = {
        "last_at": slot.at,
        "last_error": refusal and {"tag": refusal.tag, "message": refusal.detail},
    }
    if not isinstance(refusal, ScheduleStillBusy):
        # Who was skipped points at the turn that is in the way, until that is over.
        values |= {"last_thread_id": began and began.thread_id, "last_run_id": began and began.run_id}
    if isinstance(refusal, ScheduleOwnerGone):
        values["next_at"] = None
    actor = Actor(slot.workspace_id, slot.user_id, "viewer")
    here = (Schedule.workspace_id == slot.workspace_id, Schedule.id == slot.schedule_id)
    async with house.database.work(actor) as work:
        await work.session.execute(
            update(Schedule).where(*here, Schedule.due_at == slot.at).values(due_at=None, claimed_at=None)
        )
        await work.session.execute(
            update(Schedule)
            .where(*here, or_(Schedule.last_at.is_(None), Schedule.last_at <= slot.at))
            .values(**values)
        )
        facts = {"tag": refusal.tag} if refusal else {"run_id": began.run_id if began else None}
        done = "schedule_refused" if refusal else "schedule_fired"
        await audit.record(work, done, "schedule", slot.schedule_id, slot=slot.at.isoformat(), **facts)


def _title(agent_name: str, slot: Slot) -> str:
    here = slot.at.astimezone(ZoneInfo(slot.time_zone))
    return f"{cut(agent_name, reading.TITLE_CHARS - 20)}, {here:%Y-%m-%d %H:%M}"


def _slot(row: Schedule, at: datetime | None) -> Slot:
    assert at is not None, "the row is claimed"
    return Slot(row.workspace_id, row.id, row.user_id, row.agent_id, row.time_zone, row.prompt, at)
