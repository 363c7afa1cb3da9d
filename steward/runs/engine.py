"""The engine: runs turns, step by step, so that a crash costs one step at most."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from typing import Any, Final, Literal

import msgspec
import structlog
from dbos import DBOS, SetWorkflowID

from steward.agents import service as agents
from steward.agents.service import Prepared, Wishes
from steward.audit import service as audit
from steward.kernel import runtime
from steward.kernel.errors import Refusal, Unavailable
from steward.kernel.logs import trace_ids
from steward.kernel.runtime import Runtime
from steward.kernel.telemetry import ACTIVE_RUNS, PERSIST_SECONDS, stage
from steward.kernel.tools import ToolContext
from steward.kernel.work import Actor, Transaction
from steward.knowledge.citations import as_prompt, strip
from steward.providers.events import ToolCall
from steward.providers.wire import ModelRequest, PromptMessage
from steward.runs import citing as citations
from steward.runs import queries, tooling
from steward.runs.calls import Calls, worded
from steward.runs.citing import Citing
from steward.runs.context import Context
from steward.runs.errors import RunBroke, RunInterrupted, RunTimeout, TooManySteps
from steward.runs.events import (
    Notice,
    Retrieved,
    RunEnd,
    RunEvent,
    RunStart,
    RunStatus,
    StepEnd,
    StepRestart,
    StepStart,
    ToolFailure,
    standing,
)
from steward.runs.feed import Batch, Feed, Tail, write
from steward.runs.lines import Call, Plan
from steward.runs.tooling import Numbering
from steward.runs.transcript import Transcript
from steward.threads import service as threads
from steward.usage import service as usage

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

StepOutcome = Literal["again", "over"]

_MESSAGE_STATUS: Final[dict[str, str]] = {
    "completed": "completed",
    "cancelled": "cancelled",
    "incomplete": "incomplete",
}


@dataclass(slots=True, eq=False)
class Turn:
    """A turn that this process runs."""

    actor: Actor
    run_id: str
    thread_id: str
    question_id: str
    message_id: str
    attempt: int
    prepared: Prepared
    tail: Tail
    stop: asyncio.Event
    accepted_at: float
    started_at: float
    context: Context = field(default_factory=Context)
    citing: Citing | None = None
    prompt: list[PromptMessage] = field(default_factory=list[PromptMessage])
    transcript: Transcript = field(default_factory=Transcript)
    folded: int = 0
    call: Call | None = None
    cost_usd: Decimal | None = None
    """Of the calls of earlier steps, as far as their prices are known."""
    steps_done: int = 0
    abandoned: bool = False
    """Another process, or the next start, goes on with it: nothing may be written here any more."""

    def fold(self) -> None:
        """Bring the transcript up to what the tail holds."""
        for event in self.tail.events[self.folded :]:
            self.transcript.add(event)
        self.folded = len(self.tail.events)


class Engine:
    """The turns of this process."""

    def __init__(self, house: Runtime, feed: Feed, calls: Calls) -> None:
        self._runtime = house
        self._feed = feed
        self._calls = calls
        self._turns: dict[str, Turn] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def prepare_turn(
        self,
        work: Transaction,
        *,
        run_id: str,
        thread_id: str,
        question_id: str,
        message_id: str,
        prepared: Prepared,
        context: Context,
        accepted_at: float,
        question: list[dict[str, Any]] | None,
    ) -> Turn:
        """Make everything ready in the transaction that accepts the turn; the model is called right after it.

        `question` is given when nothing else leads to it; else the history is read.
        """
        turn = Turn(
            actor=work.actor,
            run_id=run_id,
            thread_id=thread_id,
            question_id=question_id,
            message_id=message_id,
            attempt=1,
            prepared=prepared,
            context=context,
            tail=Tail(work.actor.workspace_id, run_id, 1),
            stop=self._feed.stop_signal(run_id),
            accepted_at=accepted_at,
            started_at=time.time(),
        )
        if question is None:
            await self._gather(work, turn)
        else:
            turn.prompt = _prompt(prepared, context, [("user", question)])
        _ready_to_cite(turn)
        await self._open_call(work, turn)
        return turn

    def begin(self, turn: Turn) -> None:
        """Run a turn whose transaction has committed."""
        self._adopt(turn)
        turn.tail.publish([self._run_start(turn), *turn.context.events()])
        self._spawn(self._carry(turn))

    def discard(self, run_id: str) -> None:
        """Forget a turn whose transaction failed."""
        self._feed.forget_stop(run_id)

    async def model_step(self, actor: Actor, run_id: str, step: int) -> StepOutcome:
        """One model call of a turn, and its end when the model asks for nothing more."""
        turn = self._turns.get(run_id) or await self._take_over(actor, run_id, step)
        if turn is None:
            return "over"
        if step <= turn.steps_done:
            return "again"
        if turn.call is None:
            try:
                # As whoever began the turn: the workflow's arguments know no key.
                async with self._runtime.database.transaction(turn.actor) as work:
                    chain = await self._calls.renewed(work, turn.prepared.chain)
                    turn.prepared = replace(turn.prepared, chain=chain)
                    await self._open_call(work, turn)
            except Refusal as error:
                # The database is away, or a budget does not allow another call.
                return await self._finish(turn, "failed", error)
        return await self._step(turn, step)

    async def _carry(self, turn: Turn) -> None:
        """See a fresh turn through its first step, then hand it to a durable workflow if there is more to do.

        A crash within a step runs the step again, with a workflow or without: one that exists already would save
        nothing, and costs as much as everything else before the first token. The sweep starts one for a run that a dead
        process left.
        """
        if await guarded(self, turn.actor, turn.run_id, self._step(turn, 1)) == "again":
            await _start_surely(turn.actor, turn.run_id)

    async def _step(self, turn: Turn, step: int) -> StepOutcome:
        """One model call whose line in the ledger is open, and what came of it stored."""
        turn.tail.publish([StepStart(step)])
        status, error = await self._speak(turn)
        if turn.citing is not None:
            turn.tail.publish(turn.citing.rest())
        if turn.abandoned:
            # DBOS records no outcome of a cancelled step: the workflow stays pending for whoever goes on with it.
            raise asyncio.CancelledError
        turn.fold()
        if status == "completed" and _open_tool_calls(turn):
            if step >= self._runtime.settings.limits.turn_steps:
                too_many = TooManySteps(turn.prepared.agent_name, f"{step} steps")
                return await self._finish(turn, "failed", too_many)
            await self._end_step(turn, step)
            turn.steps_done = step
            return "again"
        if turn.citing is not None:
            turn.tail.publish(await citations.check(turn.transcript.text(), turn.citing.passages))
            turn.fold()
        return await self._finish(turn, status, error)

    async def let_go(self) -> None:
        """Let go of every turn without ending it: the next start, or another process, goes on with them."""
        for turn in list(self._turns.values()):
            self._abandon(turn)
        await self._feed.flush()
        for turn in list(self._turns.values()):
            self._release(turn)

    async def drop_lost(self) -> None:
        """Drop the turns that others have taken over, because they took this process for dead."""
        for turn in list(self._turns.values()):
            self._abandon(turn)
            self._release(turn)

    def _abandon(self, turn: Turn) -> None:
        turn.abandoned = True
        turn.stop.set()

    async def tidy(self, actor: Actor, run_id: str, status: RunStatus, error: Refusal | None) -> None:
        """End a run that nobody runs any more, from what was written of it."""
        turn = self._turns.get(run_id)
        if turn is not None:
            await self._feed.flush()
            self._release(turn)
        async with self._runtime.database.transaction(actor) as work:
            row = await queries.get(work, run_id)
            if row is None:
                return
            await threads.lock(work, row.thread_id)
            claimed = await queries.claim(work, run_id, self._runtime.process_id)
            attempt = row.attempt if claimed is None else claimed.attempt
            events = standing((await self._feed.snapshot(actor, run_id))[0])
            if events and isinstance(events[-1], RunEnd):
                return
            transcript = Transcript()
            for event in events:
                transcript.add(event)
            facts = _facts(error)
            stands = await queries.end(work, run_id, attempt, status, _with_trace(facts))
            ended_as: Any = stands or row.status
            answer = threads.Answer(
                status="interrupted" if error is not None else _MESSAGE_STATUS.get(ended_as, "failed"),
                parts=transcript.parts(),
                finish_reason=None,
                input_tokens=transcript.input_tokens,
                output_tokens=transcript.output_tokens,
                error=facts,
                metadata={},
            )
            await threads.write_answer(work, row.thread_id, row.message_id, answer, last=True)
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

    async def _gather(self, work: Transaction, turn: Turn) -> None:
        with stage("turn.context"):
            prepared = turn.prepared
            history = await threads.history(work, turn.question_id, prepared.history_messages)
            turn.prompt = _prompt(prepared, turn.context, history)

    async def _open_call(self, work: Transaction, turn: Turn) -> None:
        prepared = turn.prepared
        plan = Plan(
            chain=prepared.chain,
            request=self._request(turn),
            agent_id=prepared.agent_id,
            thread_id=turn.thread_id,
            run_id=turn.run_id,
            message_id=turn.message_id,
            overflow=prepared.overflow,
            messages=prepared.messages,
            may_lack_tools=True,
        )
        turn.call = await self._calls.begin(work, plan, turn.accepted_at)

    def _request(self, turn: Turn) -> ModelRequest:
        parts = turn.transcript.parts()
        said = [PromptMessage("assistant", parts)] if parts else []
        return ModelRequest(
            messages=[*turn.prompt, *said],
            temperature=turn.prepared.temperature,
            max_tokens=turn.prepared.max_tokens,
            reasoning_effort=turn.prepared.reasoning_effort,
            passages=turn.context.passages,
            tools=tooling.specs(turn.prepared.tools),
        )

    async def _speak(self, turn: Turn) -> tuple[RunStatus, Refusal | None]:
        """Stream one model call into the tail until it ends, is stopped, or takes too long."""
        assert turn.call is not None
        speaking = asyncio.ensure_future(self._stream(turn, turn.call))
        stopped = asyncio.ensure_future(turn.stop.wait())
        limit = self._runtime.settings.limits.turn_seconds
        left = max(0.0, limit - (time.time() - turn.started_at))
        try:
            with stage("turn.reply", **{"gen_ai.request.model": turn.prepared.resolved.full_name}):
                await asyncio.wait((speaking, stopped), timeout=left, return_when=asyncio.FIRST_COMPLETED)
            in_time = speaking.done()
        finally:
            for task in (speaking, stopped):
                task.cancel()
            await asyncio.gather(speaking, stopped, return_exceptions=True)
        if not in_time and turn.stop.is_set():
            return "cancelled", None
        if not in_time or speaking.cancelled():
            return "failed", RunTimeout(
                f"The turn took longer than {limit:g} seconds. What came so far is kept."
            )
        error = speaking.exception()
        if error is None:
            finish = turn.call.finish
            return (
                "incomplete" if finish and finish.reason in ("length", "content_filter") else "completed"
            ), None
        if isinstance(error, Refusal):
            return "failed", error
        log.error("turn_broke", run_id=turn.run_id, tag=RunBroke.tag, exc_info=error)
        return "failed", broke()

    async def _stream(self, turn: Turn, call: Call) -> None:
        publish = turn.tail.publish
        citing = turn.citing
        async with aclosing(self._calls.stream(call)) as batches:
            if citing is None:
                async for batch in batches:
                    publish(batch)
                return
            async for batch in batches:
                publish(citing.read(batch))

    async def _end_step(self, turn: Turn, step: int) -> None:
        """Answer the calls of a step whose model asked for tools, and store it."""
        answers = await self._use_tools(turn)
        call = turn.call
        assert call is not None
        # The provider sent no count: ours goes into the events, as at the end of a turn.
        estimate: list[RunEvent] = [] if call.line.usage is not None else [await call.line.counted()]
        turn.tail.publish([*estimate, *answers, StepEnd(step)])
        turn.fold()
        await self._feed.flush()
        async with self._runtime.database.transaction(turn.actor) as work:
            await self._calls.settle(work, call, "completed")
            answer = self._answer(turn, "in_progress", None, {})
            await threads.write_answer(work, turn.thread_id, turn.message_id, answer, last=False)
        turn.cost_usd = _sum(turn.cost_usd, call.cost_usd)
        # The model that answered goes on; the ones that could not are not asked again in this turn.
        turn.prepared = replace(turn.prepared, chain=list(turn.prepared.chain[call.at :]))
        turn.call = None

    async def _use_tools(self, turn: Turn) -> list[RunEvent]:
        """What came of the tools that the model called; of none that were still at work when the turn was stopped."""
        numbering = Numbering(turn.citing.passages if turn.citing else [])

        def context(call: ToolCall) -> ToolContext:
            return ToolContext(
                turn.actor,
                turn.run_id,
                turn.thread_id,
                call.call_id,
                turn.prepared.collection_ids,
                numbering.cite,
            )

        calls = _open_tool_calls(turn)
        working = asyncio.ensure_future(tooling.answer(calls, turn.prepared.tools, context))
        stopped = asyncio.ensure_future(turn.stop.wait())
        try:
            await asyncio.wait((working, stopped), return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                return [ToolFailure(call.call_id, "Stopped before it gave a result.") for call in calls]
        finally:
            for task in (working, stopped):
                task.cancel()
            await asyncio.gather(working, stopped, return_exceptions=True)
        if numbering.found:
            turn.context = replace(turn.context, passages=[*turn.context.passages, *numbering.found])
            turn.citing = turn.citing or Citing([], _question(turn))
        if turn.citing is not None:
            turn.citing.next_step(numbering.found)
        found: list[RunEvent] = [Retrieved(numbering.found)] if numbering.found else []
        return [*found, *working.result()]

    async def _finish(self, turn: Turn, status: RunStatus, error: Refusal | None) -> StepOutcome:
        """Store the end of a turn in one transaction, then tell the readers."""
        await self._feed.seal(turn.tail)
        started = time.perf_counter()
        end: RunEnd | None = None
        for attempt in count(1):
            try:
                end = await self._store_end(turn, status, error)
                break
            except Unavailable as cause:
                # The answer is kept here until it can be stored; a crash meanwhile runs the step again.
                wait = min(5.0, 0.2 * 2 ** min(attempt, 6))
                log.warning(
                    "turn_not_stored", run_id=turn.run_id, attempt=attempt, retry_in=wait, error=cause.detail
                )
                await asyncio.sleep(wait)
        PERSIST_SECONDS.observe(time.perf_counter() - started)
        if end is not None:
            turn.tail.publish([end])
            _log_end(turn, end)
        self._release(turn)
        return "over"

    async def _store_end(self, turn: Turn, status: RunStatus, error: Refusal | None) -> RunEnd | None:
        facts = _facts(None if error is None else worded(error, turn.prepared.messages))
        actor = turn.actor
        if turn.call is not None:
            # Counting may take a thread: not while the thread's row is locked.
            await turn.call.line.counted()
        with stage("turn.store"):
            async with self._runtime.database.transaction(actor) as work:
                await threads.lock(work, turn.thread_id)
                stands = await queries.end(work, turn.run_id, turn.attempt, status, _with_trace(facts))
                if turn.call is not None:
                    ledger = status if status in ("completed", "cancelled", "failed") else "completed"
                    counted = await self._calls.settle(work, turn.call, ledger)
                    if turn.call.line.usage is None:
                        # The provider sent no count: ours goes into the events, so that every reader sees the same.
                        turn.tail.publish([counted])
                    turn.call.line.usage = counted
                    turn.tail.publish([Notice("budget_share_reached", said) for said in turn.call.alerts])
                    turn.call.alerts.clear()
                if stands is None:
                    return None
                turn.fold()
                cost_text = await _cost(work, turn)
                duration_ms = round((time.time() - turn.started_at) * 1000)
                metadata = {"duration_ms": duration_ms, "cost_usd": cost_text}
                answer = self._answer(turn, stands, facts, metadata)
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
                )
                if not await threads.write_answer(work, turn.thread_id, turn.message_id, answer, last=True):
                    # An earlier try had committed after all.
                    return end
                await audit.record(
                    work,
                    "ai_response_completed",
                    "message",
                    turn.message_id,
                    model=end.model,
                    tokensUsed=answer.input_tokens + answer.output_tokens,
                    toolsCalled=[part["name"] for part in answer.parts if part["type"] == "tool_call"],
                    duration=end.duration_ms,
                    status=stands,
                )
                rest = turn.tail.events[turn.tail.flushed :]
                batch = Batch(turn.tail.base + turn.tail.flushed, [*rest, end])
                await write(work, [(actor.workspace_id, turn.run_id, batch)])
        return end

    def _answer(
        self, turn: Turn, status: str, facts: dict[str, Any] | None, metadata: dict[str, Any]
    ) -> threads.Answer:
        finish = turn.call.finish if turn.call else None
        return threads.Answer(
            status="in_progress" if status == "in_progress" else _MESSAGE_STATUS.get(status, "failed"),
            parts=turn.transcript.parts(),
            finish_reason=finish.reason if finish else None,
            input_tokens=turn.transcript.input_tokens,
            output_tokens=turn.transcript.output_tokens,
            error=facts,
            metadata=metadata,
            model=(turn.call or turn.prepared).resolved.full_name,
        )

    async def _take_over(self, actor: Actor, run_id: str, step: int) -> Turn | None:
        """Go on with a run that another process, or this one before a restart, began."""
        house = self._runtime
        async with house.database.transaction(actor) as work:
            row = await queries.claim(work, run_id, house.process_id)
            ended = await queries.get(work, run_id) if row is None else None
        if row is None:
            if ended is not None:
                await self.tidy(actor, run_id, ended.status, None)
            return None
        async with house.database.transaction(actor) as work:
            prepared = await agents.prepare(work, house.settings, msgspec.convert(row.request, Wishes))
        actor = replace(actor, key_id=row.request.get("key_id"))
        earlier, _ = await self._feed.snapshot(actor, run_id)
        turn = Turn(
            actor=actor,
            run_id=run_id,
            thread_id=row.thread_id,
            question_id=row.question_id,
            message_id=row.message_id,
            attempt=row.attempt,
            prepared=prepared,
            tail=Tail(actor.workspace_id, run_id, row.attempt),
            stop=self._feed.stop_signal(run_id),
            accepted_at=time.perf_counter(),
            started_at=time.time(),
        )
        begun = any(isinstance(event, StepStart) and event.step == step for event in earlier)
        opening: list[RunEvent] = []
        if not any(isinstance(event, RunStart) for event in earlier):
            opening.append(self._run_start(turn))
        if begun:
            opening.append(StepRestart(step))
        for event in standing([*earlier, *opening]):
            turn.transcript.add(event)
            if isinstance(event, Retrieved):
                turn.context = Context([*turn.context.passages, *event.passages])
        async with house.database.transaction(actor) as work:
            await self._gather(work, turn)
        _ready_to_cite(turn)
        self._adopt(turn)
        turn.tail.publish(opening)
        turn.folded = len(turn.tail.events)
        log.warning("turn_taken_over", run_id=run_id, attempt=row.attempt, step=step)
        return turn

    def _run_start(self, turn: Turn) -> RunStart:
        return RunStart(
            run_id=turn.run_id,
            thread_id=turn.thread_id,
            message_id=turn.message_id,
            model=turn.prepared.resolved.full_name,
            created_at=self._runtime.now().isoformat(),
        )

    def _adopt(self, turn: Turn) -> None:
        self._turns[turn.run_id] = turn
        self._feed.adopt(turn.tail)
        ACTIVE_RUNS.inc()

    def _release(self, turn: Turn) -> None:
        if self._turns.pop(turn.run_id, None) is not None:
            ACTIVE_RUNS.dec()
        self._feed.close(turn.tail)
        self._feed.forget_stop(turn.run_id)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def guarded(
    engine: Engine, actor: Actor, run_id: str, step: Coroutine[Any, Any, StepOutcome]
) -> StepOutcome:
    """Run a step; a bug in it ends the run with a clear sentence instead of leaving it in progress."""
    # One trace for the step and how it is stored: a failure's log lines and its row name it.
    with stage("turn.step", run_id=run_id):
        try:
            return await step
        except Exception:
            log.exception("turn_broke", run_id=run_id, tag=RunBroke.tag)
            await engine.tidy(actor, run_id, "failed", broke())
            return "over"


@DBOS.step(name="model_step")
async def _model_step(workspace_id: str, user_id: str, run_id: str, step: int) -> str:
    actor = Actor(workspace_id, user_id, "member")
    engine = runtime.current().part(Engine)
    return await guarded(engine, actor, run_id, engine.model_step(actor, run_id, step))


@DBOS.workflow(name="run_turn")
async def _run_turn(workspace_id: str, user_id: str, run_id: str) -> None:
    """A turn. Its arguments are ids only: DBOS's tables are not behind row security."""
    step = 1
    while await _model_step(workspace_id, user_id, run_id, step) == "again":
        step += 1


