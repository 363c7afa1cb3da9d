"""Following a run for a reader of the Assistants API: to where it ends, or waits for the reader."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from steward.doors.openai.errors import error_body
from steward.doors.openai.run_objects import run_object, status_of
from steward.doors.openai.run_steps import Step, steps_of
from steward.doors.openai.run_stream import Encoder, frame
from steward.doors.openai.thread_objects import message_object
from steward.kernel import runtime
from steward.kernel.errors import Refusal
from steward.kernel.sse import EventStream, StreamCut
from steward.kernel.work import Actor
from steward.runs import records, service
from steward.runs.authors import Author
from steward.runs.events import RunEnd, RunEvent, RunPause, StepRestart
from steward.runs.records import CallRecord, RunRecord
from steward.threads.schemas import MessageRead


@dataclass(frozen=True, slots=True)
class Stand:
    """A run as it stands, with the calls of its tools."""

    run: RunRecord
    calls: list[CallRecord]

    @property
    def status(self) -> str:
        """As the wire shows it."""
        return status_of(self.run, self.calls)

    @property
    def text(self) -> str:
        """What the run has said, as far as it is stored."""
        return "".join(part["text"] for part in self.run.parts if part["type"] == "text")

    def steps(self, *, with_content: bool = False) -> list[Step]:
        """The steps of the run."""
        return steps_of(self.run, self.calls, with_content=with_content)


async def stand_of(actor: Actor, thread_id: str, run_id: str) -> Stand:
    """A run as it stands.

    Raises:
        NotFound: the actor has no such run in the thread.
    """
    async with runtime.current().database.transaction(actor) as work:
        run = await records.get(work, thread_id, run_id)
        return Stand(run, await records.calls(work, run_id))


def stream(
    actor: Actor, encoder: Encoder, run: RunRecord, opening: bytes, *, after: int | None = None
) -> EventStream:
    """The stream of a run. The run goes on when its reader leaves.

    Args:
        actor: whose run it is.
        encoder: that has written the opening.
        run: which one.
        opening: the first frames.
        after: cursor of the event after which the stream begins; None for the beginning of the run.
    """
    frames = _frames(actor, encoder, run, opening, after)
    return EventStream(frames, ping_seconds=runtime.current().settings.streams.ping_seconds)


async def _frames(
    actor: Actor, encoder: Encoder, run: RunRecord, opening: bytes, after: int | None
) -> AsyncGenerator[bytes]:
    yield opening
    try:
        async with aclosing(_events(actor, run.id, after)) as batches:
            async for events in batches:
                data, is_over = await _told(actor, encoder, run, events)
                if data:
                    yield data
                if is_over:
                    return
    except Refusal as refusal:
        yield frame("error", error_body(refusal))


async def _events(actor: Actor, run_id: str, after: int | None) -> AsyncGenerator[list[RunEvent]]:
    async with aclosing(service.follow_standing(actor, run_id, after or 0)) as standing:
        async for events in standing:
            yield events


async def _told(actor: Actor, encoder: Encoder, run: RunRecord, events: list[RunEvent]) -> tuple[bytes, bool]:
    """The frames of a batch, and whether they are the last."""
    if any(isinstance(event, StepRestart) for event in events):
        # Text that was shown no longer counts, and this wire cannot take it back: the client looks at the run.
        raise StreamCut
    data = encoder.encode(events)
    if isinstance(events[-1], RunEnd):
        return data + await _end(actor, encoder, run), True
    if isinstance(events[-1], RunPause):
        stand = await stand_of(actor, run.thread_id, run.id)
        # What waits for people alone goes on in this stream.
        if stand.status == "requires_action":
            return data + encoder.pause(_shown(stand)), True
    return data, False


async def _end(actor: Actor, encoder: Encoder, run: RunRecord) -> bytes:
    stand = await stand_of(actor, run.thread_id, run.id)
    return encoder.end(_shown(stand), _answer(stand.run), stand.steps())


def _answer(run: RunRecord) -> dict[str, Any] | None:
    """The answer of a run that is over; None when it has said nothing.

    The run's own record tells it: many streams may end at the same moment, and none of them asks for its message, too.
    """
    if not run.parts:
        return None
    message = MessageRead(
        id=run.message_id,
        client_id=None,
        parent_id=None,
        role="assistant",
        parts=run.parts,
        status=run.status,
        model=run.model,
        finish_reason=run.finish_reason,
        usage=None,
        run_id=run.id,
        error=None,
        created_at=run.created_at,
        metadata={},
        siblings=[],
    )
    author = Author(run.id, run.wishes.get("agent_id"), run.status, run.finished_at)
    return message_object(message, run.thread_id, author)


def _shown(stand: Stand) -> dict[str, Any]:
    return run_object(stand.run, stand.calls, runtime.current().settings.tools.client_seconds)
