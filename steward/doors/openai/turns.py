"""Chat completions that are turns: an agent asked as a model, or a stored conversation gone on with."""

from __future__ import annotations

from steward.agents import naming
from steward.doors.openai import turn_wire
from steward.doors.openai.errors import BadRequest
from steward.doors.openai.turn_answer import Turn
from steward.doors.openai.wire import ChatBody
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.work import Actor
from steward.runs import actions, service
from steward.runs.schemas import RunRead, TurnRequest
from steward.threads import exchanges
from steward.threads import service as threads


def is_asked(model: str, thread_ref: str | None) -> bool:
    """Whether a completion is a turn."""
    return thread_ref is not None or naming.is_agent(model)


async def begin(actor: Actor, body: ChatBody, thread_ref: str | None) -> Turn:
    """Ask an agent, or go on with a stored conversation.

    Without `thread_ref` the client holds the conversation: what is stored of it is archived at once. An id that nobody
    has begins a conversation under this id.

    Raises:
        AgentNotActive, BadRequest, Forbidden, Invalid, NotFound, ThreadArchived, UnknownProvider: nothing was stored.
    """
    actor.ensure_role("member")
    outputs = turn_wire.outputs_of(body)
    if outputs:
        return await _go_on(actor, body, thread_ref, outputs)
    agent_id, is_by_agent = await _who(actor, body.model, thread_ref)
    asked = turn_wire.asked_of(body, agent_id, is_by_agent=is_by_agent)
    request = TurnRequest(
        "submit", thread_ref, parts=asked.question, wishes=asked.wishes, earlier=asked.earlier
    )
    started = await service.start(actor, request)
    if thread_ref is None:
        async with runtime.current().database.work(actor) as work:
            await threads.change(
                work, started.thread_id, title=None, pinned=None, archived=True, head_id=None
            )
    return Turn(
        actor,
        started.run_id,
        started.thread_id,
        started.message_id,
        body.model,
        after=None,
        is_stored=thread_ref is not None,
    )


async def _who(actor: Actor, model: str, thread_ref: str | None) -> tuple[str | None, bool]:
    """The agent that is asked for, and whether one answers: this one, or the conversation's own."""
    house = runtime.current()
    async with house.database.transaction(actor) as work:
        if naming.is_agent(model):
            return (await naming.named(work, house.settings, model)).id, True
        return None, thread_ref is not None and await exchanges.agent_of(work, thread_ref) is not None


async def _go_on(
    actor: Actor, body: ChatBody, thread_ref: str | None, outputs: dict[str, actions.Word]
) -> Turn:
    """Bring a waiting run what the client's tools gave, all at once; again is the same answer again."""
    run = await _run_of(actor, thread_ref, outputs)
    await actions.decide_all(actor, run.id, outputs)
    after, _ = await actions.known_until(actor, run.id, outputs)
    return Turn(
        actor,
        run.id,
        run.thread_id,
        run.message_id,
        body.model,
        after=after,
        is_stored=thread_ref is not None,
    )


async def _run_of(actor: Actor, thread_ref: str | None, outputs: dict[str, actions.Word]) -> RunRead:
    """The run whose calls these are outputs of.

    Raises:
        BadRequest: there is none, in this conversation, or another call of it waits, too.
    """
    unknown = BadRequest(
        f"No call waits under the id '{next(iter(outputs))}'. Send the outputs of the calls that the last answer "
        "asked for, under the ids that it gave them.",
        param="messages",
    )
    async with runtime.current().database.work(actor) as work:
        try:
            action = await actions.get(work, next(iter(outputs)))
            run = await service.get(work, action.run_id or "")
            thread_id = run.thread_id if thread_ref is None else (await threads.get(work, thread_ref)).id
        except NotFound as error:
            raise unknown from error
        if thread_id != run.thread_id or action.kind != "client":
            raise unknown
        waiting = sorted(one.id for one in await actions.of_run(work, run.id))
    if not set(waiting) <= set(outputs):
        raise BadRequest(
            f"Expected tool outputs for call_ids {waiting}, got {list(outputs)}", param="messages"
        )
    return run
