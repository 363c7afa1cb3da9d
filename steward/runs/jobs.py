"""What runs need done beside requests: orphans found, lost calls settled, old events deleted."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from steward.kernel import durable
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor
from steward.providers import service as providers
from steward.providers.events import Usage
from steward.runs import direct, queries
from steward.runs.calls import Calls
from steward.runs.ending import interrupted
from steward.runs.engine import Engine, start_workflow, workflow_id
from steward.usage import service as usage

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_RESUMABLE: Final = frozenset({"PENDING", "ENQUEUED", "DELAYED"})
_CLEAN_SECONDS: Final = 600


async def adopt_orphans(house: Runtime) -> None:
    """See to the runs of dead processes: DBOS goes on with most; some never started, some cannot go on."""
    living = await durable.living(house.database)
    async with house.database.quick_house() as session:
        orphans = await queries.orphans(session, living)
        half_ended = await queries.half_ended(session, living)
    engine = house.part(Engine)
    workflows = {run.id: workflow_id(run.id, run.resumes) for run in orphans}
    states = await durable.workflow_states(list(workflows.values())) if orphans else {}
    for run in orphans:
        actor = Actor(run.workspace_id, run.user_id, "member")
        status, version = states.get(workflows[run.id], (None, None))
        if status is None:
            # The process died between its commit and the workflow's start.
            await start_workflow(actor, run.id, run.resumes)
        elif status not in _RESUMABLE or version != durable.WORKFLOW_VERSION:
            log.warning("run_interrupted", run_id=run.id, workflow_status=status, workflow_version=version)
            await engine.tidy(actor, run.id, "failed", interrupted())
    for run in half_ended:
        await engine.tidy(Actor(run.workspace_id, run.user_id, "member"), run.id, "cancelled", None)
    await _settle_lost_calls(house, living)


async def keep_books(house: Runtime) -> None:
    """Write down how far model calls have come, about once a second, until cancelled."""
    calls = house.part(Calls)
    while True:
        await asyncio.sleep(1.0)
        try:
            await calls.checkpoint()
        except Exception as error:
            log.warning("usage_checkpoint_failed", error=type(error).__name__)


async def keep_clean(house: Runtime) -> None:
    """Delete the events of runs that ended long ago, and end direct calls that nobody ends, until cancelled."""
    while True:
        try:
            await direct.close_lost(house)
            async with house.database.quick_house() as session:
                await queries.forget_segments(session, house.settings.streams.segment_hours)
        except Exception as error:
            log.warning("runs_not_cleaned", error=type(error).__name__)
        await asyncio.sleep(_CLEAN_SECONDS)


async def _settle_lost_calls(house: Runtime, living: set[str]) -> None:
    async with house.database.quick_house() as session:
        calls = await usage.lost_calls(session, living)
    for call in calls:
        # As whoever made the call: the workspace's own prices count here, too.
        async with house.database.transaction(Actor(call.workspace_id, call.user_id, "member")) as work:
            models = await providers.models_of(work, house.settings)
            pricing = models.pricing(call.provider, call.model)
            counted = Usage(call.input_tokens, call.output_tokens, estimated=True)
            await usage.settle_lost_call(work, call, pricing.cost(counted, call.created_at))
