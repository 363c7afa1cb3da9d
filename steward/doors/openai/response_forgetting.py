"""Forgetting responses: those that were not to be kept, and those that somebody deletes."""

from __future__ import annotations

from typing import Final

from steward.audit import service as audit
from steward.doors.openai.response_following import Reading
from steward.doors.openai.response_objects import KEPT, Stand
from steward.kernel import runtime
from steward.kernel.stretches import Asked
from steward.kernel.work import Actor
from steward.runs import records, service
from steward.threads import exchanges
from steward.threads import service as threads

_MOST_RUNS: Final = 100
"""A thread with more of them is left alone: its owner deletes it as a thread."""


async def drop(reading: Reading, *, is_over: bool) -> None:
    """Leave nothing of a response that is not kept; what it cost stays in the ledger."""
    if not is_over or (await reading.stand()).segment.asked:
        await service.stop(reading.actor, reading.run_id)
    async with runtime.current().database.work(reading.actor) as work:
        await threads.delete(work, reading.thread_id)


async def forget(actor: Actor, stand: Stand) -> None:
    """Show a response no more. Its thread goes with it, unless that is a conversation or others are left there."""
    run = stand.run
    async with runtime.current().database.work(actor) as work:
        await exchanges.lock(work, run.thread_id)
        kept = {**run.kept, "deleted": sorted({*(run.kept.get("deleted") or ()), stand.number})}
        await records.keep(work, run, kept)
        await audit.record(work, "response_deleted", "run", run.id, segment=stand.number)
        if run.kept["conversation"]:
            return
        found = await records.page(work, run.thread_id, Asked(limit=_MOST_RUNS))
        is_left = found.has_more or any(not _is_gone(one, stand) for one in found.items)
    if not is_left:
        await service.stop(actor, run.id)
        async with runtime.current().database.work(actor) as work:
            await threads.delete(work, run.thread_id)


def _is_gone(run: records.RunRecord, stand: Stand) -> bool:
    """Whether nothing of a run is shown any more."""
    segments = range(len(stand.segments) if run.id == stand.run.id else 1)
    return KEPT in run.kept and set(segments) <= set(run.kept.get("deleted") or ())
