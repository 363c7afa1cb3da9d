"""The vocabulary of runs: everything that can happen in a turn, in the order in which readers see it.

What a model says comes from `providers.events`; what the house adds is here.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from steward.providers.events import (
    Finish,
    ProviderState,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.providers.wire import Passage

RunStatus = Literal[
    "queued", "in_progress", "requires_action", "completed", "failed", "cancelled", "incomplete", "expired"
]
ActionKind = Literal["approval", "client", "person"]
ENDED: Final = frozenset({"completed", "failed", "cancelled", "incomplete", "expired"})


class _Event(msgspec.Struct, array_like=True):
    """Base of what the house adds."""


class RunStart(_Event, tag="run_start"):
    """The turn begins."""

    run_id: str
    thread_id: str
    message_id: str
    model: str
    created_at: str


class StepStart(_Event, tag="step_start"):
    """A model call begins."""

    step: int


class StepRestart(_Event, tag="step_restart"):
    """The process died in this step, which runs again: what came since its start no longer counts."""

    step: int


class StepEnd(_Event, tag="step_end"):
    """A model call is over and stored."""

    step: int


class ToolResult(_Event, tag="tool_result"):
    """A tool gave a result."""

    call_id: str
    output: Any


class ToolFailure(_Event, tag="tool_failure"):
    """A tool failed; the sentence is for the model and for people."""

    call_id: str
    message: str


class ToolDenied(_Event, tag="tool_denied"):
    """A call was not carried out, because somebody or a rule said no; the sentence is for the model and for people."""

    call_id: str
    message: str


class ToolProgress(_Event, tag="tool_progress"):
    """What a tool is doing just now. Nobody keeps it."""

    call_id: str
    message: str


class ActionRequest(_Event, tag="action_request"):
    """A call waits for somebody.

    Attributes:
        action_id: by which it is decided.
        kind: a person has to approve it, the program that asked has to carry it out, or a person has to answer.
        approvers: how many different people have to approve.
        expires_at: until when, in ISO 8601.
    """

    call_id: str
    action_id: str
    kind: ActionKind
    reason: str | None
    approvers: int
    expires_at: str


class ActionDecision(_Event, tag="action_decision"):
    """A call that waited is carried out now, with the input that was approved."""

    call_id: str
    action_id: str
    name: str
    input: dict[str, Any]


class RunPause(_Event, tag="run_pause"):
    """Everything that could be done is done and stored: the turn waits, and no process holds it."""

    step: int


class DataPart(_Event, tag="data"):
    """Something of the house for whoever shows the answer, such as a suggestion; models do not read it."""

    name: str
    data: dict[str, Any]


class Notice(_Event, tag="notice"):
    """Something that readers should know, outside the answer's text."""

    tag: str
    message: str


class Retrieved(_Event, tag="retrieved"):
    """Passages were found that the answer may rest on; they are numbered through the whole turn."""

    passages: list[Passage]


class SourceCite(_Event, tag="source_cite"):
    """The answer cites a passage for the first time."""

    passage: Passage
    excerpt: str


class CitedPlace(msgspec.Struct):
    """A citation in the answer's text: from `start` to `end` in code points stands the marker of a passage.

    `support` is how well the passage supports the sentence, 0 to 1. A place is not checked where code cannot tell,
    because sentence and passage are in two languages.
    """

    number: int
    start: int
    end: int
    support: float
    is_supported: bool
    is_checked: bool


class CitationsChecked(_Event, tag="citations_checked"):
    """Every citation of the answer was compared with its passage."""

    places: list[CitedPlace]


class RunEnd(_Event, tag="run_end"):
    """The turn is over and stored. `error_is_own` when the workspace wrote the error's sentence itself."""

    status: RunStatus
    finish_reason: str | None
    input_tokens: int
    output_tokens: int
    model: str
    duration_ms: int
    cost_usd: str | None = None
    error_tag: str | None = None
    error_message: str | None = None
    error_is_own: bool = False


RunEvent = (
    RunStart
    | StepStart
    | StepRestart
    | StepEnd
    | TextDelta
    | ReasoningDelta
    | ToolCallStart
    | ToolInputDelta
    | ToolCall
    | ToolResult
    | ToolFailure
    | ToolDenied
    | ToolProgress
    | ActionRequest
    | ActionDecision
    | RunPause
    | DataPart
    | ProviderState
    | Usage
    | Finish
    | Notice
    | Retrieved
    | SourceCite
    | CitationsChecked
    | RunEnd
)

_segment: Final = msgspec.json.Decoder(list[RunEvent])


def pack(events: list[RunEvent]) -> bytes:
    """Write a stretch of events as it is stored."""
    return msgspec.json.encode(events)


def unpack(segment: bytes) -> list[RunEvent]:
    """Read a stretch of events back."""
    return _segment.decode(segment)


def standing(events: list[RunEvent], after: int = 0) -> list[RunEvent]:
    """The events that still count, without those of steps that were started again.

    Args:
        events: of a run, from its first on.
        after: how many of them the reader has. The restart of a step that began among these stays in the answer: what
            was read of it no longer counts.
    """
    kept: list[RunEvent] = []
    for event in events[after:]:
        if not isinstance(event, StepRestart):
            kept.append(event)
            continue
        begun = next((at for at in range(len(kept) - 1, -1, -1) if _begins(kept[at], event.step)), None)
        if begun is not None:
            del kept[begun + 1 :]
        elif any(_begins(read, event.step) for read in events[:after]):
            kept.append(event)
    return kept


def _begins(event: RunEvent, step: int) -> bool:
    return isinstance(event, StepStart) and event.step == step
