"""Remembering: after a turn, what it told about the person is kept; durable, and beside the answer."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from dbos import DBOS
from dbos import error as dbos_error

from steward.kernel import durable, runtime
from steward.kernel.errors import Refusal, Unavailable
from steward.kernel.work import Actor
from steward.memory import extraction, phrases, profiles
from steward.memory import service as memory
from steward.memory.schemas import Note, Source
from steward.providers import service as providers
from steward.providers.events import TextDelta
from steward.providers.wire import ModelRequest, OutputSchema, PromptMessage
from steward.runs import completions, queries
from steward.threads import reading
from steward.threads import service as threads

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

SWITCH: Final = "memory"
"""In the metadata of a thread or of a question: false keeps what is said there out of memory."""

_ANSWER_TOKENS: Final = 600
_OUTPUT: Final = OutputSchema("memories", extraction.SCHEMA)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """A question, its answer, and who answered."""

    question: str
    answer: str
    model: str
    key_id: str | None
    source: Source


async def begin(actor: Actor, run_id: str, question: str | None = None) -> bool:
    """Start to remember a turn, beside it. Never fails, and starting it twice is starting it once.

    Args:
        actor: whose turn it was.
        run_id: of the turn, which is stored.
        question: what was asked, when the caller has it at hand: one that says nothing of the person starts nothing.

    Returns: whether it was started.
    """
    if not runtime.current().settings.memory.enabled:
        return False
    if question is not None and not phrases.may_tell(question):
        return False
    try:
        await durable.start(workflow_id(run_id), _remember, actor.workspace_id, actor.user_id, run_id)
    except Exception as error:
        log.warning("remembering_not_started", run_id=run_id, error=type(error).__name__)
        return False
    return True


def workflow_id(run_id: str) -> str:
    """The name of the durable work that remembers a turn."""
    return f"remember:{run_id}"


@DBOS.step(name="remember_turn", retries_allowed=True, max_attempts=4, interval_seconds=2.0, backoff_rate=3.0)
async def _remember_turn(workspace_id: str, user_id: str, run_id: str) -> int:
    # One step: what a step returns is kept where no row policy is, so notes do not travel between two.
    return await remember(Actor(workspace_id, user_id, "member"), run_id)


@DBOS.workflow(name="remember")
async def _remember(workspace_id: str, user_id: str, run_id: str) -> None:
    """Its arguments are ids only: DBOS's tables are not behind row security."""
    try:
        await _remember_turn(workspace_id, user_id, run_id)
    except dbos_error.DBOSMaxStepRetriesExceeded:
        log.error("turn_not_remembered", run_id=run_id)


async def remember(actor: Actor, run_id: str) -> int:
    """Keep what a turn told about the actor.

    Returns: how many memories; none when there was nothing, or nobody wanted it.

    Raises:
        Unavailable: the database is away; another try may help.
    """
    exchange = await _exchange(actor, run_id)
    if exchange is None or not phrases.may_tell(exchange.question):
        return 0
    try:
        notes = await _notes(replace(actor, key_id=exchange.key_id), exchange)
        if not notes:
            return 0
        kept = await memory.remember(actor, notes, exchange.source)
    except Unavailable:
        raise
    except Refusal as error:
        # A budget, a model that does not answer, memory switched off meanwhile: the turn itself is not poorer for it.
        log.warning("turn_not_remembered", run_id=run_id, tag=error.tag)
        return 0
    log.info("turn_remembered", run_id=run_id, memories=len(kept))
    return len(kept)


async def _exchange(actor: Actor, run_id: str) -> _Exchange | None:
    """What was said in a run; None when it did not end well, or nobody wants it remembered."""
    async with runtime.current().database.work(actor) as work:
        run = await queries.get(work, run_id)
        if run is None or run.status != "completed" or not await profiles.is_memory_on(work):
            return None
        thread = await threads.read(work, run.thread_id)
        question = await threads.find_answer(work, run.question_id)
        answer = await threads.find_answer(work, run.message_id)
    if _is_off(thread.metadata) or _is_off(question.metadata):
        return None
    return _Exchange(
        reading.plain_text(question.parts),
        reading.plain_text(answer.parts),
        answer.model or "",
        run.request.get("key_id"),
        Source(run.thread_id, run.question_id, run_id),
    )


async def _notes(actor: Actor, exchange: _Exchange) -> list[Note]:
    model = runtime.current().settings.memory.extraction_model or exchange.model
    if not model or providers.is_librarian(model):
        return await asyncio.to_thread(phrases.find, exchange.question)
    asked = ModelRequest(
        [
            PromptMessage.of_text("system", extraction.INSTRUCTIONS),
            PromptMessage.of_text("user", extraction.prompt(exchange.question, exchange.answer)),
        ],
        max_tokens=_ANSWER_TOKENS,
        output=_OUTPUT,
    )
    completion = await completions.complete(actor, model, asked, purpose="memory")
    try:
        return extraction.read(await _text(completion))
    except ValueError as error:
        # Asking again would cost more than the one memory is worth.
        log.warning("memories_unreadable", model=completion.model, error=type(error).__name__)
        return []


async def _text(completion: completions.Completion) -> str:
    said: list[str] = []
    async with aclosing(completion.events()) as batches:
        async for batch in batches:
            said += [event.text for event in batch if isinstance(event, TextDelta)]
    return "".join(said)


def _is_off(metadata: dict[str, Any]) -> bool:
    return metadata.get(SWITCH) in (False, "off")
