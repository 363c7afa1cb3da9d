"""How a turn ends: its answer, its bill and its last event, stored in one transaction."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import structlog

from steward.agents import specialists, statistics
from steward.audit import service as audit
from steward.kernel.errors import Refusal
from steward.kernel.logs import trace_ids
from steward.kernel.runtime import Runtime
from steward.kernel.telemetry import stage
from steward.kernel.work import Actor, Transaction
from steward.runs import queries, tool_calls
from steward.runs.calls import Calls, worded
from steward.runs.errors import RunBroke, RunInterrupted
from steward.runs.events import Notice, RunEnd, RunStatus, standing
from steward.runs.feed import Batch, Feed, write
from steward.runs.transcript import Transcript
from steward.runs.turn import MESSAGE_STATUS, Turn, answer_of
from steward.things import service as things
from steward.threads import exchanges
from steward.usage import service as usage

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)


async def store(
    house: Runtime, calls: Calls, turn: Turn, status: RunStatus, error: Refusal | None
) -> RunEnd | None:
    """Store the end of a turn in one transaction; its last event, or None when the run had ended already.

    Raises `Unavailable` while the database is away: nothing is stored then.
    """
    facts = _facts(None if error is None else worded(error, turn.prepared.messages))
    actor = turn.actor
    if turn.call is not None:
        # Counting may take a thread: not while the thread's row is locked.
        await turn.call.line.counted()
    with stage("turn.store"):
        async with house.database.transaction(actor) as work:
            await exchanges.lock(work, turn.thread_id)
            stands = await queries.end(work, turn.run_id, turn.attempt, status, _with_trace(facts))
            await _settle(work, calls, turn, status)
            if stands is None:
                return None
            if turn.steps_said:
                await tool_calls.cancel(work, turn.run_id)
            turn.fold()
            cost_text = await _cost(work, turn)
            duration_ms = round((time.time() - turn.started_at) * 1000)
            metadata = {"duration_ms": duration_ms, "cost_usd": cost_text}
            answer = answer_of(turn, stands, facts, metadata)
            assert answer.model is not None
            end = RunEnd(
                status=stands,  # pyright: ignore[reportArgumentType]  # the table's check constraint holds the same
                finish_reason=answer.finish_reason,
                input_tokens=answer.input_tokens,
                output_tokens=answer.output_tokens,
                model=answer.model,
                duration_ms=duration_ms,
                cost_usd=cost_text,
                error_tag=facts["tag"] if facts else None,
                error_message=facts["message"] if facts else None,
                error_is_own=bool(facts and facts.get("is_own")),
            )
            if not await exchanges.write_answer(work, turn.thread_id, turn.message_id, answer, last=True):
                # An earlier try had committed after all.
                return end
            await _record(work, turn, answer, end)
            rest = turn.tail.events[turn.tail.flushed :]
            batch = Batch(turn.tail.base + turn.tail.flushed, [*rest, end])
            await write(work, [(actor.workspace_id, turn.run_id, batch)])
            # Last, since the rows that it locks are those of all turns of a user or an agent.
            await _count(work, house, turn, stands)
    return end


async def tidy(
    house: Runtime, feed: Feed, actor: Actor, run_id: str, status: RunStatus, error: Refusal | None
) -> None:
    """End a run that nobody runs any more, from what was written of it."""
    async with house.database.transaction(actor) as work:
        row = await queries.get(work, run_id)
        if row is None:
            return
        await exchanges.lock(work, row.thread_id)
        claimed = await queries.claim(work, run_id, house.process_id, row.resumes)
        attempt = row.attempt if claimed is None else claimed.attempt
        events = standing(await feed.snapshot(actor, run_id))
        if events and isinstance(events[-1], RunEnd):
            return
        transcript = Transcript()
        for event in events:
            transcript.add(event)
        facts = _facts(error)
        stands = await queries.end(work, run_id, attempt, status, _with_trace(facts))
        await tool_calls.cancel(work, run_id)
        ended_as: Any = stands or row.status
        answer = exchanges.Answer(
            status="interrupted" if error is not None else MESSAGE_STATUS.get(ended_as, "failed"),
            parts=transcript.parts(),
            finish_reason=None,
            input_tokens=transcript.input_tokens,
            output_tokens=transcript.output_tokens,
            error=facts,
            metadata={},
        )
        await exchanges.write_answer(work, row.thread_id, row.message_id, answer, last=True)
        end = RunEnd(
            status=ended_as,
            finish_reason=None,
            input_tokens=transcript.input_tokens,
            output_tokens=transcript.output_tokens,
            model="",
            duration_ms=0,
            error_tag=facts["tag"] if facts else None,
            error_message=facts["message"] if facts else None,
        )
        batch = Batch((attempt << 32) + 1, [end])
        await write(work, [(actor.workspace_id, run_id, batch)])


def log_end(turn: Turn, end: RunEnd) -> None:
    """One line for operators about a turn that is over."""
    log.info(
        "stream_end",
        conversation_id=turn.thread_id,
        run_id=turn.run_id,
        status=end.status,
        tag=end.error_tag,
        finish_reason=end.finish_reason,
        token_count=end.input_tokens + end.output_tokens,
        duration_ms=end.duration_ms,
    )


def total(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """Two costs in US dollars together; None is what nobody knows."""
    return other if one is None else one if other is None else one + other


def broke() -> RunBroke:
    """How a run ends that met a bug; the log has the cause."""
    return RunBroke("Something went wrong on our side. What came so far is kept; try again.")


def interrupted() -> RunInterrupted:
    """How a run ends that no process can go on with."""
    return RunInterrupted(
        "The server stopped in the middle of this answer. What came so far is kept; try again."
    )


async def _settle(work: Transaction, calls: Calls, turn: Turn, status: RunStatus) -> None:
    """Settle the last call's line in the ledger, and tell readers what it used and which budgets it reached."""
    call = turn.call
    if call is None:
        return
    ledger = status if status in ("completed", "cancelled", "failed") else "completed"
    counted = await calls.settle(work, call, ledger)
    if call.line.usage is None:
        # The provider sent no count: ours goes into the events, so that every reader sees the same.
        turn.tail.publish([counted])
    call.line.usage = counted
    turn.tail.publish([Notice("budget_share_reached", said) for said in call.alerts])
    call.alerts.clear()


