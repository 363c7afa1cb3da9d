"""The engine: runs turns, step by step, so that a crash costs one step at most."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any, Literal

import msgspec
import structlog
from dbos import DBOS

from steward.agents import service as agents
from steward.agents import suggestions
from steward.agents.service import Prepared, Wishes
from steward.identity import service as identity
from steward.kernel import durable, runtime
from steward.kernel.errors import Refusal, Unavailable
from steward.kernel.runtime import Runtime
from steward.kernel.telemetry import ACTIVE_RUNS, PERSIST_SECONDS, stage
from steward.kernel.work import Actor, Role, Transaction, lower_role
from steward.providers.events import TextDelta
from steward.providers.wire import ModelRequest, PromptMessage, ToolChoice
from steward.runs import attachments, ending, queries, remembering, token_limits, tool_calls, tooling
from steward.runs import citing as citations
from steward.runs.calls import Calls
from steward.runs.context import Context, without_search
from steward.runs.errors import RunBroke, RunTimeout, TokensSpent, TooManySteps
from steward.runs.events import (
    ENDED,
    DataPart,
    Retrieved,
    RunEnd,
    RunEvent,
    RunStart,
    RunStatus,
    StepEnd,
    StepRestart,
    StepStart,
    standing,
)
from steward.runs.feed import Feed, Tail
from steward.runs.lines import Call, Plan, Said
from steward.runs.tool_steps import ToolSteps
from steward.runs.turn import STEPS, Turn, answer_of, prompt_of, question_of, ready_to_cite
from steward.threads import exchanges

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

StepOutcome = Literal["tools", "again", "over"]
"""The model asked for tools; their step is over, so the model is asked again; nothing more is done here."""


class Engine:
    """The turns of this process."""

    def __init__(self, house: Runtime, feed: Feed, calls: Calls, tools: ToolSteps) -> None:
        self._runtime = house
        self._feed = feed
        self._calls = calls
        self._tools = tools
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
            resumes=0,
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
            turn.prompt = prompt_of(prepared, context, self._runtime.settings.chat, [("user", question)])
        attachments.ensure_seen(turn.prompt, prepared.resolved)
        ready_to_cite(turn)
        await self._open_call(work, turn)
        return turn

    def begin(self, turn: Turn) -> None:
        """Run a turn whose transaction has committed."""
        self._adopt(turn)
        turn.tail.publish([self._run_start(turn), *turn.context.events()])
        self._spawn(self._carry(turn))
        if turn.prepared.tools and self._runtime.settings.tools.suggestions == "on":
            self._spawn(self._suggest(turn))

    def discard(self, run_id: str) -> None:
        """Forget a turn whose transaction failed."""
        self._feed.forget_stop(run_id)

    async def model_step(self, actor: Actor, run_id: str, step: int, resumes: int) -> StepOutcome:
        """One model call of a turn, and its end when the model asks for nothing more."""
        turn = self._turns.get(run_id) or await self._take_over(actor, run_id, resumes)
        if turn is None or turn.resumes != resumes:
            return "over"
        if step <= turn.steps_said:
            return "tools"
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

    async def tool_step(self, actor: Actor, run_id: str, step: int, resumes: int) -> StepOutcome:
        """The tool calls of one model call."""
        turn = self._turns.get(run_id)
        is_fresh = turn is not None
        turn = turn or await self._take_over(actor, run_id, resumes)
        if turn is None or turn.resumes != resumes:
            # It went on after a wait, as another workflow.
            return "over"
        if step <= turn.steps_done:
            return "again"
        return await self._use_tools(turn, step, is_fresh=is_fresh)

    async def _carry(self, turn: Turn) -> None:
        """See a fresh turn through its first step, then hand it to a durable workflow if there is more to do.

        A crash within a step runs the step again, with a workflow or without: one that exists already would save
        nothing, and costs as much as everything else before the first token. The sweep starts one for a run that a dead
        process left.
        """
        steps = iter([lambda: self._step(turn, 1)])

        def step() -> Coroutine[Any, Any, StepOutcome]:
            again = partial(self.model_step, turn.actor, turn.run_id, 1, 0)
            return next(steps, again)()

        if await guarded(self, turn.actor, turn.run_id, step) == "tools":
            await _start_surely(turn.actor, turn.run_id)

    async def _suggest(self, turn: Turn) -> None:
        """Tell readers which tool fits the question, beside the answer; the model calls what it wants."""
        try:
            found = await suggestions.suggest(question_of(turn), turn.prepared.tools)
        except Exception:
            log.exception("suggestion_broke", run_id=turn.run_id)
            return
        if found is not None and not turn.tail.sealed and turn.run_id in self._turns:
            told = {"tool": found.tool, "score": round(found.score, 3), "reason": found.reason}
            turn.tail.publish([DataPart("tool-suggestion", told)])

    async def _step(self, turn: Turn, step: int) -> StepOutcome:
        """One model call whose line in the ledger is open, and what came of it stored."""
        if turn.spent is not None:
            return await self._finish(turn, "incomplete", turn.spent)
        turn.tail.publish([StepStart(step)])
        status, error = await self._speak(turn)
        if turn.citing is not None:
            turn.tail.publish(turn.citing.rest())
        if turn.abandoned:
            # DBOS records no outcome of a cancelled step: the workflow stays pending for whoever goes on with it.
            raise asyncio.CancelledError
        turn.fold()
        if status == "completed" and turn.transcript.open_calls():
            most = turn.prepared.max_tool_steps or self._runtime.settings.limits.turn_steps
            if step >= most:
                return await self._finish(turn, "failed", _too_many(turn, most))
            spent = token_limits.answer_spent(turn.prepared, turn.transcript)
            if spent is not None:
                return await self._finish(turn, "incomplete", spent)
            await self._end_speaking(turn, step)
            return "tools"
        if turn.citing is not None:
            turn.tail.publish(await citations.check(turn.transcript.text(), turn.citing.passages))
            turn.fold()
        return await self._finish(turn, status, error)

    def go_on(self, actor: Actor, run_id: str, resumes: int) -> None:
        """Go on with a run that waited, once whoever decided has been answered."""
        self._spawn(_start_surely(actor, run_id, resumes))

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

    def drop(self, run_id: str) -> None:
        """Forget a turn that could not be stored: it is taken over from what is."""
        turn = self._turns.get(run_id)
        if turn is not None:
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
        await ending.tidy(self._runtime, self._feed, actor, run_id, status, error)

    async def _gather(self, work: Transaction, turn: Turn) -> None:
        with stage("turn.context"):
            prepared = turn.prepared
            history = await exchanges.history(work, turn.question_id, prepared.history_messages)
            turn.prompt = prompt_of(prepared, turn.context, self._runtime.settings.chat, history)

    async def _open_call(self, work: Transaction, turn: Turn) -> None:
        prepared = turn.prepared
        try:
            request = await token_limits.within(self._request(turn), prepared, turn.transcript)
        except TokensSpent as spent:
            turn.spent = spent
            return
        plan = Plan(
            chain=prepared.chain,
            request=request,
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
            top_p=turn.prepared.top_p,
            tool_choice=_choice(turn),
            parallel_tool_calls=turn.prepared.parallel_tool_calls if turn.prepared.tools else None,
            output=turn.prepared.output,
            stop=turn.prepared.stop,
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
        return "failed", ending.broke()

    async def _stream(self, turn: Turn, call: Call) -> None:
        publish = turn.tail.publish
        citing = turn.citing
        said = turn.transcript.text()
        goes_on = bool(said) and not said[-1].isspace()
        async with aclosing(self._calls.stream(call)) as batches:
            async for batch in batches:
                if goes_on and any(isinstance(event, TextDelta) for event in batch):
                    batch, goes_on = _set_apart(batch), False
                publish(batch if citing is None else citing.read(batch))

    async def _end_speaking(self, turn: Turn, step: int) -> None:
        """Store what a step's model said, with the calls that it asks for, before anything is done about them."""
        call = turn.call
        assert call is not None
        if call.line.usage is None:
            # The provider sent no count: ours goes into the events, as at the end of a turn.
            turn.tail.publish([await call.line.counted()])
            turn.fold()
        await self._feed.flush()
        async with self._runtime.database.transaction(turn.actor) as work:
            await self._calls.settle(work, call, "completed")
            refused = await self._tools.store(work, turn, step)
            turn.step_usage.append(_used(turn, call))
            answer = answer_of(turn, "in_progress", None, {STEPS: turn.step_usage})
            await exchanges.write_answer(work, turn.thread_id, turn.message_id, answer, last=False)
        turn.tail.publish(refused)
        turn.fold()
        turn.cost_usd = ending.total(turn.cost_usd, call.cost_usd)
        # The model that answered goes on; the ones that could not are not asked again in this turn.
        turn.prepared = replace(turn.prepared, chain=list(turn.prepared.chain[call.at :]))
        turn.call = None
        turn.steps_said = step

    async def _use_tools(self, turn: Turn, step: int, *, is_fresh: bool) -> StepOutcome:
        stand = await self._tools.run(turn, step, is_fresh=is_fresh)
        if stand == "done":
            turn.tail.publish([StepEnd(step)])
            turn.fold()
            turn.steps_done = step
            return "again"
        self._release(turn)
        if stand == "ended":
            await self.tidy(turn.actor, turn.run_id, "cancelled", None)
        return "over"

    async def _finish(self, turn: Turn, status: RunStatus, error: Refusal | None) -> StepOutcome:
        """Store the end of a turn in one transaction, then tell the readers."""
        await self._feed.seal(turn.tail)
        started = time.perf_counter()
        end: RunEnd | None = None
        for attempt in count(1):
            try:
                end = await ending.store(self._runtime, self._calls, turn, status, error)
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
            ending.log_end(turn, end)
            if status == "completed":
                self._spawn(_remember(turn))
        self._release(turn)
        return "over"

    async def _take_over(self, actor: Actor, run_id: str, resumes: int) -> Turn | None:
        """Go on with a run that another process, or this one before a restart or a pause, began."""
        house = self._runtime
        async with house.database.transaction(actor) as work:
            row = await queries.claim(work, run_id, house.process_id, resumes)
            ended = await queries.get(work, run_id) if row is None else None
        if row is None:
            if ended is not None and ended.status in ENDED:
                await self.tidy(actor, run_id, ended.status, None)
            return None
        actor = await self._as_begun(actor, row.request)
        async with house.database.transaction(actor) as work:
            wishes = msgspec.convert(row.request, Wishes)
            prepared = await agents.prepare(work, house.settings, wishes, is_admitted=True)
            steps_said = await tool_calls.last_step(work, run_id)
            question = await exchanges.question_text(work, row.thread_id, row.question_id)
            told = await exchanges.metadata_of(work, row.message_id)
        context = await without_search(actor, question)
        earlier = await self._feed.snapshot(actor, run_id)
        turn = Turn(
            actor=actor,
            run_id=run_id,
            thread_id=row.thread_id,
            question_id=row.question_id,
            message_id=row.message_id,
            attempt=row.attempt,
            resumes=resumes,
            prepared=prepared,
            context=context,
            tail=Tail(actor.workspace_id, run_id, row.attempt),
            stop=self._feed.stop_signal(run_id),
            accepted_at=time.perf_counter(),
            started_at=time.time(),
            steps_said=steps_said,
            steps_done=max((event.step for event in earlier if isinstance(event, StepEnd)), default=0),
            step_usage=told.get(STEPS) or [],
        )
        opening: list[RunEvent] = []
        if not any(isinstance(event, RunStart) for event in earlier):
            opening.append(self._run_start(turn))
        is_begun = any(isinstance(event, StepStart) and event.step == steps_said + 1 for event in earlier)
        # Readers may know more of the step than a process that died had stored; each wait counts one attempt, too.
        if is_begun or row.attempt > resumes + 1:
            opening.append(StepRestart(steps_said + 1))
        for event in standing([*earlier, *opening]):
            turn.transcript.add(event)
            if isinstance(event, Retrieved):
                turn.context = replace(turn.context, passages=[*turn.context.passages, *event.passages])
        async with house.database.transaction(actor) as work:
            await self._gather(work, turn)
        ready_to_cite(turn)
        self._adopt(turn)
        turn.tail.publish(opening)
        turn.folded = len(turn.tail.events)
        log.info("turn_taken_over", run_id=run_id, attempt=row.attempt, step=steps_said)
        return turn

    async def _as_begun(self, actor: Actor, request: dict[str, Any]) -> Actor:
        """Whoever began a run, with the rights that they still have."""
        known = await identity.actor_of_member(self._runtime, actor.workspace_id, actor.user_id)
        begun_as: Role = request.get("role", "member")
        role = "viewer" if known is None else lower_role(begun_as, known.role)
        return replace(actor, key_id=request.get("key_id"), role=role)

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
    engine: Engine, actor: Actor, run_id: str, step: Callable[[], Coroutine[Any, Any, StepOutcome]]
) -> StepOutcome:
    """Run a step; a bug in it ends the run with a clear sentence instead of leaving it in progress.

    While the database is away it waits, and then does the step again from what is stored.
    """
    # One trace for the step and how it is stored: a failure's log lines and its row name it.
    with stage("turn.step", run_id=run_id):
        again = step
        for attempt in count(1):
            try:
                return await again()
            except Unavailable as cause:
                engine.drop(run_id)
                wait = min(5.0, 0.1 * 2 ** min(attempt, 6))
                log.warning("step_not_stored", run_id=run_id, retry_in=wait, error=cause.detail)
                await asyncio.sleep(wait)
            except Exception:
                log.exception("turn_broke", run_id=run_id, tag=RunBroke.tag)
                if attempt > 1:
                    # Its end cannot be stored either: trying at once would only burn.
                    await asyncio.sleep(min(60.0, 0.1 * 2 ** min(attempt, 10)))

                async def tidied() -> StepOutcome:
                    await engine.tidy(actor, run_id, "failed", ending.broke())
                    return "over"

                again = tidied
    raise AssertionError("unreachable")