async def _start_surely(actor: Actor, run_id: str) -> None:
    """Start the workflow of a run that is stored already, also when the database is away for a while."""
    for attempt in count(1):
        try:
            await start_workflow(actor, run_id)
        except Exception as error:
            wait = min(5.0, 0.1 * 2 ** min(attempt, 6))
            log.warning("workflow_not_started", run_id=run_id, attempt=attempt, error=type(error).__name__)
            await asyncio.sleep(wait)
        else:
            return


async def start_workflow(actor: Actor, run_id: str) -> None:
    """Start the durable side of a run; starting it twice is starting it once."""
    with SetWorkflowID(run_id):
        await DBOS.start_workflow_async(_run_turn, actor.workspace_id, actor.user_id, run_id)


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return other if one is None else one if other is None else one + other


async def _cost(work: Transaction, turn: Turn) -> str | None:
    """What the turn's calls cost so far, as text; earlier attempts by other processes are asked for in the ledger."""
    if turn.attempt > 1:
        cost = await usage.cost_of_run(work, turn.thread_id, turn.run_id)
    else:
        cost = _sum(turn.cost_usd, turn.call.cost_usd if turn.call else None)
    return None if cost is None else format(cost, "f")


def _open_tool_calls(turn: Turn) -> list[ToolCall]:
    begun = next(
        (
            at
            for at in range(len(turn.tail.events) - 1, -1, -1)
            if isinstance(turn.tail.events[at], StepStart)
        ),
        0,
    )
    return [event for event in turn.tail.events[begun:] if isinstance(event, ToolCall)]


