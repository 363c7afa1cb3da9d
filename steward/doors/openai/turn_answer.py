"""The answer of a run, read as the answer of a model is read.

What the server's tools do is done here; what the client's own tools shall do is asked of the client, as with any model.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

import msgspec

from steward.doors.openai.errors import AnswerFailed
from steward.kernel import runtime
from steward.kernel.errors import Refusal
from steward.kernel.work import Actor
from steward.providers.events import (
    Finish,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.runs import actions, service
from steward.runs.errors import RunInterrupted, ToolNeedsApproval
from steward.runs.events import (
    ActionRequest,
    CitationsChecked,
    CitedPlace,
    RunEnd,
    RunEvent,
    RunPause,
    SourceCite,
    StepRestart,
    StepStart,
)
from steward.runs.schemas import ActionRead
from steward.threads import reading
from steward.threads import service as threads

HEADER: Final = "x-steward-thread"


@dataclass(slots=True)
class Turn:
    """The answer of a run, read as the answer of a model. The run ends when its reader goes.

    Attributes:
        model: as the client named it.
        after: the cursor behind which this answer begins; None for all that the run says.
        is_stored: whether the client goes on with the conversation.
        sources: the passages that the answer has cited so far, each once.
        places: where it cites them; known with the last batch.
    """

    actor: Actor
    run_id: str
    thread_id: str
    message_id: str
    model: str
    after: int | None
    is_stored: bool
    sources: list[SourceCite] = field(default_factory=list[SourceCite])
    places: list[CitedPlace] = field(default_factory=list[CitedPlace])
    _used: Usage = field(default_factory=lambda: Usage(0, 0))
    _asked: list[str] = field(default_factory=list[str])
    _characters: int = 0
    _is_speaking: bool = False
    _is_over: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What the answer says beside its body."""
        return {HEADER: self.thread_id} if self.is_stored else {}

    async def events(self) -> AsyncGenerator[list[ProviderEvent]]:
        """What the agent says.

        Yields: batches of events; the last holds `Usage`, of all model calls together, and `Finish`.

        Raises:
            AnswerFailed: the run failed, or was stopped by somebody.
            RunInterrupted: what was said no longer counts.
            ToolNeedsApproval: a call waits for a person, which this wire cannot; it is not carried out.
        """
        try:
            async with aclosing(self._read()) as batches:
                async for batch in batches:
                    said = await self._said(batch)
                    if said:
                        yield said
                    if self._is_over:
                        return
        finally:
            if not self._is_over:
                await service.stop(self.actor, self.run_id)

    async def _read(self) -> AsyncGenerator[list[RunEvent]]:
        async with aclosing(service.follow_standing(self.actor, self.run_id, self.after or 0)) as standing:
            async for events in standing:
                yield events

    async def _said(self, events: list[RunEvent]) -> list[ProviderEvent]:
        said: list[ProviderEvent] = []
        for event in events:
            match event:
                case TextDelta() | ReasoningDelta():
                    self._is_speaking = True
                    self._characters += len(event.text) if isinstance(event, TextDelta) else 0
                    said.append(event)
                case Usage():
                    self._used = _sum(self._used, event)
                case StepStart():
                    self._is_speaking = False
                case StepRestart() if self._is_speaking:
                    raise RunInterrupted("The server stopped in the middle of this answer. Ask again.")
                case SourceCite():
                    self.sources.append(event)
                case CitationsChecked():
                    self.places += event.places
                case ActionRequest():
                    self._asked.append(event.action_id)
                case RunEnd():
                    said += await self._end(event)
                case _:
                    pass
        if events and isinstance(events[-1], RunPause):
            said += await self._pause()
        return said

    async def _end(self, end: RunEnd) -> list[ProviderEvent]:
        self._is_over = True
        if end.status not in ("completed", "incomplete"):
            raise _failure(end)
        if self.places and self.after is not None:
            await self._count_from_here()
        reason: FinishReason = "length" if end.status == "incomplete" else "stop"
        if end.finish_reason == "content_filter":
            reason = "content_filter"
        return [self._used, Finish(reason)]

    async def _pause(self) -> list[ProviderEvent]:
        """The calls that the client is asked for; nothing when the wait is over already."""
        async with runtime.current().database.transaction(self.actor) as work:
            waiting = await actions.of_run(work, self.run_id)
        for one in waiting:
            if one.kind != "client":
                raise ToolNeedsApproval(
                    f"The tool {one.tool} waits for a person, and a chat completion cannot: it was not carried out. "
                    "Ask in a conversation of Steward, or change the rule that asks a person."
                )
        if not waiting:
            return []
        self._is_over = True
        calls = [event for one in sorted(waiting, key=self._position) for event in _call(one)]
        return [*calls, self._used, Finish("tool_calls")]

    def _position(self, action: ActionRead) -> int:
        return self._asked.index(action.id) if action.id in self._asked else len(self._asked)

    async def _count_from_here(self) -> None:
        """Places count in all that the run said; the client sees what came behind its last wait."""
        async with runtime.current().database.work(self.actor) as work:
            message = await threads.find_answer(work, self.message_id)
        earlier = len(reading.plain_text(message.parts)) - self._characters
        self.places = [
            CitedPlace(
                one.number,
                one.start - earlier,
                one.end - earlier,
                one.support,
                one.is_supported,
                one.is_checked,
            )
            for one in self.places
            if one.start >= earlier and any(source.passage.number == one.number for source in self.sources)
        ]


def _call(action: ActionRead) -> list[ProviderEvent]:
    raw = msgspec.json.encode(action.arguments or {}).decode()
    return [
        ToolCallStart(action.id, action.tool),
        ToolInputDelta(action.id, raw),
        ToolCall(action.id, action.tool, action.arguments, raw),
    ]


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        one.input_tokens + other.input_tokens,
        one.output_tokens + other.output_tokens,
        one.cached_tokens + other.cached_tokens,
        one.reasoning_tokens + other.reasoning_tokens,
        estimated=one.estimated or other.estimated,
        cache_write_tokens=one.cache_write_tokens + other.cache_write_tokens,
    )


def _failure(end: RunEnd) -> Refusal:
    """Why a run did not end well, with the status that its cause has."""
    if end.error_tag is None:
        words = "was stopped" if end.status == "cancelled" else f"ended as {end.status}"
        return AnswerFailed(f"The answer {words} before it was whole.", tag=f"run_{end.status}", status=400)
    status = next((kind.status for kind in _kinds(Refusal) if kind.tag == end.error_tag), AnswerFailed.status)
    return AnswerFailed(
        end.error_message or "The answer failed; try again.", tag=end.error_tag, status=status
    )


def _kinds(kind: type[Refusal]) -> Generator[type[Refusal]]:
    for child in kind.__subclasses__():
        yield child
        yield from _kinds(child)