@DBOS.step(name="model_step")
async def _model_step(workspace_id: str, user_id: str, run_id: str, step: int, resumes: int) -> str:
    actor = Actor(workspace_id, user_id, "member")
    engine = runtime.current().part(Engine)
    return await guarded(engine, actor, run_id, partial(engine.model_step, actor, run_id, step, resumes))


@DBOS.step(name="tool_step")
async def _tool_step(workspace_id: str, user_id: str, run_id: str, step: int, resumes: int) -> str:
    actor = Actor(workspace_id, user_id, "member")
    engine = runtime.current().part(Engine)
    return await guarded(engine, actor, run_id, partial(engine.tool_step, actor, run_id, step, resumes))


@DBOS.workflow(name="run_turn")
async def _run_turn(workspace_id: str, user_id: str, run_id: str, resumes: int = 0) -> None:
    """A turn, or what follows a wait. Its arguments are ids only: DBOS's tables are not behind row security."""
    step = 1
    while True:
        outcome = await _model_step(workspace_id, user_id, run_id, step, resumes)
        if outcome == "tools":
            outcome = await _tool_step(workspace_id, user_id, run_id, step, resumes)
        if outcome != "again":
            return
        step += 1


async def _start_surely(actor: Actor, run_id: str, resumes: int = 0) -> None:
    """Start the workflow of a run that is stored already, also when the database is away for a while."""
    for attempt in count(1):
        try:
            await start_workflow(actor, run_id, resumes)
        except Exception as error:
            wait = min(5.0, 0.1 * 2 ** min(attempt, 6))
            log.warning("workflow_not_started", run_id=run_id, attempt=attempt, error=type(error).__name__)
            await asyncio.sleep(wait)
        else:
            return