async def _record(work: Transaction, turn: Turn, answer: exchanges.Answer, end: RunEnd) -> None:
    await audit.record(
        work,
        "ai_response_completed",
        "message",
        turn.message_id,
        model=end.model,
        tokensUsed=answer.input_tokens + answer.output_tokens,
        toolsCalled=[part["name"] for part in answer.parts if part["type"] == "tool_call"],
        duration=end.duration_ms,
        status=end.status,
    )


async def _count(work: Transaction, house: Runtime, turn: Turn, status: str) -> None:
    """What agents and the ontology know of a turn that is over."""
    now = house.now()
    agent_id = turn.prepared.agent_id
    await things.connect(
        work,
        "user_interacts_with_agent",
        turn.actor.user_id,
        agent_id or specialists.DEFAULT_ID,
        lastInteraction=now.isoformat(),
    )
    if agent_id is not None:
        await statistics.record(work, agent_id, succeeded=status == "completed", finished_at=now)


async def _cost(work: Transaction, turn: Turn) -> str | None:
    """What the turn's calls cost so far, as text; earlier attempts by other processes are asked for in the ledger."""
    if turn.attempt > 1:
        cost = await usage.cost_of_run(work, turn.thread_id, turn.run_id)
    else:
        cost = total(turn.cost_usd, turn.call.cost_usd if turn.call else None)
    return None if cost is None else format(cost, "f")


def _facts(error: Refusal | None) -> dict[str, Any] | None:
    if error is None:
        return None
    facts = {"tag": error.tag, "message": error.detail}
    return {**facts, "is_own": True} if error.is_own else facts


def _with_trace(facts: dict[str, Any] | None) -> dict[str, Any] | None:
    """What the run's row keeps of a failure. The trace is for operators: no message and no answer shows it."""
    trace_id = trace_ids().get("trace_id")
    return facts if facts is None or trace_id is None else {**facts, "trace_id": trace_id}
