"""What can be done with runs: start a turn, follow it, stop it; and a single completion that keeps no thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict, replace
from typing import Any, Final

import structlog

from steward.agents import service as agents
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.ids import new_id
from steward.kernel.telemetry import stage
from steward.kernel.work import Actor, Transaction, Work
from steward.providers.events import ReasoningDelta, TextDelta
from steward.runs import queries
from steward.runs.context import Context, gather, opening_of
from steward.runs.engine import Engine, Turn
from steward.runs.errors import ThreadBusy
from steward.runs.events import RunEnd, RunEvent, RunStart, StepStart, standing
from steward.runs.feed import Batch, Feed
from steward.runs.opening import Opening
from steward.runs.schemas import RunFailure, RunRead, Started, Stopped, TurnRequest
from steward.runs.visiting import confined
from steward.threads import exchanges, keeping, reading
from steward.threads import service as threads
from steward.threads.schemas import LiveRun

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_STORE_SECONDS: Final = 2.0


async def start(actor: Actor, request: TurnRequest) -> Started:
    """Store the question and start its answer. The same request twice is one turn.

    Raises:
        Forbidden: the actor may only read.
        MessageEmpty, MessageTooLong, ThreadArchived, ClientIdTaken, UnknownProvider: nothing was stored.
        NotFound: no such thread or message.
        ThreadBusy: the thread has a live run, and the request does not end it.
    """
    accepted_at = time.perf_counter()
    actor.ensure_role("member")
    request = confined(actor, request)
    house = runtime.current()
    engine = house.part(Engine)
    if request.trigger in ("submit", "edit") or request.parts:
        exchanges.ensure_fits(request.parts, house.settings.limits.message_chars)
    known = await opening_of(actor, request.thread_ref)
    request = await _settled(actor, request, known)
    context = await gather(actor, await _question_text(actor, request), request.wishes, known)
    run_id = new_id("run")
    with stage("turn.start", run_id=run_id):
        try:
            turn = await _accept_after_others(actor, request, context, run_id, accepted_at)
        except BaseException:
            engine.discard(run_id)
            raise
    if isinstance(turn, Started):
        return turn
    log.info(
        "chat_request",
        user_id=actor.user_id,
        organization_id=actor.workspace_id,
        conversation_id=turn.thread_id,
        run_id=run_id,
        model=turn.prepared.resolved.full_name,
        message_length=len(reading.plain_text(request.parts)),
    )
    engine.begin(turn)
    return Started(run_id, turn.thread_id, turn.message_id, joined=False)


async def _settled(actor: Actor, request: TurnRequest, known: Opening | None) -> TurnRequest:
    """The request with the agent that answers it: what it says about the documents counts before they are searched."""
    has_agent = request.thread_ref is not None and (known is None or known.agent_id is not None)
    if not has_agent and request.wishes.agent_id is None:
        return request
    house = runtime.current()
    async with house.database.transaction(actor) as work:
        agent_id = request.wishes.agent_id
        if agent_id is None and request.thread_ref is not None:
            agent_id = await exchanges.agent_of(work, request.thread_ref)
        if agent_id is None:
            return request
        settled = await agents.settle(work, house.settings, request.wishes, thread_agent_id=agent_id)
    return replace(request, wishes=settled)


async def _question_text(actor: Actor, request: TurnRequest) -> str:
    """What is asked: the new message, or the question that shall be answered again."""
    added = next((reading.plain_text(one.parts) for one in reversed(request.said) if one.role == "user"), "")
    said = reading.plain_text(request.parts) or added
    if said or request.thread_ref is None:
        return said
    async with runtime.current().database.transaction(actor) as work:
        return await exchanges.question_text(
            work, request.thread_ref, request.message_ref, request.message_id
        )


async def _accept_after_others(
    actor: Actor, request: TurnRequest, context: Context, run_id: str, accepted_at: float
) -> Turn | Started:
    """Accept a turn; a live run of its thread is stopped first, and given a moment to store what it said."""
    database = runtime.current().database
    try:
        async with database.transaction(actor) as work:
            return await _accept(work, request, context, run_id, accepted_at, overtake=False)
    except _Answering as answering:
        await stop(actor, answering.run_id)
        await _wait_until_stored(actor, answering.run_id)
    async with database.transaction(actor) as work:
        return await _accept(work, request, context, run_id, accepted_at, overtake=True)


async def _wait_until_stored(actor: Actor, run_id: str) -> None:
    deadline = time.monotonic() + _STORE_SECONDS
    while time.monotonic() < deadline:
        if await runtime.current().part(Feed).ended_at(actor, run_id) is not None:
            return
        await asyncio.sleep(0.02)


class _Answering(Exception):
    """The thread has a live run, which ends before the new turn begins."""

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id


async def _accept(
    work: Transaction,
    request: TurnRequest,
    context: Context,
    run_id: str,
    accepted_at: float,
    *,
    overtake: bool,
) -> Turn | Started:
    house = runtime.current()
    thread = await exchanges.open_thread(work, request.thread_ref)
    if request.head_id not in (None, thread.head_id):
        raise ThreadBusy(thread.id, thread.head_id or "")
    # An unknown model refuses the whole request: nothing of this transaction stays.
    prepared = await agents.prepare(
        work,
        house.settings,
        request.wishes,
        thread_model=thread.model,
        has_documents=context.has_documents,
    )
    # Whoever goes on with the turn offers the same tools.
    wishes = replace(request.wishes, tools=[tool.name for tool in prepared.tools if tool.place != "client"])
    question: exchanges.Question | None = None
    parent_id = thread.head_id
    if request.trigger == "regenerate":
        question = await _question_to_answer_again(work, thread, request)
    elif request.trigger == "answer":
        question = await _newest_message(work, thread, request)
    if question is None:
        is_edit = request.trigger == "edit"
        question = await exchanges.find_repeat(
            work, thread, request.message_id, request.parts, is_edit=is_edit
        )
        if question is not None:
            known = await queries.of_question(work, thread.id, question.id)
            if known is not None:
                return Started(known.id, thread.id, known.message_id, joined=True)
        elif is_edit and request.message_ref is not None:
            parent_id = await exchanges.edited_parent(work, thread, request.message_ref)
    if thread.is_new and request.earlier:
        earlier = [(message.message_id, message.role, message.parts) for message in request.earlier]
        earlier = _with_ids_once(earlier, request.message_id)
        parent_id = await exchanges.fill(work, thread, earlier)
    if not thread.is_new:
        await _make_room(work, thread.id, request, overtake=overtake)
    answer_id = new_id("msg")
    question_id = await exchanges.begin_exchange(
        work,
        thread,
        question=question,
        client_id=request.message_id,
        parent_id=parent_id,
        parts=request.parts,
        run_id=run_id,
        answer_id=answer_id,
        model=prepared.resolved.full_name,
        agent_id=request.wishes.agent_id,
        metadata={**request.metadata, **context.recalled.metadata},
    )
    pinned = replace(wishes, model=prepared.resolved.full_name)
    await queries.insert(
        work,
        id=run_id,
        thread_id=thread.id,
        question_id=question_id,
        message_id=answer_id,
        # With the key, so that another process books on it what it goes on with, and never with more rights than now.
        request={
            **asdict(pinned),
            "key_id": work.actor.key_id,
            "role": work.actor.role,
            "when_late": request.when_late,
            "kept": request.kept,
        },
        process_id=house.process_id,
    )
    return await house.part(Engine).prepare_turn(
        work,
        run_id=run_id,
        thread_id=thread.id,
        question_id=question_id,
        message_id=answer_id,
        prepared=prepared,
        context=context,
        accepted_at=accepted_at,
        # A thread that begins with this question has nothing else to remember.
        question=request.parts if thread.is_new and not (request.earlier or request.said) else None,
    )


async def _make_room(work: Transaction, thread_id: str, request: TurnRequest, *, overtake: bool) -> None:
    """One run at a time: refuse, wait for or end the one that the thread has."""
    live = await queries.live_of_thread(work, thread_id)
    if live is None:
        return
    if request.when_busy == "refuse":
        raise ThreadBusy(thread_id, live.id)
    if not overtake:
        raise _Answering(live.id)
    await runtime.current().part(Feed).stop_everywhere(work, await queries.overtake(work, thread_id))


def _with_ids_once(
    earlier: list[tuple[str | None, str, list[dict[str, Any]]]], taken: str | None
) -> list[tuple[str | None, str, list[dict[str, Any]]]]:
    """The messages of a page with each id given once; a page may repeat one."""
    known = {taken}
    once: list[tuple[str | None, str, list[dict[str, Any]]]] = []
    for message_id, role, parts in earlier:
        once.append((None if message_id in known else message_id, role, parts))
        known.add(message_id)
    return once


async def _question_to_answer_again(
    work: Transaction, thread: exchanges.ThreadRef, request: TurnRequest
) -> exchanges.Question | None:
    """The question of a regenerate; None when the page holds one that never arrived here, so that it is sent now."""
    named = await exchanges.find_question(work, thread, request.message_ref)
    named = named or await exchanges.find_question(work, thread, request.message_id)
    if named is None and not request.parts:
        named = await exchanges.find_question(work, thread, thread.head_id)
        if named is None:
            raise exchanges.no_question()
    return named


async def _newest_message(
    work: Transaction, thread: exchanges.ThreadRef, request: TurnRequest
) -> exchanges.Question:
    """What an `answer` answers: the last of what it adds, or else what the thread ends in."""
    added = await keeping.append(work, thread.id, request.said) if request.said else []
    newest_id = added[-1] if added else thread.head_id
    if newest_id is None:
        raise exchanges.no_question()
    return exchanges.Question(newest_id, None, is_repeat=True)


async def follow(actor: Actor, run_id: str, after: int = 0) -> AsyncGenerator[Batch]:
    """Read a run's events from a cursor to its end.

    Raises:
        NotFound: the actor has no such run.
    """
    feed = runtime.current().part(Feed)
    ended = False
    async with aclosing(feed.follow(actor, run_id, after)) as batches:
        async for batch in batches:
            yield batch
            ended = isinstance(batch.events[-1], RunEnd)
    if not ended:
        events = await _from_message(actor, run_id)
        yield Batch(after + 1, events if after == 0 else events[-1:])


async def is_read_to_end(actor: Actor, run_id: str, after: int) -> bool:
    """Whether a reader at this cursor has seen the end of the run."""
    ended_at = await runtime.current().part(Feed).ended_at(actor, run_id)
    return ended_at is not None and after >= ended_at


async def follow_standing(actor: Actor, run_id: str, after: int = 0) -> AsyncGenerator[list[RunEvent]]:
    """Read a run from a cursor as it stands now, then live: of what came before this call, only what still counts.

    Raises:
        NotFound: the actor has no such run.
    """
    past = await runtime.current().part(Feed).past(actor, run_id)
    events = [event for batch in past for event in batch.events]
    # A cursor is no count: each attempt has numbers of its own.
    read = sum(min(len(batch.events), max(0, after - batch.first_seq + 1)) for batch in past)
    if rest := standing(events, read):
        yield rest
    if events and isinstance(events[-1], RunEnd):
        return
    async with aclosing(follow(actor, run_id, max(after, past[-1].last_seq) if past else after)) as batches:
        async for batch in batches:
            yield batch.events


async def _from_message(actor: Actor, run_id: str) -> list[RunEvent]:
    """A run that ended so long ago that its events are gone, as its message tells it."""
    async with runtime.current().database.work(actor) as work:
        row = await queries.get(work, run_id)
        if row is None:
            raise NotFound("There is no such run.")
        message = await threads.find_answer(work, row.message_id)
    model = message.model or ""
    events: list[RunEvent] = [
        RunStart(run_id, row.thread_id, message.id, model, row.created_at.isoformat()),
        StepStart(1),
    ]
    for part in message.parts:
        if part["type"] == "text":
            events.append(TextDelta(part["text"]))
        elif part["type"] == "reasoning":
            events.append(ReasoningDelta(part["text"]))
    usage = message.usage
    end = RunEnd(
        status=row.status,
        finish_reason=message.finish_reason,
        input_tokens=usage.input_tokens if usage else 0,
        output_tokens=usage.output_tokens if usage else 0,
        model=model,
        duration_ms=0,
        error_tag=message.error.tag if message.error else None,
        error_message=message.error.message if message.error else None,
        error_is_own=bool(message.error and message.error.is_own),
    )
    return [*events, end]


async def get(work: Work, run_id: str) -> RunRead:
    """A run of the actor.

    Raises:
        NotFound: there is none.
    """
    row = await queries.get(work, run_id)
    if row is None:
        raise NotFound("There is no such run.")
    return RunRead(
        id=row.id,
        thread_id=row.thread_id,
        question_id=row.question_id,
        message_id=row.message_id,
        status=row.status,
        error=None if row.error is None else RunFailure.model_validate(row.error),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


async def find_run(work: Work, thread_ref: str | None, message_ref: str | None) -> RunRead:
    """The run that answers in a thread, or the one that wrote a message of it.

    Raises:
        NotFound: there is neither.
    """
    if thread_ref is not None:
        thread = await threads.get(work, thread_ref)
        live = await queries.live_of_thread(work, thread.id)
        if live is not None:
            return await get(work, live.id)
        if message_ref is not None:
            row = await queries.of_message(work, thread.id, message_ref)
            if row is not None:
                return await get(work, row.id)
    raise NotFound("There is no answer here that waits for you.")


async def find_live(work: Work, thread_ref: str) -> LiveRun | None:
    """The run that answers in a thread just now, or None; also None when there is no such thread."""
    try:
        thread = await threads.get(work, thread_ref)
    except NotFound:
        return None
    row = await queries.live_of_thread(work, thread.id)
    return None if row is None else LiveRun(id=row.id, message_id=row.message_id, status=row.status)


async def stop(actor: Actor, run_id: str) -> Stopped:
    """Stop a run, wherever it runs; what came so far is kept. Stopping twice does no harm.

    Raises:
        Forbidden: the actor may only read.
        NotFound: the actor has no such run.
    """
    actor.ensure_role("member")
    house = runtime.current()
    feed = house.part(Feed)
    async with house.database.work(actor) as work:
        row = await queries.get(work, run_id)
        if row is None:
            raise NotFound("There is no such run.")
        # First here: the provider's connection closes while the row is still being written.
        feed.stop_here(run_id)
        ended = await queries.cancel(work, run_id)
        if ended is not None:
            await feed.stop_everywhere(work, [run_id])
        # Whoever runs it here may have stored its end in between: it was stopped all the same.
        was_live = ended is None and row.finished_at is None
        afterwards = await queries.get(work, run_id) if was_live else None
    if ended == "requires_action":
        # Nobody runs it who could store its end.
        await house.part(Engine).tidy(actor, run_id, "cancelled", None)
    is_stopped = ended is not None or (afterwards is not None and afterwards.status == "cancelled")
    return Stopped(stopped=is_stopped, run_id=run_id)


async def stop_thread(actor: Actor, thread_ref: str) -> Stopped:
    """Stop whatever answers in a thread.

    Raises:
        NotFound: the actor has no such thread.
    """
    async with runtime.current().database.work(actor) as work:
        thread = await threads.get(work, thread_ref)
        live = await queries.live_of_thread(work, thread.id)
    if live is None:
        return Stopped(stopped=False, run_id=None)
    return await stop(actor, live.id)
