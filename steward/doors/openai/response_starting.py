"""Beginning a response: a new turn, behind an earlier response or in a conversation, or a run that gets its outputs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from steward.agents import naming
from steward.doors.openai import response_files, response_following, vector_stores
from steward.doors.openai.errors import BadRequest
from steward.doors.openai.response_following import Reading
from steward.doors.openai.response_ids import conversation_id, no_conversation
from steward.doors.openai.response_input import Draft, no_call, no_output
from steward.doors.openai.response_objects import KEPT, OVER, Stand
from steward.doors.openai.response_requests import Asked
from steward.kernel import runtime
from steward.kernel.errors import NotFound, Refusal
from steward.kernel.work import Actor, Work
from steward.providers import service as providers
from steward.runs import actions, records, service
from steward.runs.actions import Word
from steward.runs.errors import ThreadBusy
from steward.runs.schemas import Started, TurnRequest
from steward.threads import exchanges
from steward.threads import service as threads

_SETTINGS: Final = (
    "model",
    "instructions",
    "tools",
    "temperature",
    "top_p",
    "max_output_tokens",
    "text",
    "reasoning",
    "parallel_tool_calls",
)
"""What must be as before, so that a run goes on with its outputs; else another one begins with them."""


async def begin(actor: Actor, asked: Asked) -> Reading:
    """Begin a response.

    Raises:
        AgentNotActive, BadRequest, Forbidden, Invalid, NotFound, UnknownProvider: nothing was stored.
    """
    actor.ensure_role("member")
    agent_id = await _ensure_there(actor, asked)
    before = await _before(actor, asked)
    if before is None:
        if asked.said.outputs:
            raise no_call(next(iter(asked.said.outputs)))
        return await _new(actor, asked, agent_id, asked.said.drafts, asked.thread_id)
    _ensure_answered(before, asked.said.outputs)
    if asked.said.outputs and _goes_on(before, asked):
        return await _go_on(actor, asked, before)
    if before.run.status == "requires_action":
        await _ensure_model(actor, asked)
        await service.stop(actor, before.run.id)
    drafts = [*_answered(before, asked.said.outputs), *asked.said.drafts]
    if asked.thread_id is not None:
        return await _new(actor, asked, agent_id, drafts, asked.thread_id)
    return await _behind(actor, asked, agent_id, drafts, before)


async def _ensure_there(actor: Actor, asked: Asked) -> str | None:
    """Refuse before anything is stored; the agent that is asked for, if one is."""
    house = runtime.current()
    async with house.database.work(actor) as work:
        for store_id in asked.manner.offered.store_ids or ():
            await vector_stores.find(work, store_id)
        if asked.thread_id is not None:
            try:
                await threads.read(work, asked.thread_id)
            except NotFound as error:
                raise no_conversation(conversation_id(asked.thread_id)) from error
    async with house.database.transaction(actor) as work:
        if asked.model is not None and naming.is_agent(asked.model):
            return (await naming.named(work, house.settings, asked.model)).id
        if asked.model is None and asked.thread_id is not None:
            return await exchanges.agent_of(work, asked.thread_id)
    return None


async def _ensure_model(actor: Actor, asked: Asked) -> None:
    """Refuse an unknown model before the run that waits is stopped for this one."""
    house = runtime.current()
    async with house.database.transaction(actor) as work:
        if asked.model is not None and not naming.is_agent(asked.model):
            (await providers.models_of(work, house.settings)).resolve(asked.model)


async def _before(actor: Actor, asked: Asked) -> Stand | None:
    """The response that this one follows: the named one, or the one of the conversation that waits."""
    if asked.previous_id is not None:
        return await _previous(actor, asked.previous_id)
    if asked.thread_id is None:
        return None
    async with runtime.current().database.work(actor) as work:
        live = await service.find_live(work, asked.thread_id)
        run_id = None if live is None or live.status != "requires_action" else live.id
        if live is None and asked.said.outputs:
            # They come too late for the run that asked for them, and count all the same.
            run_id = await _last_run(work, asked.thread_id)
    return None if run_id is None else await response_following.newest(actor, run_id)


async def _last_run(work: Work, thread_id: str) -> str | None:
    head_id = (await threads.read(work, thread_id)).head_id
    return None if head_id is None else (await threads.find_answer(work, head_id)).run_id


async def _previous(actor: Actor, given: str) -> Stand:
    try:
        _, stand = await response_following.find(actor, given)
    except NotFound as error:
        raise NotFound(
            f"Previous response with id '{given}' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        ) from error
    if stand.status not in OVER:
        raise BadRequest(
            f"Response '{given}' is still at work. Wait until it has ended, or cancel it.",
            param="previous_response_id",
        )
    return stand


def _ensure_answered(before: Stand, outputs: dict[str, str]) -> None:
    """Every function that was asked for has an output, and nothing else has one."""
    asked = [call.call_id for call in before.segment.asked]
    for call_id in outputs:
        if call_id not in asked:
            raise no_call(call_id)
    for call_id in asked:
        if call_id not in outputs:
            raise no_output(call_id)


def _goes_on(before: Stand, asked: Asked) -> bool:
    """Whether the same run goes on: its outputs come, in time, with nothing else, for the same settings."""
    is_same = all(before.echo.get(name) == asked.echo.get(name) for name in _SETTINGS)
    is_same = is_same and asked.is_stored and not asked.said.drafts
    if before.segment.is_handed_in and not is_same:
        raise BadRequest(
            f"The outputs for response '{before.id}' were handed in before. Go on from the response that followed it.",
            param="previous_response_id",
        )
    return is_same and (before.segment.is_handed_in or before.run.status == "requires_action")


async def _go_on(actor: Actor, asked: Asked, before: Stand) -> Reading:
    """Bring a waiting run its outputs, all at once; again is the same answer again."""
    run, number = before.run, before.number + 1
    call_ids = [call.call_id for call in before.segment.asked]
    after, _ = await actions.known_until(actor, run.id, call_ids)
    if str(number) not in run.kept["later"]:
        began = {"echo": {**asked.echo, "previous_response_id": before.id}, "began_at": time.time()}
        later = {**run.kept["later"], str(number): began}
        async with runtime.current().database.transaction(actor) as work:
            await records.keep(work, run, {**run.kept, "later": later})
    # The rows' own ids: a model may give two calls of a run the same one.
    words = {
        call.id: Word("output", result={"output": asked.said.outputs[call.call_id]})
        for call in before.segment.asked
    }
    await actions.decide_all(actor, run.id, words)
    return Reading(actor, run.thread_id, run.id, number, after, asked.include)


def _answered(before: Stand, outputs: dict[str, str]) -> list[Draft]:
    """Calls of a run that goes on no more, with what came of them all the same."""
    parts = [
        {
            "type": "tool_call",
            "call_id": call.call_id,
            "name": call.name,
            "input": call.arguments or {},
            "output": outputs[call.call_id],
            "state": "output_ready",
            "waits_for": "client",
        }
        for call in before.segment.asked
    ]
    return [Draft("assistant", parts, "assistant")] if parts else []


async def _behind(
    actor: Actor, asked: Asked, agent_id: str | None, drafts: Sequence[Draft], before: Stand
) -> Reading:
    """A turn behind an earlier response: in its thread while nothing else follows it there, else in a copy."""
    run = before.run
    async with runtime.current().database.work(actor) as work:
        thread = await threads.read(work, run.thread_id)
    is_free = thread.head_id == run.message_id and asked.is_stored and not thread.archived
    if is_free and not run.kept.get("conversation"):
        try:
            return await _new(actor, asked, agent_id, drafts, run.thread_id, head_id=run.message_id)
        except ThreadBusy:
            # Another response began behind the same one just now.
            pass
    async with runtime.current().database.work(actor) as work:
        copy = await threads.branch(work, run.thread_id, run.message_id)
    try:
        return await _new(actor, asked, agent_id, drafts, copy.id)
    except Refusal:
        async with runtime.current().database.work(actor) as work:
            await threads.delete(work, copy.id)
        raise


async def _new(
    actor: Actor,
    asked: Asked,
    agent_id: str | None,
    drafts: Sequence[Draft],
    thread_id: str | None,
    *,
    head_id: str | None = None,
) -> Reading:
    said = await response_files.to_said(actor, drafts)
    request = TurnRequest(
        "answer",
        thread_id,
        wishes=asked.manner.wishes(agent_id, asked.model),
        said=said,
        head_id=head_id,
        when_busy="refuse",
        when_late="expire",
        kept={
            KEPT: asked.echo,
            "later": {},
            "include": asked.include,
            "conversation": asked.thread_id is not None,
            "is_shown": asked.is_stored,
            "said": len(said),
        },
    )
    started = await _start(actor, request, is_conversation=asked.thread_id is not None)
    return Reading(actor, started.thread_id, started.run_id, 0, None, asked.include)


async def _start(actor: Actor, request: TurnRequest, *, is_conversation: bool) -> Started:
    try:
        return await service.start(actor, request)
    except ThreadBusy as busy:
        if not is_conversation:
            raise
        raise BadRequest(
            "Another response is being made in this conversation. Wait until it has ended, or cancel it.",
            param="conversation",
            code="conversation_locked",
        ) from busy
