"""The vocabulary of models: what every provider's wire yields, whatever the provider calls it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "error", "other"]


class ModelEvent(msgspec.Struct, array_like=True, gc=False):
    """Base of everything a model says. Array-like: stored and sent by the million."""


class TextDelta(ModelEvent, tag="text"):
    """More of the answer."""

    text: str


class ReasoningDelta(ModelEvent, tag="reasoning"):
    """More of the model's thinking, as far as the provider shows it."""

    text: str


class ToolCallStart(ModelEvent, tag="tool_start"):
    """The model begins to call a tool."""

    call_id: str
    name: str


class ToolInputDelta(ModelEvent, tag="tool_delta"):
    """More of a tool's input, as the JSON text that the model writes."""

    call_id: str
    text: str


class ToolCall(msgspec.Struct, array_like=True, tag="tool_call"):
    """A tool's input is whole. `input` is None when the model wrote something that is no JSON object."""

    call_id: str
    name: str
    input: dict[str, Any] | None
    raw_input: str


class ProviderState(ModelEvent, tag="state"):
    """What a wire wants to see again with the part before it: a signature, encrypted thinking. Nobody else reads it."""

    wire: str
    data: dict[str, Any]


class Usage(ModelEvent, tag="usage"):
    """Tokens of one model call, counted alike for every provider; `estimated` when the provider did not say.

    `input_tokens` holds those read from the provider's cache (`cached_tokens`) and written to it
    (`cache_write_tokens`); `output_tokens` holds `reasoning_tokens`.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False
    cache_write_tokens: int = 0


class Finish(ModelEvent, tag="finish"):
    """Why the model stopped."""

    reason: FinishReason


ProviderEvent = (
    TextDelta | ReasoningDelta | ToolCallStart | ToolInputDelta | ToolCall | ProviderState | Usage | Finish
)