async def start_workflow(actor: Actor, run_id: str, resumes: int = 0) -> None:
    """Start the durable side of a run, or of what follows its last wait; starting it twice is starting it once."""
    await durable.start(
        workflow_id(run_id, resumes), _run_turn, actor.workspace_id, actor.user_id, run_id, resumes
    )


def workflow_id(run_id: str, resumes: int) -> str:
    """The durable work that goes on with a run after so many waits."""
    return f"{run_id}.{resumes}" if resumes else run_id


async def _remember(turn: Turn) -> None:
    await remembering.begin(turn.actor, turn.run_id, question_of(turn))


def _set_apart(batch: Sequence[Said]) -> list[Said]:
    """A step's first text begins a paragraph: most doors show what the steps of a turn say as one text."""
    at = next(index for index, event in enumerate(batch) if isinstance(event, TextDelta))
    return [*batch[:at], TextDelta("\n\n"), *batch[at:]]


def _choice(turn: Turn) -> ToolChoice | None:
    """Which tool the model is held to: a choice that is forced again at each step would never end."""
    choice = turn.prepared.tool_choice if turn.prepared.tools else None
    return choice if choice == "none" or not turn.steps_said else None


def _used(turn: Turn, call: Call) -> dict[str, Any]:
    """What a step has used that is over: its tokens, and in US dollars as text what they cost, when that is known."""
    earlier = turn.step_usage
    return {
        "input_tokens": turn.transcript.input_tokens - sum(step["input_tokens"] for step in earlier),
        "output_tokens": turn.transcript.output_tokens - sum(step["output_tokens"] for step in earlier),
        "cost_usd": None if call.cost_usd is None else format(call.cost_usd, "f"),
    }


def _too_many(turn: Turn, most: int) -> TooManySteps:
    return TooManySteps(turn.prepared.agent_name, f"{most} steps")