def _ready_to_cite(turn: Turn) -> None:
    if turn.context.passages:
        turn.citing = Citing(turn.context.passages, _question(turn))


def _question(turn: Turn) -> str:
    return next((message.text for message in reversed(turn.prompt) if message.role == "user"), "")


def _prompt(
    prepared: Prepared, context: Context, history: list[tuple[str, list[dict[str, Any]]]]
) -> list[PromptMessage]:
    said = [PromptMessage(_role(role), _uncited(parts)) for role, parts in history if parts]
    instructions = prepared.instructions
    if context.passages:
        instructions = f"{instructions}\n\n{as_prompt(context.passages)}"
    return [PromptMessage.of_text("system", instructions), *said]


def _uncited(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An earlier answer without its citations: the numbers of this turn are other ones."""
    numbers = {part["number"] for part in parts if part["type"] == "source"}
    if not numbers:
        return parts
    return [
        {**part, "text": strip(part["text"], numbers)} if part["type"] == "text" else part for part in parts
    ]


def _role(role: str) -> Literal["system", "user", "assistant", "tool"]:
    assert role in ("system", "user", "assistant", "tool")
    return role


def _facts(error: Refusal | None) -> dict[str, Any] | None:
    return None if error is None else {"tag": error.tag, "message": error.detail}


def _with_trace(facts: dict[str, Any] | None) -> dict[str, Any] | None:
    """What the run's row keeps of a failure. The trace is for operators: no message and no answer shows it."""
    trace_id = trace_ids().get("trace_id")
    return facts if facts is None or trace_id is None else {**facts, "trace_id": trace_id}


def _log_end(turn: Turn, end: RunEnd) -> None:
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


def broke() -> RunBroke:
    """How a run ends that met a bug; the log has the cause."""
    return RunBroke("Something went wrong on our side. What came so far is kept; try again.")


def interrupted() -> RunInterrupted:
    """How a run ends that no process can go on with."""
    return RunInterrupted(
        "The server stopped in the middle of this answer. What came so far is kept; try again."
    )
