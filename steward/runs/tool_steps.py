"""Tool steps: the calls of a step stored, carried out or left to somebody, so that each acts once or never."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

import structlog

from steward.agents.hooks import Hooks
from steward.audit import service as audit
from steward.kernel.runtime import Runtime
from steward.kernel.tools import ToolContext
from steward.kernel.work import Found, Transaction
from steward.runs import queries, tool_calls, tooling
from steward.runs.citing import Citing
from steward.runs.events import (
    ActionDecision,
    ActionKind,
    ActionRequest,
    Retrieved,
    RunEvent,
    RunPause,
    ToolDenied,
    ToolFailure,
    ToolProgress,
    ToolResult,
)
from steward.runs.feed import Batch, Feed, write
from steward.runs.tool_calls import Ending
from steward.runs.tooling import Numbering, Outcome, Step, Timed
from steward.runs.transcript import OPEN
from steward.runs.turn import Turn, answer_of, question_of
from steward.threads import exchanges

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

Stand = Literal["done", "paused", "ended"]
"""Every call is answered; some wait for somebody; the run was ended meanwhile."""

_KINDS: Final[dict[str, ActionKind]] = {"server": "approval", "client": "client", "person": "person"}


class ToolSteps:
    """Carries out the tool calls of this process's turns."""

    def __init__(self, house: Runtime, feed: Feed, hooks: Hooks) -> None:
        self._house = house
        self._feed = feed
        self._hooks = hooks

    async def store(self, work: Transaction, turn: Turn, number: int) -> list[RunEvent]:
        """Store the calls of a step before anything is done about them.

        A crash from now on asks the model nothing again, so that no call comes twice under another name.

        Returns: what is to be said of calls that are refused at once.
        """
        calls = turn.transcript.open_calls()
        planned = tooling.plan(self._step(turn, number), turn.actor.workspace_id, calls, self._house.now())
        await tool_calls.insert(work, turn.run_id, turn.thread_id, number, [one.opening for one in planned])
        for one in planned:
            if one.opening.state == "waiting":
                await audit.record(
                    work,
                    "action_requested",
                    "tool_call",
                    one.opening.id,
                    tool=one.opening.name,
                    run=turn.run_id,
                )
        refused = [one for one in planned if one.refused is not None]
        if refused:
            await tool_calls.finish(
                work,
                [
                    Ending(one.opening.id, one.opening.state, one.refused.message)
                    for one in refused
                    if one.refused is not None
                ],
            )
        return [one.refused for one in refused if one.refused is not None]

    async def run(self, turn: Turn, number: int, *, is_fresh: bool) -> Stand:
        """Bring a step as far as it comes without anybody else.

        Args:
            turn: whose step it is.
            number: of the step.
            is_fresh: whether this process stored the calls a moment ago: then nobody has begun what is to run.
        """
        while True:
            async with self._house.database.transaction(turn.actor) as work:
                started = {row.id for row in await tool_calls.start_approved(work, turn.run_id, number)}
                rows = await tool_calls.of_step(work, turn.run_id, number)
            untold = [row for row in rows if turn.transcript.state_of(row.call_id) in OPEN]
            # Told before a crash, which came before it was stored.
            told_before = [
                _ending_of(turn, row) for row in rows if row.finished_at is None and row not in untold
            ]
            rows = untold
            ready = [
                row
                for row in rows
                if row.state == "running" and (is_fresh or row.id in started or _may_repeat(turn, row.name))
            ]
            told = self._tell(turn, rows, {row.id for row in ready})
            done = await self._carry_out(turn, number, ready)
            if turn.abandoned:
                # DBOS records no outcome of a cancelled step: the workflow stays pending for whoever goes on with it.
                raise asyncio.CancelledError
            turn.fold()
            waits = any(row.state == "waiting" for row in rows)
            stand = await self._store(
                turn, number, [*told_before, *told, *(one.ending for one in done)], waits=waits
            )
            if stand is not None:
                return stand
            # Somebody decided while other calls were carried out: there is more to do.
            is_fresh = True

    def _step(self, turn: Turn, number: int) -> Step:
        prepared = turn.prepared
        return Step(
            turn.run_id,
            number,
            {tool.name: tool for tool in prepared.tools},
            prepared.tool_rules,
            self._house.settings.tools,
            prepared.tool_seconds,
        )

    def _tell(self, turn: Turn, rows: Sequence[Found], ready: set[str]) -> list[Ending]:
        """Tell readers what they do not know yet of calls that wait, were decided, or were broken off.

        Returns: the ends of those that are over by this.
        """
        over: list[Ending] = []
        for row in rows:
            told = turn.transcript.state_of(row.call_id)
            if row.state == "waiting":
                turn.tail.publish([_request(row)] if told == "input_ready" else [])
                continue
            if told == "waiting" and row.state == "running":
                turn.tail.publish([ActionDecision(row.call_id, row.id, row.name, row.arguments)])
            if row.id not in ready:
                outcome = _outcome(row)
                turn.tail.publish([outcome])
                ending = Timed(row.id, row.name, outcome, row.duration_ms).ending
                over.append(replace(ending, state="expired") if row.state == "expired" else ending)
        turn.fold()
        return over

    async def _carry_out(self, turn: Turn, number: int, rows: Sequence[Found]) -> list[Timed]:
        """Carry calls out, several at once; each result is told as it comes. A stop ends those still at work."""
        if not rows:
            return []
        numbering = Numbering(turn.citing.passages if turn.citing else [])
        limit = asyncio.Semaphore(self._house.settings.tools.parallel)
        step = self._step(turn, number)
        working = [asyncio.ensure_future(self._one(turn, step, row, numbering, limit)) for row in rows]
        stopped = asyncio.ensure_future(turn.stop.wait())
        everything = asyncio.gather(*working, return_exceptions=True)
        try:
            await asyncio.wait((everything, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*working, stopped):
                task.cancel()
            await asyncio.gather(everything, stopped, return_exceptions=True)
        if turn.abandoned:
            return []
        if numbering.found:
            turn.context = replace(turn.context, passages=[*turn.context.passages, *numbering.found])
            turn.citing = turn.citing or Citing([], question_of(turn))
        if turn.citing is not None:
            turn.citing.next_step(numbering.found)
        return [self._end(turn, row, task) for row, task in zip(rows, working, strict=True)]

    def _end(self, turn: Turn, row: Found, task: asyncio.Future[Timed]) -> Timed:
        if not task.cancelled() and task.exception() is None:
            return task.result()
        # Stopped, or the database was away while a result was kept.
        outcome = ToolFailure(row.call_id, tooling.STOPPED)
        turn.tail.publish([outcome])
        return Timed(row.id, row.name, outcome, None)

    async def _one(
        self, turn: Turn, step: Step, row: Found, numbering: Numbering, limit: asyncio.Semaphore
    ) -> Timed:
        def tell(sentence: str) -> None:
            turn.tail.publish([ToolProgress(row.call_id, sentence)])

        context = ToolContext(
            turn.actor,
            turn.run_id,
            turn.thread_id,
            row.id,
            turn.prepared.collection_ids,
            numbering.cite,
            tell,
        )
        known = len(numbering.found)
        done = await tooling.timed(
            row.id,
            row.name,
            lambda: tooling.carry_out(step, self._hooks, row.name, row.arguments, row.call_id, context),
            limit,
        )
        if not _may_repeat(turn, row.name) and isinstance(done.outcome, ToolResult):
            async with self._house.database.transaction(turn.actor) as work:
                await tool_calls.keep(work, row.id, {"output": done.outcome.output}, done.duration_ms or 0)
        found = numbering.found[known:]
        new: list[RunEvent] = [Retrieved(found)] if found else []
        turn.tail.publish([*new, done.outcome])
        return done

    async def _store(
        self, turn: Turn, number: int, endings: Sequence[Ending], *, waits: bool
    ) -> Stand | None:
        """Store where a step stands; None when somebody decided meanwhile."""
        await self._feed.flush()
        if waits:
            await self._feed.seal(turn.tail)
        pause = RunPause(number)
        async with self._house.database.transaction(turn.actor) as work:
            await exchanges.lock(work, turn.thread_id)
            if endings:
                await tool_calls.finish(work, endings)
            still = [
                row for row in await tool_calls.of_step(work, turn.run_id, number) if row.finished_at is None
            ]
            stand: Stand | None = "done"
            if still:
                stand = await self._pause(work, turn, still, pause)
            if stand is not None:
                answer = answer_of(turn, "in_progress", None, {})
                await exchanges.write_answer(work, turn.thread_id, turn.message_id, answer, last=False)
        if stand == "paused":
            turn.tail.publish([pause])
        turn.tail.sealed = stand == "paused"
        return stand

    async def _pause(
        self, work: Transaction, turn: Turn, still: Sequence[Found], pause: RunPause
    ) -> Stand | None:
        if any(row.state != "waiting" for row in still):
            return None
        if not await queries.pause(work, turn.run_id, turn.attempt):
            return "ended"
        rest = turn.tail.events[turn.tail.flushed :]
        batch = Batch(turn.tail.base + turn.tail.flushed, [*rest, pause])
        await write(work, [(turn.actor.workspace_id, turn.run_id, batch)])
        return "paused"


def _may_repeat(turn: Turn, name: str) -> bool:
    return all(tool.repeats for tool in turn.prepared.tools if tool.name == name)


def _ending_of(turn: Turn, row: Found) -> Ending:
    """How a call ended that readers were told the end of."""
    states: dict[str, tool_calls.State] = {"output_ready": "completed", "denied": "denied"}
    state = states.get(turn.transcript.state_of(row.call_id), "failed")
    return Ending(row.id, "expired" if row.state == "expired" else state, row.error, row.duration_ms)


def _request(row: Found) -> ActionRequest:
    expires_at = row.expires_at.isoformat()
    return ActionRequest(row.call_id, row.id, _KINDS[row.place], row.reason, row.approvers, expires_at)


def _outcome(row: Found) -> Outcome:
    """What is said of a call that is not carried out here and now."""
    if row.state == "denied":
        return ToolDenied(row.call_id, row.error or "Denied.")
    if row.output is not None and "output" in row.output:
        return ToolResult(row.call_id, row.output["output"])
    if row.state == "running":
        return ToolFailure(row.call_id, tooling.INTERRUPTED)
    return ToolFailure(row.call_id, row.error or "The call gave no result.")
