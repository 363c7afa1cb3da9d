"""What schedules need done beside requests: slots that have come begin, and agents' own schedules are followed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from steward.kernel.runtime import Runtime
from steward.schedules import firing, following
from steward.schedules.firing import Slot

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_TICK_SECONDS: Final = 1.0
_LOST_SECONDS: Final = 5.0
_FOLLOW_SECONDS: Final = 15.0


async def keep_ticking(house: Runtime) -> None:
    """Let agents begin whose time has come, until cancelled. Any number of processes may do it at once."""
    jobs = ((_LOST_SECONDS, tick_lost), (_TICK_SECONDS, tick), (_FOLLOW_SECONDS, following.follow_agents))
    await asyncio.gather(*(_keep(house, seconds, job) for seconds, job in jobs))


async def _keep(house: Runtime, seconds: float, job: Callable[[Runtime], Awaitable[None]]) -> None:
    while True:
        try:
            await job(house)
        except Exception as error:
            log.warning("schedules_not_seen_to", job=job.__name__, error=type(error).__name__)
        await asyncio.sleep(seconds)


async def tick(house: Runtime) -> None:
    """Begin everything that is due."""
    while await _fire(house, await firing.claim_due(house)):
        pass


async def tick_lost(house: Runtime) -> None:
    """Begin what processes had claimed that died, or what could not begin."""
    while await _fire(house, await firing.claim_lost(house)):
        pass


async def _fire(house: Runtime, slots: list[Slot]) -> bool:
    """Fire claimed slots; whether there may be more of them."""
    fired = await asyncio.gather(*(firing.fire(house, slot) for slot in slots), return_exceptions=True)
    for slot, failure in zip(slots, fired, strict=True):
        if failure is not None:
            # The slot stays claimed, and is tried again.
            log.warning("slot_not_fired", schedule_id=slot.schedule_id, error=type(failure).__name__)
    return len(slots) >= firing.AT_ONCE
